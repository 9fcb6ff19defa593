"""Which circles are near enough to an area to touch it: the others need not be measured."""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area

Float = NDArray[np.float64]

_LARGEST_ARC = np.radians(80.0)
"""Angle from its middle to the outline of an area, beyond which all circles may touch it."""

_MARGIN = np.radians(1.0)  # an outline is known by points

_ROUNDING_DEG = 1e-6  # more than an angle is rounded by


def may_touch(area: Area, positions: Float, diameters: Float) -> NDArray[np.bool_]:
    """Tell which circles are near enough to an area to touch it, (n,); all of a large area.

    Args:
        area: Area on the Moon; of one in pixels, all circles may touch it.
        positions: Centres: longitude and latitude in degrees, or x and y in pixels, (n, 2).
        diameters: Diameters: km along the sphere, or pixels, (n,).
    """
    everywhere = np.ones(len(diameters), bool)
    if area.crs is None:
        return everywhere
    middle, arc = area.measure_reach()
    if arc >= _LARGEST_ARC:
        return everywhere
    reach = arc + _MARGIN + diameters * 500.0 / sphere.radius_m(area.crs)
    lon, lat = positions.T
    # No point is nearer than its parallel, by which most of the circles are left out.
    _, middle_lat = sphere.vectors_to_lonlat(middle)
    near = np.abs(lat - middle_lat) <= np.degrees(reach) + _ROUNDING_DEG
    cosines = sphere.unit_vectors(lon[near], lat[near]) @ middle
    near[near] = np.arccos(np.clip(cosines, -1.0, 1.0)) <= reach[near]
    return np.asarray(near)
