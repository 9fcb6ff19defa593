"""Tiling: square windows in frames, each with a core of its own and a halo around it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from lunarcraters import moon
from lunarcraters.errors import TileSetError
from lunarcraters.raster.blocks import Box
from lunarcraters.raster.frames import EDGE_PX, Ground, rows_of_frames, stretch
from lunarcraters.raster.lattice import anchor_px
from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.raster.partition import components, cut, filled
from lunarcraters.raster.reading import Pixels
from lunarcraters.raster.stereographic import STRIDE_PX, Fit
from lunarcraters.raster.warping import read_frame

MAX_STRETCH = 1.1
"""Up to this ratio of a pixel's ground sizes tiles are windows of the mosaic itself."""

DEFAULT_SIZE_PX = 1024
DEFAULT_HALO_PX = 64

_LEAST_SIZE_PX = 64
_LEAST_LEVEL_PX = 128

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Tile:
    """A square window in a frame.

    Attributes:
        name: Level, row and column in the plan ("z0_r0003_c0012"), unique.
        level: Octave: a pixel of the frame is 2**level pixels of the mosaic.
        crs_wkt: CRS of the frame; None for a plain picture.
        affine: Frame pixel corner to frame CRS (plain: to mosaic pixel).
        size: Pixels to a side, a multiple of 16.
        core: The ground that is the tile's own, mosaic pixels; cores of a level do not overlap.
        window: Native frame: the window of the mosaic, size * 2**level mosaic pixels to a side,
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
    frames: str = "auto",
) -> list[Tile]:
    """Tiles of every octave of a mosaic, ordered by level, row and column.

    Args:
        mosaic: What to cut.
        max_size: Most pixels to a side of a tile.
        halo: Pixels around a core that the tile has as well, where the ground goes on; native
            tiles have up to 15 more.
        levels: How many octaves; None for as many as leave the mosaic 128 px long.
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
        tile for level in range(levels) for tile in plan(mosaic, grounds, level, max_size, halo)
    ]


