"""Relief: slopes and local heights of an elevation model, which do not depend on any light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.elevation.shading import measure_slopes
from lunarcraters.elevation.windows import data_share, inner_share, window_mean

HEIGHT_WINDOW_PX = 65
"""Side of the window of the mean that local heights are relative to, pixels."""

_SPREAD = np.ones((3, 3), np.uint8)  # pixels that a slope is measured from

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Relief:
    """Slopes and local heights.

    Attributes:
        slope_x: Rise to the right (bright under a low sun on the left), metres per metre,
            (height, width).
        slope_y: Rise downwards (bright under a low sun above), metres per metre, (height, width).
        local_height: Height above the mean of the surroundings, pixels, (height, width).
        valid: False where a slope would need a pixel without data, (height, width).
    """

    slope_x: Float32
    slope_y: Float32
    local_height: Float32
    valid: Bool


def measure_relief(heights_m: NDArray[np.floating], valid: Bool, pixel_size_m: float) -> Relief:
    """Measure slopes and local heights of an elevation model.

    A height added to all pixels changes nothing. An inclined plane adds a constant to the slopes.

    Args:
        heights_m: Heights, metres, in a frame with square pixels, (height, width).
        valid: Validity mask, False where there is no data, (height, width).
        pixel_size_m: Ground size of a pixel, metres.

    Returns:
        Relief; 0 where there is no data.
    """
    count = int(np.count_nonzero(valid))
    if not count:
        nothing = np.zeros(valid.shape, np.float32)
        return Relief(nothing, nothing, nothing, valid)
    whole = count == valid.size
    # About the mean, so that heights from the Moon's centre keep their digits in single precision.
    middle = float(np.mean(heights_m if whole else heights_m[valid], dtype=np.float64))
    pixels = ((heights_m - middle) / pixel_size_m).astype(np.float32)
    if not whole:
        pixels[~valid] = 0.0
    mean = window_mean(pixels, HEIGHT_WINDOW_PX)
    if whole:
        mean /= inner_share(valid.shape, HEIGHT_WINDOW_PX)
    else:
        mean /= data_share(valid.astype(np.float32), HEIGHT_WINDOW_PX)
        np.copyto(pixels, mean, where=~valid)
    slope_x, slope_y = measure_slopes(pixels, 1.0)
    local = pixels - mean
    if not whole:
        valid = cv2.erode(valid.astype(np.uint8), _SPREAD, borderValue=1) > 0
        for plane in (slope_x, slope_y, local):
            plane[~valid] = 0.0
    return Relief(slope_x, slope_y, local, valid)
