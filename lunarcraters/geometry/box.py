"""Boxes: rectangles of whole pixels, and tests on many of them at once."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

_TOUCHING_PX = 2

Float = NDArray[np.float64]
Index = NDArray[np.int64]


class Box(NamedTuple):
    """A rectangle of whole pixels.

    Attributes:
        left: First column.
        top: First row.
        width: Number of columns.
        height: Number of rows.
    """

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def from_edges(cls, left: int, top: int, right: int, bottom: int) -> "Box":
        """Make a box from its edges.

        Args:
            left: First column.
            top: First row.
            right: Column after the last one.
            bottom: Row after the last one.
        """
        return cls(left, top, right - left, bottom - top)

    @property
    def right(self) -> int:
        """Column after the last one."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """Row after the last one."""
        return self.top + self.height

    @property
    def is_empty(self) -> bool:
        """True where the box holds no pixel."""
        return self.width <= 0 or self.height <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the box, to index an array whose first pixel is (0, 0)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def intersect(self, other: "Box") -> "Box":
        """Keep the pixels that both boxes have; the result is empty where they share none."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box.from_edges(left, top, max(right, left), max(bottom, top))

    def pad(self, pixels: int) -> "Box":
        """Add a margin of so many pixels on every side."""
        return Box(
            self.left - pixels, self.top - pixels, self.width + 2 * pixels, self.height + 2 * pixels
        )

    def shift(self, x: int, y: int) -> "Box":
        """Move the box by `x` columns to the right and `y` rows down."""
        return Box(self.left + x, self.top + y, self.width, self.height)

    def blocks(self, side: int) -> Iterator["Box"]:
        """Cut the box into squares of `side` pixels, row by row; the last ones are smaller."""
        for top in range(self.top, self.bottom, side):
            for left in range(self.left, self.right, side):
                yield Box(left, top, side, side).intersect(self)


def connected_extents(extents: tuple[Box, ...], period_px: int | None = None) -> list[Box]:
    """Merge extents that touch (within 2 px) into their bounding boxes, until no two touch.

    Args:
        extents: Boxes.
        period_px: Number of columns after which the ground repeats, so that boxes at both ends
            touch (their bounding box goes from end to end); None where it does not repeat.

    Returns:
        Bounding boxes, by row and column.
    """
    boxes = _edges(np.array(extents, np.int64))
    while len(boxes) > 1:
        rectangles = _rectangles(boxes, margin=_TOUCHING_PX / 2.0)
        tree = shapely.STRtree(rectangles)
        pairs = tree.query(rectangles, predicate="intersects")
        if period_px is not None:
            shifted = boxes + np.array([period_px, 0, period_px, 0])
            beyond = _rectangles(shifted, margin=_TOUCHING_PX / 2.0)
            pairs = np.hstack([pairs, tree.query(beyond, predicate="intersects")])
        count, group = _number_groups(pairs, len(boxes))
        if count == len(boxes):
            break
        merged = np.empty((count, 4), np.int64)
        merged[:, :2], merged[:, 2:] = np.iinfo(np.int64).max, np.iinfo(np.int64).min
        np.minimum.at(merged[:, :2], group, boxes[:, :2])
        np.maximum.at(merged[:, 2:], group, boxes[:, 2:])
        boxes = merged
    order = np.lexsort((boxes[:, 0], boxes[:, 1]))
    return [Box.from_edges(*edges) for edges in boxes[order].tolist()]


def _number_groups(pairs: Index, count: int) -> tuple[int, Index]:
    """Count the groups of what is linked by pairs, (2, n), and give each its group, (count,)."""
    # Here, because a mosaic that is one raster does not need it, and it takes 0.2 s.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(pairs.shape[1]), pairs), shape=(count, count))
    groups: tuple[int, Index] = connected_components(links, directed=False)
    return groups


def clip_to_extents(
    boxes: NDArray[np.int64], extents: tuple[Box, ...]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Clip boxes to the bounding boxes of the extents within them.

    Args:
        boxes: Column, row, width and height, pixels, (n, 4).
        extents: Boxes that have data.

    Returns:
        Clipped boxes, pixels, (m, 4), and their indices in `boxes`, ascending, (m,). Boxes without
        data are left out.
    """
    ground, edges = _edges(np.array(extents, np.int64)), _edges(boxes)
    # Boxes that only share an edge share no ground: they are taken a little smaller.
    tree = shapely.STRtree(_rectangles(ground, margin=-0.25))
    index, extent = tree.query(_rectangles(edges, margin=-0.25), predicate="intersects")
    low = np.full((len(boxes), 2), np.iinfo(np.int64).max)
    high = np.full((len(boxes), 2), np.iinfo(np.int64).min)
    np.minimum.at(low, index, np.maximum(edges[index, :2], ground[extent, :2]))
    np.maximum.at(high, index, np.minimum(edges[index, 2:], ground[extent, 2:]))
    kept = np.unique(index)
    return np.hstack([low[kept], high[kept] - low[kept]]), kept


def contains_points(extents: tuple[Box, ...], x: Float, y: Float) -> NDArray[np.bool_]:
    """Test which points lie in at least one extent, edges included.

    Args:
        extents: Boxes.
        x: Pixel coordinates along rows, any shape.
        y: Pixel coordinates along columns, same shape.

    Returns:
        True inside, of the shape of `x`.
    """
    tree = shapely.STRtree(_rectangles(_edges(np.array(extents, np.int64)), margin=0.0))
    points = shapely.points(x.ravel(), y.ravel())
    inside = np.zeros(x.size, np.bool_)
    inside[tree.query(points, predicate="intersects")[0]] = True
    return inside.reshape(x.shape)


def intersects(boxes: NDArray[np.int64], box: Box) -> NDArray[np.bool_]:
    """Test which boxes share a pixel with one box.

    Args:
        boxes: Column, row, width and height, pixels, (n, 4).
        box: Box to compare with.

    Returns:
        True where a box shares a pixel with `box`, (n,).
    """
    left, top, width, height = boxes.T
    across = (left < box.right) & (left + width > box.left)
    return np.asarray(across & (top < box.bottom) & (top + height > box.top))


def _edges(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Left, top, right and bottom of boxes, (n, 4)."""
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])


def _rectangles(edges: NDArray[np.int64], *, margin: float) -> NDArray[np.object_]:
    """Boxes as polygons with a margin all round, (n,)."""
    left, top, right, bottom = edges.T.astype(float)
    boxes = shapely.box(left - margin, top - margin, right + margin, bottom + margin)
    return np.asarray(boxes, np.object_)


def find_rectangles(places: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Find rectangles that cells of a grid make up: equal runs of columns in consecutive rows.

    Args:
        places: Row and column of each cell, by row and column.

    Yields:
        First and last row, and first and last column, of a rectangle.
    """
    waiting: dict[tuple[int, int], tuple[int, int]] = {}  # rows by columns
    for row, group in groupby(places, key=itemgetter(0)):
        for run in _find_runs([column for _, column in group]):
            top, last = waiting.get(run, (row, row))
            if last + 1 < row:
                yield (top, last), run
                top = row
            waiting[run] = top, row
    yield from ((rows, run) for run, rows in waiting.items())


def _find_runs(columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    for _, run in groupby(enumerate(columns), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        yield numbers[0], numbers[-1]
