"""Grids: the coordinate system, affine transform and size of a raster."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from lunarcraters.errors import CoordinateSystemError
from lunarcraters.geometry import sphere, stereographic
from lunarcraters.geometry.box import Box
from lunarcraters.process import suppress_warnings

Bool = NDArray[np.bool_]
Float = NDArray[np.float64]
Points = tuple[Float, Float]
"""x and y, or longitude and latitude, of one shape; NaN where a point is not on the Moon."""

_SAME_PLACE_PX = 0.01  # a point that a round trip moves by more lies past the projection's edge


@dataclass(frozen=True)
class Grid:
    """Square or stretched pixels in a coordinate system.

    Pixel coordinates are x to the right and y down, (0, 0) at the outer corner of the first pixel.

    Attributes:
        crs_wkt: Lunar coordinate system as WKT; None for an image without coordinates.
        affine: Affine transform from pixel coordinates to the coordinate system; without a
            coordinate system, to pixels of the mosaic.
        width: Number of columns.
        height: Number of rows.
    """

    crs_wkt: str | None
    affine: Affine
    width: int
    height: int

    @property
    def has_crs(self) -> bool:
        """True where pixels have a longitude and latitude."""
        return self.crs_wkt is not None

    @cached_property
    def crs(self) -> CRS | None:
        """Coordinate system; None for an image without coordinates."""
        return None if self.crs_wkt is None else sphere.crs_from_wkt(self.crs_wkt)

    @property
    def box(self) -> Box:
        """All pixels of the grid."""
        return Box(0, 0, self.width, self.height)

    @property
    def radius_m(self) -> float:
        """Radius of the sphere, metres.

        Raises:
            CoordinateSystemError: The grid has no coordinate system.
        """
        return sphere.radius_m(self._required_crs())

    @cached_property
    def period_px(self) -> float | None:
        """Number of columns in 360 degrees of longitude; None where columns are not meridians."""
        if not self.has_crs or self.affine.b or self.affine.d:
            return None
        step = self.width / 32.0
        x = self.width / 2.0 + np.array([[-step], [0.0], [step]])
        y = self.height * np.array([[0.25, 0.5, 0.75]])
        lon, lat = self.to_lonlat(*np.broadcast_arrays(x, y), past_edge=True)
        steps = sphere.wrap_longitude(np.diff(lon, axis=0))
        step_deg = steps[0, 0]
        cylindrical = np.allclose(steps, step_deg, rtol=1e-6) and np.ptp(lat, axis=0).max() < 1e-6
        return abs(360.0 / float(step_deg) * step) if cylindrical and step_deg else None

    @property
    def wraps(self) -> bool:
        """True where the last column is the western neighbour of the first."""
        return self.period_px is not None and abs(self.period_px - self.width) < 1.0

    @property
    def turn_px(self) -> int | None:
        """Number of columns after which a grid that goes all round shows the same ground."""
        if self.wraps:
            return self.width
        period_px = self.period_px
        return None if period_px is None or self.width <= period_px else round(period_px)

    def describe_crs(self) -> str | None:
        """Describe the coordinate system by its PROJ string; None where there is none.

        Each version of PROJ and GDAL writes other WKT of the same system; this stays the same.
        """
        if self.crs is None:
            return None
        with suppress_warnings(UserWarning):  # names of systems are lost, as they should be
            return str(self.crs.to_proj4())

    def to_lonlat(self, x: ArrayLike, y: ArrayLike, *, past_edge: bool = False) -> Points:
        """Transform pixel coordinates to longitude (-180..180) and latitude.

        Args:
            x: Pixel coordinates along rows, any shape.
            y: Pixel coordinates along columns, same shape.
            past_edge: True to follow the projection beyond its edge, where it may show ground for
                a second time; False to give NaN there.

        Returns:
            Degrees, of the shape of `x`; NaN off the Moon.

        Raises:
            CoordinateSystemError: The grid has no coordinate system.
        """
        x, y = np.asarray(x, float), np.asarray(y, float)
        lon, lat = sphere.to_lonlat(self._required_crs(), *(self.affine @ (x, y)))
        if not past_edge and self.period_px is None:
            back_x, back_y = self.from_lonlat(lon, lat)
            off = ~(np.hypot(back_x - x, back_y - y) < _SAME_PLACE_PX)
            lon, lat = np.where(off, np.nan, lon), np.where(off, np.nan, lat)
        return lon, lat

    def from_lonlat(self, lon: ArrayLike, lat: ArrayLike) -> Points:
        """Transform longitude and latitude to pixel coordinates.

        Where columns are meridians, x lies within half a period of the middle column.

        Args:
            lon: Degrees, any range and shape.
            lat: Degrees, same shape.

        Returns:
            Pixel coordinates, of the shape of `lon`; NaN outside the projection.

        Raises:
            CoordinateSystemError: The grid has no coordinate system.
        """
        # PROJ takes milliseconds to begin with a coordinate system, and every tile has its own.
        frame = None if self.crs_wkt is None else stereographic.find_local_frame(self.crs_wkt)
        if frame is not None:
            return ~self.affine @ stereographic.to_local_frame(frame, lon, lat)
        x, y = ~self.affine @ sphere.from_lonlat(self._required_crs(), lon, lat)
        if self.period_px is not None:
            x = wrap_columns(x, self.width / 2.0, self.period_px)
        return x, y

    def to_positions(self, x: Float, y: Float) -> Points:
        """Transform pixel coordinates to positions of a catalogue, of the shape of `x`.

        Returns:
            Longitude and latitude, degrees; without a coordinate system pixels of the mosaic.
        """
        if self.has_crs:
            return self.to_lonlat(x, y)
        across, along = self.affine @ (x, y)
        return across, along

    def from_positions(self, across: Float, along: Float) -> Points:
        """Transform positions of a catalogue to pixel coordinates: `to_positions` the other way."""
        if self.has_crs:
            return self.from_lonlat(across, along)
        x, y = ~self.affine @ (across, along)
        return x, y

    def transform_to(self, other: "Grid", x: ArrayLike, y: ArrayLike) -> Points:
        """Transform pixel coordinates of this grid to those of another one.

        Args:
            other: Grid on the same sphere.
            x: Pixel coordinates of this grid, any shape.
            y: Pixel coordinates of this grid, same shape.

        Returns:
            Pixel coordinates of `other`, of the shape of `x`; NaN off the Moon.

        Raises:
            CoordinateSystemError: One of the grids has no coordinate system.
        """
        return other.from_lonlat(*self.to_lonlat(x, y))

    def has_extent_of(self, other: "Grid") -> bool:
        """Tell whether two grids are of the same ground, to half a pixel of the coarser one.

        Corners are compared in the coordinate systems, and points between them on the sphere:
        grids round both poles have the same corners, and one system has many descriptions.
        """
        if self.has_crs != other.has_crs:
            return False
        coarser = np.maximum([other.width / self.width, other.height / self.height], 1.0)

        def agree(there: Points, x: Float, y: Float) -> Bool:
            moved = np.abs(np.subtract(there, (x * other.width, y * other.height)))
            return np.asarray((moved <= 0.5 * coarser[:, None, None]).all(axis=0))

        x, y = np.meshgrid([0.0, 1.0], [0.0, 1.0])
        there = ~other.affine @ (self.affine @ (x * self.width, y * self.height))
        if not agree(there, x, y).all():
            return False
        if not self.has_crs:
            return True
        x, y = np.meshgrid([0.25, 0.5, 0.75], [0.25, 0.5, 0.75])
        lon, lat = self.to_lonlat(x * self.width, y * self.height)
        off_moon = np.isnan(lon)
        return bool((agree(other.from_lonlat(lon, lat), x, y) | off_moon).all())

    def jacobian_m(self, x: ArrayLike, y: ArrayLike) -> Float:
        """Compute the displacement in space by a step of one pixel along x and along y.

        Args:
            x: Pixel coordinates along rows, (n,).
            y: Pixel coordinates along columns, (n,).

        Returns:
            Metres, (n, 3, 2): geocentric vector, then axis of the grid; NaN off the Moon.

        Raises:
            CoordinateSystemError: The grid has no coordinate system.
        """
        x, y = np.asarray(x, float), np.asarray(y, float)
        columns = []
        for dx, dy in ((0.5, 0.0), (0.0, 0.5)):
            after = sphere.unit_vectors(*self.to_lonlat(x + dx, y + dy))
            columns.append(after - sphere.unit_vectors(*self.to_lonlat(x - dx, y - dy)))
        return np.stack(columns, axis=-1) * self.radius_m

    def pixel_sizes_m(self, x: ArrayLike, y: ArrayLike) -> Float:
        """Compute the ground sizes of pixels along the axes of the grid.

        Args:
            x: Pixel coordinates along rows, (n,).
            y: Pixel coordinates along columns, (n,).

        Returns:
            Metres along x and along y, (n, 2); NaN off the Moon.

        Raises:
            CoordinateSystemError: The grid has no coordinate system.
        """
        return np.asarray(np.linalg.norm(self.jacobian_m(x, y), axis=1))

    def meridian_pixel_size_m(self, x: ArrayLike, y: ArrayLike) -> Float:
        """Compute the north-south ground size of pixels, whatever the rotation of the grid.

        Args:
            x: Pixel coordinates along rows, (n,).
            y: Pixel coordinates along columns, (n,).

        Returns:
            Metres, (n,): the largest step to the north that one pixel makes; NaN off the Moon.

        Raises:
            CoordinateSystemError: The grid has no coordinate system.
        """
        north = sphere.north_vectors(*self.to_lonlat(x, y))
        return np.linalg.norm(np.einsum("nij,ni->nj", self.jacobian_m(x, y), north), axis=1)

    def window(self, box: Box, scale: float, width: int, height: int) -> "Grid":
        """Make the grid of a box of this one, in larger or smaller pixels.

        Args:
            box: Box, pixels of this grid.
            scale: Side of a pixel of the result, pixels of this grid.
            width: Number of columns of the result.
            height: Number of rows of the result.
        """
        affine = self.affine @ Affine.translation(box.left, box.top) @ Affine.scale(scale)
        return Grid(self.crs_wkt, affine, width, height)

    def _required_crs(self) -> CRS:
        if self.crs is None:
            raise CoordinateSystemError(
                "an image without coordinates has no longitude and latitude: georeference it first"
            )
        return self.crs


def wrap_columns(x: Float, centre_x: float, period_px: float) -> Float:
    """Move columns by whole periods to within half a period of a centre.

    Args:
        x: Pixel coordinates along rows, any shape.
        centre_x: Pixel coordinate of the centre.
        period_px: Number of columns in 360 degrees of longitude.

    Returns:
        Pixel coordinates, of the shape of `x`.
    """
    return centre_x + np.mod(x - centre_x + period_px / 2.0, period_px) - period_px / 2.0
