"""Tiling: square windows in frames, each with a core of its own and a halo around it."""

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray

from lunarcraters.errors import TileSetError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box, components
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.reading import Pixels
from lunarcraters.mosaic.resampling import read_enlarged, read_frame
from lunarcraters.tiling.local_frames import STRIDE_PX, Fit
from lunarcraters.tiling.local_plan import Ground, rows_of_frames, stretch
from lunarcraters.tiling.native_plan import mosaic_px, native_cores, windows_around
from lunarcraters.tiling.tile_grid import LEAST_SIZE_PX, frame_sizes

MAX_STRETCH = 1.1
"""Up to this ratio of a pixel's ground sizes tiles are windows of the mosaic itself."""

DEFAULT_SIZE_PX = 1024
DEFAULT_HALO_PX = 64

ANSWERED_PX = 8.0
"""Smallest crater that the shipped network answers for, pixels of an octave."""

FINEST = -2
"""The finest octave there can be: four pixels, to a side, for one of the mosaic."""

LEAST_CRATER_PX = 2.75
"""Smallest crater worth searching for, pixels of the mosaic."""

_LEAST_LEVEL_PX = 128

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Tile:
    """A square window in a frame.

    Attributes:
        name: Level, row and column in the plan ("z0_r0003_c0012"), unique.
        level: Octave: a pixel of the frame is 2**level pixels of the mosaic; below 0 the mosaic is
            enlarged.
        frame: Grid of the tile's pixels, square; without a coordinate system, its affine leads to
            mosaic pixels.
        core: Ground that belongs to the tile, mosaic pixels; cores of a level do not overlap.
        window: Native frame: the window of the mosaic, size * 2**level of its pixels to a side,
            which may reach outside. None: a local frame.
    """

    name: str
    level: int
    frame: Grid
    core: Box
    window: Box | None

    @property
    def size(self) -> int:
        """Number of pixels to a side, a multiple of 16."""
        return self.frame.width


def plan_tiles(
    mosaic: Mosaic,
    *,
    max_size: int = DEFAULT_SIZE_PX,
    halo: int = DEFAULT_HALO_PX,
    levels: int | None = None,
    finest: int = 0,
    frames: str = "auto",
) -> list[Tile]:
    """Tiles of every octave of a mosaic, ordered by level, row and column.

    Args:
        mosaic: What to cut.
        max_size: Most pixels to a side of a tile.
        halo: Pixels around a core that the tile has as well, where the ground goes on; native
            tiles have up to 15 more.
        levels: How many octaves from full resolution on; None for as many as leave the mosaic
            128 px long.
        finest: The first octave: 0, or less for octaves of an enlarged mosaic beside those.
        frames: "native" (windows of the mosaic), "local" (each tile warped to a
            stereographic frame) or "auto": native where pixels are nearly square on the ground.

    Raises:
        TileSetError: The sizes leave no room for a core, or the mosaic is off the Moon.
    """
    max_size -= max_size % STRIDE_PX
    if halo < 0 or max_size < _least_size(halo):
        raise TileSetError(
            f"tiles of {max_size} px have no room for a core between halos of {halo} px: give a "
            f"--size of at least {_least_size(halo)}"
        )
    grounds = components(mosaic.extents, mosaic.width if mosaic.grid.wraps else None)
    if levels is None:
        longest = max(max(box.width, box.height) for box in grounds)
        levels = max(1, int(np.log2(max(1.0, longest / _LEAST_LEVEL_PX))) + 1)
    if levels < 1:
        raise TileSetError(f"{levels} levels were asked for: give --levels of at least 1")
    native = frames == "native" or not mosaic.has_crs
    if frames == "auto" and not native:
        native = stretch(mosaic) < MAX_STRETCH
    plan = _plan_native if native else _plan_local
    return [
        tile
        for level in range(finest, levels)
        for tile in plan(mosaic, grounds, level, max_size, halo)
    ]


def finest_octave(smallest_px: float | None, answered_px: float = ANSWERED_PX) -> int:
    """The octave in which craters are as large as a network answers for.

    Args:
        smallest_px: Smallest crater to be found, pixels of the mosaic; None for `answered_px`.
        answered_px: Smallest crater that the network answers for, pixels of an octave.

    Returns:
        0 or less.

    Raises:
        TileSetError: There is none that fine.
    """
    if smallest_px is None or smallest_px >= answered_px:
        return 0
    finest = -int(np.ceil(np.log2(answered_px / smallest_px) - 1e-6))
    if finest < FINEST:
        raise TileSetError(
            f"craters of {smallest_px:g} px are too small for a network that answers for "
            f"{answered_px:g} px and more: give a --smallest of at least "
            f"{answered_px * 2.0**FINEST:g}"
        )
    return finest


