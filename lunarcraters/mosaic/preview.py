"""A mosaic as a small grey picture, for people to look at."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.mosaic import Mosaic

_SPREAD = (0.5, 99.5)  # percentiles that become black and white


def quick_look(mosaic: Mosaic, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A mosaic shrunk by a whole number to at most `side` pixels a side, its contrast stretched.

    Returns:
        Grey values (0 where there is no data) and validity, of one shape.

    Raises:
        MosaicError: It cannot be read, or has no valid pixel.
    """
    step = shrinking(mosaic, side)
    values, valid = mosaic.read(mosaic.grid.box, step)
    if not valid.any():
        raise MosaicError(f"{mosaic.name} has no valid pixel to draw: give another mosaic")
    return (stretched(values, valid) * 255.0).astype(np.uint8), valid


def stretched(values: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Grey from 0 to 1, from the darkest to the brightest but for outliers; 0 where invalid."""
    real = values.astype(np.float64)
    low, high = np.percentile(real[valid], _SPREAD) if valid.any() else (0.0, 1.0)
    return np.where(valid, np.clip((real - low) / max(high - low, 1e-9), 0.0, 1.0), 0.0)


def shrinking(mosaic: Mosaic, side: int) -> int:
    """Pixels to a side of one of a picture of at most `side` pixels a side."""
    return max(-(-max(mosaic.width, mosaic.height) // side), 1)
