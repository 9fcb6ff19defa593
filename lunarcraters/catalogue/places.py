"""Places and sizes of craters from the geometries of a layer: points, or outlines of craters."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from lunarcraters.geometry import sphere
from lunarcraters.geometry.best_circles import fit_lunar_circles
from lunarcraters.geometry.polygons import Geometries
from lunarcraters.geometry.seam import unroll_outlines

Float = NDArray[np.float64]

_EDGES = 64  # at least, along the longer side of an outline
_ROUND_SHARE = 0.7
"""Area of a round outline, in areas of its circle: 0.76 in a regular pentagon, 0.64 in a square."""

_DECIMALS = 9  # of diameters of fitted circles, km


@dataclass(frozen=True)
class Places:
    """Geometries of craters in a lunar coordinate system.

    Attributes:
        geometries: Points or polygons, (n,); None where a crater has none.
        crs: Coordinate system of the geometries, of the Moon.
        by_area: True for outlines whose circles are those of their areas, as craterstats takes
            them; False for the circles nearest to their vertices.
    """

    geometries: Geometries
    crs: CRS
    by_area: bool = False

    @cached_property
    def has_points(self) -> bool:
        """Whether every geometry is a point."""
        return bool((shapely.get_dimensions(self.geometries) == 0).all())

    @cached_property
    def has_outlines(self) -> bool:
        """Whether every geometry is a polygon."""
        return bool((shapely.get_dimensions(self.geometries) == 2).all())

    @cached_property
    def has_lines(self) -> bool:
        """Whether a geometry is a line."""
        return bool((shapely.get_dimensions(self.geometries) == 1).any())

    @cached_property
    def positions(self) -> Float:
        """Longitude and latitude of the points, or of the polygons' centres of area, (n, 2)."""
        if self.has_points:
            points = shapely.get_coordinates(shapely.centroid(self.geometries))
            return np.column_stack(sphere.to_lonlat(self.crs, *points.T))
        return self._outlines[0]

    @cached_property
    def diameters_km(self) -> Float:
        """Diameters along the sphere of the caps that have the polygons' areas, (n,)."""
        return self._outlines[1]

    @cached_property
    def circles(self) -> Float:
        """Longitude and latitude in degrees and diameter in km of the polygons' circles, (n, 3).

        An outline that is not nearly round has the circle of its area, and so have those of three
        or four vertices, which bound a crater as often as they lie on its rim.
        """
        of_areas = np.column_stack([self.positions, self.diameters_km])
        if self.by_area:
            return of_areas
        circles = fit_lunar_circles(self.geometries, self.crs)
        # The corners of every rectangle and triangle lie on a circle.
        angular = of_areas[:, 2] ** 2 < _ROUND_SHARE * circles[:, 2] ** 2
        circles[angular] = of_areas[angular]
        # Without rounding, equal outlines at several places would not be of one size.
        circles[:, 2] = circles[:, 2].round(_DECIMALS)
        return circles

    @cached_property
    def roundness(self) -> float:
        """Median of 4 pi area / perimeter^2 of the polygons, 1 for circles and 0.79 for squares."""
        return self._outlines[2]

    @cached_property
    def _outlines(self) -> tuple[Float, Float, float]:
        """Centres, diameters and roundness, each measured in an equal-area plane of its own.

        Those of a polygon that reaches off the Moon, or encloses nothing, are NaN.
        """
        shapes = unroll_outlines(self.geometries) if self.crs.is_geographic else self.geometries
        west, south, east, north = shapely.bounds(shapes).T
        # Edges are straight in the layer's coordinate system.
        steps = np.maximum(np.maximum(east - west, north - south) / _EDGES, 1e-12)
        fine = shapely.segmentize(shapes, steps)
        xy, index = shapely.get_coordinates(fine, return_index=True)
        radius_km = sphere.radius_m(self.crs) / 1000.0
        points = sphere.unit_vectors(*sphere.to_lonlat(self.crs, *xy.T))
        off = index[~np.isfinite(points).all(axis=1)]
        points = np.nan_to_num(points)
        middle = np.zeros((len(self.geometries), 3))
        np.add.at(middle, index, points)
        lon, lat = sphere.vectors_to_lonlat(middle)
        up = sphere.unit_vectors(lon, lat)
        north = sphere.north_vectors(lon, lat)
        east = np.cross(north, up)
        # Lambert's azimuthal projection: a vector v goes to v sqrt(2 / (1 + cos c)).
        scale = np.sqrt(2.0 / (1.0 + np.einsum("ij,ij->i", points, up[index])))
        plane = [np.einsum("ij,ij->i", points, axis[index]) * scale for axis in (east, north)]
        flat = shapely.set_coordinates(fine, np.column_stack(plane))
        area = np.asarray(shapely.area(flat))
        area[off] = np.nan
        centroids = np.full((len(flat), 2), np.nan)
        found, which = shapely.get_coordinates(shapely.centroid(flat), return_index=True)
        centroids[which] = found  # an outline that encloses nothing has none
        dx, dy = centroids.T
        rho = np.minimum(np.hypot(dx, dy), 2.0)
        cos_c, factor = 1.0 - rho**2 / 2.0, np.sqrt(1.0 - rho**2 / 4.0)
        centre = up * cos_c[:, None] + (east * dx[:, None] + north * dy[:, None]) * factor[:, None]
        half = np.arccos(np.clip(1.0 - area / (2.0 * np.pi), -1.0, 1.0))
        around = np.maximum(shapely.length(shapely.convex_hull(flat)), 1e-12)
        on_moon = np.isfinite(area)
        roundness = np.median((4.0 * np.pi * area / around**2)[on_moon]) if on_moon.any() else 1.0
        lonlat = np.column_stack(sphere.vectors_to_lonlat(centre))
        lonlat[off] = np.nan
        return lonlat, 2.0 * radius_km * half, float(roundness)
