"""Area: ground that a user has drawn, to count craters on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from numpy.typing import ArrayLike, NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import AreaError, CoordinateSystemError
from lunarcraters.geometry import sphere

_RIM_POINTS = 36
_ROUGH_POINTS, _POINTS = 100, 2000  # of a circle, to see how much of it is inside
_AT_ONCE = 1000  # circles
_GOLDEN_ANGLE = np.pi * (3.0 - 5.0**0.5)
_FINE = 256  # points along the longer side of an outline

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Area:
    """Polygons whose edges are straight in a coordinate system.

    Attributes:
        outline: In coordinates of `crs`; longitudes may go from -180 or from 0, or past 180.
        crs: A lunar one; None where coordinates are pixels of a plain picture.
    """

    outline: BaseGeometry
    crs: CRS | None

    def holds(self, x: ArrayLike, y: ArrayLike) -> Bool:
        """Which points lie in it: longitudes and latitudes, or pixels."""
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        if self.crs is None:
            return np.asarray(shapely.contains_xy(self.outline, x, y))
        if not self.crs.is_geographic:
            return np.asarray(
                shapely.contains_xy(self.outline, *sphere.from_lonlat(self.crs, x, y))
            )
        inside = np.zeros(x.shape, bool)
        for turn in (-360.0, 0.0, 360.0):
            inside |= shapely.contains_xy(self.outline, x + turn, y)
        return inside

    def share(self, positions: Float, diameters: Float) -> Float:
        """The part of each circle that lies in it, to about 0.01.

        Args:
            positions: Centres, (n, 2): longitudes and latitudes, or pixels.
            diameters: (n,) km along the sphere, or pixels.
        """
        turn = np.linspace(0.0, 2.0 * np.pi, _RIM_POINTS, endpoint=False)
        rim = self._held(positions, diameters, turn, np.ones(_RIM_POINTS))
        shares = self._held(positions, diameters, *_sunflower(_ROUGH_POINTS))
        crossing = np.flatnonzero((rim != shares) | ((shares > 0.0) & (shares < 1.0)))
        for some in np.array_split(crossing, max(len(crossing) // _AT_ONCE, 1)):
            shares[some] = self._held(positions[some], diameters[some], *_sunflower(_POINTS))
        return shares

    def _held(self, positions: Float, diameters: Float, turn: Float, reach: Float) -> Float:
        """The part of points of each circle, at an angle and so many radii out, that lies in it."""
        far = diameters[:, None] / 2.0 * reach
        x, y = positions[:, :1], positions[:, 1:]
        if self.crs is None:
            return np.asarray(self.holds(x + far * np.cos(turn), y + far * np.sin(turn)).mean(1))
        arc = far * 1000.0 / sphere.radius_m(self.crs)
        return np.asarray(self.holds(*sphere.ahead(x, y, turn, arc)).mean(axis=1))

    def edge(self) -> tuple[Float, Float]:
        """Points along its outline, close together: longitudes and latitudes."""
        west, south, east, north = self.outline.bounds
        fine = shapely.segmentize(self.outline, max(east - west, north - south) / _FINE)
        x, y = shapely.get_coordinates(fine).T
        return (x, y) if self.crs is None else sphere.to_lonlat(self.crs, x, y)


def _sunflower(points: int) -> tuple[Float, Float]:
    """Angles and distances from the centre, radii, of points of equal areas in a circle."""
    number = np.arange(points) + 0.5
    return number * _GOLDEN_ANGLE, np.sqrt(number / points)


def area_of(given: Path | tuple[float, float, float, float], *, is_pixels: bool = False) -> Area:
    """What `read_area` makes of a file, or `box_area` of four edges.

    Raises:
        AreaError: It is no area.
    """
    if isinstance(given, Path):
        return read_area(given, is_pixels=is_pixels)
    return box_area(*given, is_pixels=is_pixels)


def box_area(
    west: float, south: float, east: float, north: float, *, is_pixels: bool = False
) -> Area:
    """Ground between two meridians, from west to east, and two parallels; or a box of pixels.

    Raises:
        AreaError: These are no edges of an area.
    """
    if is_pixels:
        return Area(shapely.box(west, min(south, north), east, max(south, north)), None)
    if not (-90.0 <= south < north <= 90.0 and -360.0 <= west <= 360.0 and -360.0 <= east <= 360.0):
        raise AreaError(
            f"{west:g},{south:g},{east:g},{north:g} is no area: give west,south,east,north in "
            "degrees, south below north"
        )
    east += 360.0 * (east <= west)
    return Area(shapely.box(west, south, min(east, west + 360.0), north), sphere.geographic_crs())


def read_area(path: Path, *, is_pixels: bool = False) -> Area:
    """Read the polygons of a file (GeoPackage, GeoJSON, Shapefile ...: its first layer).

    Args:
        path: The file.
        is_pixels: It is to be an area of a plain picture, drawn over it with y up (x, -y).

    Raises:
        AreaError: It cannot be read, has no polygons, or is not of the Moon.
    """
    try:
        frame = pyogrio.read_dataframe(path, columns=[])
    except (DataSourceError, DataLayerError, OSError) as error:
        raise AreaError(f"{path} cannot be read as polygons: {error}") from error
    shapes = getattr(frame, "geometry", None)
    polygons = [] if shapes is None else [s for s in shapes if s is not None and s.area > 0.0]
    if not polygons:
        raise AreaError(f"{path} has no polygon in its first layer: draw the area as polygons")
    outline = shapely.union_all(shapely.make_valid(np.array(polygons, object)))
    if is_pixels:
        return Area(shapely.transform(outline, np.array([1.0, -1.0]).__mul__), None)
    try:
        crs = sphere.lunar_crs(frame.crs, str(path))
    except CoordinateSystemError as error:
        raise AreaError(
            f"{path} is not in a coordinate system of the Moon (it says: "
            f"{frame.crs.name if frame.crs else 'none'}): save it in that of the mosaic, or in "
            "IAU_2015:30100, as a GeoPackage"
        ) from error
    return Area(outline, crs)
