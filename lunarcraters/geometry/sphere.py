"""The sphere: lunar coordinate systems, local frames, geodesic circles and areas, longitudes.

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

Float = NDArray[np.float64]


def lunar_crs(crs: Any, source: str) -> CRS:
    """Return `crs` as a pyproj CRS, having made sure that it is one of the Moon.

    Args:
        crs: Anything pyproj reads, a rasterio CRS, or None.
        source: What the coordinate system belongs to, for the message.

    Raises:
        CoordinateSystemError: It is missing, unreadable, or not of a lunar sphere.
    """
    if not crs:
        raise CoordinateSystemError(
            f"{source} has no coordinate system: name it with --crs, for example "
            "--crs IAU_2015:30110 for a simple cylindrical mosaic in metres"
        )
    try:
        found = CRS.from_user_input(crs.to_wkt() if hasattr(crs, "to_wkt") else crs)
    except CRSError as error:
        raise CoordinateSystemError(
            f"{source}: the coordinate system {str(crs)[:80]!r} is not understood: give a WKT, "
            "a PROJ string or an IAU_2015 code such as IAU_2015:30110"
        ) from error
    ellipsoid = found.ellipsoid
    low, high = _LUNAR_RADII_M
    if ellipsoid is None or not low <= ellipsoid.semi_major_metre <= high:
        body = "an unknown body" if ellipsoid is None else repr(ellipsoid.name)
        raise CoordinateSystemError(
            f"{source}: the coordinate system {found.name!r} is of {body}, not of the Moon "
            "(radius 1737.4 km): if the raster is lunar, name the right one with --crs"
        )
    flattening = 1 - (ellipsoid.semi_minor_metre or 0.0) / ellipsoid.semi_major_metre
    if abs(flattening) > _MAX_FLATTENING:
        raise CoordinateSystemError(
            f"{source}: the coordinate system {found.name!r} is not of a lunar sphere: "
            "name the right one with --crs"
        )
    return found


def radius_m(crs: CRS) -> float:
    """Radius of the sphere of `crs`, metres."""
    return float(crs.ellipsoid.semi_major_metre) if crs.ellipsoid else RADIUS_M


def geographic_crs(sphere_radius_m: float = RADIUS_M) -> CRS:
    """Longitude and latitude on the sphere: IAU_2015:30100 where the radius is 1737.4 km."""
    if sphere_radius_m == RADIUS_M:
        return CRS.from_user_input("IAU_2015:30100")
    return CRS.from_proj4(f"+proj=longlat +R={sphere_radius_m} +no_defs +type=crs")


def local_frame(lon: float, lat: float, sphere_radius_m: float = RADIUS_M) -> CRS:
    """Stereographic CRS centred on a point: metres; circles on the sphere are circles in it."""
    return CRS.from_proj4(
        f"+proj=stere +lat_0={lat:.9f} +lon_0={lon:.9f} +R={sphere_radius_m} +units=m "
        "+no_defs +type=crs"
    )


@lru_cache(maxsize=512)
def crs_of(wkt: str) -> CRS:
    """A coordinate system from its WKT, remembered: to read one takes milliseconds."""
    return CRS.from_wkt(wkt)


@lru_cache(maxsize=512)
def _transformer(crs_wkt: str) -> Transformer:
    crs = crs_of(crs_wkt)
    return Transformer.from_crs(crs, geographic_crs(radius_m(crs)), always_xy=True)


def to_lonlat(crs: CRS, x: ArrayLike, y: ArrayLike) -> tuple[Float, Float]:
    """Longitude (-180..180) and latitude of points in `crs`; NaN where there is none."""
    try:
        lon, lat = _transformer(crs.to_wkt()).transform(np.asarray(x, float), np.asarray(y, float))
    except ProjError as error:
        raise CoordinateSystemError(
            f"{crs.name} cannot be turned into longitude: {error}"
        ) from error
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    off = ~np.isfinite(lon) | ~np.isfinite(lat) | (np.abs(lat) > 90.0)
    return np.where(off, np.nan, wrap_longitude(lon)), np.where(off, np.nan, lat)


def from_lonlat(crs: CRS, lon: ArrayLike, lat: ArrayLike) -> tuple[Float, Float]:
    """Points in `crs` of longitudes and latitudes; NaN where there is none."""
    x, y = _transformer(crs.to_wkt()).transform(
        np.asarray(lon, float), np.asarray(lat, float), direction="INVERSE"
    )
    x, y = np.asarray(x, float), np.asarray(y, float)
    off = ~np.isfinite(x) | ~np.isfinite(y)
    return np.where(off, np.nan, x), np.where(off, np.nan, y)


def wrap_longitude(lon: ArrayLike) -> Float:
    """Longitudes in -180 (included) to 180 (excluded)."""
    lon = np.asarray(lon, float)
    with np.errstate(invalid="ignore"):
        wrapped = np.mod(lon + 180.0, 360.0) - 180.0
        return np.where((lon >= -180.0) & (lon < 180.0), lon, wrapped)


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> Float:
    """Unit vectors (..., 3) of points on the sphere."""
    lon, lat = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def north_vectors(lon: ArrayLike, lat: ArrayLike) -> Float:
    """Unit vectors (..., 3) towards north at points on the sphere."""
    lon, lat = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    return np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=-1)


def vectors_to_lonlat(vectors: Float) -> tuple[Float, Float]:
    """Longitude and latitude of vectors (..., 3), of any length but zero."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    return wrap_longitude(np.degrees(np.arctan2(y, x))), np.degrees(np.arctan2(z, np.hypot(x, y)))


