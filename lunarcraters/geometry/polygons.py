"""Polygons: craters and boxes in longitude and latitude, cut at the antimeridian."""

from collections.abc import Sequence

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
    """Make valid polygons in longitude and latitude from geodesic circles.

    Rings run anticlockwise. A circle that crosses the antimeridian is a MultiPolygon cut there; a
    circle that holds a pole runs along the whole width of the map and closes at +-90.

    Args:
        lon: Longitudes of the centres, degrees, (n,).
        lat: Latitudes of the centres, degrees, (n,).
        diameter_km: Diameters along the sphere, km, (n,); less than half the Moon's circumference.
        sphere_radius_m: Radius of the sphere, metres.

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
    """Make bounding boxes in longitude and latitude of geodesic circles.

    A box that crosses the antimeridian is a MultiPolygon cut there; the box of a circle that holds
    a pole is as wide as the map.

    Args:
        lon: Longitudes of the centres, degrees, (n,).
        lat: Latitudes of the centres, degrees, (n,).
        diameter_km: Diameters along the sphere, km, (n,).
        sphere_radius_m: Radius of the sphere, metres.

    Returns:
        Polygons and MultiPolygons, (n,), longitude in -180..180.
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
    """Arrays of one axis at least."""
    return tuple(np.atleast_1d(np.asarray(value, float)) for value in values)


def make_ring_polygon(lon: Float, lat: Float) -> BaseGeometry:
    """Make the polygon within a closed line that may cross the antimeridian or hold a pole.

    Args:
        lon: Longitudes along the line, degrees, -180..180, (n,); NaN where it leaves the Moon.
        lat: Latitudes along the line, degrees, (n,).

    Returns:
        Polygon or MultiPolygon, longitude in -180..180; empty where fewer than 3 points are on the
        Moon.
    """
    valid = np.isfinite(lon) & np.isfinite(lat)
    if valid.sum() < 3:
        return shapely.Polygon()
    ring = shapely.make_valid(shapely.Polygon(unroll_ring(lon[valid], lat[valid])))
    return cut_at_meridian([ring])[0]


def unroll_ring(lon: Float, lat: Float) -> Float:
    """Draw a closed line in the plane, past 180 degrees where it crosses the antimeridian.

    Every edge goes the short way. A line round the Moon is closed along the pole of its hemisphere.

    Args:
        lon: Longitudes along the line, degrees, (n,).
        lat: Latitudes along the line, degrees, (n,).

    Returns:
        Longitudes without jumps and latitudes of a closed ring, degrees, (m, 2).
    """
    lon, lat = _without_polar_longitudes(lon, lat)
    lon, lat = np.append(lon, lon[0]), np.append(lat, lat[0])
    lon = np.unwrap(lon, period=360.0)
    if abs(lon[-1] - lon[0]) > 180.0:
        pole, turn = np.copysign(90.0, lat.mean()), lon[-1] - lon[0]
        # From the point nearest the pole, so that the ways from there to the pole cross no line.
        nearest = int(np.argmin(np.abs(pole - lat)))
        lon = np.concatenate([lon[nearest:-1], lon[: nearest + 1] + turn])
        lon += sphere.wrap_longitude(lon[0]) - lon[0]
        lat = np.concatenate([lat[nearest:-1], lat[: nearest + 1]])
        lon = np.append(lon, [lon[-1], lon[0], lon[0]])
        lat = np.append(lat, [pole, pole, lat[0]])
    return np.column_stack([lon, lat])


def _without_polar_longitudes(lon: Float, lat: Float) -> tuple[Float, Float]:
    """Let a closed line come to a pole and leave it along meridians: a pole has no longitude."""
    polar = np.abs(lat) > 90.0 - _POLE_TOLERANCE_DEG
    others = np.flatnonzero(~polar)
    if not polar.any() or not len(others):
        return lon, lat
    after = np.searchsorted(others, np.flatnonzero(polar))
    first = np.flatnonzero(polar) + np.arange(polar.sum())
    coming, leaving = lon[others[after - 1]], lon[others[after % len(others)]]
    lon, lat = np.repeat(lon, 1 + polar), np.repeat(lat, 1 + polar)
    lon[first], lon[first + 1] = coming, leaving
    return lon, lat


def cut_at_meridian(
    polygons: Geometries | Sequence[BaseGeometry], west: float = -180.0
) -> Geometries:
    """Move polygons into one range of 360 degrees of longitude, and cut them at its ends.

    A polygon that only touches an end from outside leaves no line there.

    Args:
        polygons: Polygons in longitude and latitude, at most 360 degrees outside the result's
            range, (n,).
        west: Least longitude of the result, degrees; the largest is `west + 360`.

    Returns:
        Polygons and MultiPolygons, (n,).
    """
    parts = []
    for period_deg in (-360.0, 0.0, 360.0):
        strip = shapely.box(west + period_deg, -90.0, west + period_deg + 360.0, 90.0)
        pieces = shapely.intersection(polygons, strip)
        pieces[~(shapely.area(pieces) > 0.0)] = None
        pieces = np.array([one and keep_polygons(one) for one in pieces], object)
        parts.append(shapely.transform(pieces, np.array([-period_deg, 0.0]).__add__))
    return np.asarray(shapely.union_all(parts, axis=0), dtype=object)


def keep_polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Take the polygons of a geometry without the points and lines that overlays leave.

    Returns:
        The geometry itself where it is a Polygon or MultiPolygon, or a MultiPolygon of those that
        it consists of, which may be empty.
    """
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def orient_anticlockwise(polygons: Geometries) -> Geometries:
    """Turn the outlines of polygons anticlockwise; overlays leave them in any direction.

    Args:
        polygons: Polygons and MultiPolygons, (n,).

    Returns:
        Polygons and MultiPolygons, (n,).
    """
    return np.asarray(shapely.reverse(shapely.normalize(polygons)), dtype=object)


def _within_map(polygons: Geometries) -> Geometries:
    """Cut those polygons that reach beyond +-180 there, (n,)."""
    polygons = np.asarray(polygons, dtype=object)
    west, _, east, _ = shapely.bounds(polygons).T
    crossing = (west < -180.0) | (east > 180.0)
    if crossing.any():
        polygons[crossing] = orient_anticlockwise(cut_at_meridian(polygons[crossing]))
    return polygons