def read_tile(mosaic: Mosaic, tile: Tile) -> Pixels:
    """Values in the mosaic's dtype (0 where invalid) and validity, of shape (size, size).

    Raises:
        MosaicError: The pixels cannot be read.
    """
    if tile.window is not None and tile.level < 0:
        return read_enlarged(mosaic, tile.window, tile.size)
    if tile.window is not None:
        return mosaic.read(tile.window, 2**tile.level)
    if not tile.frame.has_crs:
        raise TileSetError(f"tile {tile.name} has no frame: plan the tiles again")
    return read_frame(mosaic, tile.frame, enlarged=tile.level < 0)


def owns(mosaic: Mosaic, tile: Tile, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
    """Which points, in mosaic pixels, lie in the tile's core, its left and top edges included.

    Where the mosaic goes round the Moon, points between its last column and its first (less than
    a pixel of ground) count as in the nearer one.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if mosaic.grid.wraps:
        x = np.where((x < 0.0) & (x >= -1.0), 0.0, x)
        last = np.nextafter(float(mosaic.width), 0.0)
        x = np.where((x > last) & (x <= mosaic.width + 1.0), last, x)
    core = tile.core
    inside = (x >= core.left) & (x < core.right) & (y >= core.top) & (y < core.bottom)
    return np.asarray(inside)


def _least_size(halo: int) -> int:
    """The least size of a tile that has a core of one stride or more."""
    return max(LEAST_SIZE_PX, (2 * -(-halo // STRIDE_PX) + 2) * STRIDE_PX)


def _plan_native(
    mosaic: Mosaic, grounds: list[Box], level: int, max_size: int, halo: int
) -> list[Tile]:
    halo = -(-halo // STRIDE_PX) * STRIDE_PX
    names, cores = native_cores(mosaic, grounds, level, max_size, halo)
    origins, sizes = windows_around(mosaic, cores, level, max_size, halo)
    plan = zip(names, sizes.tolist(), cores.tolist(), origins.tolist(), strict=True)
    return [_native_tile(mosaic, level, *place) for place in plan]


def _native_tile(
    mosaic: Mosaic, level: int, name: str, size: int, core: list[int], origin: list[int]
) -> Tile:
    side = int(mosaic_px(size, level))
    window = Box(origin[0], origin[1], side, side)
    frame = mosaic.grid.window(window, 2**level, size, size)
    return Tile(name=name, level=level, frame=frame, core=Box(*core), window=window)


def _plan_local(
    mosaic: Mosaic, grounds: list[Box], level: int, max_size: int, halo: int
) -> list[Tile]:
    rows = [
        fit
        for ground in grounds
        for fit in rows_of_frames(Ground(mosaic, ground, level, max_size, halo))
    ]
    if not rows:
        return []
    needs = np.concatenate([np.where(fit.at_limb, max_size, fit.needs) for fit in rows])
    sizes = iter(frame_sizes(needs, max_size).tolist())
    return [
        _local_tile(mosaic, level, next(sizes), row, column, fit)
        for row, fit in enumerate(rows)
        for column in range(len(fit.cores))
    ]


def _local_tile(mosaic: Mosaic, level: int, size: int, row: int, column: int, fit: Fit) -> Tile:
    crs = sphere.local_frame(float(fit.lon[column]), float(fit.lat[column]), mosaic.grid.radius_m)
    gsd_m = float(fit.gsd_m[column])
    spare = (size - fit.needs[column]) / 2.0
    if not fit.at_limb[column]:
        spare -= spare % STRIDE_PX
    left, top = (fit.begin[column] - spare).tolist()
    affine = Affine(gsd_m, 0.0, left * gsd_m, 0.0, -gsd_m, -top * gsd_m)
    return Tile(
        name=f"z{level}_r{row:04d}_c{column:04d}",
        level=level,
        frame=Grid(crs.to_wkt(), affine, size, size),
        core=Box(*fit.cores[column].tolist()),
        window=None,
    )
