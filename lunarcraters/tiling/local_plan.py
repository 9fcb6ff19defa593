"""Frames: ground cut into the cores of tiles, each in a local stereographic frame."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import TileSetError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box, filled, hits
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.tiling.local_frames import MARGIN_PX, Fit, fit_frames
from lunarcraters.tiling.tile_grid import Span, bands, cells

Float = NDArray[np.float64]

WIDEST_CORE_DEG = 60.0
"""Longest side of a core on the ground: beyond, a stereographic frame has too many scales."""

EDGE_PX = 16
"""Pixels of nothing that are shown where data end, if there is room.

A network finds less beside its own edge than beside an end of the data within its view.
"""

_POINTS = 17
_BEND = 0.98
_TRIM_POINTS = 33  # along a frame, to see where it has ground
_GROWTH = (1.0, 1.1, 1.2, 1.35, 1.5)


@dataclass(frozen=True)
class Ground:
    """A box of a mosaic, to be cut into cores for local frames.

    Attributes:
        mosaic: Whose ground it is.
        box: Mosaic pixels.
        level: Octave.
        max_size: Largest frame, pixels.
        halo: Margin of a core within its frame, pixels.
    """

    mosaic: Mosaic
    box: Box
    level: int
    max_size: int
    halo: int

    @property
    def goes_round(self) -> bool:
        """Whether its western edge is the eastern neighbour of its eastern edge."""
        return self.mosaic.grid.wraps and self.box[2] == self.mosaic.width

    @property
    def has_pole(self) -> bool:
        """Whether a pole lies on its first or last row."""
        column, row, width, height = self.box
        x = column + width / 2.0
        _, lat = self.mosaic.grid.to_lonlat([x, x], [row + 0.5, row + height - 0.5])
        _, inward = self.mosaic.grid.to_lonlat([x, x], [row + 2.5, row + height - 2.5])
        # Half a pixel from the pole, within the rounding of what the mosaic's maker called a pole.
        # (A row beyond it, NaN, is no smaller.)
        return not bool((np.abs(lat) + np.abs(inward - lat) / 2.0 < 90.0).all())


def rows_of_frames(ground: Ground) -> list[Fit]:
    """Cut ground into rows of cores, each of as many as its latitudes ask for.

    Cores and frames are those of a lattice that comes with the coordinate system: another piece of
    the mosaic has the same. Ground that fits one frame is shown by itself, and needs no more halo
    than an edge: there is nothing beyond it.

    Raises:
        TileSetError: No frame of the largest size can hold a core and its halo.
    """
    rows = ground.box[1], ground.box[3]
    if not (ground.goes_round or ground.has_pole):
        for halo in (min(EDGE_PX, ground.halo), 0):
            whole = fit_frames(ground.mosaic.grid, np.array([ground.box]), ground.level, halo)
            longest = _longest_px(ground, rows, halo) + 2.0 * (halo + MARGIN_PX)
            if len(whole.cores) and whole.needs[0] <= longest:
                return [whole]
    _, tallest = _frame_px(ground, rows)
    # A little less than would fit, because rows bend in frames.
    height = _BEND * _longest_px(ground, rows, ground.halo) / tallest
    fits = [_row_of_frames(ground, band) for band in bands(ground.mosaic.grid, ground.box, height)]
    fits = [fit for fit in fits if len(fit.cores)]
    return fits if len(ground.mosaic.extents) == 1 else [_trimmed(ground, fit) for fit in fits]


def _trimmed(ground: Ground, fit: Fit) -> Fit:
    """The same without the halo that has no ground."""
    mosaic = ground.mosaic
    share = np.linspace(0.0, 1.0, _TRIM_POINTS)
    side = fit.high - fit.low
    x = fit.low[:, 0, None, None] + side[:, 0, None, None] * share[None, None, :]
    y = fit.low[:, 1, None, None] + side[:, 1, None, None] * share[None, :, None]
    x, y = np.broadcast_arrays(x, y)
    lon, lat, gsd_m = (values[:, None, None] for values in (fit.lon, fit.lat, fit.gsd_m))
    arc = 2.0 * np.arctan(np.hypot(x, y) * gsd_m / (2.0 * mosaic.grid.radius_m))
    column, row = mosaic.grid.from_lonlat(*sphere.ahead(lon, lat, np.arctan2(x, -y), arc))
    if mosaic.grid.wraps:
        column = np.mod(column, mosaic.width)
    there = hits(column, row, mosaic.extents)
    plane, step = np.stack([x, y], axis=-1), side / (_TRIM_POINTS - 1)
    least = np.where(there[..., None], plane, np.inf).min(axis=(1, 2)) - step
    greatest = np.where(there[..., None], plane, -np.inf).max(axis=(1, 2)) + step
    core = fit.low + ground.halo, fit.high - ground.halo
    return replace(
        fit,
        low=np.clip(least, fit.low, core[0]),
        high=np.clip(greatest, core[1], fit.high),
    )


def _row_of_frames(ground: Ground, band: Span) -> Fit:
    widest, _ = _frame_px(ground, band)
    for growth in _GROWTH:
        width = _longest_px(ground, band, ground.halo) / (widest * growth)
        fit = _fit_cells(ground, cells(ground.mosaic.grid, ground.box, band, width))
        if not fit.exceeds(ground.max_size).any():
            return fit
    # Halve cells until each fits: the limb of an orthographic mosaic asks for it.
    while (too_large := fit.exceeds(ground.max_size)).any():
        halves = [half for cell in fit.cells[too_large] for half in _halves(ground, cell)]
        fit = _fit_cells(ground, np.concatenate([fit.cells[~too_large], np.array(halves)]))
    return fit


def _fit_cells(ground: Ground, boxes: NDArray[np.int64]) -> Fit:
    """Frames for what cells have of the ground."""
    low = np.maximum(boxes[:, :2], ground.box[:2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], np.add(ground.box[:2], ground.box[2:]))
    met = (high > low).all(axis=1)
    cores, some = filled(np.hstack([low, high - low])[met], ground.mosaic.extents)
    return fit_frames(ground.mosaic.grid, cores, ground.level, ground.halo, cells=boxes[met][some])


def _halves(ground: Ground, core: NDArray[np.int64]) -> tuple[Box, Box]:
    x, y, width, height = (int(number) for number in core)
    centre = np.array([x + width / 2.0]), np.array([y + height / 2.0])
    along_x, along_y = np.linalg.norm(ground.mosaic.grid.jacobian_m(*centre)[0], axis=0)
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


def stretch(mosaic: Mosaic) -> float:
    """Largest ratio of the longest to the shortest ground size of a pixel, over the extents."""
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
    """Frame pixels in a mosaic pixel of a band, along x and along y, where they are most."""
    gsd_m, sizes_m = _sizes_m(ground, band)
    # The middle of each row, not its ends: at a limb pixels are of any size.
    sizes = (sizes_m / gsd_m[:, None]).reshape(_POINTS, _POINTS, 2)
    sizes = sizes[np.isfinite(sizes).any(axis=(1, 2))]
    widest, tallest = np.nanmax(np.nanmedian(sizes, axis=1), axis=0)
    return float(widest) / 2**ground.level, float(tallest) / 2**ground.level


def _longest_px(ground: Ground, band: Span, halo: int) -> float:
    """Longest core that has such a halo, frame pixels."""
    gsd_m, _ = _sizes_m(ground, band)
    widest_m = np.radians(WIDEST_CORE_DEG) * ground.mosaic.grid.radius_m
    room = ground.max_size - 2.0 * (halo + MARGIN_PX)
    return float(min(room, widest_m / (np.nanmin(gsd_m) * 2**ground.level)))


def _sizes_m(ground: Ground, band: Span) -> tuple[Float, Float]:
    """North-south ground size of a mosaic pixel, (n,), and those along x and y, (n, 2)."""
    share = np.linspace(0.0, 1.0, _POINTS)
    x = ground.box[0] + 0.5 + max(ground.box[2] - 1, 0) * share[None, :]
    y = band[0] + 0.5 + max(band[1] - 1, 0) * share[:, None]
    x, y = (grid.ravel() for grid in np.broadcast_arrays(x, y))
    gsd_m = ground.mosaic.grid.meridian_pixel_size_m(x, y)
    if not np.isfinite(gsd_m).any():
        raise TileSetError(
            f"{ground.mosaic.name} does not lie on the Moon around column {x[0]:.0f}, row "
            f"{y[0]:.0f}: check its geotransform and coordinate system"
        )
    return gsd_m, np.linalg.norm(ground.mosaic.grid.jacobian_m(x, y), axis=1)
