"""Elevations of lunar ground: their range, their slopes, and the unit of values without one."""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.sphere import RADIUS_M

ELEVATION_M = (-9_500.0, 11_000.0)
"""Lowest and highest ground of the Moon, metres above its sphere, with some room."""

MEAN_SLOPE = (5e-4, 3.0)
"""Mean slopes, as tangents: flatter than any lunar ground, steeper than any."""

_LEAST_SPAN_M = 20.0
"""Least range of heights, or least distance of all from 0: grey values near 0 have neither."""

_NEGATIVE = 0.05  # share of the range that lies below 0: in pictures noise alone does

Float = NDArray[np.float64]


def find_unit_m(values: Float, *, named: bool) -> float | None:
    """Find the unit of elevations, or of distances from the Moon's centre.

    Args:
        values: Sample of the values, (n,).
        named: True where they are called elevations, so that none need lie below 0.

    Returns:
        Metres of one unit; None where the values are neither.
    """
    low, high = np.percentile(values, [0.5, 99.5])
    fitting = []
    for radius_m, unit_m in ((0.0, 1.0), (RADIUS_M, 1.0), (RADIUS_M, 1000.0), (0.0, 1000.0)):
        lowest, highest = values.min() * unit_m - radius_m, values.max() * unit_m - radius_m
        within = ELEVATION_M[0] <= lowest and highest <= ELEVATION_M[1]
        below = radius_m > 0.0 or (unit_m == 1.0 and -low >= _NEGATIVE * (high - low))
        if within and (named or below):
            fitting.append(unit_m)
    # The range first: kilometres from the Moon's centre lie as far from 0 as heights in metres may.
    for span in (high - low, max(low, -high)):
        for unit_m in fitting:
            if span * unit_m >= _LEAST_SPAN_M:
                return unit_m
    return None


def choose_unit_m(values: Float, step: float, pixel_size_m: float, *, named: bool) -> float:
    """Choose the unit of elevations that declare none: metres, unless they would be too flat.

    Args:
        values: Sample of the values, (n,).
        step: Mean difference of neighbouring pixels, in the unit of the values.
        pixel_size_m: Ground size of a pixel, metres.
        named: True where they are called elevations, so that none need lie below 0.

    Returns:
        Metres of one unit.
    """
    unit_m = find_unit_m(values, named=named)
    # A small site may have so little relief that it could be kilometres.
    return 1.0 if unit_m is None or step > MEAN_SLOPE[0] * pixel_size_m else unit_m
