"""Photometry: from any mosaic's values to what the network is given."""

import cv2
import numpy as np
from numpy.typing import NDArray

WINDOW_PX = 129
"""Side of the window of the local mean and deviation, pixels of the frame."""

_FLOOR = 0.25


def normalise(
    values: NDArray[np.generic],
    valid: NDArray[np.bool_],
    deviation: float,
) -> NDArray[np.float32]:
    """Subtract the local mean and divide by the local deviation.

    A linear change of brightness or contrast of the whole mosaic changes nothing, and neighbouring
    tiles agree: what a pixel becomes depends on its surroundings and on `deviation` alone. A flat
    mare is amplified at most 1 / 0.25 times more than the mosaic as a whole.

    Args:
        values: Any dtype, shape (height, width).
        valid: False where there is no data, shape (height, width).
        deviation: Standard deviation of the mosaic's values, in their unit.

    Returns:
        Shape (height, width); 0 where invalid.
    """
    weight = valid.astype(np.float32)
    if not valid.any():
        return np.zeros(values.shape, np.float32)
    filled = np.where(valid, values, 0).astype(np.float32)
    # Near zero mean, so that the variance does not drown in single precision.
    centred = (filled - filled[valid].mean(dtype=np.float64).astype(np.float32)) * weight
    box = (WINDOW_PX, WINDOW_PX)
    share = np.maximum(cv2.blur(weight, box, borderType=cv2.BORDER_CONSTANT), 1e-6)
    mean = cv2.blur(centred, box, borderType=cv2.BORDER_CONSTANT) / share
    square = cv2.blur(centred * centred, box, borderType=cv2.BORDER_CONSTANT) / share
    variance = np.maximum(square - mean * mean, 0.0)
    floor = (_FLOOR * deviation) ** 2
    return np.asarray((centred - mean) / np.sqrt(variance + floor) * weight, np.float32)
