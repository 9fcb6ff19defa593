"""Alignment: the grid of a mosaic, and where each of its source rasters lies on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from lunarcraters.elevation.units import METRES, NO_UNIT
from lunarcraters.errors import CoordinateSystemError, MosaicError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.files import Source
from lunarcraters.mosaic.turns import Place, fold_columns, is_wider, repeat_columns

Placement = tuple[float, float, float, float]
"""x, y, width and height of a source, pixels of the grid; whole numbers where it is aligned."""

Float = NDArray[np.float64]

_SIZE_TOLERANCE = 0.005
_ALIGNED_PX = 0.05


@dataclass(frozen=True)
class Layout:
    """The grid of a mosaic and where its sources lie on it.

    Attributes:
        grid: Grid of the mosaic.
        sources: Sources, later ones on top. In a grid of a whole turn, one that crosses the edge is
            listed twice.
        placements: Placement of each source, pixels of the grid.
    """

    grid: Grid
    sources: tuple[Source, ...]
    placements: tuple[Placement, ...]

    @property
    def dtype(self) -> str:
        """NumPy name of a type that holds the values of all sources, of those that GDAL has."""
        dtype = np.result_type(*(source.dtype for source in self.sources))
        return "float64" if dtype == np.int64 else str(dtype)

    @property
    def extents(self) -> tuple[Box, ...]:
        """Boxes of whole pixels in which there may be data, clipped to the grid.

        They are the placements; or, of a single source that knows where its data are, those.
        """
        alone = all(source is self.sources[0] for source in self.sources)
        boxes = []
        for source, (x, y, width, height) in zip(self.sources, self.placements, strict=True):
            held = source.extents if alone else None
            for part in held or ((0.0, 0.0, width, height),):
                low = np.floor([x + part[0], y + part[1]]).astype(int).tolist()
                high = np.ceil([x + part[0] + part[2], y + part[1] + part[3]]).astype(int).tolist()
                boxes.append(Box.from_edges(*low, *high).intersect(self.grid.box))
        return tuple(box for box in boxes if not box.is_empty) or tuple(boxes)


def align_sources(sources: Sequence[Source]) -> Layout:
    """Lay sources out on one grid, that of the finest source, large enough for all.

    In a cylindrical map sources may be written whole turns apart. They are laid out such that the
    grid is as narrow as possible, and never wider than one turn.

    Args:
        sources: Raster files, at least one.

    Raises:
        MosaicError: The sources differ in pixel size, bands, scale, offset or unit, are rotated, or
            are images without coordinates.
        CoordinateSystemError: The sources differ in coordinate system.
    """
    first = sources[0]
    if len(sources) == 1 and not _is_wide_with_gaps(first):
        whole = (0.0, 0.0, float(first.width), float(first.height))
        return Layout(first.grid, (first,), (whole,))
    affines = [_north_up_affine(source) for source in sources]
    for source, affine in zip(sources[1:], affines[1:], strict=True):
        _check_compatible(first, affines[0], source, affine)
    size_x = min(affine.a for affine in affines)
    size_y = min(-affine.e for affine in affines)
    columns = _lay_columns(sources, affines, size_x)
    north = -_origin(np.array([-affine.f for affine in affines]) / size_y) * size_y
    placements: list[Placement] = []
    for index, start, length in columns.places:
        source, affine = sources[index], affines[index]
        y, height = _span((north - affine.f) / size_y, source.height * -affine.e / size_y)
        x, width = _span(start, length)
        placements.append((x, y, width, height))
    right = max(math.ceil(x + width - _ALIGNED_PX) for x, _, width, _ in placements)
    grid = Grid(
        crs_wkt=first.crs_wkt,
        affine=Affine(size_x, 0.0, columns.west_px * size_x, 0.0, -size_y, north),
        width=right if columns.turn_px is None else columns.turn_px,
        height=max(math.ceil(y + height - _ALIGNED_PX) for _, y, _, height in placements),
    )
    return Layout(grid, tuple(sources[index] for index, *_ in columns.places), tuple(placements))


class _Columns(NamedTuple):
    """Where sources lie along x.

    Attributes:
        west_px: Start of the grid, pixels from the CRS origin.
        places: Places of the sources in the grid, some of which cross its edge.
        turn_px: Width of the grid where it goes all round; None where the sources tell.
    """

    west_px: float
    places: list[Place]
    turn_px: int | None


def _lay_columns(sources: Sequence[Source], affines: Sequence[Affine], size_x: float) -> _Columns:
    """Lay sources out along x, those of a cylindrical map within one turn.

    Args:
        sources: Raster files.
        affines: Affine of each.
        size_x: Width of a pixel of the grid, in the unit of the coordinate system.
    """
    starts = np.array([affine.c for affine in affines]) / size_x
    widths = np.array([s.width * a.a for s, a in zip(sources, affines, strict=True)]) / size_x
    widest = int(widths.argmax())
    period_px = sources[widest].grid.period_px
    if period_px is not None:
        period_px *= affines[widest].a / size_x
        starts = fold_columns(starts, widths, period_px)
    west_px = _origin(starts)
    numbers = range(len(sources))
    places = list(zip(numbers, (starts - west_px).tolist(), widths.tolist(), strict=True))
    if period_px is None or not is_wider(starts, widths, period_px):
        return _Columns(west_px, places, None)
    return _Columns(west_px, repeat_columns(places, period_px), round(period_px))


def _origin(starts: Float) -> float:
    """Start of the grid, pixels, such that most sources lie on whole pixels of it.

    Args:
        starts: First column or row of each source, pixels from the CRS origin, (n,).
    """
    steps = 1.0 / (2.0 * _ALIGNED_PX)
    phases = np.rint((starts % 1.0) * steps) % steps
    distinct, counts = np.unique(phases, return_counts=True)
    common = starts[phases == distinct[counts.argmax()]]
    first = float(common.min())
    return first - float(np.ceil(first - starts.min() - _ALIGNED_PX))


def _span(start: float, length: float) -> tuple[float, float]:
    """Start and length, rounded where both ends are nearly whole numbers."""
    first, last = round(start), round(start + length)
    aligned = max(abs(start - first), abs(start + length - last)) <= _ALIGNED_PX
    return (first, last - first) if aligned else (start, length)


def _is_wide_with_gaps(source: Source) -> bool:
    """Tell whether a raster shows ground a second time, where the first time may have no data."""
    affine = source.affine
    if source.extents is None or affine is None or affine.a <= 0 or affine.e >= 0:
        return False
    period_px = source.grid.period_px
    return period_px is not None and is_wider(np.zeros(1), np.array([source.width]), period_px)


def _north_up_affine(source: Source) -> Affine:
    """Affine of a source; an error where it has none or is not north-up."""
    if source.affine is None:
        raise MosaicError(
            f"{source.path} is an image without coordinates, so it cannot be laid out with others: "
            "give such images one at a time, or georeference them"
        )
    affine = source.affine
    if affine.b or affine.d or affine.a <= 0 or affine.e >= 0:
        raise MosaicError(
            f"{source.path} is rotated or upside down, so it cannot be laid out with others: warp "
            "it north-up first (gdalwarp), or give it alone"
        )
    return affine


def _check_compatible(first: Source, first_affine: Affine, other: Source, affine: Affine) -> None:
    if not _has_same_crs(first, other, affine):
        raise CoordinateSystemError(
            f"{first.path} and {other.path} have different coordinate systems: give them one at a "
            "time, or warp one to the other's (gdalwarp -t_srs)"
        )
    ratios = affine.a / first_affine.a, affine.e / first_affine.e
    if max(abs(np.log(ratios))) > _SIZE_TOLERANCE:
        raise MosaicError(
            f"{first.path} and {other.path} have different pixel sizes ({first_affine.a:.6g} and "
            f"{affine.a:.6g}): give them one at a time, or resample one (gdalwarp -tr)"
        )
    if len(first.bands) != len(other.bands):
        raise MosaicError(
            f"{first.path} and {other.path} differ in bands (one is in colour): make both grey"
        )
    if (first.scales, first.offsets) != (other.scales, other.offsets):
        raise MosaicError(
            f"{first.path} and {other.path} store values at different scales or offsets: write the "
            "real values of each (gdal_translate -unscale -ot Float32), and give these"
        )
    units = [source.unit.strip().lower() for source in (first, other)]
    if len({METRES.get(unit, unit) for unit in units if unit not in NO_UNIT}) > 1:
        raise MosaicError(
            f"{first.path} and {other.path} hold values in different units ({first.unit} and "
            f"{other.unit}): convert one to the other's (gdal_calc.py, gdal_edit.py -units)"
        )


def _has_same_crs(first: Source, other: Source, affine: Affine) -> bool:
    """Compare where two systems, whatever their names, put points of the other source.

    The points are its corners, its centre, and the middles of its edges. One that is off the Moon
    in both systems tells nothing: of a picture of a whole hemisphere, no corner does.
    """
    if first.crs_wkt == other.crs_wkt or first.crs_wkt is None or other.crs_wkt is None:
        return first.crs_wkt == other.crs_wkt
    systems = CRS.from_wkt(first.crs_wkt), CRS.from_wkt(other.crs_wkt)
    if len({sphere.radius_m(system) for system in systems}) > 1:
        return False
    shares = np.array([(x, y) for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0)])
    pixels = shares * (other.width, other.height)
    inwards = np.where(shares < 1.0, _ALIGNED_PX, -_ALIGNED_PX)
    points, nearby = (np.column_stack(affine @ tuple(at.T)) for at in (pixels, pixels + inwards))
    there, here = (sphere.unit_vectors(*sphere.to_lonlat(crs, *points.T)) for crs in systems)
    step = here - sphere.unit_vectors(*sphere.to_lonlat(systems[1], *nearby.T))
    error, allowed = (np.linalg.norm(vectors, axis=1) for vectors in (here - there, step))
    nowhere = np.isnan(here).any(axis=1) & np.isnan(there).any(axis=1)
    return bool(np.all(nowhere | (error <= allowed + 1e-12)))
