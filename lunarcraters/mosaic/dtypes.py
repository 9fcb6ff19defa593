"""Types of values: pixels, real numbers that hold those of a raster, and the way back."""

import numpy as np
from numpy.typing import NDArray

Pixels = tuple[NDArray[np.generic], NDArray[np.bool_]]
"""Values (0 where invalid) and validity, of one shape."""


def real_dtype(dtype: np.dtype[np.generic]) -> type[np.floating]:
    """Return the type of real numbers that represents all values of a type exactly.

    Args:
        dtype: Type of a raster's values.
    """
    # Single precision represents all 16-bit integers and float32 exactly.
    return np.float32 if dtype.itemsize <= 2 or dtype == np.float32 else np.float64


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
