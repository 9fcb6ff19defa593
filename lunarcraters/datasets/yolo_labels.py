"""Labels in the layout of LU3M6TGT: label files, tile names, and the images that they belong to.

A label file has a line `class x_centre y_centre width height` for each crater, in fractions of the
image.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import DatasetError

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
"""Suffixes of image files, in lower case."""

EDGE_PX = 1.0
"""Distance to the edge of its image at which a box counts as cut by it, pixels."""

_COLUMNS = ("class", "x_centre", "y_centre", "width", "height")


@dataclass(frozen=True)
class TileName:
    """The outer edges of a tile, as its file name holds them.

    Attributes:
        lon_min: Western edge, degrees.
        lon_max: Eastern edge, degrees.
        lat_min: Southern edge, degrees.
        lat_max: Northern edge, degrees.
    """

    lon_min: float
    lon_max: float
    lat_min: float
    lat_max: float

    @classmethod
    def parse(cls, name: str | Path) -> "TileName | None":
        """Read edges from a name `lonmin,lonmax,latmin,latmax`.

        Args:
            name: File name, with or without folder and suffix.

        Returns:
            Edges; None if the name is of another kind, or its edges are not on the Moon.
        """
        stem = Path(name).name
        for suffix in (*IMAGE_SUFFIXES, ".txt"):
            stem = stem[: -len(suffix)] if stem.lower().endswith(suffix) else stem
        try:
            lon_min, lon_max, lat_min, lat_max = (float(part) for part in stem.split(","))
        except ValueError:
            return None
        # Longitudes run to 180 or to 360, and a tile may reach a little past either.
        possible = -540.0 <= lon_min < lon_max <= 540.0 and lon_max - lon_min <= 360.0
        if possible and -90.0 <= lat_min < lat_max <= 90.0:
            return cls(lon_min, lon_max, lat_min, lat_max)
        return None

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the centre, degrees."""
        return (self.lon_min + self.lon_max) / 2, (self.lat_min + self.lat_max) / 2


def read_labels(path: Path) -> NDArray[np.float64]:
    """Read the boxes of a label file.

    Args:
        path: Label file.

    Returns:
        Boxes (x_centre, y_centre, width, height) in fractions of the image, (n, 4).

    Raises:
        DatasetError: The file cannot be read, or a line is not a class and four fractions.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is not a text file: labels are lines of five numbers"
        ) from error
    lines = enumerate(text.splitlines(), start=1)
    boxes = [_read_line(path, number, line) for number, line in lines if line.strip()]
    return np.array(boxes, np.float64).reshape(-1, 4)


def read_image_size(label: Path) -> tuple[int, int] | None:
    """Read the size of the image of a label file.

    The image has the name of the label file, and lies in `images/` beside its directory or in the
    same directory.

    Args:
        label: Label file.

    Returns:
        Width and height, pixels; None if there is no image.

    Raises:
        DatasetError: The file is not an image.
    """
    stem = label.name[: -len(".txt")]
    for folder in (label.parent.parent / "images", label.parent):
        for suffix in sorted(IMAGE_SUFFIXES):
            image = folder / f"{stem}{suffix}"
            if image.is_file():
                height, width = read_grey(image).shape
                return width, height
    return None


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


def _read_line(path: Path, number: int, line: str) -> list[float]:
    """Read the four fractions of a line, or raise a DatasetError that names it."""
    words = line.split()
    if len(words) != len(_COLUMNS):
        raise DatasetError(
            f"{path}, line {number}: {len(words)} columns, expected 5: {' '.join(_COLUMNS)}"
        )
    values = []
    for column, word in zip(_COLUMNS, words, strict=True):
        try:
            values.append(float(word))
        except ValueError as error:
            raise DatasetError(
                f"{path}, line {number}: {column} is {word!r}, which is not a number"
            ) from error
    for column, value, word in zip(_COLUMNS[1:], values[1:], words[1:], strict=True):
        low_open = column in ("width", "height")
        if not 0.0 <= value <= 1.0 or (low_open and value == 0.0):
            raise DatasetError(
                f"{path}, line {number}: {column} is {word}, which is not "
                f"{'above 0 and up to 1' if low_open else 'within 0 to 1'} "
                "(fractions of the image)"
            )
    if not (values[0] >= 0 and values[0].is_integer()):
        raise DatasetError(f"{path}, line {number}: class is {words[0]}, not a whole number")
    return values[1:]


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read an image file as grey values, (height, width).

    Args:
        path: Image file.

    Raises:
        DatasetError: The file is not an image.
    """
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise DatasetError(f"{path} is not an image that can be read: remove or replace it")
    return np.asarray(image, np.uint8)
