"""Types of values: pixels, real numbers that hold those of a raster, and the way back."""

import numpy as np
from numpy.typing import NDArray

Pixels = tuple[NDArray[np.generic], NDArray[np.bool_]]
"""Values (0 where invalid) and validity, of one shape."""

GDAL_TYPES = {
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int32": "Int32",
    "float32": "Float32",
    "float64": "Float64",
}
"""GDAL's names of the types that are read, by those of NumPy."""

NEARLY_INFINITE = 3.4e38
"""ISIS cubes mark missing and saturated float pixels by values near the largest float."""


def real_dtype(dtype: np.dtype[np.generic]) -> type[np.floating]:
    """Return the type of real numbers that represents all values of a type exactly."""
    # Single precision represents all 16-bit integers and float32 exactly.
    return np.float32 if dtype.itemsize <= 2 or dtype == np.float32 else np.float64


def finite_range(dtype: np.dtype[np.generic]) -> tuple[float, float] | None:
    """Return the least and greatest real number of a type that may be ground; None for integers."""
    if dtype.kind != "f":
        return None
    # GDAL compares in single precision.
    greatest = float(np.nextafter(np.float32(NEARLY_INFINITE), np.float32(0.0)))
    return -greatest, greatest


def as_dtype(real: NDArray[np.generic], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Convert real values to a raster's type; integers are rounded and clipped to its range.

    Args:
        real: Real values, of any shape.
        dtype: Type of the result.
    """
    if dtype.kind not in "iu":
        return real.astype(dtype)
    ends = np.iinfo(str(dtype))
    # Single precision would round the largest integers of 32 bits up, out of their range.
    exact = np.promote_types(real.dtype, real_dtype(dtype))
    whole = np.asarray(np.rint(real.astype(exact, copy=False)))
    return np.clip(whole, ends.min, ends.max, out=whole).astype(dtype)
