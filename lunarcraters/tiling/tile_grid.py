"""Lattice: where cores and windows may begin, the same in every piece of a mosaic.

It hangs on the origin of the coordinate system, so that a mosaic that is cut otherwise, or a part
of it, is searched by the same windows and gives the same craters.
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.tiling.local_frames import STRIDE_PX

Span = tuple[int, int]
"""First row and number of rows."""

LEAST_SIZE_PX = 64
"""Smallest side of a tile, pixels."""


def anchor_px(grid: Grid) -> tuple[int, int]:
    """Column and row at the origin of the coordinate system; (0, 0) for a plain picture."""
    if not grid.has_crs or not grid.affine.determinant:
        return 0, 0
    column, row = ~grid.affine @ (0.0, 0.0)
    # A pixel may have its corner or its middle there: neither is at the limit of two.
    return math.floor(column + 0.25), math.floor(row + 0.25)


def bands(grid: Grid, box: Box, height: float) -> list[Span]:
    """Bands of rows of the lattice that a box meets.

    Args:
        grid: Grid of the mosaic.
        box: Mosaic pixels.
        height: Of a band at most, mosaic pixels.
    """
    step = max(1, math.floor(round(_steady(grid, height), 3)))
    anchor = anchor_px(grid)[1]
    first, last = (box[1] - anchor) // step, -(-(box[1] + box[3] - anchor) // step)
    return [(anchor + number * step, step) for number in range(first, last)]


def cells(grid: Grid, box: Box, band: Span, width: float) -> NDArray[np.int64]:
    """Cells of a band of the lattice that a box meets, (n, 4) mosaic pixels.

    Where columns are longitudes, as many of one width as go round the Moon.

    Args:
        grid: Grid of the mosaic.
        box: Mosaic pixels.
        band: Of `bands`.
        width: Of a cell at most, mosaic pixels.
    """
    anchor = float(anchor_px(grid)[0])
    if grid.period_px is not None:
        step = grid.period_px / math.ceil(round(grid.period_px / width, 6))
        anchor -= grid.period_px / 2.0
    else:
        step = max(1.0, math.floor(_steady(grid, width)))
    first = math.floor((box[0] - anchor) / step)
    last = math.ceil((box[0] + box[2] - anchor) / step)
    edges = np.rint(anchor + step * np.arange(first, last + 1)).astype(np.int64)
    edges = edges[max(0, int((edges <= box[0]).sum()) - 1) :]
    edges = edges[: int((edges < box[0] + box[2]).sum()) + 1]
    down = np.full((len(edges) - 1, 2), band)
    return np.column_stack([edges[:-1], down[:, 0], np.diff(edges), down[:, 1]])


def _steady(grid: Grid, length: float) -> float:
    """A length, rounded down where the part of the mosaic that is there has a say in it."""
    if grid.period_px is not None:
        return length
    return float(2.0 ** (math.floor(8.0 * math.log2(length) + 1e-6) / 8.0))


def frame_sizes(needed: ArrayLike, max_size: int) -> NDArray[np.int64]:
    """Sizes of frames that hold so many pixels, (n,).

    A network is compiled for each size, so they are few: a quarter of a power of two apart, but for
    the largest, which most tiles have.
    """
    wanted = np.clip(needed, LEAST_SIZE_PX, max_size)
    most = _stepped(wanted.max(keepdims=True), 16)
    return np.asarray(np.minimum(np.minimum(_stepped(wanted, 8), most), max_size), np.int64)


def _stepped(sizes: ArrayLike, steps: int) -> NDArray[np.int64]:
    """Sizes rounded up to so many steps a power of two, and to the network's stride."""
    wanted = np.asarray(sizes, float)
    step = np.maximum(STRIDE_PX, np.exp2(np.ceil(np.log2(wanted))) / steps)
    return np.asarray(np.ceil(np.round(wanted / step, 6)) * step, np.int64)


Cut = tuple[float, float]
"""Start and end of a core along one axis."""


def cut(length: float, limit: float, halo: float, *, goes_on: bool) -> list[Cut]:
    """Cut an axis so that each core with its halos is at most `limit` long.

    The first and the last core need no halo on their outer side, and are longer by it, unless the
    ground goes on there. Otherwise all are of one length.
    """
    outer = halo if goes_on else 0.0
    if length + 2.0 * outer <= limit:
        return [(0.0, length)]
    spare = halo - outer
    count = int(np.ceil(round((length - 2.0 * spare) / (limit - 2.0 * halo), 9)))
    step = (length - 2.0 * spare) / count
    edges = [0.0, *(spare + step * i for i in range(1, count)), length]
    return list(pairwise(edges))
