"""Best circles of outlines that a person has drawn or moved, in a plane and on the sphere.

The vertices of an outline lie where a person has set them, on the rim of a crater: the circle
nearest to them is the best one. An outline that is not nearly round has the circle of its area.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygons import Geometries

_ROUND = 0.15
"""Largest distance of a vertex from the circle nearest to all, in radii, of a round outline."""

_FLAT = 10.0
"""Radius of the circle nearest to an outline, in its extents, from which it is but a line."""

Float = NDArray[np.float64]


def fit_circles(outlines: Geometries) -> Float:
    """Fit circles to outlines in a plane.

    Args:
        outlines: Polygons, (n,).

    Returns:
        x and y of the centre and the diameter, (n, 3); NaN where an outline encloses no area.
    """
    return np.array([_fit_circle(outline) for outline in outlines], float).reshape(-1, 3)


def fit_lunar_circles(outlines: Geometries, crs: CRS) -> Float:
    """Fit geodesic circles to outlines on the Moon, wherever they lie.

    Edges are straight on the ground. An outline may be cut at the antimeridian, run across it, or
    hold a pole.

    Args:
        outlines: Polygons, (n,).
        crs: Lunar coordinate system of the outlines.

    Returns:
        Longitude and latitude of the centre in degrees and the diameter along the sphere in km,
        (n, 3); NaN where an outline encloses no area or leaves the Moon.
    """
    xy, index = shapely.get_coordinates(outlines, return_index=True)
    points = sphere.unit_vectors(*sphere.to_lonlat(crs, *xy.T))
    off = index[~np.isfinite(points).all(axis=1)]
    points = np.nan_to_num(points)  # a ring with NaN is not closed
    middle = np.zeros((len(outlines), 3))
    np.add.at(middle, index, points)
    lon, lat = sphere.vectors_to_lonlat(middle)
    up, north = sphere.unit_vectors(lon, lat), sphere.north_vectors(lon, lat)
    east = np.cross(north, up)
    # The stereographic projection keeps circles: v goes to 2 v / (1 + cos c).
    scale = 2.0 / (1.0 + np.einsum("ij,ij->i", points, up[index]))
    plane = [np.einsum("ij,ij->i", points, axis[index]) * scale for axis in (east, north)]
    flat = shapely.set_coordinates(np.array(outlines, object), np.column_stack(plane))
    x, y, diameter = fit_circles(flat).T
    distance = np.hypot(x, y)
    near, far = (2.0 * np.arctan((distance + side * diameter / 2) / 2) for side in (-1.0, 1.0))
    bearing, half = np.arctan2(x, y), (far - near) / 2.0
    centre = sphere.destination(lon, lat, bearing, (near + far) / 2.0)
    circles = np.column_stack([*centre, 2.0 * half * sphere.radius_m(crs) / 1000.0])
    circles[off] = np.nan
    return circles


def _fit_circle(outline: shapely.Geometry) -> tuple[float, float, float]:
    area = shapely.area(outline)
    if not np.isfinite(area) or not area > 0.0:
        return np.nan, np.nan, np.nan
    if shapely.get_num_geometries(outline) == 1:
        part = shapely.get_geometry(outline, 0)
        ring = shapely.get_coordinates(shapely.get_exterior_ring(part))[:-1]
        x, y, radius = _fit_points(ring)
        if radius > _FLAT * np.ptp(ring, axis=0).max():
            return np.nan, np.nan, np.nan
        if np.abs(np.hypot(*(ring - (x, y)).T) - radius).max() <= _ROUND * radius:
            return x, y, 2.0 * radius
    x, y = shapely.get_coordinates(shapely.centroid(outline))[0].tolist()
    return x, y, 2.0 * float(np.sqrt(area / np.pi))


def _fit_points(points: Float) -> tuple[float, float, float]:
    """Fit a circle to points by least squares (Kasa 1976): x, y and the radius."""
    middle = points.mean(axis=0)
    size = float(np.abs(points - middle).max())
    xy = (points - middle) / size
    factors = np.column_stack([xy, np.ones(len(xy))])
    a, b, c = np.linalg.lstsq(factors, (xy**2).sum(axis=1), rcond=None)[0].tolist()
    radius = float(np.sqrt(max(c + (a**2 + b**2) / 4.0, 0.0)))
    return middle[0] + size * a / 2.0, middle[1] + size * b / 2.0, size * radius
