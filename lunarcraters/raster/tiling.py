"""Tiling: square windows in frames, each with a core of its own and a halo around it."""

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from lunarcraters import moon
from lunarcraters.errors import TileSetError
from lunarcraters.raster.blocks import Box
from lunarcraters.raster.frames import Ground, rows_of_frames, stretch
from lunarcraters.raster.lattice import LEAST_SIZE_PX, frame_sizes
from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.raster.partition import components
from lunarcraters.raster.reading import Pixels
from lunarcraters.raster.stereographic import STRIDE_PX, Fit
from lunarcraters.raster.warping import read_enlarged, read_frame
from lunarcraters.raster.windows import mosaic_px, native_cores, windows_around

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
        crs_wkt: CRS of the frame; None for a plain picture.
        affine: Frame pixel corner to frame CRS (plain: to mosaic pixel).
        size: Pixels to a side, a multiple of 16.
        core: The ground that is the tile's own, mosaic pixels; cores of a level do not overlap.
        window: Native frame: the window of the mosaic, size * 2**level of its pixels to a side,
            which may reach outside. None: a local frame.
    """

    name: str
    level: int
    crs_wkt: str | None
    affine: Affine
    size: int
    core: Box
    window: Box | None

    @property
    def crs(self) -> CRS | None:
        """CRS of the frame; None for a plain picture."""
        return None if self.crs_wkt is None else moon.crs_of(self.crs_wkt)


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
    grounds = components(mosaic.extents, mosaic.width if mosaic.goes_round else None)
    if levels is None:
        longest = max(max(box[2:]) for box in grounds)
        levels = max(1, int(np.log2(max(1.0, longest / _LEAST_LEVEL_PX))) + 1)
    if levels < 1:
        raise TileSetError(f"{levels} levels were asked for: give --levels of at least 1")
    native = frames == "native" or mosaic.is_plain
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
    if tile.crs_wkt is None:
        raise TileSetError(f"tile {tile.name} has no frame: plan the tiles again")
    return read_frame(mosaic, tile.crs_wkt, tile.affine, tile.size, enlarged=tile.level < 0)


def owns(mosaic: Mosaic, tile: Tile, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
    """Which points, in mosaic pixels, lie in the tile's core, its left and top edges included.

    Where the mosaic goes round the Moon, points between its last column and its first (less than
    a pixel of ground) count as in the nearer one.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if mosaic.goes_round:
        x = np.where((x < 0.0) & (x >= -1.0), 0.0, x)
        last = np.nextafter(float(mosaic.width), 0.0)
        x = np.where((x > last) & (x <= mosaic.width + 1.0), last, x)
    column, row, width, height = tile.core
    return np.asarray((x >= column) & (x < column + width) & (y >= row) & (y < row + height))


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
    return Tile(
        name=name,
        level=level,
        crs_wkt=mosaic.crs_wkt,
        affine=mosaic.affine * Affine.translation(*origin) * Affine.scale(2**level),
        size=size,
        core=(core[0], core[1], core[2], core[3]),
        window=(origin[0], origin[1], side, side),
    )


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
    crs = moon.local_frame(float(fit.lon[column]), float(fit.lat[column]), mosaic.radius_m)
    gsd_m = float(fit.gsd_m[column])
    spare = (size - fit.needs[column]) / 2.0
    if not fit.at_limb[column]:
        spare -= spare % STRIDE_PX
    left, top = (fit.begin[column] - spare).tolist()
    x, y, width, height = (int(number) for number in fit.cores[column])
    return Tile(
        name=f"z{level}_r{row:04d}_c{column:04d}",
        level=level,
        crs_wkt=crs.to_wkt(),
        affine=Affine(gsd_m, 0.0, left * gsd_m, 0.0, -gsd_m, -top * gsd_m),
        size=size,
        core=(x, y, width, height),
        window=None,
    )
