"""Freshness: how much of a crater's relief is left after diffusion has worn it down.

Diffusion for a time t blurs relief by a Gaussian with a deviation of sqrt(2 kappa t), the diffusion
length (Fassett and Thomson 2014, JGR 119, 2255). *Wear* is that length over the crater's radius.
Freshness is the height of the rim above the ground at half a radius, as a share of that of a fresh
crater of the same size.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from lunarcraters.rendering.profiles import EJECTA_REACH, compute_crater_profile
from lunarcraters.rendering.relief import blur

Float = NDArray[np.float64]

LEAST_FRESHNESS = 0.25
"""Freshness below which relief is no crater any more."""

CLASSES = (("fresh", 0.7, 1.0), ("worn", 0.45, 0.7), ("degraded", LEAST_FRESHNESS, 0.45))
"""Classes of freshness: name, least and greatest freshness."""

_RADIUS_PX = 32
_WEAR = np.linspace(0.0, 0.7, 36)
_DIAMETERS_KM = (0.3, 1.0, 9.0, 15.0, 20.0, 40.0, 100.0)
_POINTS = 24


def compute_freshness(diameter_km: float, wear: Float) -> Float:
    """Compute what diffusion leaves of a crater.

    Args:
        diameter_km: Diameter, km.
        wear: Diffusion lengths over the radius, any shape.

    Returns:
        Freshness, 0 to 1, of the shape of `wear`.
    """
    return np.interp(wear, _WEAR, _freshness_table(_nearest_size(diameter_km)))


def compute_greatest_wear(diameter_km: float) -> float:
    """Compute the wear at which a crater is not visible any more.

    Args:
        diameter_km: Diameter, km.
    """
    table = _freshness_table(_nearest_size(diameter_km))
    return float(np.interp(-LEAST_FRESHNESS, -table, _WEAR))


def _nearest_size(diameter_km: float) -> float:
    distance = np.abs(np.log(_DIAMETERS_KM) - np.log(diameter_km))
    return _DIAMETERS_KM[int(np.argmin(distance))]


@lru_cache(maxsize=len(_DIAMETERS_KM))
def _freshness_table(diameter_km: float) -> Float:
    """Freshness of a crater at each wear of `_WEAR`."""
    reach = int(EJECTA_REACH * _RADIUS_PX) + 2
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    fresh = compute_crater_profile(np.hypot(rows, columns) / _RADIUS_PX, diameter_km)
    angles = np.linspace(0.0, 2.0 * np.pi, _POINTS, endpoint=False)
    circle = np.stack([np.sin(angles), np.cos(angles)]) * _RADIUS_PX
    heights = []
    for wear in _WEAR.tolist():
        worn = blur(fresh, wear * _RADIUS_PX)
        rim, halfway = (
            map_coordinates(worn, reach + share * circle, order=1).mean() for share in (1.0, 0.5)
        )
        heights.append(float(rim - halfway))
    return np.array(heights) / heights[0]
