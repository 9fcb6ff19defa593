"""The sphere: lunar coordinate systems, geodesic circles and areas.

Longitude comes before latitude, both in degrees, planetocentric, east positive.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import CoordinateSystemError

RADIUS_M = 1_737_400.0
"""Radius of the IAU 2015 sphere of the Moon, metres."""

_LUNAR_RADII_M = (1_730_000.0, 1_745_000.0)
_MAX_FLATTENING = 0.003
_NO_FLATTENING = 1e-6  # latitudes differ by 2 m at most

Float = NDArray[np.float64]


def lunar_crs(crs: Any, source: str) -> CRS:
    """Parse a coordinate system and check that it is one of the Moon.

    Args:
        crs: Coordinate system as pyproj reads it, a rasterio CRS, or None.
        source: Name of the file that the coordinate system belongs to, for the message.

    Raises:
        CoordinateSystemError: It is missing, unreadable, in radians, of a flattened body, or not
            of the Moon.
    """
    if not crs:
        raise CoordinateSystemError(
            f"{source} has no coordinate system: name it with --crs, for example --crs "
            "IAU_2015:30100 for degrees, or IAU_2015:30110 for a simple cylindrical map in metres"
        )
    try:
        parsed = CRS.from_user_input(crs.to_wkt() if hasattr(crs, "to_wkt") else crs)
    except CRSError as error:
        raise CoordinateSystemError(
            f"{source}: the coordinate system {str(crs)[:80]!r} is not understood: give a WKT, "
            "a PROJ string or an IAU_2015 code such as IAU_2015:30110"
        ) from error
    if not is_lunar(parsed):
        body = "an unknown body" if parsed.ellipsoid is None else repr(parsed.ellipsoid.name)
        raise CoordinateSystemError(
            f"{source}: the coordinate system {parsed.name!r} is of {body}, not of the Moon (a "
            "sphere of radius 1737.4 km): if the raster is lunar, name the right one with --crs"
        )
    if is_flattened(parsed):
        raise CoordinateSystemError(
            f"{source}: the coordinate system {parsed.name!r} is of a flattened Moon, and only "
            "those of a sphere are read: where latitudes are planetocentric, name the same system "
            "on a sphere (--crs, or ogr2ogr -a_srs), else convert it (gdalwarp or ogr2ogr -ct, by "
            "a pipeline with +proj=geoc)"
        )
    if parsed.is_geographic and parsed.axis_info[0].unit_conversion_factor == 1.0:
        raise CoordinateSystemError(
            f"{source} is in radians: convert it (gdalwarp or ogr2ogr -t_srs IAU_2015:30100)"
        )
    return parsed


def is_lunar(crs: CRS) -> bool:
    """Tell whether a coordinate system is of the Moon, in whatever unit."""
    low, high = _LUNAR_RADII_M
    return is_sphere(crs) and low <= radius_m(crs) <= high


def is_sphere(crs: CRS) -> bool:
    """Tell whether a coordinate system is of a body that is flattened by 0.3 % at most."""
    return _flattening(crs) <= _MAX_FLATTENING


def is_flattened(crs: CRS) -> bool:
    """Tell whether the latitudes of a coordinate system are not those of a sphere."""
    return _flattening(crs) > _NO_FLATTENING


def _flattening(crs: CRS) -> float:
    body = crs.ellipsoid
    return abs(1 - (body.semi_minor_metre or 0.0) / body.semi_major_metre) if body else 1.0


def radius_m(crs: CRS) -> float:
    """Return the radius of the sphere of a coordinate system, metres."""
    return float(crs.ellipsoid.semi_major_metre) if crs.ellipsoid else RADIUS_M


def geographic_crs(sphere_radius_m: float = RADIUS_M) -> CRS:
    """Return the CRS of longitude and latitude: IAU_2015:30100 where the radius is 1737.4 km.

    Args:
        sphere_radius_m: Radius of the sphere, metres.
    """
    if sphere_radius_m == RADIUS_M:
        return CRS.from_user_input("IAU_2015:30100")
    return CRS.from_proj4(f"+proj=longlat +R={sphere_radius_m} +no_defs +type=crs")


@lru_cache(maxsize=512)
def crs_from_wkt(wkt: str) -> CRS:
    """Parse a coordinate system from WKT. Results are cached: parsing takes milliseconds."""
    return CRS.from_wkt(wkt)


@lru_cache(maxsize=512)
def _transformer(crs_wkt: str) -> Transformer:
    crs = crs_from_wkt(crs_wkt)
    return Transformer.from_crs(crs, geographic_crs(radius_m(crs)), always_xy=True)


def to_lonlat(crs: CRS, x: ArrayLike, y: ArrayLike) -> tuple[Float, Float]:
    """Transform points to longitude and latitude.

    Args:
        crs: Lunar coordinate system of the points.
        x: Eastings in the unit of `crs`, any shape.
        y: Northings in the unit of `crs`, same shape.

    Returns:
        Longitude (-180..180) and latitude in degrees, of the shape of `x`; NaN off the Moon.

    Raises:
        CoordinateSystemError: PROJ cannot invert the projection.
    """
    try:
        lon, lat = _transformer(crs.to_wkt()).transform(np.asarray(x, float), np.asarray(y, float))
    except ProjError as error:
        raise CoordinateSystemError(
            f"{crs.name} cannot be turned into longitude: {error}"
        ) from error
    off = ~np.isfinite(lon) | ~(np.abs(lat) <= 90.000001)  # a map may end 0.03 m beyond the pole
    return np.where(off, np.nan, wrap_longitude(lon)), np.where(off, np.nan, np.clip(lat, -90, 90))


def from_lonlat(crs: CRS, lon: ArrayLike, lat: ArrayLike) -> tuple[Float, Float]:
    """Transform longitude and latitude to points of a coordinate system.

    Args:
        crs: Lunar coordinate system of the result.
        lon: Longitudes, degrees, any range and shape.
        lat: Latitudes, degrees, same shape.

    Returns:
        x and y in the unit of `crs`, of the shape of `lon`; NaN outside the projection.
    """
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    x, y = _transformer(crs.to_wkt()).transform(lon, lat, direction="INVERSE")
    off = ~np.isfinite(x) | ~np.isfinite(y)
    return np.where(off, np.nan, x), np.where(off, np.nan, y)


def wrap_longitude(lon: ArrayLike) -> Float:
    """Move longitudes by whole turns into -180 (included) to 180 (excluded).

    Args:
        lon: Longitudes, degrees, any shape.
    """
    lon = np.asarray(lon, float)
    with np.errstate(invalid="ignore"):
        wrapped = np.mod(lon + 180.0, 360.0) - 180.0
        return np.where((lon >= -180.0) & (lon < 180.0), lon, wrapped)


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> Float:
    """Return the unit vectors from the Moon's centre to points on the sphere.

    Args:
        lon: Longitudes, degrees, any shape.
        lat: Latitudes, degrees, same shape.

    Returns:
        Vectors, (..., 3); z points to the north pole, x to longitude 0.
    """
    lon, lat = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def north_vectors(lon: ArrayLike, lat: ArrayLike) -> Float:
    """Return the unit vectors that point north at points on the sphere.

    Args:
        lon: Longitudes, degrees, any shape.
        lat: Latitudes, degrees, same shape.

    Returns:
        Vectors, (..., 3).
    """
    lon, lat = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    return np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=-1)


def vectors_to_lonlat(vectors: Float) -> tuple[Float, Float]:
    """Transform vectors to longitude and latitude.

    Args:
        vectors: Vectors from the Moon's centre, of any length but zero, (..., 3).

    Returns:
        Longitude (-180..180) and latitude in degrees, each (...).
    """
    x, y, z = np.moveaxis(vectors, -1, 0)
    return wrap_longitude(np.degrees(np.arctan2(y, x))), np.degrees(np.arctan2(z, np.hypot(x, y)))


def distance_km(
    lon1: ArrayLike,
    lat1: ArrayLike,
    lon2: ArrayLike,
    lat2: ArrayLike,
    sphere_radius_m: float = RADIUS_M,
) -> Float:
    """Compute great-circle distances.

    Args:
        lon1: Longitudes of the first points, degrees; all four arrays are broadcast.
        lat1: Latitudes of the first points, degrees.
        lon2: Longitudes of the second points, degrees.
        lat2: Latitudes of the second points, degrees.
        sphere_radius_m: Radius of the sphere, metres.

    Returns:
        Distances, km.
    """
    chord = np.linalg.norm(unit_vectors(lon1, lat1) - unit_vectors(lon2, lat2), axis=-1)
    return np.asarray(2.0 * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0)) * sphere_radius_m / 1000.0)


def circle_points(
    lon: ArrayLike,
    lat: ArrayLike,
    diameter_km: ArrayLike,
    points: int = 64,
    sphere_radius_m: float = RADIUS_M,
) -> tuple[Float, Float]:
    """Return points on geodesic circles, anticlockwise seen from above, not closed.

    Args:
        lon: Longitudes of the centres, degrees, (n,).
        lat: Latitudes of the centres, degrees, (n,).
        diameter_km: Diameters along the sphere, km, (n,).
        points: Number of points on each circle.
        sphere_radius_m: Radius of the sphere, metres.

    Returns:
        Longitude (-180..180) and latitude in degrees, each (n, points).
    """
    lon, lat = np.atleast_1d(lon)[:, None], np.atleast_1d(lat)[:, None]
    arc = np.atleast_1d(np.asarray(diameter_km, float))[:, None] * 500.0 / sphere_radius_m
    bearing = -np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)[None, :]
    return destination(lon, lat, bearing, arc)


def destination(
    lon: ArrayLike, lat: ArrayLike, bearing: ArrayLike, arc: ArrayLike
) -> tuple[Float, Float]:
    """Return the points that great circles reach from a start, by bearing and arc.

    Args:
        lon: Longitudes of the start, degrees; all four arrays are broadcast.
        lat: Latitudes of the start, degrees.
        bearing: Bearings, radians clockwise from north.
        arc: Lengths of the way, radians of arc.

    Returns:
        Longitude (-180..180) and latitude in degrees.
    """
    up, north = unit_vectors(lon, lat), north_vectors(lon, lat)
    bearing, arc = np.asarray(bearing, float)[..., None], np.asarray(arc, float)[..., None]
    # By vectors, which lose no digits at a pole.
    way = north * np.cos(bearing) + np.cross(north, up) * np.sin(bearing)
    return vectors_to_lonlat(up * np.cos(arc) + way * np.sin(arc))


def area_km2(geometry: BaseGeometry, sphere_radius_m: float = RADIUS_M) -> float:
    """Compute the area on the sphere of a polygon whose edges are straight in degrees.

    The polygon is measured in the cylindrical equal-area projection (Archimedes): x = longitude,
    y = sin(latitude).

    Args:
        geometry: Polygon or MultiPolygon in longitude and latitude, degrees.
        sphere_radius_m: Radius of the sphere, metres.

    Returns:
        Area, km2.
    """
    fine = shapely.segmentize(geometry, 0.25)
    equal_area = shapely.transform(
        fine, lambda c: np.column_stack([np.radians(c[:, 0]), np.sin(np.radians(c[:, 1]))])
    )
    return float(equal_area.area * (sphere_radius_m / 1000.0) ** 2)
