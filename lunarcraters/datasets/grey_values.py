"""Grey values of 8 bits: images of other types are stretched to them."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning

from lunarcraters.process import suppress_warnings

_SPREAD = (0.5, 99.5)  # percentiles that become the darkest and the brightest ground
_COLOURS = {ColorInterp.red: 0.299, ColorInterp.green: 0.587, ColorInterp.blue: 0.114}

_LEAST_PIXELS = 9
_FAR = 2.0  # ranges of the other values, beyond them
_BETWEEN = 0.1  # other values that are as far, as a share of it
_NO_MEASUREMENT = 1e30  # special pixels of ISIS, and the least value of its type, lie beyond
_COUNTED = 1 << 18  # values

Bool = NDArray[np.bool_]


def find_measured(values: NDArray[Any], valid: Bool) -> Bool:
    """Find the pixels whose values are no fill, which no file declares.

    The least or the greatest value is one where it is repeated and lies far from all others, such
    as -9999. Values that are not finite, or are beyond all measurements, are none either.

    Args:
        values: Values, (height, width).
        valid: Validity mask, False where there is no data, (height, width).

    Returns:
        True for valid pixels that are measured, (height, width).
    """
    measured = valid & (np.abs(values.astype(np.float64)) < _NO_MEASUREMENT)
    for find_end in (np.min, np.max):
        end = find_end(values[measured]) if measured.any() else 0
        others = values[measured & (values != end)].astype(np.float64)
        count = np.count_nonzero(measured) - others.size
        if others.size and count >= _LEAST_PIXELS:
            low, high = np.percentile(others[:: max(others.size // _COUNTED, 1)], [1.0, 99.0])
            middle, reach = (low + high) / 2.0, (0.5 + _FAR) * (high - low)
            scattered = np.count_nonzero(np.abs(others - middle) > reach)  # as soft shadows are
            if 0.0 < reach < abs(end - middle) and scattered <= _BETWEEN * count:
                measured &= values != end
    return measured


def convert_to_grey(values: NDArray[Any], valid: Bool) -> NDArray[np.uint8]:
    """Convert the values of an image to 8 bits. Those of 8 bits stay as they are.

    Others are stretched, so that all but outliers of the ground lie between 1 and 255.

    Args:
        values: Values, (height, width).
        valid: Validity mask, False where there is no data, (height, width).

    Returns:
        Grey values, (height, width); stretched ones are 0 where there is no data.
    """
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    low, high = np.percentile(values[valid], _SPREAD) if valid.any() else (0.0, 1.0)
    return stretch_grey(values, valid, float(low), float(high))


def stretch_grey(values: NDArray[Any], valid: Bool, low: float, high: float) -> NDArray[np.uint8]:
    """Stretch values linearly to grey values of 1 to 255.

    Args:
        values: Values, (height, width).
        valid: Validity mask, False where there is no data, (height, width).
        low: Value that becomes 1, as lower ones do.
        high: Value that becomes 255, as higher ones do.

    Returns:
        Grey values, 0 where there is no data, (height, width).
    """
    real = np.where(valid, values, low).astype(np.float64)
    grey = 1.0 + 254.0 * (real - low) / (high - low or 1e-12)
    return np.where(valid, np.clip(np.rint(grey), 1, 255), 0).astype(np.uint8)


def open_image(path: Path) -> rasterio.DatasetReader:
    """Open an image by GDAL. It need not be georeferenced.

    Raises:
        OSError: GDAL cannot read it.
    """
    with suppress_warnings(NotGeoreferencedWarning):
        return rasterio.open(path)


def read_tiff(path: Path, *, bytes_too: bool) -> NDArray[Any] | None:
    """Read a TIFF of real values by GDAL: its first band, or its colours' brightness.

    OpenCV reads other types than bytes wrongly, or not at all. Values of which the least is white
    (MINISWHITE) are turned round, so that greater ones are brighter.

    Args:
        path: TIFF.
        bytes_too: True to read one of bytes too.

    Returns:
        Values, (height, width); None where they are complex numbers, or bytes that are not asked
            for.

    Raises:
        OSError: GDAL cannot read it.
    """
    with open_image(path) as dataset:
        is_bytes, kinds = dataset.dtypes[0] == "uint8", dataset.colorinterp
        if dataset.dtypes[0].startswith("complex") or (is_bytes and not bytes_too):
            return None
        if set(_COLOURS) <= set(kinds):
            bands = ((dataset.read(kinds.index(c) + 1), weight) for c, weight in _COLOURS.items())
            values = np.asarray(sum(band.astype(np.float64) * weight for band, weight in bands))
        else:
            values = np.asarray(dataset.read(1))
            if dataset.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") == "YES":
                values = _turn_round(values, dataset.read_masks(1) > 0)
        return np.rint(values).astype(np.uint8) if is_bytes else values


def _turn_round(values: NDArray[Any], valid: Bool) -> NDArray[np.float64]:
    """Subtract values from that of black: the greatest of an unsigned type, or of the ground."""
    if values.dtype.kind == "u":
        black = float(np.iinfo(values.dtype).max)
    else:
        black = float(np.max(values, where=valid & np.isfinite(values), initial=0))
    return black - values.astype(np.float64)
