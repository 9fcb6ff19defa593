"""The tile grid: where cores and windows may start, the same in every piece of a mosaic.

The grid is fixed to the origin of the coordinate system. A part of a mosaic, or a mosaic with other
edges, therefore has the same windows and gives the same craters.
"""

import math

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
    """Return the column and row at the origin of the coordinate system.

    Returns:
        Whole pixels; (0, 0) for an image without coordinates.
    """
    if not grid.has_crs or not grid.affine.determinant:
        return 0, 0
    column, row = ~grid.affine @ (0.0, 0.0)
    # A pixel may have its corner or its middle at the origin. A quarter of a pixel keeps both away
    # from the limit between two columns.
    return math.floor(column + 0.25), math.floor(row + 0.25)


def grid_bands(grid: Grid, box: Box, height: float) -> list[Span]:
    """List the bands of rows of the tile grid that share pixels with a box.

    Args:
        grid: Grid of the mosaic.
        box: Box, mosaic pixels.
        height: Largest height of a band, mosaic pixels.
    """
    step = max(1, math.floor(round(_round_down(grid, height), 3)))
    anchor = anchor_px(grid)[1]
    first, last = (box.top - anchor) // step, -(-(box.bottom - anchor) // step)
    return [(anchor + number * step, step) for number in range(first, last)]


def grid_cells(grid: Grid, box: Box, band: Span, width: float) -> NDArray[np.int64]:
    """List the cells of a band of the tile grid that share pixels with a box.

    Where columns are meridians, cells of one width divide the full circle.

    Args:
        grid: Grid of the mosaic.
        box: Box, mosaic pixels.
        band: Band of `grid_bands`.
        width: Largest width of a cell, mosaic pixels.

    Returns:
        Cells, boxes in mosaic pixels, (n, 4).
    """
    anchor = float(anchor_px(grid)[0])
    if grid.period_px is not None:
        step = grid.period_px / math.ceil(round(grid.period_px / width, 6))
        anchor -= grid.period_px / 2.0
    else:
        step = max(1.0, math.floor(_round_down(grid, width)))
    first = math.floor((box.left - anchor) / step)
    last = math.ceil((box.right - anchor) / step)
    edges = np.rint(anchor + step * np.arange(first, last + 1)).astype(np.int64)
    edges = edges[max(0, int((edges <= box.left).sum()) - 1) :]
    edges = edges[: int((edges < box.right).sum()) + 1]
    rows = np.full((len(edges) - 1, 2), band)
    return np.column_stack([edges[:-1], rows[:, 0], np.diff(edges), rows[:, 1]])


def _round_down(grid: Grid, length: float) -> float:
    """A length in steps of an eighth of an octave, unless columns are meridians.

    Such a length depends a little on the part of the mosaic that is there; rounding hides that.
    """
    if grid.period_px is not None:
        return length
    return float(2.0 ** (math.floor(8.0 * math.log2(length) + 1e-6) / 8.0))


def frame_sizes(needed: ArrayLike, max_size: int) -> NDArray[np.int64]:
    """Round sizes of frames up to a few different ones, because a network is compiled for each.

    Args:
        needed: Numbers of pixels that a side needs, (n,).
        max_size: Largest size, pixels.

    Returns:
        Sizes, pixels, (n,): a quarter of a power of two apart, except for the largest, which most
        tiles have.
    """
    wanted = np.clip(needed, LEAST_SIZE_PX, max_size)
    most = _stepped(wanted.max(keepdims=True), 64)
    return np.asarray(np.minimum(np.minimum(_stepped(wanted, 8), most), max_size), np.int64)


def _stepped(sizes: ArrayLike, steps: int) -> NDArray[np.int64]:
    """Sizes rounded up to so many steps a power of two, and to the network's stride."""
    wanted = np.asarray(sizes, float)
    step = np.maximum(STRIDE_PX, np.exp2(np.ceil(np.log2(wanted))) / steps)
    return np.asarray(np.ceil(np.round(wanted / step, 6)) * step, np.int64)
