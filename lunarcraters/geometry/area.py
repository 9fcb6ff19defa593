"""Areas that a user draws to count craters in."""

import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import AreaError, CoordinateSystemError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygon_files import advise_crs, read_named_polygons, read_polygons
from lunarcraters.geometry.polygons import cut_at_meridian, make_ring_polygon

_RIM_POINTS = 36
_ROUGH_POINTS, _POINTS = 100, 2000  # in a circle, to measure how much of it is inside
_CIRCLES_AT_ONCE = 1000
_GOLDEN_ANGLE = np.pi * (3.0 - 5.0**0.5)
_EDGES = 2000  # of an area in longitude and latitude, along its longer side in a map
_OUTLINE_POINTS = 256  # along the longer side of an outline

_log = logging.getLogger(__name__)

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Area:
    """Polygons whose edges are straight in a coordinate system.

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

    def on_body(self, crs: CRS | None) -> "Area":
        """Take its degrees, if it is in degrees, as those of the body of a coordinate system.

        Args:
            crs: Coordinate system in longitude and latitude; None for pixels.
        """
        if self.crs is not None and self.crs.is_geographic:
            return replace(self, crs=crs)
        return self

    def contains(self, x: ArrayLike, y: ArrayLike) -> Bool:
        """Test which points lie in the area.

        Args:
            x: Longitudes in degrees, or pixel coordinates, any shape.
            y: Latitudes in degrees, or pixel coordinates, broadcast with `x`.

        Returns:
            True inside, of the shape of `x` and `y`.
        """
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        if self.crs is None:
            return np.asarray(shapely.contains_xy(self.outline, x, y))
        if not self.crs.is_geographic:
            return np.asarray(
                shapely.contains_xy(self.outline, *sphere.from_lonlat(self.crs, x, y))
            )
        inside = np.zeros(x.shape, bool)
        for period_deg in (-360.0, 0.0, 360.0):
            inside |= shapely.contains_xy(self.outline, x + period_deg, y)
        return inside

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
        crossing = np.flatnonzero((rim != shares) | ((shares > 0.0) & (shares < 1.0)))
        for some in np.array_split(crossing, max(len(crossing) // _CIRCLES_AT_ONCE, 1)):
            shares[some] = self._sample_shares(
                positions[some], diameters[some], *_sunflower(_POINTS)
            )
        return shares

    def _sample_shares(
        self, positions: Float, diameters: Float, angles: Float, radii: Float
    ) -> Float:
        """Compute the share of sample points of each circle that lies in the area.

        Args:
            positions: Centres, (n, 2).
            diameters: Diameters, (n,).
            angles: Directions of the sample points, radians, (k,).
            radii: Distances of the sample points from the centre, radii of the circle, (k,).
        """
        distance = diameters[:, None] / 2.0 * radii
        x, y = positions[:, :1], positions[:, 1:]
        if self.crs is None:
            inside = self.contains(x + distance * np.cos(angles), y + distance * np.sin(angles))
            return np.asarray(inside.mean(1))
        arc = distance * 1000.0 / sphere.radius_m(self.crs)
        return np.asarray(self.contains(*sphere.destination(x, y, angles, arc)).mean(axis=1))

    def to_lonlat(self) -> BaseGeometry:
        """Draw the area in longitude -180..180 and latitude; one in pixels stays as it is."""
        if self.crs is None:
            return self.outline
        if self.crs.is_geographic:
            valid = shapely.make_valid(self.outline)
            return cut_at_meridian(np.array([valid], object))[0]
        west, south, east, north = self.outline.bounds
        fine = shapely.segmentize(self.outline, max(east - west, north - south) / _EDGES)
        rings = []
        for part in shapely.get_parts(shapely.make_valid(fine)):
            if part.geom_type != "Polygon":
                continue
            outer, *inner = (
                make_ring_polygon(*sphere.to_lonlat(self.crs, *shapely.get_coordinates(ring).T[:2]))
                for ring in (part.exterior, *part.interiors)
            )
            rings.append(outer.difference(shapely.union_all(inner)))
        return shapely.union_all(rings)

    def trace_outline(self) -> tuple[Float, Float]:
        """List points along the outline, close together.

        Returns:
            Longitudes and latitudes in degrees, or x and y in pixels, each (n,).
        """
        west, south, east, north = self.outline.bounds
        fine = shapely.segmentize(self.outline, max(east - west, north - south) / _OUTLINE_POINTS)
        x, y = shapely.get_coordinates(fine).T
        return (x, y) if self.crs is None else sphere.to_lonlat(self.crs, x, y)


def _sunflower(points: int) -> tuple[Float, Float]:
    """Angles (radians) and distances from the centre (radii) of points that share a circle evenly.

    Every point stands for the same area.
    """
    number = np.arange(points) + 0.5
    return number * _GOLDEN_ANGLE, np.sqrt(number / points)


def names_crs(path: Path) -> bool:
    """Tell whether a file says which coordinate system it is in; a GeoJSON may not (RFC 7946)."""
    if path.suffix.lower() not in (".geojson", ".json"):
        return True
    return re.search(rb'"crs"\s*:\s*[{"]', path.read_bytes()) is not None


def make_area(given: Path | tuple[float, float, float, float], *, has_crs: bool = True) -> Area:
    """Make an area from a file of polygons or from four edges.

    Args:
        given: File (see `read_area`), or west, south, east and north (see `make_box_area`).
        has_crs: True for an area on the Moon, False for one in pixels of an image without
            coordinates.

    Raises:
        AreaError: The file cannot be read or has no polygons, or the edges enclose no area.
    """
    if isinstance(given, Path):
        return read_area(given, has_crs=has_crs)
    if len(given) != 4:
        raise AreaError(
            f"an area has four edges, not {len(given)}: give west, south, east and north"
        )
    return make_box_area(*given, has_crs=has_crs)


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
    if not has_crs:
        return Area(shapely.box(west, min(south, north), east, max(south, north)), None)
    if not (-90.0 <= south < north <= 90.0 and -360.0 <= west <= 360.0 and -360.0 <= east <= 360.0):
        raise AreaError(
            f"{west:g},{south:g},{east:g},{north:g} is no area: give west,south,east,north in "
            "degrees, south below north"
        )
    east += 360.0 * (east <= west)
    return Area(shapely.box(west, south, min(east, west + 360.0), north), sphere.geographic_crs())


def read_area(path: Path, *, has_crs: bool = True) -> Area:
    """Read the polygons of a file: of one that this program wrote, those of the ground searched.

    Args:
        path: GeoPackage, GeoJSON, Shapefile or another file that GDAL reads.
        has_crs: True for an area on the Moon; False for an area of an image without coordinates,
            drawn over it with y up (x, -y).

    Raises:
        AreaError: The file cannot be read, has no polygons, or is not in a lunar coordinate
            system.
    """
    outline, declared = read_polygons(path)
    (area,) = _place([outline], declared, path, has_crs=has_crs)
    return area


def read_named_areas(
    path: Path, *, column: str | None = None, has_crs: bool = True
) -> dict[str, Area]:
    """Read the polygons of a file as areas with names, in the order of the file.

    Args:
        path: GeoPackage, GeoJSON, Shapefile or another file that GDAL reads.
        column: Column of the names; None for the usual ones. See `read_named_polygons`.
        has_crs: True for areas on the Moon; False for those of an image without coordinates.

    Raises:
        AreaError: The file cannot be read, has no polygons or no such column, or is not in a lunar
            coordinate system.
    """
    outlines, declared = read_named_polygons(path, column)
    areas = _place(list(outlines.values()), declared, path, has_crs=has_crs)
    return dict(zip(outlines, areas, strict=True))


def _place(outlines: list[BaseGeometry], declared: Any, path: Path, *, has_crs: bool) -> list[Area]:
    """Make areas of the polygons of a file in the coordinate system that it declares."""
    if not has_crs:
        mirror = np.array([1.0, -1.0]).__mul__
        return [Area(shapely.transform(outline, mirror), None) for outline in outlines]
    if declared is not None and declared.is_geographic and not names_crs(path):
        for outline in outlines:
            _refuse_metres(outline, path)
        _log.warning(
            "note: %s names no coordinate system and is read as longitude and latitude on the Moon",
            path,
        )
        return [Area(outline, sphere.geographic_crs()) for outline in outlines]
    try:
        crs = sphere.lunar_crs(declared, str(path))
    except CoordinateSystemError as error:
        if declared is None:
            advice = "save it in that of the mosaic, or in IAU_2015:30100, as a GeoPackage"
        else:
            advice = f"if its polygons are lunar, {advise_crs(declared)}"
        raise AreaError(
            f"{path} is not in a coordinate system of the Moon (it says: "
            f"{declared.name if declared else 'none'}): {advice}"
        ) from error
    return [Area(outline, crs) for outline in outlines]


def _refuse_metres(outline: BaseGeometry, path: Path) -> None:
    """Refuse coordinates that cannot be degrees in a file without a coordinate system."""
    west, south, east, north = outline.bounds
    if max(-west, east) > 720.0 or max(-south, north) > 90.0:
        raise AreaError(
            f"{path} names no coordinate system, and its coordinates (up to {max(east, north):g}) "
            "are not degrees: save it as a GeoPackage in the coordinate system that it was drawn in"
        )
