"""Windows: means over a square around each pixel, and the share of it that has data."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


def window_mean(plane: Float32, side: int, into: Float32 | None = None) -> Float32:
    """Compute the mean over a window around each pixel, with zeros outside the plane.

    Args:
        plane: Values, (height, width).
        side: Side of the window, pixels, odd.
        into: Array for the means, (height, width), which may be `plane` itself; None for a new one.

    Returns:
        Means, (height, width).
    """
    window = (side, side)
    return np.asarray(cv2.blur(plane, window, into, borderType=cv2.BORDER_CONSTANT), np.float32)


def data_share(weight: Float32, side: int) -> Float32:
    """Compute the share of a window around each pixel that has data.

    Args:
        weight: 1 where there are data, 0 elsewhere, (height, width).
        side: Side of the window, pixels, odd.

    Returns:
        Shares, above 0 and up to 1, (height, width).
    """
    return np.maximum(window_mean(weight, side), np.float32(1e-6))


@lru_cache(maxsize=8)  # 8 MB each for a tile of 1440 px
def inner_share(shape: tuple[int, int], side: int) -> Float32:
    """Compute the share of a window around each pixel that lies in the plane.

    Args:
        shape: Height and width of the plane.
        side: Side of the window, pixels, odd.

    Returns:
        Shares, above 0 and up to 1, (height, width), which callers share and leave as they are.
    """
    return data_share(np.ones(shape, np.float32), side)
