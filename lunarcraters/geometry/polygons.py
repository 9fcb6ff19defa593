"""Polygons: craters and boxes in longitude and latitude, cut at the antimeridian."""

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.geometry import sphere

Float = NDArray[np.float64]
Geometries = NDArray[np.object_]

_RING_POINTS = 64
_POLAR_RING_POINTS = 256
_POLE_TOLERANCE_DEG = 1e-9


def crater_polygons(
    lon: ArrayLike,
    lat: ArrayLike,
    diameter_km: ArrayLike,
    sphere_radius_m: float = sphere.RADIUS_M,
) -> Geometries:
    """Geodesic circles as valid polygons in longitude and latitude.

    Rings run anticlockwise. A circle that crosses the antimeridian is a MultiPolygon cut there; a
    circle that holds a pole runs along the whole width of the map and closes at +-90.

    Args:
        lon: Centres, degrees, (n,).
        lat: Centres, degrees, (n,).
        diameter_km: Diameters along the sphere, (n,); less than half the Moon's circumference.
        sphere_radius_m: Radius of the sphere.

    Returns:
        Polygons and MultiPolygons, (n,), longitude in -180..180.
    """
    lon, lat, diameter_km = _columns(lon, lat, diameter_km)
    reach = np.degrees(diameter_km * 500.0 / sphere_radius_m)
    to_pole = 90.0 - np.abs(lat)
    polygons = np.empty(len(lon), dtype=object)
    # Near a pole a step along the rim is a large step of longitude: finer rings keep the area.
    polar = to_pole < 2.0 * reach
    for rows, points in ((~polar, _RING_POINTS), (polar, _POLAR_RING_POINTS)):
        if not rows.any():
            continue
        rim_lon, rim_lat = sphere.circle_points(
            lon[rows], lat[rows], diameter_km[rows], points, sphere_radius_m
        )
        # Unrolled from the centre's meridian, a ring without a pole never jumps.
        unrolled = sphere.wrap_longitude(rim_lon - lon[rows, None])
        unrolled[np.abs(rim_lat) > 90.0 - _POLE_TOLERANCE_DEG] = 0.0
        polygons[rows] = shapely.polygons(np.stack([lon[rows, None] + unrolled, rim_lat], axis=-1))
    holds_pole = to_pole < reach - _POLE_TOLERANCE_DEG
    for i in np.flatnonzero(holds_pole):
        polygons[i] = _polar_cap(lon[i], lat[i], diameter_km[i], sphere_radius_m)
    return _within_map(polygons)


def _polar_cap(
    lon: float, lat: float, diameter_km: float, sphere_radius_m: float
) -> shapely.Polygon:
    """A circle around a pole: its rim from -180 to 180, closed along the pole."""
    rim_lon, rim_lat = sphere.circle_points(
        lon, lat, diameter_km, _POLAR_RING_POINTS, sphere_radius_m
    )
    order = np.argsort(rim_lon[0], kind="stable")
    # The rim must not touch the pole, where the ring closes, not even by rounding.
    rim_lon = rim_lon[0][order]
    rim_lat = np.clip(rim_lat[0][order], _POLE_TOLERANCE_DEG - 90.0, 90.0 - _POLE_TOLERANCE_DEG)
    edge_lat = np.interp(180.0, [rim_lon[-1], rim_lon[0] + 360.0], [rim_lat[-1], rim_lat[0]])
    inside = rim_lon > -180.0
    rim = np.column_stack([rim_lon[inside], rim_lat[inside]])
    pole = np.copysign(90.0, lat)
    ring = np.vstack([[-180.0, edge_lat], rim, [180.0, edge_lat], [180.0, pole], [-180.0, pole]])
    return shapely.Polygon(ring if pole > 0 else ring[::-1])


def box_polygons(
    lon: ArrayLike,
    lat: ArrayLike,
    diameter_km: ArrayLike,
    sphere_radius_m: float = sphere.RADIUS_M,
) -> Geometries:
    """Bounding boxes of geodesic circles in longitude and latitude, (n,).

    A box that crosses the antimeridian is a MultiPolygon cut there; the box of a circle that holds
    a pole is as wide as the map.
    """
    lon, lat, diameter_km = _columns(lon, lat, diameter_km)
    reach = diameter_km * 500.0 / sphere_radius_m
    ratio = np.sin(reach) / np.maximum(np.cos(np.radians(lat)), 1e-300)
    polar = np.abs(lat) + np.degrees(reach) >= 90.0
    half = np.where(polar, 180.0, np.degrees(np.arcsin(np.clip(ratio, 0.0, 1.0))))
    middle = np.where(polar, 0.0, lon)
    south = np.maximum(lat - np.degrees(reach), -90.0)
    north = np.minimum(lat + np.degrees(reach), 90.0)
    return _within_map(shapely.box(middle - half, south, middle + half, north))


def _columns(*values: ArrayLike) -> tuple[Float, ...]:
    return tuple(np.atleast_1d(np.asarray(value, float)) for value in values)


def ring_polygons(lon: Float, lat: Float) -> BaseGeometry:
    """Area within a closed line on the sphere, which may cross the antimeridian or hold a pole.

    Args:
        lon: Degrees along the line, -180..180, (n,); NaN where it leaves the Moon.
        lat: Degrees, (n,).

    Returns:
        Polygon or MultiPolygon, longitude in -180..180; empty where fewer than 3 points are known.
    """
    known = np.isfinite(lon) & np.isfinite(lat)
    if known.sum() < 3:
        return shapely.Polygon()
    lon, lat = np.append(lon[known], lon[known][0]), np.append(lat[known], lat[known][0])
    lon = np.unwrap(lon, period=360.0)
    if abs(lon[-1] - lon[0]) > 180.0:
        pole = np.copysign(90.0, lat.mean())
        lon, lat = np.append(lon, [lon[-1], lon[0]]), np.append(lat, [pole, pole])
    ring = shapely.make_valid(shapely.Polygon(np.column_stack([lon, lat])))
    return cut_at_meridian(np.array([ring], object))[0]


def cut_at_meridian(polygons: Geometries, west: float = -180.0) -> Geometries:
    """Polygons brought into 360 degrees of longitude, cut where they reach beyond.

    Args:
        polygons: Polygons in longitude and latitude, within a turn of the result's range, (n,).
        west: Least longitude of the result, degrees; the largest is `west + 360`.

    Returns:
        Polygons and MultiPolygons, (n,).
    """
    parts = []
    for turn in (-360.0, 0.0, 360.0):
        strip = shapely.box(west + turn, -90.0, west + turn + 360.0, 90.0)
        pieces = shapely.intersection(polygons, strip)
        pieces[~(shapely.area(pieces) > 0.0)] = None
        parts.append(shapely.transform(pieces, np.array([-turn, 0.0]).__add__))
    return np.asarray(shapely.union_all(parts, axis=0), dtype=object)


def anticlockwise(polygons: Geometries) -> Geometries:
    """Polygons whose outlines run anticlockwise, as overlays do not leave them."""
    return np.asarray(shapely.reverse(shapely.normalize(polygons)), dtype=object)


def _within_map(polygons: Geometries) -> Geometries:
    """Polygons of which those that reach beyond +-180 are cut there."""
    polygons = np.asarray(polygons, dtype=object)
    west, _, east, _ = shapely.bounds(polygons).T
    crossing = (west < -180.0) | (east > 180.0)
    if crossing.any():
        polygons[crossing] = anticlockwise(cut_at_meridian(polygons[crossing]))
    return polygons
