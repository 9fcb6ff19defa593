"""Plan of tiles: square windows in frames, each with a core of its own and a halo around it."""

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray

from lunarcraters.errors import TileSetError
from lunarcraters.geometry import stereographic
from lunarcraters.geometry.box import Box, connected_extents
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.dtypes import Pixels
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.resampling import read_enlarged, read_frame
from lunarcraters.tiling.local_frames import STRIDE_PX, LocalFrames
from lunarcraters.tiling.local_plan import Ground, max_stretch, plan_local_frames
from lunarcraters.tiling.native_plan import plan_native_cores, plan_windows, to_mosaic_px
from lunarcraters.tiling.tile_grid import LEAST_SIZE_PX, frame_sizes

MAX_STRETCH = 1.1
"""Ratio of a pixel's ground sizes from which all tiles of a mosaic have local frames."""

DEFAULT_SIZE_PX = 1024
"""Largest side of a tile where nothing else names one; `craters detect` has larger windows."""

DEFAULT_HALO_PX = 64

MIN_DETECTABLE_PX = 8.0
"""Diameter of the smallest crater that the shipped network detects, pixels of an octave."""

FINEST = -2
"""Finest possible octave: four by four pixels for one of the mosaic."""

_LEAST_LEVEL_PX = 128


@dataclass(frozen=True)
class Tile:
    """A square window in a frame.

    Attributes:
        name: Level, row and column in the plan ("z0_r0003_c0012"), unique.
        level: Octave: a pixel of the frame is 2**level pixels of the mosaic; below 0 the mosaic is
            enlarged.
        frame: Grid of the tile's pixels, square; without a coordinate system, its affine leads to
            mosaic pixels.
        core: Box that belongs to the tile, mosaic pixels; cores of a level do not overlap.
        window: Window of the mosaic that the tile shows, size * 2**level mosaic pixels to a side,
            which may reach outside; None for a local frame.
    """

    name: str
    level: int
    frame: Grid
    core: Box
    window: Box | None

    @property
    def size(self) -> int:
        """Number of columns and of rows, a multiple of 16."""
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
    """Plan the tiles of every octave of a mosaic.

    Args:
        mosaic: Mosaic to cut.
        max_size: Largest side of a tile, pixels.
        halo: Margin around a core, pixels of the tile. Windows of the mosaic have up to 15 pixels
            more, because their sides are multiples of 16, and less where data end.
        levels: Number of octaves 0, 1, 2 ...; None for as many as leave the mosaic 128 px long.
            Enlarged octaves are counted by `finest` alone.
        finest: First octave: 0, or less for octaves of the enlarged mosaic as well.
        frames: Kind of frames: "native" (windows of the mosaic), "local" (each tile resampled to a
            stereographic frame) or "auto" (native where pixels are nearly square on the ground).

    Returns:
        Tiles, by level, row and column.

    Raises:
        TileSetError: The sizes leave no room for a core, or the mosaic is off the Moon.
    """
    max_size -= max_size % STRIDE_PX
    if halo < 0 or max_size < _least_size(halo):
        raise TileSetError(
            f"tiles of {max_size} px have no room for a core between halos of {halo} px: give a "
            f"--size of at least {_least_size(halo)}"
        )
    grounds = connected_extents(mosaic.extents, mosaic.width if mosaic.grid.wraps else None)
    if levels is None:
        longest = max(max(box.width, box.height) for box in grounds)
        levels = max(1, int(np.log2(max(1.0, longest / _LEAST_LEVEL_PX))) + 1)
    if levels < 1:
        raise TileSetError(f"{levels} levels were asked for: give --levels of at least 1")
    plan = _plan_native if has_native_frames(mosaic, frames) else _plan_local
    return [
        tile
        for level in range(finest, levels)
        for tile in plan(mosaic, grounds, level, max_size, halo)
    ]


def has_native_frames(mosaic: Mosaic, frames: str = "auto") -> bool:
    """Tell whether the tiles of a mosaic are windows of it, or are resampled.

    Args:
        mosaic: Mosaic to cut.
        frames: Kind of frames: "native", "local" or "auto".
    """
    if frames == "native" or not mosaic.has_crs:
        return True
    return frames == "auto" and max_stretch(mosaic) < MAX_STRETCH


