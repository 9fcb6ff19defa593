"""Image files of a dataset, read as grey values and validity or as they are."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.grey_values import convert_to_grey, find_measured, open_image, read_tiff
from lunarcraters.datasets.orientation import require_upright
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.errors import DatasetError
from lunarcraters.process import SharedState

_logging = cv2.utils.logging
_OPENCV_SILENT = SharedState(
    lambda: _logging.setLogLevel(_logging.LOG_LEVEL_SILENT), _logging.setLogLevel
)  # it warns of every tag of a GeoTIFF, and its level is one for all threads


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
