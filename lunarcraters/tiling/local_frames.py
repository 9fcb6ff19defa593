"""Stereographic: frames around boxes of a mosaic, and where the boxes lie in them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere
from lunarcraters.geometry.grid import Grid

Float = NDArray[np.float64]

MARGIN_PX = 1.0
"""Of a window beyond its halo."""

STRIDE_PX = 16
"""Of the network: sizes of tiles are its multiples, and the windows of one grid lie so apart."""

_POINTS = 17  # along a box


@dataclass(frozen=True)
class Fit:
    """Where cores lie in stereographic frames, arrays over the cores.

    Places are frame pixels from the frame's centre, x to the east and y to the south.

    Attributes:
        cores: (n, 4) boxes in mosaic pixels.
        cells: (n, 4) boxes around them, at whose centres the frames are.
        lon: Of the frames' centres.
        lat: Of the frames' centres.
        gsd_m: Ground size of a frame pixel.
        low: (n, 2) least x and y of the core with its halo.
        high: (n, 2) greatest x and y.
        origin: (n, 2) where a window of the cell begins; others begin any number of strides away.
        longest: (n,) side of the square that holds the cell with its halo.
        at_limb: (n,) whether part of the core lies off the Moon: it may reach a little further.
    """

    cores: NDArray[np.int64]
    cells: NDArray[np.int64]
    lon: Float
    lat: Float
    gsd_m: Float
    low: Float
    high: Float
    origin: Float
    longest: Float
    at_limb: NDArray[np.bool_]

    @property
    def begin(self) -> Float:
        """Where the least windows that hold each core with its halo begin, (n, 2)."""
        strides = np.floor((self.low - MARGIN_PX - self.origin) / STRIDE_PX + 1e-6)
        return np.asarray(self.origin + strides * STRIDE_PX)

    @property
    def needs(self) -> Float:
        """Sides of these windows, pixels."""
        return np.asarray((self.high + MARGIN_PX - self.begin).max(axis=1))

    def exceeds(self, size: int) -> NDArray[np.bool_]:
        """Which cells, or cores, need a larger frame."""
        return np.asarray(np.maximum(self.longest, self.needs) > size)


def fit_frames(
    grid: Grid,
    cores: NDArray[np.int64],
    level: int,
    halo: int,
    cells: NDArray[np.int64] | None = None,
) -> Fit:
    """Stereographic frames of cores; cores that lie off the Moon are left out.

    Args:
        grid: Grid of the mosaic.
        cores: (n, 4) boxes, mosaic pixels.
        level: Octave.
        halo: Margin of a core within its frame, pixels.
        cells: (n, 4) boxes around the cores, for whose sake frames are; the cores, if not given.
    """
    around = cores if cells is None else cells
    to_lon, to_lat = _points(grid, around)
    lon, lat = grid.to_lonlat(*(around[:, :2] + around[:, 2:] / 2.0).T)
    # A core at the limb of the Moon may have its middle beyond it.
    points = np.nan_to_num(sphere.unit_vectors(to_lon, to_lat)).sum(axis=(1, 2))
    ground_lon, ground_lat = sphere.vectors_to_lonlat(points)
    off = ~np.isfinite(lon) & points.any(axis=1)
    lon, lat = np.where(off, ground_lon, lon), np.where(off, ground_lat, lat)
    gsd_m = grid.meridian_pixel_size_m(*grid.from_lonlat(lon, lat)) * 2**level
    core_lon, core_lat = (to_lon, to_lat) if cells is None else _points(grid, cores)
    there = np.isfinite(gsd_m) & np.isfinite(core_lon).any(axis=(1, 2))
    centres = lon[there], lat[there], gsd_m[there]
    first, last = _reach(grid, *centres, to_lon[there], to_lat[there])
    low, high = first, last
    if cells is not None:
        low, high = _reach(grid, *centres, core_lon[there], core_lat[there])
    at_limb, beyond = _limb(core_lon[there], low, high)
    _, beyond_cell = _limb(to_lon[there], first, last)
    return Fit(
        cores=cores[there],
        cells=around[there],
        lon=centres[0],
        lat=centres[1],
        gsd_m=centres[2],
        low=low - beyond - halo,
        high=high + beyond + halo,
        origin=first - halo - MARGIN_PX,
        longest=(last - first + 2.0 * (beyond_cell + halo + MARGIN_PX)).max(axis=1, initial=0.0),
        at_limb=at_limb,
    )


def _points(grid: Grid, boxes: NDArray[np.int64]) -> tuple[Float, Float]:
    """Longitudes and latitudes all over boxes, (n, 17, 17)."""
    share = np.linspace(0.0, 1.0, _POINTS)
    x = boxes[:, 0, None, None] + boxes[:, 2, None, None] * share[None, None, :]
    y = boxes[:, 1, None, None] + boxes[:, 3, None, None] * share[None, :, None]
    return grid.to_lonlat(*np.broadcast_arrays(x, y))


def _reach(
    grid: Grid, lon: Float, lat: Float, gsd_m: Float, to_lon: Float, to_lat: Float
) -> tuple[Float, Float]:
    """Least and greatest x and y of points in frames, (n, 2)."""
    plane = stereographic_m(grid, lon, lat, to_lon, to_lat) / gsd_m[:, None, None, None]
    plane *= (1.0, -1.0)
    if not len(plane):
        return np.empty((0, 2)), np.empty((0, 2))
    return np.nanmin(plane, axis=(1, 2)), np.nanmax(plane, axis=(1, 2))


def _limb(lon: Float, low: Float, high: Float) -> tuple[NDArray[np.bool_], Float]:
    """Which boxes lie partly off the Moon, and how far they reach beyond the points at most."""
    at_limb = np.asarray(np.isnan(lon).any(axis=(1, 2)))
    return at_limb, np.where(at_limb[:, None], (high - low) / (_POINTS - 1), 0.0)


def stereographic_m(grid: Grid, lon: Float, lat: Float, to_lon: Float, to_lat: Float) -> Float:
    """What `moon.local_frame` does, for many frames at once.

    Args:
        grid: Grid on the sphere.
        lon: (n,) centres.
        lat: (n,) centres.
        to_lon: (n, rows, columns) points.
        to_lat: (n, rows, columns) points.

    Returns:
        (n, rows, columns, 2) metres east and north of the centres.
    """
    centre, north = sphere.unit_vectors(lon, lat), sphere.north_vectors(lon, lat)
    east = np.cross(north, centre)
    points = sphere.unit_vectors(to_lon, to_lat)
    x, y, z = (np.einsum("nijk,nk->nij", points, axis) for axis in (east, north, centre))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(2.0 * grid.radius_m * np.stack([x, y], axis=-1) / (1.0 + z)[..., None])
