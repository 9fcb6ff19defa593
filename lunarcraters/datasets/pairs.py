"""Pairs of an image and its label file."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.folders import label_path
from lunarcraters.datasets.images import read_grey
from lunarcraters.datasets.label_images import place_image
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.datasets.yolo_labels import box_corners, find_clipped, read_labels
from lunarcraters.errors import CoordinateSystemError

_SMALLEST_PERCENTILE = 5.0  # below are slips of the hand and craters cut by an edge


@dataclass(frozen=True)
class Pair:
    """An image and its label file, which differ in name by the suffix only.

    Attributes:
        image: Image file.
        label: Label file; None for an image without one, which shows no crater.
        classes: Numbers of the classes that are craters; None for all.
        ignored: Numbers of the classes that are neither craters nor background.
    """

    image: Path
    label: Path | None
    classes: frozenset[int] | None = None
    ignored: frozenset[int] = frozenset()

    @cached_property
    def squeeze(self) -> float:
        """Factor along x that makes the image isotropic; 1 for one whose place is not known."""
        name = TileName.parse(self.image.name)
        if name is not None:
            return float(np.cos(np.radians(name.centre[1])))
        with suppress(CoordinateSystemError):  # of the Earth, say
            placed = place_image(self.image)
            if placed is not None:
                return placed.squeeze
        return 1.0

    def read_boxes(self) -> NDArray[np.float64]:
        """Read the boxes of the craters.

        Returns:
            Boxes (x_centre, y_centre, width, height) in fractions of the image, (n, 4).

        Raises:
            DatasetError: The label file cannot be read or is malformed.
        """
        return np.empty((0, 4)) if self.label is None else read_labels(self.label, self.classes)

    def read_ignored(self) -> NDArray[np.float64]:
        """Read the boxes that are neither craters nor background, as `read_boxes` does."""
        if self.label is None or not self.ignored:
            return np.empty((0, 4))
        return read_labels(self.label, self.ignored)


def make_pair(
    image: Path, classes: frozenset[int] | None, ignored: frozenset[int] = frozenset()
) -> Pair:
    """Make the pair of an image.

    Args:
        image: Image file.
        classes: Numbers of the classes that are craters; None for all.
        ignored: Numbers of the classes that are neither craters nor background.
    """
    label = label_path(image)
    return Pair(image, label if label.is_file() else None, classes, ignored)


def measure_smallest_label(pairs: Sequence[Pair]) -> float:
    """Measure the diameter from which on craters are labelled, in pixels along the height.

    It is the fifth percentile of the labels that no edge cuts.

    Returns:
        Diameter, pixels; infinite where there is no such label.

    Raises:
        DatasetError: An image or a label file cannot be read.
    """
    diameters = [np.empty(0)]
    for pair in pairs:
        height, width = read_grey(pair.image).shape
        boxes = box_corners(pair.read_boxes(), width, height)
        boxes = boxes[~find_clipped(boxes, width, height)]
        sides = boxes[:, 2:] - boxes[:, :2]
        diameters.append(np.sqrt(sides[:, 0] * pair.squeeze * sides[:, 1]))
    labelled = np.concatenate(diameters)
    return float(np.percentile(labelled, _SMALLEST_PERCENTILE)) if labelled.size else np.inf
