"""Pixels that have their centre in an area."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid

_CELL_PX = 16
"""Side of the cells that are taken as a whole where the outline of the area is far."""

_LARGEST_REACH = 0.1
"""Distance from the middle of a cell to its corners, radii of the Moon, up to which it is plane."""

_SLACK = 1.5
"""How much farther than its corners a cell may reach, since its sides are curves."""

Bool = NDArray[np.bool_]
Index = NDArray[np.intp]


def select_in_area(grid: Grid, area: Area, block: Box, candidates: Bool) -> Bool:
    """Select the pixels of a block that have their centre in an area.

    Pixels are tested one by one in small cells that the outline of the area or the edge of the Moon
    may cross. All others are decided by the corners of their cell.

    Args:
        grid: Grid with a coordinate system.
        area: Area on the Moon.
        block: Block of the grid's pixels.
        candidates: True for the pixels to select from, (height, width).

    Returns:
        True for those of them that lie in the area, (height, width).
    """
    rows, columns = (np.append(np.arange(0, n, _CELL_PX), n) for n in candidates.shape)
    whole, crossed = (
        np.repeat(np.repeat(cells, np.diff(rows), axis=0), np.diff(columns), axis=1)
        for cells in _look_at_cells(grid, area, block.left + columns, block.top + rows)
    )
    selected: Bool = candidates & whole
    y, x = np.nonzero(candidates & crossed)
    lonlat = grid.to_lonlat(block.left + x + 0.5, block.top + y + 0.5)
    selected[y, x] = area.contains(*lonlat)
    return selected


def _look_at_cells(grid: Grid, area: Area, columns: Index, rows: Index) -> tuple[Bool, Bool]:
    """Tell which cells may lie in an area as a whole, and which have to be looked at closely.

    Args:
        grid: Grid with a coordinate system.
        area: Area on the Moon.
        columns: Edges of the cells along rows, pixels of the grid, (m + 1,).
        rows: Edges of the cells along columns, pixels of the grid, (n + 1,).

    Returns:
        True for cells with all corners in the area, (n, m); True for cells that the outline of the
        area or the edge of the Moon may cross, (n, m).
    """
    lon, lat = grid.to_lonlat(*np.meshgrid(columns, rows))
    inside = _corners(area.contains(lon, lat))
    vectors = _corners(sphere.unit_vectors(lon, lat))
    middles = vectors.mean(axis=0)
    reach = np.linalg.norm(vectors - middles, axis=-1).max(axis=0)
    near = area.sphere_outline.comes_near(middles.reshape(-1, 3), _SLACK * reach.ravel())
    whole = np.asarray(inside.all(axis=0))
    far = ~near.reshape(reach.shape) & (reach < _LARGEST_REACH)
    return whole, ~(far & (whole == inside.any(axis=0)))


def _corners(points: NDArray[Any]) -> NDArray[Any]:
    """The four corners of each cell, (4, n, m, ...), of points (n + 1, m + 1, ...)."""
    return np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, :-1], points[1:, 1:]])