def distance_km(
    lon1: ArrayLike,
    lat1: ArrayLike,
    lon2: ArrayLike,
    lat2: ArrayLike,
    sphere_radius_m: float = RADIUS_M,
) -> Float:
    """Great-circle distances, km."""
    chord = np.linalg.norm(unit_vectors(lon1, lat1) - unit_vectors(lon2, lat2), axis=-1)
    return np.asarray(2.0 * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0)) * sphere_radius_m / 1000.0)


def circle_points(
    lon: ArrayLike,
    lat: ArrayLike,
    diameter_km: ArrayLike,
    points: int = 64,
    sphere_radius_m: float = RADIUS_M,
) -> tuple[Float, Float]:
    """Points on geodesic circles, anticlockwise seen from above, not closed.

    Args:
        lon: Centres, degrees, shape (n,).
        lat: Centres, degrees, shape (n,).
        diameter_km: Diameters along the sphere, shape (n,).
        points: Points on each circle.
        sphere_radius_m: Radius of the sphere.

    Returns:
        Longitudes (-180..180) and latitudes, each of shape (n, points).
    """
    lon, lat = np.atleast_1d(lon)[:, None], np.atleast_1d(lat)[:, None]
    reach = np.atleast_1d(np.asarray(diameter_km, float))[:, None] * 500.0 / sphere_radius_m
    turn = -np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)[None, :]
    return ahead(lon, lat, turn, reach)


def ahead(
    lon: ArrayLike, lat: ArrayLike, bearing: ArrayLike, reach: ArrayLike
) -> tuple[Float, Float]:
    """Where great circles lead to.

    Args:
        lon: Where from, degrees; these four are broadcast.
        lat: Where from, degrees.
        bearing: Clockwise from north, radians.
        reach: How far, radians of arc.

    Returns:
        Longitudes (-180..180) and latitudes.
    """
    lon, lat = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    turn, reach = np.asarray(bearing, float), np.asarray(reach, float)
    sin_lat = np.sin(lat) * np.cos(reach) + np.cos(lat) * np.sin(reach) * np.cos(turn)
    out_lat = np.arcsin(np.clip(sin_lat, -1.0, 1.0))
    out_lon = lon + np.arctan2(
        np.sin(turn) * np.sin(reach) * np.cos(lat), np.cos(reach) - np.sin(lat) * sin_lat
    )
    return wrap_longitude(np.degrees(out_lon)), np.degrees(out_lat)


def area_km2(geometry: BaseGeometry, sphere_radius_m: float = RADIUS_M) -> float:
    """Area on the sphere of a polygon in longitude and latitude, edges straight in degrees.

    The cylindrical equal-area projection (Archimedes): x = longitude, y = sin(latitude).
    """
    fine = shapely.segmentize(geometry, 0.25)
    equal_area = shapely.transform(
        fine, lambda c: np.column_stack([np.radians(c[:, 0]), np.sin(np.radians(c[:, 1]))])
    )
    return float(equal_area.area * (sphere_radius_m / 1000.0) ** 2)
