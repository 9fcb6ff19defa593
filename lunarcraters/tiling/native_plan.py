"""Plan of native tiles: cores in mosaic pixels, and the windows of the mosaic around them."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lunarcraters.geometry.box import Box, clip_to_extents
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.tiling.local_frames import STRIDE_PX
from lunarcraters.tiling.local_plan import EDGE_PX
from lunarcraters.tiling.tile_grid import anchor_px, frame_sizes


def to_mosaic_px(pixels: ArrayLike, level: int) -> NDArray[np.int64]:
    """Convert numbers of pixels of a level, which make up whole mosaic pixels, to the latter.

    Args:
        pixels: Numbers of pixels of the level, any shape.
        level: Octave.
    """
    return np.asarray(np.asarray(pixels) * 2.0**level, np.int64)


def plan_native_cores(
    mosaic: Mosaic, grounds: list[Box], level: int, max_size: int, halo: int
) -> tuple[list[str], NDArray[np.int64]]:
    """Plan the cores of a level.

    Args:
        mosaic: Mosaic to cut.
        grounds: Boxes that hold all data, mosaic pixels.
        level: Octave.
        max_size: Side of the largest tile, pixels of the level.
        halo: Margin around a core, pixels of the level.

    Returns:
        Names of the tiles, and cores that have data: boxes in mosaic pixels, (n, 4).
    """
    scale, anchor = 2**level, _level_anchor(mosaic, level)
    boxes: list[NDArray[np.int64]] = []
    for ground in grounds:
        wraps = mosaic.grid.wraps and ground.width == mosaic.width
        # Cores start on whole pixels of the level, except for the first.
        ends = int(ground.left // scale), int(-(-ground.right // scale))
        across = _edges(*ends, max_size, halo, anchor=anchor[0], wraps=wraps)
        ends = int(ground.top // scale), int(-(-ground.bottom // scale))
        down = _edges(*ends, max_size, halo, anchor=anchor[1], wraps=False)
        x = np.clip(to_mosaic_px(across, level), ground.left, ground.right)
        y = np.clip(to_mosaic_px(down, level), ground.top, ground.bottom)
        for low, high in pairwise(y.tolist()):
            rows = np.full((len(x) - 1, 2), (low, high - low))
            boxes.append(np.column_stack([x[:-1], rows[:, 0], np.diff(x), rows[:, 1]]))
    positions = [(row, column) for row, cores in enumerate(boxes) for column in range(len(cores))]
    cores, kept = clip_to_extents(np.concatenate(boxes), mosaic.extents)
    return ["z{}_r{:04d}_c{:04d}".format(level, *positions[index]) for index in kept], cores


def plan_windows(
    mosaic: Mosaic, cores: NDArray[np.int64], level: int, max_size: int, halo: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Plan the windows around cores.

    A window has as much of the halo as there are data for, and an edge where data end.

    Args:
        mosaic: Mosaic to cut.
        cores: Cores, boxes in mosaic pixels, (n, 4).
        level: Octave.
        max_size: Side of the largest tile, pixels of the level.
        halo: Margin around a core, pixels of the level.

    Returns:
        Upper left corners of the windows, mosaic pixels, (n, 2), and their sides, pixels of the
        level, (n,).
    """
    extents = mosaic.extents
    if mosaic.grid.wraps:
        shifts = (-mosaic.width, 0, mosaic.width)
        extents = tuple(extent.shift(x, 0) for x in shifts for extent in extents)
    scale, stride = 2**level, int(to_mosaic_px(STRIDE_PX, level))
    outwards = np.array([-1, -1, 2, 2])
    around, _ = clip_to_extents(cores + to_mosaic_px(outwards * halo, level), extents)
    edged = cores + to_mosaic_px(outwards * min(EDGE_PX, halo), level)
    low, high = around[:, :2], around[:, :2] + around[:, 2:]
    edged_low = np.minimum(low, edged[:, :2])
    edged_high = np.maximum(high, edged[:, :2] + edged[:, 2:])
    anchor = to_mosaic_px(_level_anchor(mosaic, level), level)
    edged_begin = edged_low - (edged_low - anchor) % stride
    room = -(-(edged_high - edged_begin) // scale) <= max_size
    low, high = np.where(room, edged_low, low), np.where(room, edged_high, high)
    begin = low - (low - anchor) % stride
    needed = np.asarray(-(-(high - begin) // scale), np.int64)
    sizes = frame_sizes(needed.max(axis=1), max_size)
    return begin - (sizes[:, None] - needed) // 2 // STRIDE_PX * stride, sizes


def _edges(
    start: int, stop: int, max_size: int, halo: int, *, anchor: int, wraps: bool
) -> list[int]:
    """Starts and ends of cores along an axis, so that windows can start at multiples of the stride.

    A pixel then has the same position in the network's grid in every tile, and the network detects
    the same there.
    """
    first = start - (start - anchor) % STRIDE_PX
    if stop - first + 2 * (halo if wraps else 0) <= max_size:
        return [start, stop]
    edge = 0 if wraps else min(EDGE_PX, halo)
    cuts = cut_axis(stop - first + 2 * edge, max_size - STRIDE_PX, halo, wraps=wraps)
    inner = {first + round((end - edge) / STRIDE_PX) * STRIDE_PX for end in cuts[1:-1]}
    return [start, *sorted(edge for edge in inner if start < edge < stop), stop]


def cut_axis(length: float, limit: float, halo: float, *, wraps: bool) -> list[float]:
    """Cut an axis so that each core with its halos is at most `limit` long.

    All cores have the same length, except that the first and the last are longer by the halo that
    they do not need on their outer side.

    Args:
        length: Length of the axis, pixels.
        limit: Largest length of a core with its halos, pixels.
        halo: Margin on each side of a core, pixels.
        wraps: True where the first core is the neighbour of the last one, so that both need a halo.

    Returns:
        Edges of the cores, pixels, from 0 to the length.
    """
    outer = halo if wraps else 0.0
    if length + 2.0 * outer <= limit:
        return [0.0, length]
    spare = halo - outer
    count = int(np.ceil(round((length - 2.0 * spare) / (limit - 2.0 * halo), 9)))
    step = (length - 2.0 * spare) / count
    return [0.0, *(spare + step * i for i in range(1, count)), length]


def _level_anchor(mosaic: Mosaic, level: int) -> tuple[int, int]:
    """Column and row at which a window may start, pixels of the level.

    Other windows start any number of strides away. Pixels of the level are counted from the
    raster's corner, as those of overviews are.
    """
    column, row = anchor_px(mosaic.grid)
    return int(column // 2**level), int(row // 2**level)