def find_finest_octave(
    smallest_px: float | None, min_detectable_px: float = MIN_DETECTABLE_PX
) -> int:
    """Find the octave in which the smallest craters are large enough for the network.

    Args:
        smallest_px: Diameter of the smallest crater to detect, pixels of the mosaic; None for
            `min_detectable_px`.
        min_detectable_px: Diameter of the smallest crater that the network detects, pixels of an
            octave.

    Returns:
        Octave, 0 or less.

    Raises:
        TileSetError: The craters are too small for the finest possible octave.
    """
    if smallest_px is None or smallest_px >= min_detectable_px:
        return 0
    finest = -int(np.ceil(np.log2(min_detectable_px / smallest_px) - 1e-6))
    if finest < FINEST:
        raise TileSetError(
            f"craters of {smallest_px:g} px are too small for a network that detects craters "
            f"of {min_detectable_px:g} px and larger: give a --smallest of at least "
            f"{min_detectable_px * 2.0**FINEST:g}"
        )
    return finest


def read_tile(mosaic: Mosaic, tile: Tile) -> Pixels:
    """Read the pixels of a tile from its mosaic.

    Args:
        mosaic: Mosaic that the tile was planned for.
        tile: Tile to read.

    Returns:
        Values in the mosaic's dtype (0 where invalid) and validity, each (size, size).

    Raises:
        MosaicError: The pixels cannot be read.
        TileSetError: The tile has neither a window nor a coordinate system.
    """
    if tile.window is not None and tile.level < 0:
        return read_enlarged(mosaic, tile.window, tile.size)
    if tile.window is not None:
        return mosaic.read(tile.window, 2**tile.level)
    if not tile.frame.has_crs:
        raise TileSetError(
            f"tile {tile.name} has neither a window nor a coordinate system: plan the tiles again"
        )
    return read_frame(mosaic, tile.frame, enlarged=tile.level < 0)


def in_core(mosaic: Mosaic, tile: Tile, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
    """Test which points lie in the core of a tile, its left and top edges included.

    Where the mosaic wraps around the Moon, points between its last column and its first (less than
    a pixel of ground) count as points of the nearer one.

    Args:
        mosaic: Mosaic of the tile.
        tile: Tile.
        x: Columns, mosaic pixels, (n,).
        y: Rows, mosaic pixels, (n,).

    Returns:
        True in the core, (n,).
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
    """Smallest size of a tile that has a core of one stride or more, pixels."""
    return max(LEAST_SIZE_PX, (2 * -(-halo // STRIDE_PX) + 2) * STRIDE_PX)


def _plan_native(
    mosaic: Mosaic, grounds: list[Box], level: int, max_size: int, halo: int
) -> list[Tile]:
    halo = -(-halo // STRIDE_PX) * STRIDE_PX
    names, cores = plan_native_cores(mosaic, grounds, level, max_size, halo)
    corners, sizes = plan_windows(mosaic, cores, level, max_size, halo)
    plan = zip(names, sizes.tolist(), cores.tolist(), corners.tolist(), strict=True)
    return [_native_tile(mosaic, level, *entry) for entry in plan]


def _native_tile(
    mosaic: Mosaic, level: int, name: str, size: int, core: list[int], corner: list[int]
) -> Tile:
    side = int(to_mosaic_px(size, level))
    window = Box(corner[0], corner[1], side, side)
    frame = mosaic.grid.window(window, 2**level, size, size)
    return Tile(name=name, level=level, frame=frame, core=Box(*core), window=window)


def _plan_local(
    mosaic: Mosaic, grounds: list[Box], level: int, max_size: int, halo: int
) -> list[Tile]:
    rows = [
        frames
        for ground in grounds
        for frames in plan_local_frames(Ground(mosaic, ground, level, max_size, halo))
    ]
    if not rows:
        return []
    needed = np.concatenate(
        [np.where(frames.at_limb, max_size, frames.window_side) for frames in rows]
    )
    sizes = iter(frame_sizes(needed, max_size).tolist())
    return [
        _local_tile(
            f"z{level}_r{row:04d}_c{column:04d}", level, next(sizes), frames, column, mosaic.grid
        )
        for row, frames in enumerate(rows)
        for column in range(len(frames.cores))
    ]


def _local_tile(
    name: str, level: int, size: int, frames: LocalFrames, index: int, grid: Grid
) -> Tile:
    lon, lat = float(frames.lon[index]), float(frames.lat[index])
    crs = stereographic.local_frame(lon, lat, grid.radius_m)
    side_m = float(frames.pixel_size_m[index])
    margin = (size - frames.window_side[index]) / 2.0
    if not frames.at_limb[index]:
        margin -= margin % STRIDE_PX
    left, top = (frames.window_start[index] - margin).tolist()
    affine = Affine(side_m, 0.0, left * side_m, 0.0, -side_m, -top * side_m)
    return Tile(
        name=name,
        level=level,
        frame=Grid(crs.to_wkt(), affine, size, size),
        core=Box(*frames.cores[index].tolist()),
        window=None,
    )
