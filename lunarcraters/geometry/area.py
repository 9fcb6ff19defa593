"""Areas that a user draws to count craters in."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from shapely.affinity import affine_transform, translate
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import AreaError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.cylindrical import unroll
from lunarcraters.geometry.outline import SphereOutline
from lunarcraters.geometry.polygons import cut_at_meridian, keep_polygons, make_ring_polygon

_RIM_POINTS, _ROUGH_POINTS, _POINTS = 36, 100, 2000  # of a circle, to measure its part inside
_SAMPLES_AT_ONCE = 2_000_000
_GOLDEN_ANGLE = np.pi * (3.0 - 5.0**0.5)
_EDGES = 2000  # of an area in longitude and latitude, along its longer side in a map
_OUTLINE_POINTS = 256  # along the longer side of an outline

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Area:
    """Polygons whose edges are straight in a coordinate system.

    Polygons of a cylindrical map are to be placed by `place_area`.

    Attributes:
        outline: Polygons in coordinates of `crs`; longitudes may go from -180 or from 0, or
            past 180.
        crs: Lunar coordinate system; None where coordinates are pixels of an image without
            coordinates.
    """

    outline: BaseGeometry
    crs: CRS | None

    @property
    def has_crs(self) -> bool:
        """True where coordinates are on the Moon, False where they are pixels."""
        return self.crs is not None

    @cached_property
    def sphere_outline(self) -> SphereOutline:
        """Outline of an area that is on the Moon, not in pixels."""
        assert self.crs is not None
        return SphereOutline(self.outline, self.crs)

    def on_body(self, crs: CRS | None) -> "Area":
        """Take its degrees, if it is in degrees, as those of the body of a coordinate system.

        Args:
            crs: Coordinate system in longitude and latitude; None for pixels.
        """
        if self.crs is not None and self.crs.is_geographic:
            return replace(self, crs=crs)
        return self

    def contains(self, x: ArrayLike, y: ArrayLike) -> Bool:
        """Test which points lie in the area. Those on its edge do not.

        Args:
            x: Longitudes in degrees, or pixel coordinates, any shape.
            y: Latitudes in degrees, or pixel coordinates, broadcast with `x`.

        Returns:
            True inside, of the shape of `x` and `y`.
        """
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        if self.crs is None:
            return _contains(self.outline, x, y)
        if not self.crs.is_geographic:
            return _contains(self.outline, *sphere.from_lonlat(self.crs, x, y))
        _, south, _, north = self._seamless_outline.bounds
        inside = np.asarray((y >= south) & (y <= north))
        turned = [(x[inside] + turn, y[inside]) for turn in (-360.0, 0.0, 360.0)]
        inside[inside] = np.any([_contains(self._seamless_outline, *at) for at in turned], axis=0)
        return inside

    @cached_property
    def _seamless_outline(self) -> BaseGeometry:
        """Outline in degrees, without the edges that have the area on both sides: seam and poles.

        Where it may have some, it is joined with its copies beside it and beyond the poles, made
        valid: slivers cross themselves by rounding, once they are moved.
        """
        west, south, east, north = self.outline.bounds
        if east - west < 360.0 and south > -90.0 and north < 90.0:
            return self.outline
        mirrors = [(1.0, 0.0, 0.0, -1.0, 180.0, 2.0 * pole) for pole in (-90.0, 90.0)]
        beyond = [affine_transform(self.outline, mirror) for mirror in mirrors]
        turns = (-360.0, 0.0, 360.0)
        copies = [translate(part, turn) for part in (self.outline, *beyond) for turn in turns]
        return shapely.union_all([shapely.make_valid(copy) for copy in copies])

    def compute_shares(self, positions: Float, diameters: Float) -> Float:
        """Compute the share of each circle that lies in the area, to about 0.01.

        Args:
            positions: Centres: longitude and latitude in degrees, or x and y in pixels, (n, 2).
            diameters: Diameters: km along the sphere, or pixels, (n,).

        Returns:
            Shares, 0 to 1, (n,).
        """
        angles = np.linspace(0.0, 2.0 * np.pi, _RIM_POINTS, endpoint=False)
        rim = self._sample_shares(positions, diameters, angles, np.ones(_RIM_POINTS))
        shares = self._sample_shares(positions, diameters, *_sunflower(_ROUGH_POINTS))
        # A narrow part of the area may lie between the points.
        touched = self._touches_circles(positions, diameters)
        crossing = np.flatnonzero(touched | (rim != shares) | ((shares > 0.0) & (shares < 1.0)))
        shares[crossing] = self._sample_shares(
            positions[crossing], diameters[crossing], *_sunflower(_POINTS)
        )
        return shares

    def _touches_circles(self, positions: Float, diameters: Float) -> Bool:
        """Tell which circles, as in `compute_shares`, the outline of the area may touch, (n,)."""
        if self.crs is None:
            radii: Any = diameters / 2.0  # shapely takes arrays, but is typed for one distance
            rings = shapely.get_rings(shapely.get_parts(self.outline))
            outline = shapely.MultiLineString(list(rings))
            shapely.prepare(outline)
            return np.asarray(shapely.dwithin(outline, shapely.points(positions), radii))
        arcs = np.minimum(diameters * 500.0 / sphere.radius_m(self.crs), np.pi)
        return self.sphere_outline.comes_near(
            sphere.unit_vectors(*positions.T), 2.0 * np.sin(arcs / 2.0)
        )

    def _sample_shares(
        self, positions: Float, diameters: Float, angles: Float, radii: Float
    ) -> Float:
        """Compute the share of sample points of each circle that lies in the area.

        Points have directions, radians, and distances from the centre, radii of the circle.
        """
        shares = np.empty(len(diameters))
        at_once = _SAMPLES_AT_ONCE // len(angles)
        for start in range(0, len(diameters), at_once):
            some = slice(start, start + at_once)
            x, y = positions[some, :1], positions[some, 1:]
            distance = diameters[some, None] / 2.0 * radii
            if self.crs is None:
                points = x + distance * np.cos(angles), y + distance * np.sin(angles)
            else:
                arc = distance * 1000.0 / sphere.radius_m(self.crs)
                points = sphere.destination(x, y, angles, arc)
            shares[some] = self.contains(*points).mean(axis=1)
        return shares

    def to_lonlat(self) -> BaseGeometry:
        """Draw the area in longitude -180..180 and latitude; one in pixels stays as it is."""
        if self.crs is None:
            return self.outline
        if self.crs.is_geographic:
            return cut_at_meridian([shapely.make_valid(self.outline)])[0]
        west, south, east, north = self.outline.bounds
        fine = shapely.segmentize(self.outline, max(east - west, north - south) / _EDGES)
        rings = []
        for part in shapely.get_parts(keep_polygons(shapely.make_valid(fine))):
            outer, *inner = (
                _enclose(shapely.Polygon(r), self.crs) for r in shapely.get_rings(part)
            )
            rings.append(outer.difference(shapely.union_all(inner)))
        return shapely.union_all(rings)

    def intersect(self, other: "Area") -> "Area":
        """Take the part that lies in another area as well.

        Args:
            other: Area of the same body; one in pixels if this one is.

        Returns:
            Area in the coordinate system of both; in longitude -180..180 and latitude where they
            differ, with outlines as `to_lonlat` draws them. Empty where they share no ground.
        """
        crs, outlines = self.crs, (self.outline, other.outline)
        if crs is not None and (crs.is_geographic or crs != other.crs):
            outlines = self.to_lonlat(), other.to_lonlat()
            crs = crs if crs.is_geographic else sphere.geographic_crs(sphere.radius_m(crs))
        one, other_one = (keep_polygons(shapely.make_valid(outline)) for outline in outlines)
        return Area(keep_polygons(shapely.intersection(one, other_one)), crs)

    def trace_outline(self) -> tuple[Float, Float]:
        """List points along the outline, close together.

        Returns:
            Longitudes and latitudes in degrees, or x and y in pixels, each (n,).
        """
        west, south, east, north = self.outline.bounds
        fine = shapely.segmentize(self.outline, max(east - west, north - south) / _OUTLINE_POINTS)
        x, y = shapely.get_coordinates(fine).T
        return (x, y) if self.crs is None else sphere.to_lonlat(self.crs, x, y)

    def measure_reach(self) -> tuple[Float, float]:
        """Measure how far an area on the Moon reaches from the middle of its outline.

        Returns:
            Middle, a unit vector (3,), and the largest angle from it to the outline, radians; pi
            where the area holds the point opposite.
        """
        outline = sphere.unit_vectors(*self.trace_outline())
        middle = outline.mean(axis=0)
        middle /= max(float(np.linalg.norm(middle)), 1e-9)
        arc = float(np.arccos(np.clip(outline @ middle, -1.0, 1.0)).max())
        if np.isnan(arc) or bool(self.contains(*sphere.vectors_to_lonlat(-middle))):
            arc = np.pi
        return middle, arc


def _contains(outline: BaseGeometry, x: Float, y: Float) -> Bool:
    """Tell which points lie in an outline: only those in its bounds are tested."""
    west, south, east, north = outline.bounds
    inside = np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))
    inside[inside] = shapely.contains_xy(outline, x[inside], y[inside])
    return inside


def _enclose(inside: shapely.Polygon, crs: CRS) -> BaseGeometry:
    """Draw a polygon without holes in longitude -180..180 and latitude."""
    drawn = make_ring_polygon(*sphere.to_lonlat(crs, *shapely.get_coordinates(inside).T[:2]))
    turn = 2.0 * np.pi * sphere.radius_m(crs) / crs.axis_info[0].unit_conversion_factor
    if inside.length < turn:
        return drawn
    # It may be larger than half the Moon, and the line encloses the rest as well.
    middle = sphere.to_lonlat(crs, *inside.representative_point().coords[0])
    # At a pole or at longitude 180 the middle lies on the edge of what is drawn, or apart from it.
    if shapely.intersects_xy(drawn, *middle):
        return drawn
    return shapely.box(-180.0, -90.0, 180.0, 90.0).difference(drawn)


def _sunflower(points: int) -> tuple[Float, Float]:
    """Angles (radians) and distances from the centre (radii) of points that share a circle evenly.

    Every point stands for the same area.
    """
    number = np.arange(points) + 0.5
    return number * _GOLDEN_ANGLE, np.sqrt(number / points)


def make_box_area(
    west: float, south: float, east: float, north: float, *, has_crs: bool = True
) -> Area:
    """Make the area between two meridians and two parallels, or a box of pixels.

    Args:
        west: Western edge, degrees, -360 to 360, or pixels.
        south: Southern edge, degrees, or pixels.
        east: Eastern edge, degrees, -360 to 360, or pixels; the area goes eastwards from `west`.
        north: Northern edge, degrees, or pixels.
        has_crs: True for degrees, False for pixels.

    Raises:
        AreaError: The edges enclose no area.
    """
    edges = f"{west:g},{south:g},{east:g},{north:g}"
    if not has_crs:
        if not abs(east - west) * abs(north - south) > 0.0:
            raise AreaError(
                f"{edges} is no area: give west,south,east,north in pixels, opposite edges apart"
            )
        return Area(shapely.box(west, min(south, north), east, max(south, north)), None)
    if not (-90.0 <= south < north <= 90.0 and -360.0 <= west <= 360.0 and -360.0 <= east <= 360.0):
        raise AreaError(
            f"{edges} is no area: give west,south,east,north in degrees, south below north"
        )
    while east <= west:
        east += 360.0
    if east > 540.0:  # longitudes from -180 on would not reach it in one turn
        west, east = west - 360.0, east - 360.0
    return Area(shapely.box(west, south, min(east, west + 360.0), north), sphere.geographic_crs())


def place_area(outline: BaseGeometry, crs: CRS) -> Area:
    """Make an area of polygons in any lunar coordinate system.

    Those of a cylindrical map are taken in degrees, since they may go past its edge, and so are
    longitudes from another prime meridian.

    Args:
        outline: Polygons in coordinates of `crs`.
        crs: Lunar coordinate system.
    """
    degrees = sphere.geographic_crs(sphere.radius_m(crs))
    if not crs.is_geographic:
        unrolled = unroll(outline, crs)
        return Area(outline, crs) if unrolled is None else Area(unrolled, degrees)
    prime = crs.prime_meridian.longitude if crs.prime_meridian else 0.0
    if not prime:
        return Area(outline, crs)
    return Area(shapely.transform(outline, np.array([prime, 0.0]).__add__), degrees)
