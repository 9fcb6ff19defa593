"""Circles of label boxes, and of those that an edge of the image cuts."""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.yolo_labels import EDGE_PX


def boxes_to_circles(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert boxes in an isotropic frame to circles of the geometric mean of their sides.

    Args:
        boxes: Boxes (left, top, right, bottom), pixels, (n, 4).

    Returns:
        Circles (x, y, diameter), pixels, (n, 3).
    """
    size = boxes[:, 2:] - boxes[:, :2]
    return np.column_stack([(boxes[:, :2] + boxes[:, 2:]) / 2, np.sqrt(size[:, 0] * size[:, 1])])


def complete_circles(
    boxes: NDArray[np.float64], size: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Complete the circles of boxes that one edge of the image cuts.

    The side along that edge is still the diameter, and the far side gives the centre, which may lie
    outside. A box that is cut at a corner, or wider than its diameter, gives neither.

    Args:
        boxes: Boxes (left, top, right, bottom) in an isotropic frame, each cut, pixels, (n, 4).
        size: Width and height of the image, pixels.

    Returns:
        Circles (x, y, diameter) of the boxes that can be completed, (k, 3), and the other boxes,
        (n - k, 4).
    """
    low, high = boxes[:, :2] <= EDGE_PX, boxes[:, 2:] >= size - EDGE_PX
    cut_along = low | high  # x, y: cut by a left or right, by a top or bottom edge
    across = np.where(cut_along[:, 0], 0, 1)
    rows = np.arange(len(boxes))
    sides = boxes[:, 2:] - boxes[:, :2]
    diameter = sides[rows, 1 - across]
    complete = (cut_along.sum(axis=1) == 1) & ~(low & high).any(axis=1)
    complete &= sides[rows, across] <= 1.1 * diameter
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    far = np.where(low[rows, across], boxes[rows, 2 + across], boxes[rows, across])
    inward = np.where(low[rows, across], -0.5, 0.5)
    centre[rows, across] = far + inward * diameter
    return np.column_stack([centre, diameter])[complete], boxes[~complete]
