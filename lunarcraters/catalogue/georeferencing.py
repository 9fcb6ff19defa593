"""From circles in a frame to craters on the sphere, and from craters to polygons.

Longitude before latitude, degrees; diameters along the sphere, km.
"""

import numpy as np
import shapely
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from lunarcraters import moon

Float = NDArray[np.float64]
Geometries = NDArray[np.object_]

_FIT_POINTS = 8
_RING_POINTS = 64
_POLAR_RING_POINTS = 256
_POLE_TOLERANCE_DEG = 1e-9


def georeference(circles: Float, affine: Affine, crs: CRS | None) -> tuple[Float, Float, Float]:
    """Centres and geodesic diameters of circles in a frame.

    Points of each circle go to the sphere, and a plane is fitted to them: a plane cuts the sphere
    in a circle, so the fit is exact wherever the frame keeps circles (stereographic frames, at any
    size), and elsewhere it gives the mean circle.

    Args:
        circles: x, y and diameter in pixels of the frame, shape (n, 3).
        affine: Pixels of the frame to its coordinate system.
        crs: Coordinate system of the frame; None for an image without one.

    Returns:
        Longitudes, latitudes and diameters in km, each (n,); NaN for circles that leave the
        sphere. Without `crs`: x, y and diameters in what `affine` leads to.
    """
    x, y, diameter = np.asarray(circles, float).reshape(-1, 3).T
    if crs is None:
        return (
            affine.a * x + affine.b * y + affine.c,
            affine.d * x + affine.e * y + affine.f,
            diameter * np.sqrt(abs(affine.determinant)),
        )
    turn = np.linspace(0.0, 2.0 * np.pi, _FIT_POINTS, endpoint=False)
    rim_x = x[:, None] + diameter[:, None] / 2.0 * np.cos(turn)
    rim_y = y[:, None] + diameter[:, None] / 2.0 * np.sin(turn)
    lon, lat = moon.to_lonlat(
        crs,
        affine.a * rim_x + affine.b * rim_y + affine.c,
        affine.d * rim_x + affine.e * rim_y + affine.f,
    )
    centre, reach = _fit_circles(moon.unit_vectors(lon, lat))
    lon, lat = moon.vectors_to_lonlat(centre)
    return lon, lat, 2.0 * reach * moon.radius_m(crs) / 1000.0


def _fit_circles(points: Float) -> tuple[Float, Float]:
    """Centres (n, 3) and angular radii (n,) of circles on the unit sphere through (n, k, 3)."""
    known: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(axis=(1, 2)))
    points = np.where(known[:, None, None], points, 0.0)
    mean = points.mean(axis=1)
    # The area within the rim as a vector: from spokes, lest small craters drown in rounding.
    x, y, z = np.moveaxis(points - mean[:, None, :], -1, 0)
    u, v, w = (np.roll(along, -1, axis=1) for along in (x, y, z))
    normal = np.stack([(y * w - z * v), (z * u - x * w), (x * v - y * u)], axis=-1).sum(axis=1)
    normal *= np.where((normal * mean).sum(axis=1) < 0.0, -1.0, 1.0)[:, None]
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    chord = np.linalg.norm(points - normal[:, None, :], axis=2)
    reach = (2.0 * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0))).mean(axis=1)
    return np.where(known[:, None], normal, np.nan), np.where(known, reach, np.nan)


def crater_polygons(
    lon: ArrayLike,
    lat: ArrayLike,
    diameter_km: ArrayLike,
    sphere_radius_m: float = moon.RADIUS_M,
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
        rim_lon, rim_lat = moon.circle_points(
            lon[rows], lat[rows], diameter_km[rows], points, sphere_radius_m
        )
        # Unrolled from the centre's meridian, a ring without a pole never jumps.
        unrolled = moon.wrap_longitude(rim_lon - lon[rows, None])
        unrolled[np.abs(rim_lat) > 90.0 - _POLE_TOLERANCE_DEG] = 0.0
        polygons[rows] = shapely.polygons(np.stack([lon[rows, None] + unrolled, rim_lat], axis=-1))
    holds_pole = to_pole < reach - _POLE_TOLERANCE_DEG
    for i in np.flatnonzero(holds_pole):
        polygons[i] = _polar_cap(lon[i], lat[i], diameter_km[i], sphere_radius_m)
    return _cut_at_antimeridian(polygons)


def _polar_cap(
    lon: float, lat: float, diameter_km: float, sphere_radius_m: float
) -> shapely.Polygon:
    """A circle around a pole: its rim from -180 to 180, closed along the pole."""
    rim_lon, rim_lat = moon.circle_points(
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
    sphere_radius_m: float = moon.RADIUS_M,
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
    return _cut_at_antimeridian(shapely.box(middle - half, south, middle + half, north))


def _columns(*values: ArrayLike) -> tuple[Float, ...]:
    return tuple(np.atleast_1d(np.asarray(value, float)) for value in values)


def _cut_at_antimeridian(polygons: Geometries) -> Geometries:
    """Polygons that reach beyond +-180 cut there, the parts moved into the map."""
    polygons = np.asarray(polygons, dtype=object)
    west, _, east, _ = shapely.bounds(polygons).T
    crossing = (west < -180.0) | (east > 180.0)
    if not crossing.any():
        return polygons
    across = polygons[crossing]
    parts = []
    for shift in np.array([[-360.0, 0.0], [0.0, 0.0], [360.0, 0.0]]):
        strip = shapely.box(shift[0] - 180.0, -90.0, shift[0] + 180.0, 90.0)
        parts.append(shapely.transform(shapely.intersection(across, strip), (-shift).__add__))
    # Overlays turn rings clockwise; normalising makes that certain, reversing mends it.
    polygons[crossing] = shapely.reverse(shapely.normalize(shapely.union_all(parts, axis=0)))
    return polygons
