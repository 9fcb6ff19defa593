"""Relations of the literature between the diameter of a fresh crater and its depth."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

SMALL_KM = (0.1, 0.2, 0.4)
"""Diameters at which the depth/diameter of fresh craters that Stopar et al. list changes, km."""

_SMALL_RATIOS = (0.13, 0.15, 0.17)


def compute_fresh_ratio(diameter_km: ArrayLike) -> Float:
    """Compute the depth over diameter of fresh craters.

    From 400 m on it follows Pike (1977, Impact and Explosion Cratering, 489): depths of
    0.196 D^1.01 km for simple and 1.044 D^0.301 km for complex craters, whichever is less. Smaller
    craters are shallower: 0.17 from 200 m, 0.15 from 100 m and 0.13 below (Stopar et al. 2017,
    Icarus 298, 34).

    Args:
        diameter_km: Rim-to-rim diameters, km, any shape.

    Returns:
        Ratios, of the shape of `diameter_km`.
    """
    diameters = np.asarray(diameter_km, float)
    diameters = np.where(diameters > 0.0, diameters, np.nan)
    large = np.minimum(0.196 * diameters**1.01, 1.044 * diameters**0.301) / diameters
    small = np.asarray(_SMALL_RATIOS)[np.minimum(np.searchsorted(SMALL_KM, diameters, "right"), 2)]
    return np.where(diameters < SMALL_KM[-1], small, large)
