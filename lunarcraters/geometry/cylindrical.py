"""Cylindrical maps, whose meridians and parallels are straight: polygons in them, in degrees.

Such a map may be wider than the Moon, or begin at another meridian than its coordinate system, as
mosaics from 0 to 360 degrees do. PROJ places a point within half a turn of the central meridian;
polygons drawn on such a mosaic go beyond.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from lunarcraters.geometry import sphere

_STEPS = 12  # of longitude in a turn, by which meridians are looked at
_LATITUDES = np.array([-40.0, 0.0, 40.0])
_TOLERANCE = 1e-6  # of a turn
_EDGES = 2000  # of an outline, along the longer side of the Moon in the map

Float = NDArray[np.float64]


@dataclass(frozen=True)
class _Map:
    """A cylindrical map.

    Attributes:
        crs: Coordinate system.
        turn: Width of 360 degrees of longitude, in the unit of `crs`.
        x: x of the meridian `lon`.
        lon: A longitude, degrees.
        equator: y of the equator.
    """

    crs: CRS
    turn: float
    x: float
    lon: float
    equator: float

    def to_degrees(self, points: Float) -> Float:
        """Convert points, (n, 2), to longitude, in any range, and latitude."""
        x, y = points.T
        lon = self.lon + (x - self.x) * (360.0 / self.turn)
        _, lat = sphere.to_lonlat(self.crs, np.full(x.shape, self.x), y)
        beyond_pole = np.copysign(90.0, y - self.equator)
        return np.column_stack([lon, np.where(np.isnan(lat), beyond_pole, lat)])


def unroll(outline: BaseGeometry, crs: CRS) -> BaseGeometry | None:
    """Convert polygons in a cylindrical map to degrees; what lies beyond a pole is put on it.

    Args:
        outline: Polygons in coordinates of `crs`.
        crs: Lunar coordinate system, projected.

    Returns:
        Valid polygons in longitude and latitude, whose middle lies in -180..180; None where the map
        is not cylindrical.
    """
    cylinder = _find_cylinder(crs)
    if cylinder is None:
        return None
    fine = shapely.segmentize(outline, abs(cylinder.turn) / _EDGES)
    degrees = shapely.transform(fine, cylinder.to_degrees)
    west, _, east, _ = degrees.bounds
    turns = np.floor(((west + east) / 2.0 + 180.0) / 360.0)
    return shapely.make_valid(shapely.transform(degrees, np.array([-360.0 * turns, 0.0]).__add__))


def _find_cylinder(crs: CRS) -> _Map | None:
    """Look whether meridians and parallels are straight; None where they are not."""
    lon = np.linspace(-180.0, 180.0, _STEPS, endpoint=False)
    x, y = sphere.from_lonlat(crs, *np.meshgrid(lon, _LATITUDES))
    if not np.isfinite(x + y).all():
        return None
    steps = np.diff(x, axis=1)
    turn = float(_STEPS * np.median(steps))
    if not turn:
        return None
    off = (steps - turn / _STEPS) / turn  # a whole turn where the map begins anew
    straight = np.abs(off - np.round(off)).max(), np.ptp(x, axis=0).max(), np.ptp(y, axis=1).max()
    if max(straight[0], *(np.array(straight[1:]) / abs(turn))) > _TOLERANCE:
        return None
    return _Map(crs, turn, float(x[1, 0]), float(lon[0]), float(y[1, 0]))
