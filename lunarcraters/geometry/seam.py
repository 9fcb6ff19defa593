"""Outlines in longitude and latitude whose points jump from one end of the map to the other.

Programs that move polygons to longitude and latitude point by point, as GeoPandas does, leave an
edge of almost 360 degrees where an outline crosses the antimeridian, or goes round a pole.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import AreaError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygons import (
    Geometries,
    cut_at_meridian,
    make_ring_polygon,
    unroll_ring,
)

_ROUNDING_DEG = 1e-9
_SHORT_DEG = 10.0  # an edge on the ground, in all outlines that certainly jump
_SHORT_SHARE = 1.0 / 7.0  # such an edge, of the length of its outline

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def unroll_outlines(outlines: Geometries) -> Geometries:
    """Let the outlines of craters go past the end of the map instead of jumping.

    Every edge of more than 180 degrees of longitude goes the short way, but for those of 360
    degrees along a parallel and those along a pole, as maps of the whole Moon end.

    Args:
        outlines: Polygons and MultiPolygons in longitude and latitude, degrees, (n,).

    Returns:
        Polygons and MultiPolygons, (n,), at any longitude. One round a pole has an edge along it.
    """
    unrolled = outlines.copy()
    for i in _wide(outlines):
        parts = [_unroll(part) for part in shapely.get_parts(outlines[i])]
        unrolled[i] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return unrolled


def mend_areas(polygons: Geometries, source: str) -> Geometries:
    """Draw areas whose outlines jump at the antimeridian in two parts that meet there.

    An outline jumps where an edge of more than 180 degrees of longitude would be short the other
    way, as all of its other edges are: at most 10 degrees on the ground, and a seventh of the
    outline. An outline of meridians and parallels alone, such as a box, is as it is drawn, unless
    its edge of more than 180 degrees goes back along a side.

    Args:
        polygons: Polygons, MultiPolygons and other geometries in longitude and latitude, degrees,
            (n,); None stays None.
        source: Name of the file, for messages.

    Returns:
        The geometries themselves where none of their outlines jumps, else Polygons and
        MultiPolygons in longitude -180..180, (n,). What is not in degrees is left as it is.

    Raises:
        AreaError: An edge may be meant either way, or either pole may lie in an outline.
    """
    mended = polygons.copy()
    for i in _wide(polygons):
        rings = _list_rings(polygons[i])
        jumps = [_jumps(points, source) for points in rings]
        if any(jumps):
            # Shapefiles tell holes by their place in the plane, and take them here for parts.
            mended[i] = shapely.symmetric_difference_all(list(map(_draw, rings, jumps)))
    return mended


def bound_longitudes(lon: Float) -> tuple[float, float]:
    """Find the west and east of longitudes: outside lies the widest gap between them.

    Args:
        lon: Longitudes, degrees, any range, at least one.

    Returns:
        West, from -360 on, and east, up to 360, which is not less.
    """
    sorted_lon = np.unique(np.mod(lon, 360.0))
    widest = int(np.argmax(np.diff(np.append(sorted_lon, sorted_lon[0] + 360.0))))
    east = float(sorted_lon[widest])
    west = float(sorted_lon[(widest + 1) % len(sorted_lon)])
    return (west - 360.0 if west > east else west), east


def _wide(polygons: Geometries) -> list[int]:
    """List the geometries in degrees that reach over more than 180 degrees of longitude."""
    west, south, east, north = shapely.bounds(polygons).T
    degrees = (south >= -90.0) & (north <= 90.0) & (west >= -720.0) & (east <= 720.0)
    return [int(i) for i in np.flatnonzero(degrees & (east - west > 180.0))]


def _list_rings(polygons: BaseGeometry) -> list[Float]:
    """List the longitudes and latitudes, (n, 2), of exteriors and holes, polygon by polygon."""
    return [shapely.get_coordinates(r) for r in shapely.get_rings(shapely.get_parts(polygons))]


def _find_long_edges(points: Float) -> Bool:
    """Find edges of more than 180 degrees, neither of 360 along a parallel nor along a pole."""
    across, along = np.abs(np.diff(points, axis=0)).T
    whole = (across > 360.0 - _ROUNDING_DEG) & (along < _ROUNDING_DEG)
    polar = np.abs(points[:, 1]) > 90.0 - _ROUNDING_DEG
    return np.asarray((across > 180.0) & ~whole & ~(polar[1:] & polar[:-1]))


def _unroll(polygon: shapely.Polygon) -> shapely.Polygon:
    exterior, *holes = (
        unroll_ring(*points[:-1].T) if _find_long_edges(points).any() else points
        for points in _list_rings(polygon)
    )
    return shapely.Polygon(exterior, holes)


def _jumps(points: Float, source: str) -> bool:
    """Tell whether a ring jumps, or is as it is drawn; refuse one that may be either."""
    long = _find_long_edges(points)
    if not long.any() or _is_box(points, long):
        return False
    chords = np.linalg.norm(np.diff(sphere.unit_vectors(*points.T), axis=0), axis=1)
    edges = np.degrees(2.0 * np.arcsin(np.minimum(chords / 2.0, 1.0)))
    if edges.max() > min(_SHORT_DEG, _SHORT_SHARE * edges.sum()):
        across = np.abs(np.diff(points[:, 0])).max()
        raise AreaError(
            f"{source} has an outline with an edge over {across:.4g} degrees of longitude, which "
            "may go across the map or the short way over 180 degrees: draw the area in two parts "
            "that meet at 180 degrees, or on a polar map; or, if the edge goes across the map, "
            "with a point in its middle"
        )
    drawn = unroll_ring(*points[:-1].T)
    round_pole = np.ptp(drawn[:, 0]) >= 360.0 - _ROUNDING_DEG
    if round_pole and points[:, 1].min() < 0.0 < points[:, 1].max():
        raise AreaError(
            f"{source} has an outline round the Moon on both sides of the equator, in which either "
            "pole may lie: draw the area on a polar map, or in parts without a pole"
        )
    return True


def _is_box(points: Float, long: Bool) -> bool:
    """Tell whether meridians and parallels alone bound a ring, and no long edge goes back."""
    steps = np.diff(points, axis=0)
    still = np.abs(steps) < _ROUNDING_DEG
    way = np.where(still[:, 1], np.sign(steps[:, 0]), 0.0)
    back = (way * np.roll(way, 1) < 0.0) | (way * np.roll(way, -1) < 0.0)
    whole = bool((still.any(axis=1) & ~(back & long)).all())
    return whole and shapely.Polygon(points).area > 1e-6


def _draw(points: Float, jumps: bool) -> BaseGeometry:
    """Draw the inside of a ring in longitude -180..180."""
    if jumps:
        return make_ring_polygon(*points[:-1].T)
    return cut_at_meridian([shapely.make_valid(shapely.Polygon(points))])[0]
