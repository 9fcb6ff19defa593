"""Partition: boxes of ground cut into the cores of tiles."""

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lunarcraters.raster.blocks import Box

_TOUCHING_PX = 2

Float = NDArray[np.float64]

Cut = tuple[float, float]
"""Start and end of a core along one axis."""


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
    return [(int(x), int(y), int(r - x), int(b - y)) for x, y, r, b in boxes[order]]


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
