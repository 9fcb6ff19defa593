"""Buffered crater counting: the ground of an area, wider by the radius of the crater that counts.

Fassett and Head (2008), Icarus 195, 61: a crater that touches a narrow feature counts as a whole,
and the ground on which its centre could lie is the feature widened by its radius.

Radii are measured in a stereographic frame around the middle of the area, whose scale grows as
1 / cos(arc / 2)^2 (1.03 at 20 degrees, 1.13 at 40): the craters that count and the ground on which
they do shrink alike, so that densities hold.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.errors import AreaError
from lunarcraters.geometry import sphere, stereographic
from lunarcraters.geometry.area import Area

_LARGEST_ARC = np.radians(60.0)  # from the middle of the area, where its local frame ends
_EDGES = 500  # along the longer side of the area

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


class WidenedGround:
    """The searched ground on which the centre of a crater that touches an area can lie."""

    def __init__(self, area: Area, info: CatalogueInfo, area_km2: float) -> None:
        """Take the area in a local frame around its middle.

        Args:
            area: Area on the Moon.
            info: Description of the catalogue, with all the ground that was searched.
            area_km2: Ground of the area that was searched, km^2.

        Raises:
            AreaError: The area is larger than a third of the Moon.
        """
        middle, arc = area.measure_reach()
        if arc > _LARGEST_ARC:
            raise AreaError(
                "an area that reaches over a third of the Moon is not widened by craters: count "
                "those with their centre inside"
            )
        searched = info.footprint
        self._searched = None if searched is None else shapely.make_valid(searched)
        self._radius_m = info.radius_m or sphere.RADIUS_M
        self._area_km2 = area_km2
        lon, lat = sphere.vectors_to_lonlat(middle)
        self._frame = stereographic.local_frame(float(lon), float(lat), self._radius_m)
        self._outline = _outline_in_frame(area, self._frame)

    def touches(self, positions: Float, diameters_km: Float) -> Bool:
        """Tell which craters touch the area, (n,).

        Args:
            positions: Centres, longitude and latitude in degrees, (n, 2).
            diameters_km: Diameters, km, (n,).
        """
        x, y = sphere.from_lonlat(self._frame, *positions.T)
        reach_m = diameters_km * 500.0
        west, south, east, north = self._outline.bounds
        touches = (x >= west - reach_m) & (x <= east + reach_m)
        touches &= (y >= south - reach_m) & (y <= north + reach_m)
        (near,) = np.nonzero(touches)
        reaches: Any = reach_m[near]  # shapely takes arrays, but is typed for one distance
        touches[near] = shapely.dwithin(self._outline, shapely.points(x[near], y[near]), reaches)
        return touches

    def areas_km2(self, diameters_km: Float) -> Float:
        """Measure the ground on which the centres of touching craters can lie, km^2, (n,).

        Args:
            diameters_km: Diameters, km, (n,).
        """
        bare = self._measure(0.0)
        return np.array([self._area_km2 + self._measure(d) - bare for d in diameters_km.tolist()])

    def _measure(self, diameter_km: float) -> float:
        """Measure the searched ground of the area, wider by a radius, by outlines, km^2."""
        wide = Area(shapely.buffer(self._outline, diameter_km * 500.0, quad_segs=32), self._frame)
        ground = wide.to_lonlat()
        if self._searched is not None:
            ground = shapely.intersection(ground, self._searched)
        return sphere.area_km2(ground, self._radius_m)


def _outline_in_frame(area: Area, frame: CRS) -> BaseGeometry:
    """Outline of an area in metres of a local frame."""
    west, south, east, north = area.outline.bounds
    fine = shapely.segmentize(area.outline, max(east - west, north - south) / _EDGES)

    def to_frame(points: Float) -> Float:
        if area.crs is not None and not area.crs.is_geographic:
            points = np.column_stack(sphere.to_lonlat(area.crs, *points.T))
        return np.column_stack(sphere.from_lonlat(frame, *points.T))

    outline: BaseGeometry = shapely.make_valid(shapely.transform(fine, to_frame))
    shapely.prepare(outline)
    return outline
