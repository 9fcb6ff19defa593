"""Boxes of pixels, one and many."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_TOUCHING_PX = 2

Float = NDArray[np.float64]


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
        """Box between first and past-the-last columns and rows."""
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
        """Pixels of both boxes; an empty box where they share none."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box.from_edges(left, top, max(right, left), max(bottom, top))

    def pad(self, pixels: int) -> "Box":
        """Box with a margin of so many pixels on every side."""
        return Box(
            self.left - pixels, self.top - pixels, self.width + 2 * pixels, self.height + 2 * pixels
        )

    def shift(self, x: int, y: int) -> "Box":
        """Box moved to the right and down."""
        return Box(self.left + x, self.top + y, self.width, self.height)

    def blocks(self, side: int) -> Iterator["Box"]:
        """Square blocks from the upper left corner on, row by row; the last ones are cut off."""
        for top in range(self.top, self.bottom, side):
            for left in range(self.left, self.right, side):
                yield Box(left, top, side, side).intersect(self)


def components(extents: tuple[Box, ...], around: int | None = None) -> list[Box]:
    """Bounding boxes of extents that touch (within 2 px), no two of which touch.

    Args:
        extents: Boxes.
        around: Columns after which the ground comes round again, so that boxes at both ends touch
            (their bounding box goes from end to end); None where it does not.
    """
    boxes = _corners(np.array(extents, np.int64))
    while True:
        squares = _squares(boxes, grown=_TOUCHING_PX / 2.0)
        tree = shapely.STRtree(squares)
        pairs = tree.query(squares, predicate="intersects")
        if around is not None:
            beyond = _squares(boxes + np.array([around, 0, around, 0]), grown=_TOUCHING_PX / 2.0)
            pairs = np.hstack([pairs, tree.query(beyond, predicate="intersects")])
        links = coo_array((np.ones(pairs.shape[1]), pairs), shape=(len(boxes), len(boxes)))
        count, group = connected_components(links, directed=False)
        if count == len(boxes):
            break
        merged = np.empty((count, 4), np.int64)
        merged[:, :2], merged[:, 2:] = np.iinfo(np.int64).max, np.iinfo(np.int64).min
        np.minimum.at(merged[:, :2], group, boxes[:, :2])
        np.maximum.at(merged[:, 2:], group, boxes[:, 2:])
        boxes = merged
    order = np.lexsort((boxes[:, 0], boxes[:, 1]))
    return [Box.from_edges(*corners) for corners in boxes[order].tolist()]


def filled(
    boxes: NDArray[np.int64], extents: tuple[Box, ...]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """What boxes have of the ground of extents: bounding boxes, without those that have none.

    Args:
        boxes: Column, row, width, height, (n, 4).
        extents: Of the same kind.

    Returns:
        Boxes, (m, 4), and which of `boxes` they are of, rising, (m,).
    """
    ground, corners = _corners(np.array(extents, np.int64)), _corners(boxes)
    # Boxes that only share an edge share no ground: they are taken a little smaller.
    tree = shapely.STRtree(_squares(ground, grown=-0.25))
    place, extent = tree.query(_squares(corners, grown=-0.25), predicate="intersects")
    low = np.full((len(boxes), 2), np.iinfo(np.int64).max)
    high = np.full((len(boxes), 2), np.iinfo(np.int64).min)
    np.minimum.at(low, place, np.maximum(corners[place, :2], ground[extent, :2]))
    np.maximum.at(high, place, np.minimum(corners[place, 2:], ground[extent, 2:]))
    some = np.unique(place)
    return np.hstack([low[some], high[some] - low[some]]), some


def hits(x: Float, y: Float, extents: tuple[Box, ...]) -> NDArray[np.bool_]:
    """Which points lie in an extent."""
    tree = shapely.STRtree(_squares(_corners(np.array(extents, np.int64)), grown=0.0))
    points = shapely.points(x.ravel(), y.ravel())
    found = np.zeros(x.size, np.bool_)
    found[tree.query(points, predicate="intersects")[0]] = True
    return found.reshape(x.shape)


def _corners(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Left, top, right and bottom of boxes, (n, 4)."""
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])


def _squares(corners: NDArray[np.int64], *, grown: float) -> NDArray[np.object_]:
    left, top, right, bottom = corners.T.astype(float)
    boxes = shapely.box(left - grown, top - grown, right + grown, bottom + grown)
    return np.asarray(boxes, np.object_)


def meeting(boxes: NDArray[np.int64], box: Box) -> NDArray[np.bool_]:
    """Which of some boxes, (n, 4), share a pixel with one."""
    x, y, width, height = boxes.T
    across = (x < box[0] + box[2]) & (x + width > box[0])
    return np.asarray(across & (y < box[1] + box[3]) & (y + height > box[1]))
