"""Previews: a mosaic as a small grey image for people to look at."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.mosaic import Mosaic

_SPREAD = (0.5, 99.5)  # percentiles that become black and white


def read_preview(mosaic: Mosaic, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Read a mosaic at reduced resolution and stretch its contrast.

    Args:
        mosaic: Mosaic to read.
        side: Largest width and height of the preview, pixels.

    Returns:
        Grey values (0 where there are no data) and validity, each (height, width).

    Raises:
        MosaicError: The mosaic cannot be read, or has no valid pixel.
    """
    step = preview_step(mosaic, side)
    values, valid = mosaic.read(mosaic.grid.box, step)
    if not valid.any():
        raise MosaicError(f"{mosaic.name} has no valid pixel to draw: give another mosaic")
    return (stretch_contrast(values, valid) * 255.0).astype(np.uint8), valid


def stretch_contrast(values: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Stretch valid values linearly so that all but outliers lie between 0 and 1.

    Args:
        values: Grey values, any shape.
        valid: Validity, same shape.

    Returns:
        Grey values, 0 to 1, of the same shape; 0 where invalid.
    """
    real = values.astype(np.float64)
    low, high = np.percentile(real[valid], _SPREAD) if valid.any() else (0.0, 1.0)
    return np.where(valid, np.clip((real - low) / max(high - low, 1e-9), 0.0, 1.0), 0.0)


def preview_step(mosaic: Mosaic, side: int) -> int:
    """Return the decimation at which a mosaic fits a preview.

    Args:
        mosaic: Mosaic to read.
        side: Largest width and height of the preview, pixels.

    Returns:
        Side of a preview pixel in mosaic pixels, 1 or more.
    """
    return max(-(-max(mosaic.width, mosaic.height) // side), 1)