def read_tile(mosaic: Mosaic, tile: Tile) -> Pixels:
    """Values in the mosaic's dtype (0 where invalid) and validity, of shape (size, size).

    Raises:
        MosaicError: The pixels cannot be read.
    """
    if tile.window is not None:
        return mosaic.read(tile.window, 2**tile.level)
    if tile.crs_wkt is None:
        raise TileSetError(f"tile {tile.name} has no frame: plan the tiles again")
    return read_frame(mosaic, tile.crs_wkt, tile.affine, tile.size)


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
    return max(_LEAST_SIZE_PX, (2 * -(-halo // STRIDE_PX) + 2) * STRIDE_PX)


def _frame_sizes(needed: Float, max_size: int) -> NDArray[np.int64]:
    """Sizes of frames that hold so many pixels, (n,).

    A network is compiled for each size, so they are few: a quarter of a power of two apart, but for
    the largest, which most tiles have.
    """
    wanted = np.clip(needed, _LEAST_SIZE_PX, max_size)
    most = _stepped(wanted.max(keepdims=True), 16)
    return np.asarray(np.minimum(np.minimum(_stepped(wanted, 8), most), max_size), np.int64)


def _stepped(sizes: ArrayLike, steps: int) -> NDArray[np.int64]:
    """Sizes rounded up to so many steps a power of two, and to the network's stride."""
    wanted = np.asarray(sizes, float)
    step = np.maximum(STRIDE_PX, np.exp2(np.ceil(np.log2(wanted))) / steps)
    return np.asarray(np.ceil(np.round(wanted / step, 6)) * step, np.int64)


def _edges(
    start: int, stop: int, max_size: int, halo: int, *, anchor: int, goes_on: bool
) -> list[int]:
    """Where cores begin and end along an axis, so that their windows can begin at the stride's.

    The network then sees a pixel at the same place of its grid in every tile, and finds the same
    there.
    """
    first = start - (start - anchor) % STRIDE_PX
    if stop - first + 2 * (halo if goes_on else 0) <= max_size:
        return [start, stop]
    edge = 0 if goes_on else min(EDGE_PX, halo)
    cuts = cut(stop - first + 2 * edge, max_size - STRIDE_PX, halo, goes_on=goes_on)
    inner = {first + round((end - edge) / STRIDE_PX) * STRIDE_PX for _, end in cuts[:-1]}
    return [start, *sorted(edge for edge in inner if start < edge < stop), stop]


def _plan_native(
    mosaic: Mosaic, grounds: list[Box], level: int, max_size: int, halo: int
) -> list[Tile]:
    halo = -(-halo // STRIDE_PX) * STRIDE_PX
    names, cores = _native_cores(mosaic, grounds, level, max_size, halo)
    origins, sizes = _windows(mosaic, cores, level, max_size, halo)
    plan = zip(names, sizes.tolist(), cores.tolist(), origins.tolist(), strict=True)
    return [_native_tile(mosaic, level, *place) for place in plan]


def _native_cores(
    mosaic: Mosaic, grounds: list[Box], level: int, max_size: int, halo: int
) -> tuple[list[str], NDArray[np.int64]]:
    """Names and cores (n, 4) of tiles, in mosaic pixels."""
    scale, anchor = 2**level, _level_anchor(mosaic, level)
    boxes: list[NDArray[np.int64]] = []
    for left, top, width, height in grounds:
        goes_on = mosaic.goes_round and width == mosaic.width
        # Cores start on whole pixels of the level, but for the first.
        ends = left // scale, -(-(left + width) // scale)
        across = _edges(*ends, max_size, halo, anchor=anchor[0], goes_on=goes_on)
        ends = top // scale, -(-(top + height) // scale)
        down = _edges(*ends, max_size, halo, anchor=anchor[1], goes_on=False)
        x = np.clip(np.array(across) * scale, left, left + width)
        y = np.clip(np.array(down) * scale, top, top + height)
        for low, high in pairwise(y.tolist()):
            along = np.full((len(x) - 1, 2), (low, high - low))
            boxes.append(np.column_stack([x[:-1], along[:, 0], np.diff(x), along[:, 1]]))
    places = [(row, column) for row, same in enumerate(boxes) for column in range(len(same))]
    cores, some = filled(np.concatenate(boxes), mosaic.extents)
    return ["z{}_r{:04d}_c{:04d}".format(level, *places[index]) for index in some], cores


def _level_anchor(mosaic: Mosaic, level: int) -> tuple[int, int]:
    """Where windows begin, or any number of strides from there, in pixels of the level.

    Whole ones, counted from the raster's corner: overviews are.
    """
    column, row = anchor_px(mosaic)
    return column // 2**level, row // 2**level


def _windows(
    mosaic: Mosaic, cores: NDArray[np.int64], level: int, max_size: int, halo: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Corners of the windows around cores, (n, 2) mosaic pixels, and sizes, (n,) of the level.

    A window has as much of the halo as there is ground for, and an edge where data end.
    """
    extents = mosaic.extents
    if mosaic.goes_round:
        turns = (-mosaic.width, 0, mosaic.width)
        extents = tuple((x + turn, y, w, h) for turn in turns for x, y, w, h in extents)
    scale = 2**level
    stride, outwards = STRIDE_PX * scale, np.array([-1, -1, 2, 2]) * scale
    around, _ = filled(cores + outwards * halo, extents)
    edged = cores + outwards * min(EDGE_PX, halo)
    low, high = around[:, :2], around[:, :2] + around[:, 2:]
    edged_low = np.minimum(low, edged[:, :2])
    edged_high = np.maximum(high, edged[:, :2] + edged[:, 2:])
    anchor = np.array(_level_anchor(mosaic, level)) * scale
    edged_begin = edged_low - (edged_low - anchor) % stride
    room = -(-(edged_high - edged_begin) // scale) <= max_size
    low, high = np.where(room, edged_low, low), np.where(room, edged_high, high)
    begin = low - (low - anchor) % stride
    needed = -(-(high - begin) // scale)
    sizes = _frame_sizes(needed.max(axis=1), max_size)
    return begin - (sizes[:, None] - needed) // 2 // STRIDE_PX * stride, sizes


def _native_tile(
    mosaic: Mosaic, level: int, name: str, size: int, core: list[int], origin: list[int]
) -> Tile:
    scale = 2**level
    return Tile(
        name=name,
        level=level,
        crs_wkt=mosaic.crs_wkt,
        affine=mosaic.affine * Affine.translation(*origin) * Affine.scale(scale),
        size=size,
        core=(core[0], core[1], core[2], core[3]),
        window=(origin[0], origin[1], size * scale, size * scale),
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
    sizes = iter(_frame_sizes(needs, max_size).tolist())
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
