"""A mosaic as a small grey picture, for people to look at."""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError
from lunarcraters.raster.mosaic import Mosaic

_SPREAD = (0.5, 99.5)  # percentiles that become black and white


def quick_look(mosaic: Mosaic, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A mosaic shrunk by a whole number to at most `side` pixels a side, its contrast stretched.

    Returns:
        Grey values (0 where there is no data) and validity, of one shape.

    Raises:
        MosaicError: It cannot be read, or has no valid pixel.
    """
    step = shrinking(mosaic, side)
    values, valid = mosaic.read((0, 0, mosaic.width, mosaic.height), step)
    if not valid.any():
        raise MosaicError(f"{mosaic.name} has no valid pixel to draw: give another mosaic")
    low, high = np.percentile(values[valid].astype(float), _SPREAD)
    grey = (values.astype(float) - low) / max(high - low, 1e-9)
    return np.where(valid, np.clip(grey, 0.0, 1.0) * 255.0, 0.0).astype(np.uint8), valid


def shrinking(mosaic: Mosaic, side: int) -> int:
    """Pixels to a side of one of a picture of at most `side` pixels a side."""
    return max(-(-max(mosaic.width, mosaic.height) // side), 1)
