"""Labels in the layout of LU3M6TGT: label files and their boxes.

A label file has a line `class x_centre y_centre width height` for each crater, in fractions of the
image, or an outline (`label_lines`).
"""

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.label_lines import parse_lines
from lunarcraters.errors import DatasetError

_WHOLE = re.compile(r"[0-9]+(\.0*)?")

EDGE_PX = 1.0
"""Distance to the edge of its image at which a box counts as cut by it, pixels."""


def read_labels(path: Path, classes: frozenset[int] | None = None) -> NDArray[np.float64]:
    """Read the boxes of a label file.

    Args:
        path: Label file.
        classes: Numbers of the classes to keep; None for all.

    Returns:
        Boxes (x_centre, y_centre, width, height) in fractions of the image, (n, 4).

    Raises:
        DatasetError: The file cannot be read, or a line is neither a box nor an outline.
    """
    lines = _read_lines(path)
    try:
        rows = parse_lines(lines)
    except DatasetError as error:
        raise DatasetError(f"{path}, {error}") from error
    kept = np.ones(len(rows), bool) if classes is None else np.isin(rows[:, 0], list(classes))
    return rows[kept, 1:]


def is_label_file(path: Path) -> bool:
    """Test for a label file: a text file that is empty or begins with the number of a class.

    A table in a text file begins with its header.

    Args:
        path: File, which may be missing.
    """
    if path.suffix.lower() != ".txt" or not path.is_file():
        return False
    try:
        lines = _read_lines(path)
    except DatasetError:
        return False
    return not lines or bool(_WHOLE.fullmatch(lines[0][1].split()[0]))


def count_classes(paths: Iterable[Path]) -> Counter[int]:
    """Count the labels of each class. Files and lines that cannot be read are passed over."""
    counts: Counter[int] = Counter()
    for path in paths:
        with suppress(DatasetError):
            words = (line.split(maxsplit=1)[0] for _, line in _read_lines(path))
            counts.update(int(float(word)) for word in words if _WHOLE.fullmatch(word))
    return counts


def _read_lines(path: Path) -> list[tuple[int, str]]:
    """Read the numbers and texts of the lines of a label file that are not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is not a text file: labels are lines of five numbers"
        ) from error
    return [item for item in enumerate(text.splitlines(), start=1) if item[1].strip()]


def box_corners(boxes: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """Convert boxes from centre and size to edges in pixels.

    Args:
        boxes: Boxes (x_centre, y_centre, width, height) in fractions of the image, (n, 4).
        width: Width of the image, pixels.
        height: Height of the image, pixels.

    Returns:
        Boxes (left, top, right, bottom), pixels, (n, 4).
    """
    centre, size = boxes[:, :2], boxes[:, 2:]
    return np.hstack([centre - size / 2, centre + size / 2]) * [width, height, width, height]


def find_clipped(boxes: NDArray[np.float64], width: int, height: int) -> NDArray[np.bool_]:
    """Find the boxes that come within a pixel of the edge of the image.

    Args:
        boxes: Boxes (left, top, right, bottom), pixels, (n, 4).
        width: Width of the image, pixels.
        height: Height of the image, pixels.

    Returns:
        True for boxes that are cut, (n,).
    """
    low = (boxes[:, :2] <= EDGE_PX).any(axis=1)
    high = (boxes[:, 2:] >= np.array([width, height]) - EDGE_PX).any(axis=1)
    return np.asarray(low | high)
