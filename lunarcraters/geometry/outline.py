"""Outlines of areas on the Moon, and what they come near."""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from lunarcraters.geometry import sphere

_EDGES = 20_000  # into which an outline is cut; half of one is as near as anything is told
_SLACK = 1.1  # an edge is a curve on the sphere, a little longer than the chord between its ends

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


class SphereOutline:
    """The rings around an area on the Moon, holes included."""

    def __init__(self, polygons: BaseGeometry, crs: CRS) -> None:
        """Cut the rings into short edges.

        Args:
            polygons: Polygon, MultiPolygon or collection of polygons in coordinates of `crs`.
            crs: Lunar coordinate system, in which edges are straight.
        """
        from scipy.spatial import KDTree  # it takes a while, and most commands need no outline

        rings = shapely.get_rings(shapely.get_parts(polygons))
        if len(rings):
            rings = shapely.segmentize(rings, float(shapely.length(rings).sum()) / _EDGES)
        coordinates, ring = shapely.get_coordinates(rings, return_index=True)
        vectors = sphere.unit_vectors(*sphere.to_lonlat(crs, *coordinates.T))
        start, end = vectors[:-1], vectors[1:]
        edges = (ring[1:] == ring[:-1]) & np.isfinite(start + end).all(axis=1)
        lengths = np.linalg.norm(end[edges] - start[edges], axis=1)
        self._half_edge = _SLACK / 2.0 * float(lengths.max(initial=0.0))
        self._middles = KDTree((start[edges] + end[edges]) / 2.0)

    def comes_near(self, points: Float, distances: Float) -> Bool:
        """Tell to which points the outline may come as near as a distance.

        Args:
            points: Unit vectors, (n, 3); NaN off the Moon.
            distances: Distances through the sphere, in radii of it, (n,).

        Returns:
            (n,): True where the outline comes so near, by half an edge at most where it does not,
            and off the Moon; False where it is farther away.
        """
        near = np.asarray(~np.isfinite(points).all(axis=1))
        limits = distances + self._half_edge
        # One bound holds for a whole search, and a large one makes it slow.
        octave = np.ceil(np.log2(np.maximum(limits, 1e-9)))
        for number in np.unique(octave[~near]).tolist():
            members = ~near & (octave == number)
            bound = 1.01 * 2.0**number
            nearest, _ = self._middles.query(points[members], distance_upper_bound=bound)
            near[members] = nearest <= limits[members]
        return near
