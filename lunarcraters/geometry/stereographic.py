"""Local frames: stereographic coordinate systems in metres, for many frames at once without PROJ.

Longitude comes before latitude, both in degrees, planetocentric, east positive.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from pyproj import CRS

from lunarcraters.geometry import sphere
from lunarcraters.geometry.sphere import Float

_STEREOGRAPHIC = ("Stereographic", "Polar Stereographic (variant A)")  # the second at a pole
_DIRECTIONS = ({"east", "north"}, {"north"}, {"south"})  # of axes; at a pole both are the same


def local_frame(lon: float, lat: float, sphere_radius_m: float = sphere.RADIUS_M) -> CRS:
    """Make a stereographic CRS in metres, in which circles on the sphere are circles.

    Args:
        lon: Longitude of the centre, degrees.
        lat: Latitude of the centre, degrees.
        sphere_radius_m: Radius of the sphere, metres.
    """
    return CRS.from_proj4(
        f"+proj=stere +lat_0={lat:.9f} +lon_0={lon:.9f} +R={sphere_radius_m} +units=m "
        "+no_defs +type=crs"
    )


@lru_cache(maxsize=16384)
def find_local_frame(crs_wkt: str) -> tuple[float, float, float] | None:
    """Find the centre of a coordinate system that `local_frame` made.

    Args:
        crs_wkt: Lunar coordinate system as WKT.

    Returns:
        Longitude and latitude, degrees, and radius of the sphere, metres; None for another system.
    """
    crs = CRS.from_wkt(crs_wkt)  # not kept: there are thousands of frames
    projection = crs.coordinate_operation
    if projection is None or projection.method_name not in _STEREOGRAPHIC:
        return None
    values = {parameter.name: float(parameter.value) for parameter in projection.params}
    lon, lat = (
        float(values.pop(f"{angle} of natural origin", np.nan))
        for angle in ("Longitude", "Latitude")
    )
    usual = {"Scale factor at natural origin": 1.0, "False easting": 0.0, "False northing": 0.0}
    metres = {axis.unit_conversion_factor for axis in crs.axis_info} == {1.0}
    upright = {axis.direction for axis in crs.axis_info} in _DIRECTIONS
    if not np.isfinite(lon + lat) or values != usual or not (metres and upright):
        return None
    if sphere.is_flattened(crs) or crs.prime_meridian is None or crs.prime_meridian.longitude:
        return None
    return lon, lat, sphere.radius_m(crs)


def project_stereographic_m(
    lon: ArrayLike, lat: ArrayLike, to_lon: ArrayLike, to_lat: ArrayLike, sphere_radius_m: float
) -> Float:
    """Project points to stereographic frames, for many frames at once.

    Args:
        lon: Longitudes of the frames' centres, degrees, (n,).
        lat: Latitudes of the frames' centres, degrees, (n,).
        to_lon: Longitudes of the points of each frame, degrees, (n, rows, columns).
        to_lat: Latitudes of the points of each frame, degrees, (n, rows, columns).
        sphere_radius_m: Radius of the sphere, metres.

    Returns:
        Metres east and north of the centres, (n, rows, columns, 2); not finite opposite a centre.
    """
    centre, north = sphere.unit_vectors(lon, lat), sphere.north_vectors(lon, lat)
    east = np.cross(north, centre)
    points = sphere.unit_vectors(to_lon, to_lat)
    x, y, z = (np.einsum("nijk,nk->nij", points, axis) for axis in (east, north, centre))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(2.0 * sphere_radius_m * np.stack([x, y], axis=-1) / (1.0 + z)[..., None])


def to_local_frame(
    frame: tuple[float, float, float], lon: ArrayLike, lat: ArrayLike
) -> tuple[Float, Float]:
    """Transform longitude and latitude to a coordinate system of `local_frame`.

    Args:
        frame: Centre, degrees, and radius, metres, as by `find_local_frame`.
        lon: Longitudes, degrees, any range and shape.
        lat: Latitudes, degrees, same shape.

    Returns:
        x and y in metres, of the shape of `lon`; NaN opposite the centre.
    """
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    points = lon.reshape(1, 1, -1), lat.reshape(1, 1, -1)
    plane = project_stereographic_m([frame[0]], [frame[1]], *points, frame[2])
    plane[~np.isfinite(plane)] = np.nan
    x, y = np.moveaxis(plane[0, 0], -1, 0)
    return x.reshape(lon.shape), y.reshape(lon.shape)
