"""Cross-sections of fresh lunar craters, simple and complex."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float32 = NDArray[np.float32]

EJECTA_REACH = 3.5
"""Distance at which a profile has faded to nothing, crater radii."""

_FLOOR_OF_SIMPLE = 0.2


@np.errstate(under="ignore")
def compute_crater_profile(radius_ratio: ArrayLike, diameter_km: float) -> Float32:
    """Compute the elevation of a fresh crater above the ground in which it formed.

    Depth, rim height and floor width follow Pike (1977, Impact and Explosion Cratering, 489):
    d = 0.196 D^1.01 for simple bowls and 1.044 D^0.301 for complex craters (km), h = 0.036 D^1.014
    and 0.236 D^0.399, floor 0.187 D^1.249. Simple craters under 400 m are shallower, d/D about
    0.15 (Stopar et al. 2017, Icarus 298, 34). Central peaks, 0.0006 D^1.97 high (Hale and Grieve
    1982, JGR 87, A65), appear between 15 and 20 km. Outside, the rim falls off as the ejecta
    blanket of McGetchin et al. (1973, EPSL 20, 226) does, with the third power of distance.

    Args:
        radius_ratio: Distance from the centre over the crater's radius, any shape.
        diameter_km: Rim-to-rim diameter, km.

    Returns:
        Elevations, metres, of the shape of `radius_ratio`, float32.
    """
    ratio = np.asarray(radius_ratio, np.float32)
    depth, rim, floor = (np.float32(value) for value in _dimensions(diameter_km))
    wall = np.minimum(np.maximum((ratio - floor) / (1.0 - floor), 0.0), 1.0)
    complexity = _transition(diameter_km, 15.0, 20.0)
    if complexity > 0.0:  # slumped walls step down in terraces
        wall = wall + np.float32(0.012 * complexity) * np.sin(wall * np.float32(5.0 * np.pi))
    inside = rim - depth + depth * np.maximum(wall, 0.0) ** np.float32(1.3)
    if complexity > 0.0:
        peak = min(600e-3 * diameter_km**1.97, 0.7 * float(depth)) * complexity
        inside = inside + np.float32(peak) * np.exp(-((ratio / np.float32(0.13)) ** 2))
    outside = rim * np.maximum(ratio, 1.0) ** -3
    fade = np.minimum(np.maximum((EJECTA_REACH - ratio) / np.float32(EJECTA_REACH - 1.5), 0.0), 1.0)
    return np.where(ratio < 1.0, inside, outside * fade).astype(np.float32, copy=False)


def _dimensions(diameter_km: float) -> tuple[float, float, float]:
    """Depth from rim to floor and rim height, metres; floor radius over crater radius."""
    simple_depth = 0.196 * diameter_km**1.01
    if diameter_km < 0.4:
        simple_depth = 0.15 * diameter_km
    depth = min(simple_depth, 1.044 * diameter_km**0.301)
    rim = min(0.036 * diameter_km**1.014, 0.236 * diameter_km**0.399)
    # The floor grows from bowl to flat over the range of transitional craters.
    flat = 0.187 * max(diameter_km, 20.0) ** 0.249
    floor = _FLOOR_OF_SIMPLE + (flat - _FLOOR_OF_SIMPLE) * _transition(diameter_km, 9.0, 20.0)
    return 1000.0 * depth, 1000.0 * rim, min(floor, 0.7)


def _transition(diameter_km: float, first_km: float, last_km: float) -> float:
    """0 for craters up to a diameter, 1 from another one on, linear in its logarithm between."""
    share = math.log(diameter_km / first_km) / math.log(last_km / first_km)
    return min(max(share, 0.0), 1.0)
