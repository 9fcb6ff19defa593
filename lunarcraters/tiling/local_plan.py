"""Plan of tiles with local frames: ground is cut into cores, each in a stereographic frame."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import TileSetError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box, clip_to_extents, contains_points
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.tiling.local_frames import MARGIN_PX, LocalFrames, make_frames
from lunarcraters.tiling.tile_grid import Span, grid_bands, grid_cells

Float = NDArray[np.float64]

WIDEST_CORE_DEG = 60.0
"""Longest side of a core on the ground: scale varies too much in a wider stereographic frame."""

EDGE_PX = 16
"""Pixels without data that a tile shows where data end, if there is room.

The network detects less at the edge of its input than at an edge of the data within its input.
"""

_POINTS = 17
_BEND = 0.98
_TRIM_POINTS = 33  # along a side of a frame, to find where it has data
_GROWTH = (1.0, 1.1, 1.2, 1.35, 1.5)


@dataclass(frozen=True)
class Ground:
    """A box of a mosaic that is cut into cores for local frames.

    Attributes:
        mosaic: Mosaic that is searched.
        box: Box, mosaic pixels.
        level: Octave.
        max_size: Side of the largest frame, frame pixels.
        halo: Margin of a core within its frame, frame pixels.
    """

    mosaic: Mosaic
    box: Box
    level: int
    max_size: int
    halo: int

    @property
    def wraps(self) -> bool:
        """True where its last column is the western neighbour of its first."""
        return self.mosaic.grid.wraps and self.box.width == self.mosaic.width

    @property
    def has_pole(self) -> bool:
        """True where a pole lies on its first or last row."""
        x = self.box.left + self.box.width / 2.0
        top, bottom = self.box.top, self.box.bottom
        _, lat = self.mosaic.grid.to_lonlat([x, x], [top + 0.5, bottom - 0.5])
        _, inward = self.mosaic.grid.to_lonlat([x, x], [top + 2.5, bottom - 2.5])
        # Half a pixel from the pole, within the rounding of the mosaic's georeferencing. A row
        # beyond the pole is NaN, and its comparison is False too.
        return not bool((np.abs(lat) + np.abs(inward - lat) / 2.0 < 90.0).all())


def plan_local_frames(ground: Ground) -> list[LocalFrames]:
    """Cut ground into rows of cores, with as many cores in a row as its latitudes need.

    Cores and frames belong to a tile grid that is fixed to the coordinate system, so that another
    piece of the same mosaic has the same. Ground that fits one frame gets a frame of its own, with
    an edge as its halo, because there are no data beyond it.

    Returns:
        Frames, one record for each row that has cores.

    Raises:
        TileSetError: No frame of the largest size can hold a core and its halo.
    """
    span = ground.box.top, ground.box.height
    if not (ground.wraps or ground.has_pole):
        for halo in (min(EDGE_PX, ground.halo), 0):
            whole = make_frames(ground.mosaic.grid, np.array([ground.box]), ground.level, halo)
            longest = _longest_px(ground, span, halo) + 2.0 * (halo + MARGIN_PX)
            if len(whole.cores) and whole.window_side[0] <= longest:
                return [whole]
    _, tallest = _frame_px(ground, span)
    # A little less than fits, because rows are curved in frames.
    height = _BEND * _longest_px(ground, span, ground.halo) / tallest
    bands = grid_bands(ground.mosaic.grid, ground.box, height)
    rows = [_plan_row(ground, band) for band in bands]
    rows = [frames for frames in rows if len(frames.cores)]
    if len(ground.mosaic.extents) == 1:
        return rows
    return [_trim_halos(ground, frames) for frames in rows]


def _trim_halos(ground: Ground, frames: LocalFrames) -> LocalFrames:
    """Frames without the part of the halo that has no data."""
    mosaic = ground.mosaic
    share = np.linspace(0.0, 1.0, _TRIM_POINTS)
    side = frames.high - frames.low
    x = frames.low[:, 0, None, None] + side[:, 0, None, None] * share[None, None, :]
    y = frames.low[:, 1, None, None] + side[:, 1, None, None] * share[None, :, None]
    x, y = np.broadcast_arrays(x, y)
    lon, lat = frames.lon[:, None, None], frames.lat[:, None, None]
    pixel_size_m = frames.pixel_size_m[:, None, None]
    arc = 2.0 * np.arctan(np.hypot(x, y) * pixel_size_m / (2.0 * mosaic.grid.radius_m))
    column, row = mosaic.grid.from_lonlat(*sphere.destination(lon, lat, np.arctan2(x, -y), arc))
    if mosaic.grid.wraps:
        column = np.mod(column, mosaic.width)
    has_data = contains_points(mosaic.extents, column, row)
    plane, step = np.stack([x, y], axis=-1), side / (_TRIM_POINTS - 1)
    least = np.where(has_data[..., None], plane, np.inf).min(axis=(1, 2)) - step
    greatest = np.where(has_data[..., None], plane, -np.inf).max(axis=(1, 2)) + step
    core_low, core_high = frames.low + ground.halo, frames.high - ground.halo
    return replace(
        frames,
        low=np.clip(least, frames.low, core_low),
        high=np.clip(greatest, core_high, frames.high),
    )


def _plan_row(ground: Ground, band: Span) -> LocalFrames:
    """Frames of a band of the tile grid."""
    widest, _ = _frame_px(ground, band)
    for growth in _GROWTH:
        width = _longest_px(ground, band, ground.halo) / (widest * growth)
        frames = _frame_cells(ground, grid_cells(ground.mosaic.grid, ground.box, band, width))
        if not frames.exceeds(ground.max_size).any():
            return frames
    # At the limb of an orthographic mosaic cells have to be halved until each fits.
    while (too_large := frames.exceeds(ground.max_size)).any():
        halves = [half for cell in frames.cells[too_large] for half in _halve(ground, cell)]
        cells = np.concatenate([frames.cells[~too_large], np.array(halves)])
        frames = _frame_cells(ground, cells)
    return frames


def _frame_cells(ground: Ground, cells: NDArray[np.int64]) -> LocalFrames:
    """Frames of those cells that have data of the ground."""
    low = np.maximum(cells[:, :2], (ground.box.left, ground.box.top))
    high = np.minimum(cells[:, :2] + cells[:, 2:], (ground.box.right, ground.box.bottom))
    inside = (high > low).all(axis=1)
    cores, index = clip_to_extents(np.hstack([low, high - low])[inside], ground.mosaic.extents)
    return make_frames(
        ground.mosaic.grid, cores, ground.level, ground.halo, cells=cells[inside][index]
    )


def _halve(ground: Ground, cell: NDArray[np.int64]) -> tuple[Box, Box]:
    """The halves of a cell, cut across its longer side on the ground."""
    x, y, width, height = (int(number) for number in cell)
    centre = np.array([x + width / 2.0]), np.array([y + height / 2.0])
    along_x, along_y = ground.mosaic.grid.pixel_sizes_m(*centre)[0]
    if max(width, height) < 2:
        raise TileSetError(
            f"no frame of {ground.max_size} px holds the ground at column {x}, row {y} of "
            f"{ground.mosaic.name} at level {ground.level}: give fewer --levels, or cut it off"
        )
    if height < 2 or (width > 1 and not along_x * width < along_y * height):
        half = width // 2
        return Box(x, y, half, height), Box(x + half, y, width - half, height)
    half = height // 2
    return Box(x, y, width, half), Box(x, y + half, width, height - half)


def max_stretch(mosaic: Mosaic) -> float:
    """Measure how much the mosaic stretches the ground.

    Args:
        mosaic: Mosaic with a coordinate system.

    Returns:
        Largest ratio of the longest to the shortest ground size of a pixel over the extents, 1 or
        more.
    """
    boxes = np.array(mosaic.extents, float)
    share = np.linspace(0.0, 1.0, 9 if len(boxes) < 100 else 3)
    low, size = boxes[:, :2] + 0.5, np.maximum(boxes[:, 2:] - 1.0, 0.0)
    x = low[:, 0, None, None] + size[:, 0, None, None] * share[None, None, :]
    y = low[:, 1, None, None] + size[:, 1, None, None] * share[None, :, None]
    x, y = np.broadcast_arrays(x, y)
    per_pixel = mosaic.grid.jacobian_m(x.ravel(), y.ravel())
    per_pixel = per_pixel[np.isfinite(per_pixel).all(axis=(1, 2))]
    sizes = np.linalg.svd(per_pixel, compute_uv=False)
    return float((sizes[:, 0] / np.maximum(sizes[:, 1], 1e-12)).max(initial=1.0))


def _frame_px(ground: Ground, band: Span) -> tuple[float, float]:
    """Largest number of frame pixels in a mosaic pixel of a band, along x and along y."""
    meridian_m, sizes_m = _pixel_sizes_m(ground, band)
    # The median of each row, not its extremes: at a limb pixels are of any size.
    sizes = (sizes_m / meridian_m[:, None]).reshape(_POINTS, _POINTS, 2)
    sizes = sizes[np.isfinite(sizes).any(axis=(1, 2))]
    widest, tallest = np.nanmax(np.nanmedian(sizes, axis=1), axis=0)
    return float(widest) / 2**ground.level, float(tallest) / 2**ground.level


def _longest_px(ground: Ground, band: Span, halo: int) -> float:
    """Side of the longest core that has such a halo, frame pixels."""
    meridian_m, _ = _pixel_sizes_m(ground, band)
    widest_m = np.radians(WIDEST_CORE_DEG) * ground.mosaic.grid.radius_m
    room = ground.max_size - 2.0 * (halo + MARGIN_PX)
    return float(min(room, widest_m / (np.nanmin(meridian_m) * 2**ground.level)))


def _pixel_sizes_m(ground: Ground, band: Span) -> tuple[Float, Float]:
    """Ground sizes of mosaic pixels: north-south, (n,), and along x and y, (n, 2)."""
    share = np.linspace(0.0, 1.0, _POINTS)
    first_row, rows = band
    x = ground.box.left + 0.5 + max(ground.box.width - 1, 0) * share[None, :]
    y = first_row + 0.5 + max(rows - 1, 0) * share[:, None]
    x, y = (points.ravel() for points in np.broadcast_arrays(x, y))
    meridian_m = ground.mosaic.grid.meridian_pixel_size_m(x, y)
    if not np.isfinite(meridian_m).any():
        raise TileSetError(
            f"{ground.mosaic.name} does not lie on the Moon around column {x[0]:.0f}, row "
            f"{y[0]:.0f}: check its geotransform and coordinate system"
        )
    return meridian_m, ground.mosaic.grid.pixel_sizes_m(x, y)
