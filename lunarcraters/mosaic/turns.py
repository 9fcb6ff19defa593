"""Turns: rasters of a cylindrical map, some of which are written 360 degrees further on."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

Place = tuple[int, float, float]
"""Index of a raster, its first column and its number of columns."""

_SAME_PX = 0.5  # starts that are so near each other are one


def fold_columns(starts: Float, widths: Float, period_px: float) -> Float:
    """Move rasters by whole turns such that together they span as little as possible.

    Nothing is moved where they span no more than one turn.

    Args:
        starts: First column of each raster, (n,).
        widths: Number of columns of each raster, (n,).
        period_px: Number of columns in 360 degrees of longitude.

    Returns:
        First columns, (n,), whole turns away from `starts`.
    """
    if not is_wider(starts, widths, period_px):
        return starts
    past_px = np.mod(starts - starts[0] + _SAME_PX, period_px) - _SAME_PX
    order = np.argsort(past_px, kind="stable")
    first, last = past_px[order], (past_px + widths)[order]
    # The whole may begin with any raster: those before it follow a turn later.
    later = np.maximum.accumulate(last[::-1])[::-1]
    earlier = np.concatenate([[-np.inf], np.maximum.accumulate(last)[:-1] + period_px])
    begin = int(np.argmin(np.maximum(later, earlier) - first))
    first[:begin] += period_px
    wanted = np.empty_like(starts)
    wanted[order] = first - first[begin] + starts[order[begin]]
    return starts + period_px * np.rint((wanted - starts) / period_px)


def is_wider(starts: Float, widths: Float, period_px: float) -> bool:
    """Tell whether rasters span more than one turn, by a pixel or more.

    Args:
        starts: First column of each raster, (n,).
        widths: Number of columns of each raster, (n,).
        period_px: Number of columns in 360 degrees of longitude.
    """
    return bool((starts + widths).max() - starts.min() >= period_px + 1.0)


def repeat_columns(places: Sequence[Place], period_px: float) -> list[Place]:
    """Repeat rasters that cross the edge of a grid of one turn, so that they go on at the other.

    Args:
        places: Places of rasters, which begin in the grid.
        period_px: Number of columns in 360 degrees of longitude.

    Returns:
        Places, some of which begin before the grid, in the order of the rasters.
    """
    return [
        (index, start - turn * period_px, width)
        for index, start, width in places
        for turn in range(max(1, math.ceil((start + width - _SAME_PX) / period_px)))
        if start - turn * period_px < round(period_px) - _SAME_PX
    ]
