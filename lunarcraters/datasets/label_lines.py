"""Lines of label files: boxes, turned boxes and outlines, in fractions of the image.

A line is a class and four numbers (a box), or a class and the corners of a turned box, or a class
and the points of an outline.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import DatasetError

OVERSHOOT = 0.001
"""Distance beyond the edge of the image up to which a coordinate is cut, in fractions of it."""

_BOX = ("class", "x_centre", "y_centre", "width", "height")
_TURNED = 9  # numbers of a turned box: class and four corners
_TRIANGLE = 7  # numbers of an outline of three points, or of a box and a keypoint or track
_MANY = 3  # lines of which some would have more points, were they outlines
_PARALLEL = 0.05  # error of the fourth corner of a turned box, as a share of its extent


def parse_lines(lines: Sequence[tuple[int, str]]) -> NDArray[np.float64]:
    """Parse the lines of a label file.

    Four corners are those of a turned box if no line of the file has more, and they form a
    parallelogram. The crater is then the ellipse inscribed in it, and its box the box of this
    ellipse. The box of an outline holds all its points.

    Args:
        lines: Numbers and texts of the lines that are not blank.

    Returns:
        Classes and boxes (class, x_centre, y_centre, width, height), (n, 5).

    Raises:
        DatasetError: A line is none of these; the text begins with `line N`.
    """
    words = [(number, line.split()) for number, line in lines]
    turned = max((len(row) for _, row in words), default=0) == _TURNED
    rows = [_parse_line(number, row, turned) for number, row in words]
    if len(rows) >= _MANY and all(len(row) == _TRIANGLE for _, row in words):
        raise DatasetError(
            f"line {words[0][0]}: it has {_TRIANGLE} columns, as all others have, which are no "
            f"outlines of craters but boxes and two values more: keep the first 5: {' '.join(_BOX)}"
        )
    return np.array(rows, np.float64).reshape(-1, len(_BOX))


def format_lines(classes: Iterable[int], boxes: NDArray[np.float64]) -> str:
    """Write the text of a label file.

    Args:
        classes: Number of the class of each box, n.
        boxes: Boxes (x_centre, y_centre, width, height), (n, 4).
    """
    rows = zip(classes, boxes.tolist(), strict=True)
    return "".join(f"{number} {' '.join(map(repr, box))}\n" for number, box in rows)


def _parse_line(number: int, words: list[str], turned: bool) -> list[float]:
    """Parse one line.

    Args:
        number: Number of the line.
        words: Words of the line.
        turned: True if four corners are a turned box.
    """
    count = len(words)
    if count != len(_BOX) and (count < 7 or count % 2 == 0):
        raise DatasetError(
            f"line {number}: {count} columns, expected 5: {' '.join(_BOX)} (or a class and the "
            "points of an outline: x1 y1 x2 y2 x3 y3 ...)"
        )
    if count == len(_BOX):
        columns: Sequence[str] = _BOX
    else:
        columns = ["class", *(f"{axis}{i}" for i in range(1, count // 2 + 1) for axis in "xy")]
    values = [_parse_number(number, *item) for item in zip(columns, words, strict=True)]
    if not (values[0] >= 0 and values[0].is_integer()):
        raise DatasetError(f"line {number}: class is {words[0]}, not a whole number")
    corners = np.array(values[1:]).reshape(-1, 2)
    box = _bound_turned(corners) if turned and count == _TURNED else None
    if box is None:
        for column, value, word in list(zip(columns, values, words, strict=True))[1:]:
            _check_range(number, column, value, word)
        inside = np.clip(values[1:], 0.0, 1.0)
        if count == len(_BOX):
            return [values[0], *inside.tolist()]
        points = inside.reshape(-1, 2)
        low, high = points.min(axis=0), points.max(axis=0)
        box = np.concatenate([(low + high) / 2, high - low])
    for column, value in zip(_BOX[1:], box.tolist(), strict=True):
        _check_range(number, column, value, f"{value:.6g}")
    return [values[0], *np.clip(box, 0.0, 1.0).tolist()]


def _bound_turned(corners: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Bound the ellipse inscribed in a parallelogram.

    Args:
        corners: Corners in order, (4, 2).

    Returns:
        Box (x_centre, y_centre, width, height); None if this is no parallelogram.
    """
    a, b, c, d = corners
    if np.abs(a - b + c - d).max() > _PARALLEL * np.ptp(corners, axis=0).max():
        return None
    # Half the sides are conjugate half diameters of the ellipse.
    half = np.hypot((b - a + c - d) / 4, (d - a + c - b) / 4)
    return np.concatenate([corners.mean(axis=0), 2 * half])


def _parse_number(number: int, column: str, word: str) -> float:
    """Parse one number of a line."""
    try:
        return float(word)
    except ValueError as error:
        raise DatasetError(f"line {number}: {column} is {word!r}, which is not a number") from error


def _check_range(number: int, column: str, value: float, word: str) -> None:
    """Raise a DatasetError if a value is no fraction of the image."""
    is_side = column in ("width", "height")
    low_enough = value > 0.0 if is_side else value >= -OVERSHOOT
    if not (low_enough and value <= 1.0 + OVERSHOOT):
        raise DatasetError(
            f"line {number}: {column} is {word}, which is not "
            f"{'above 0 and up to 1' if is_side else 'within 0 to 1'} (fractions of the image)"
        )
