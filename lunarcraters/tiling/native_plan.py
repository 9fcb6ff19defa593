"""Windows: the cores of native frames, and the windows of the mosaic around them."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lunarcraters.geometry.box import Box, filled
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.tiling.local_frames import STRIDE_PX
from lunarcraters.tiling.local_plan import EDGE_PX
from lunarcraters.tiling.tile_grid import anchor_px, cut, frame_sizes


def mosaic_px(pixels: ArrayLike, level: int) -> NDArray[np.int64]:
    """Pixels of a level as pixels of the mosaic, of which they make up whole ones."""
    return np.asarray(np.asarray(pixels) * 2.0**level, np.int64)


def native_cores(
    mosaic: Mosaic, grounds: list[Box], level: int, max_size: int, halo: int
) -> tuple[list[str], NDArray[np.int64]]:
    """Names and cores (n, 4) of tiles, in mosaic pixels."""
    scale, anchor = 2**level, _level_anchor(mosaic, level)
    boxes: list[NDArray[np.int64]] = []
    for left, top, width, height in grounds:
        goes_on = mosaic.grid.wraps and width == mosaic.width
        # Cores start on whole pixels of the level, but for the first.
        ends = int(left // scale), int(-(-(left + width) // scale))
        across = _edges(*ends, max_size, halo, anchor=anchor[0], goes_on=goes_on)
        ends = int(top // scale), int(-(-(top + height) // scale))
        down = _edges(*ends, max_size, halo, anchor=anchor[1], goes_on=False)
        x = np.clip(mosaic_px(across, level), left, left + width)
        y = np.clip(mosaic_px(down, level), top, top + height)
        for low, high in pairwise(y.tolist()):
            along = np.full((len(x) - 1, 2), (low, high - low))
            boxes.append(np.column_stack([x[:-1], along[:, 0], np.diff(x), along[:, 1]]))
    places = [(row, column) for row, same in enumerate(boxes) for column in range(len(same))]
    cores, some = filled(np.concatenate(boxes), mosaic.extents)
    return ["z{}_r{:04d}_c{:04d}".format(level, *places[index]) for index in some], cores


def windows_around(
    mosaic: Mosaic, cores: NDArray[np.int64], level: int, max_size: int, halo: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Corners of the windows around cores, (n, 2) mosaic pixels, and sizes, (n,) of the level.

    A window has as much of the halo as there is ground for, and an edge where data end.
    """
    extents = mosaic.extents
    if mosaic.grid.wraps:
        turns = (-mosaic.width, 0, mosaic.width)
        extents = tuple(extent.shift(turn, 0) for turn in turns for extent in extents)
    scale, stride = 2**level, int(mosaic_px(STRIDE_PX, level))
    outwards = np.array([-1, -1, 2, 2])
    around, _ = filled(cores + mosaic_px(outwards * halo, level), extents)
    edged = cores + mosaic_px(outwards * min(EDGE_PX, halo), level)
    low, high = around[:, :2], around[:, :2] + around[:, 2:]
    edged_low = np.minimum(low, edged[:, :2])
    edged_high = np.maximum(high, edged[:, :2] + edged[:, 2:])
    anchor = mosaic_px(_level_anchor(mosaic, level), level)
    edged_begin = edged_low - (edged_low - anchor) % stride
    room = -(-(edged_high - edged_begin) // scale) <= max_size
    low, high = np.where(room, edged_low, low), np.where(room, edged_high, high)
    begin = low - (low - anchor) % stride
    needed = np.asarray(-(-(high - begin) // scale), np.int64)
    sizes = frame_sizes(needed.max(axis=1), max_size)
    return begin - (sizes[:, None] - needed) // 2 // STRIDE_PX * stride, sizes


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


def _level_anchor(mosaic: Mosaic, level: int) -> tuple[int, int]:
    """Where windows begin, or any number of strides from there, in pixels of the level.

    Whole ones, counted from the raster's corner: overviews are.
    """
    column, row = anchor_px(mosaic.grid)
    return int(column // 2**level), int(row // 2**level)
