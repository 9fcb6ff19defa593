"""Local frames: stereographic frames around boxes of a mosaic, and the boxes' place in them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere, stereographic
from lunarcraters.geometry.grid import Grid

Float = NDArray[np.float64]

MARGIN_PX = 1.0
"""Margin of a window outside its halo, frame pixels."""

STRIDE_PX = 16
"""Stride of the network, pixels.

Sizes of tiles are multiples of it, and so are the distances between the windows of a tile grid.
"""

_POINTS = 17  # along a side of a box


@dataclass(frozen=True)
class LocalFrames:
    """Stereographic frames of n cores, as arrays.

    Positions in a frame are frame pixels from its centre, x to the east and y to the south.

    Attributes:
        cores: Cores, boxes in mosaic pixels, (n, 4).
        cells: Cells of the tile grid around the cores, boxes in mosaic pixels, (n, 4). The frames
            are centred on them.
        lon: Longitudes of the frames' centres, degrees, (n,).
        lat: Latitudes of the frames' centres, degrees, (n,).
        pixel_size_m: Ground sizes of a frame pixel, metres, (n,).
        low: Least x and y of each core with its halo, frame pixels, (n, 2).
        high: Greatest x and y of each core with its halo, frame pixels, (n, 2).
        anchor: Start of one window of the cell, frame pixels, (n, 2). Other windows start any
            number of strides away.
        cell_side: Sides of the squares that hold the cells with their halos, frame pixels, (n,).
        at_limb: True where part of the core lies off the Moon, so that the core may reach a little
            further than `low` and `high`, (n,).
    """

    cores: NDArray[np.int64]
    cells: NDArray[np.int64]
    lon: Float
    lat: Float
    pixel_size_m: Float
    low: Float
    high: Float
    anchor: Float
    cell_side: Float
    at_limb: NDArray[np.bool_]

    @property
    def window_start(self) -> Float:
        """Start of the smallest window that holds each core with its halo, frame pixels, (n, 2)."""
        strides = np.floor((self.low - MARGIN_PX - self.anchor) / STRIDE_PX + 1e-6)
        return np.asarray(self.anchor + strides * STRIDE_PX)

    @property
    def window_side(self) -> Float:
        """Sides of these windows, frame pixels, (n,)."""
        return np.asarray((self.high + MARGIN_PX - self.window_start).max(axis=1))

    def exceeds(self, size: int) -> NDArray[np.bool_]:
        """Test which cells or cores need a frame of more than `size` pixels, (n,)."""
        return np.asarray(np.maximum(self.cell_side, self.window_side) > size)


def make_frames(
    grid: Grid,
    cores: NDArray[np.int64],
    level: int,
    halo: int,
    cells: NDArray[np.int64] | None = None,
) -> LocalFrames:
    """Make stereographic frames of cores; cores that lie off the Moon are left out.

    Args:
        grid: Grid of the mosaic.
        cores: Cores, boxes in mosaic pixels, (n, 4).
        level: Octave.
        halo: Margin of a core within its frame, frame pixels.
        cells: Cells of the tile grid around the cores, boxes in mosaic pixels, (n, 4); None to
            centre the frames on the cores.
    """
    around = cores if cells is None else cells
    cell_lon, cell_lat = _sample_lonlat(grid, around)
    lon, lat = _centre_lonlat(grid, around, cell_lon, cell_lat)
    pixel_size_m = _pixel_sizes_m(grid, lon, lat) * 2**level
    core_lon, core_lat = (cell_lon, cell_lat) if cells is None else _sample_lonlat(grid, cores)
    on_moon = np.isfinite(pixel_size_m) & np.isfinite(core_lon).any(axis=(1, 2))
    centres = lon[on_moon], lat[on_moon], pixel_size_m[on_moon]
    cell_low, cell_high = _bounds(grid, *centres, cell_lon[on_moon], cell_lat[on_moon])
    low, high = cell_low, cell_high
    if cells is not None:
        low, high = _bounds(grid, *centres, core_lon[on_moon], core_lat[on_moon])
    at_limb, beyond = _limb(core_lon[on_moon], low, high)
    _, beyond_cell = _limb(cell_lon[on_moon], cell_low, cell_high)
    cell_sides = cell_high - cell_low + 2.0 * (beyond_cell + halo + MARGIN_PX)
    return LocalFrames(
        cores=cores[on_moon],
        cells=around[on_moon],
        lon=centres[0],
        lat=centres[1],
        pixel_size_m=centres[2],
        low=low - beyond - halo,
        high=high + beyond + halo,
        anchor=cell_low - halo - MARGIN_PX,
        cell_side=cell_sides.max(axis=1, initial=0.0),
        at_limb=at_limb,
    )


def _centre_lonlat(
    grid: Grid, boxes: NDArray[np.int64], lon: Float, lat: Float
) -> tuple[Float, Float]:
    """Longitudes and latitudes of the centres of boxes, given those of points all over them."""
    centre_lon, centre_lat = grid.to_lonlat(*(boxes[:, :2] + boxes[:, 2:] / 2.0).T)
    # A box at the limb of the Moon may have its middle beyond it: the mean of its ground stands in.
    vectors = np.nan_to_num(sphere.unit_vectors(lon, lat)).sum(axis=(1, 2))
    ground_lon, ground_lat = sphere.vectors_to_lonlat(vectors)
    off = ~np.isfinite(centre_lon) & vectors.any(axis=1)
    return np.where(off, ground_lon, centre_lon), np.where(off, ground_lat, centre_lat)


def _pixel_sizes_m(grid: Grid, lon: Float, lat: Float) -> Float:
    """North-south ground sizes of mosaic pixels, metres, (n,); NaN off the Moon."""
    x, y = grid.from_lonlat(lon, lat)
    sizes_m = grid.meridian_pixel_size_m(x, y)
    if grid.period_px is None:
        return sizes_m
    # Around a point within half a pixel of a pole, part of a pixel lies beyond it: the next pixel
    # further in stands for it.
    for step in (1.0, -1.0):
        beyond = ~np.isfinite(sizes_m)
        if beyond.any():
            sizes_m[beyond] = grid.meridian_pixel_size_m(x[beyond], y[beyond] + step)
    return sizes_m


def _sample_lonlat(grid: Grid, boxes: NDArray[np.int64]) -> tuple[Float, Float]:
    """Longitudes and latitudes of points all over boxes, (n, 17, 17)."""
    share = np.linspace(0.0, 1.0, _POINTS)
    x = boxes[:, 0, None, None] + boxes[:, 2, None, None] * share[None, None, :]
    y = boxes[:, 1, None, None] + boxes[:, 3, None, None] * share[None, :, None]
    lon, lat = grid.to_lonlat(*np.broadcast_arrays(x, y))
    if grid.period_px is None or np.isfinite(lon).all():
        return lon, lat
    # A cylindrical mosaic may end beyond a pole by the rounding of its georeferencing: a pixel
    # further in stands for its edge.
    middle = boxes[:, :2] + boxes[:, 2:] / 2.0
    x = x + np.clip(middle[:, 0, None, None] - x, -1.0, 1.0)
    y = y + np.clip(middle[:, 1, None, None] - y, -1.0, 1.0)
    inner_lon, inner_lat = grid.to_lonlat(*np.broadcast_arrays(x, y))
    off = ~np.isfinite(lon)
    return np.where(off, inner_lon, lon), np.where(off, inner_lat, lat)


def _bounds(
    grid: Grid, lon: Float, lat: Float, pixel_size_m: Float, to_lon: Float, to_lat: Float
) -> tuple[Float, Float]:
    """Least and greatest x and y of points in frames, frame pixels, (n, 2)."""
    plane = stereographic.project_stereographic_m(lon, lat, to_lon, to_lat, grid.radius_m)
    plane = plane / pixel_size_m[:, None, None, None]
    plane *= (1.0, -1.0)
    if not len(plane):
        return np.empty((0, 2)), np.empty((0, 2))
    return np.nanmin(plane, axis=(1, 2)), np.nanmax(plane, axis=(1, 2))


def _limb(lon: Float, low: Float, high: Float) -> tuple[NDArray[np.bool_], Float]:
    """Boxes that lie partly off the Moon, and how far these may reach beyond the points."""
    at_limb = np.asarray(np.isnan(lon).any(axis=(1, 2)))
    return at_limb, np.where(at_limb[:, None], (high - low) / (_POINTS - 1), 0.0)
