"""Preprocessing: from the values of a tile to the input of the network."""

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.elevation.relief import measure_relief
from lunarcraters.elevation.windows import data_share, inner_share, window_mean
from lunarcraters.mosaic.statistics import ValueStatistics

Float32 = NDArray[np.float32]


WINDOW_PX = 129
"""Side of the window of the local mean and deviation, pixels of the tile."""

_FLOOR = 0.25  # smallest local deviation, as a share of the deviation of the mosaic

SLOPE_DEVIATION = 0.08
"""Deviation of slopes by which those of smooth ground are not amplified, metres per metre: that of
lunar highlands."""

_HEIGHT_UNIT_PX = 0.1  # local heights are linear below, logarithmic above
_HEIGHT_RANGE = 2.0


def normalise(
    values: NDArray[np.generic],
    valid: NDArray[np.bool_],
    deviation: float,
) -> Float32:
    """Subtract the local mean and divide by the local deviation.

    A linear change of brightness or contrast of the whole mosaic changes nothing. Neighbouring
    tiles agree, because the result depends on the surroundings of a pixel and on `deviation` alone.
    A flat mare is amplified at most 1 / 0.25 times more than the mosaic as a whole.

    Args:
        values: Grey values, any dtype, (height, width).
        valid: Validity mask, False where there is no data, (height, width).
        deviation: Standard deviation of the values of the mosaic, in their unit.

    Returns:
        Normalised values, (height, width); 0 where there is no data.
    """
    count = int(np.count_nonzero(valid))
    if not count:
        return np.zeros(values.shape, np.float32)
    weight = None if count == valid.size else valid.astype(np.float32)
    # In place, because the allocation of memory takes longer than the computation, and by OpenCV,
    # which needs half of NumPy's time.
    centred = values.astype(np.float32)
    if weight is not None:
        centred[~valid] = 0.0
    # Near zero mean, so that the variance does not drown in single precision.
    centred -= np.float32(cv2.sumElems(centred)[0] / count)
    if weight is not None:
        centred *= weight
    share = inner_share(valid.shape, WINDOW_PX) if weight is None else data_share(weight, WINDOW_PX)
    mean, deviations = window_mean(centred, WINDOW_PX), cv2.multiply(centred, centred)
    window_mean(deviations, WINDOW_PX, deviations)
    cv2.divide(mean, share, mean)
    cv2.divide(deviations, share, deviations)
    cv2.subtract(centred, mean, centred)
    cv2.multiply(mean, mean, mean)
    cv2.subtract(deviations, mean, deviations)
    cv2.max(deviations, 0.0, deviations)
    deviations += np.float32((_FLOOR * deviation) ** 2)
    cv2.sqrt(deviations, deviations)
    cv2.divide(centred, deviations, centred)
    if weight is not None:
        centred *= weight
    return centred


def normalise_relief(
    heights_m: NDArray[np.floating],
    valid: NDArray[np.bool_],
    pixel_size_m: float,
    slope_deviation: float = SLOPE_DEVIATION,
) -> Float32:
    """Convert heights to three channels, of which the first is like a picture lit from the left.

    The channels are the slope to the right and the slope downwards, each normalised as a picture
    is, and the local height, whose range is compressed. A constant height or an inclined plane that
    is added changes nothing.

    Args:
        heights_m: Heights, metres, in a frame with square pixels, (height, width).
        valid: Validity mask, False where there is no data, (height, width).
        pixel_size_m: Ground size of a pixel, metres.
        slope_deviation: Deviation of slopes in place of `SLOPE_DEVIATION`.

    Returns:
        Channels, (height, width, 3); 0 where there is no data, or none beside it.
    """
    relief = measure_relief(heights_m, valid, pixel_size_m)
    height = np.arcsinh(relief.local_height / np.float32(_HEIGHT_UNIT_PX))
    height /= np.float32(_HEIGHT_RANGE)
    slopes = (
        normalise(slope, relief.valid, slope_deviation)
        for slope in (relief.slope_x, relief.slope_y)
    )
    return np.asarray(cv2.merge([*slopes, height]), np.float32)


def scale_to_unit(
    values: NDArray[np.generic], valid: NDArray[np.bool_], statistics: ValueStatistics
) -> Float32:
    """Scale grey values to 0..1.

    Values of 8 bits are divided by 255. Others are stretched over the range of the mosaic.

    Args:
        values: Grey values, any dtype, (height, width).
        valid: Validity mask, False where there is no data, (height, width).
        statistics: Statistics of the grey values of the mosaic.

    Returns:
        Grey values, 0 to 1, (height, width); 0 where there is no data.
    """
    if values.dtype == np.uint8:
        grey = values.astype(np.float32) / np.float32(255.0)
    else:
        span = statistics.high - statistics.low or 1e-12
        filled = np.where(valid, values, statistics.low)
        grey = np.clip((filled.astype(np.float64) - statistics.low) / span, 0.0, 1.0)
    return np.where(valid, grey, 0.0).astype(np.float32)
