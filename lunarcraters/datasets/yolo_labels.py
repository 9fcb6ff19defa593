"""Labels in the layout of LU3M6TGT: label files, tile names, and the images that they belong to.

A label file has a line `class x_centre y_centre width height` for each crater, in fractions of the
image, or an outline (`label_lines`).
"""

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.grey_values import convert_to_grey, find_measured, open_image, read_tiff
from lunarcraters.datasets.label_lines import parse_lines
from lunarcraters.datasets.orientation import require_upright
from lunarcraters.errors import DatasetError
from lunarcraters.process import SharedState

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
"""Suffixes of image files, in lower case."""

_logging = cv2.utils.logging
_OPENCV_SILENT = SharedState(
    lambda: _logging.setLogLevel(_logging.LOG_LEVEL_SILENT), _logging.setLogLevel
)  # it warns of every tag of a GeoTIFF, and its level is one for all threads

_WHOLE = re.compile(r"[0-9]+(\.0*)?")

EDGE_PX = 1.0
"""Distance to the edge of its image at which a box counts as cut by it, pixels."""


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


def read_image(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Read an image file as grey values and validity, each (height, width).

    Images of other types than bytes are stretched, each over its own ground (`convert_to_grey`).
    Value 0 is nodata in images that are named by their edges. Others may have a mask, an alpha
    channel or a nodata value, and those of other types than bytes a fill (`find_measured`).

    Raises:
        DatasetError: The file is not an image, or a damaged one, or is not stored upright.
    """
    values = _read_values(path)
    named, is_bytes = TileName.parse(path.name) is not None, values.dtype == np.uint8
    valid = values != 0 if named else np.ones(values.shape, np.bool_)
    if not (named and is_bytes):
        with suppress(OSError), open_image(path) as dataset:
            valid &= dataset.read_masks(1) > 0
    if not is_bytes:
        valid = find_measured(values, valid)
    return convert_to_grey(values, valid), valid


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read an image file as grey values, (height, width), as `read_image` does.

    Raises:
        DatasetError: The file is not an image, or a damaged one.
    """
    return read_image(path)[0]


def read_pixels(path: Path) -> NDArray[np.generic]:
    """Read an image file as it is, (height, width) or (height, width, channels).

    TIFFs of other types than bytes have one channel (`read_tiff`), as `read_image` reads them.

    Raises:
        DatasetError: The file is not an image, or a damaged one.
    """
    return _read_values(path, cv2.IMREAD_UNCHANGED)


def _read_values(
    path: Path, flags: int = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH
) -> NDArray[Any]:
    """Read the values of an image: by OpenCV, and TIFFs that it reads wrongly or not by GDAL.

    Args:
        path: Image file.
        flags: Mode in which OpenCV reads it; by default one channel in its own type.
    """
    require_upright(path)
    if _is_tiff(path):
        with suppress(OSError):  # it is named where OpenCV decodes the file
            deep = read_tiff(path, bytes_too=False)
            if deep is not None:
                _check_tiff(path)
                return deep
    return _decode(path, flags)


def _decode(path: Path, flags: int) -> NDArray[np.generic]:
    """Decode an image file. OpenCV makes up what a cut JPEG or a damaged TIFF lacks.

    Args:
        path: Image file.
        flags: Mode in which OpenCV reads it, such as `cv2.IMREAD_GRAYSCALE`.
    """
    image = None
    with suppress(OSError):  # that of GDAL is one too
        if _is_tiff(path):
            _check_tiff(path)
        content = path.read_bytes()
        if content and not _is_cut_jpeg(content):
            with suppress(cv2.error), _OPENCV_SILENT.held():
                image = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
        if image is None and _is_tiff(path):
            image = read_tiff(path, bytes_too=True)
    if image is None:
        raise DatasetError(
            f"{path} is not an image that can be read, or is damaged or too large (2^20 pixels a "
            "side, 2^30 in all): remove or replace it"
        )
    return image


def _is_cut_jpeg(content: bytes) -> bool:
    """Test for a JPEG that lacks the marker of its end, which data of a scan cannot hold."""
    is_jpeg = content.startswith(b"\xff\xd8")
    return is_jpeg and content.rfind(b"\xff\xd9") < content.rfind(b"\xff\xda")


def _is_tiff(path: Path) -> bool:
    """Test for a TIFF by its name."""
    return path.suffix.lower() in (".tif", ".tiff")


def _check_tiff(path: Path) -> None:
    """Read all of a TIFF by GDAL, which raises an OSError where a part of it is damaged.

    It is read once, because this takes as long as decoding it, and again where it has changed.
    """
    state = path.stat()
    _read_all(path, state.st_mtime_ns, state.st_size)


@cache
def _read_all(path: Path, mtime_ns: int, size: int) -> None:
    """Read all of a TIFF that was last changed at a time, and has a size in bytes."""
    with open_image(path) as dataset:
        dataset.read()
        dataset.read_masks(1)
