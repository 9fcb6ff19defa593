"""Geometries of a catalogue's rows compared with its columns: what was moved or resized."""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.best_circles import fit_circles, fit_lunar_circles
from lunarcraters.geometry.polygons import Geometries

_TOLERANCE = 2e-3
"""Least shift of a centre, and change of a diameter, in diameters, that is an edit."""

_RIM_TOLERANCE = 3e-3
"""Largest distance of a vertex from the circle, in diameters, of an outline that was not edited."""

_UPRIGHT = np.array([1.0, -1.0])

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def agree(circles: Float, others: Float, info: CatalogueInfo) -> Bool:
    """Tell which circles have the same place and size, but for rounding, (n,).

    Args:
        circles: Positions and diameters, (n, 3).
        others: Positions and diameters, (n, 3); NaN agrees with nothing.
        info: Description of the catalogue.
    """
    shift = _distance(circles[:, :2], others[:, :2], info)
    with np.errstate(invalid="ignore"):
        change = np.abs(circles[:, 2] - others[:, 2])
        return np.maximum(shift, change) <= _TOLERANCE * others[:, 2]


def overlap(circles: Float, others: Float, info: CatalogueInfo) -> Bool:
    """Tell which circles have ground in common, (n,).

    Args:
        circles: Positions and diameters, (n, 3).
        others: Positions and diameters, (n, 3); NaN has no ground.
        info: Description of the catalogue.
    """
    distance = _distance(circles[:, :2], others[:, :2], info)
    with np.errstate(invalid="ignore"):
        return np.asarray(2.0 * distance < circles[:, 2] + others[:, 2])


def find_edits(circles: Float, before: Float, info: CatalogueInfo) -> tuple[Bool, Bool]:
    """Tell which circles were moved and which were resized, (n,) each.

    Args:
        circles: Positions and diameters, (n, 3).
        before: Positions and diameters before the edit, (n, 3).
        info: Description of the catalogue.
    """
    limits = _TOLERANCE * before[:, 2]
    moved = _distance(circles[:, :2], before[:, :2], info) > limits
    return moved, np.abs(circles[:, 2] - before[:, 2]) > limits


def measure_drawn(
    circles: Float, shapes: Geometries, crs: CRS | None, info: CatalogueInfo, source: str
) -> Float:
    """Measure the geometries that do not agree with the circles of their rows.

    Args:
        circles: Positions and diameters by the columns, (n, 3); NaN where a cell is empty.
        shapes: Points or outlines, (n,); None where a row has none.
        crs: Coordinate system of the geometries; None for pixels, drawn upright (x, -y).
        info: Description of the catalogue.
        source: Name of the file, for messages.

    Returns:
        Positions and diameters by the geometries, (n, 3); NaN where they agree, or there is none.

    Raises:
        CatalogueError: A geometry is neither a point nor an outline.
    """
    shapes = np.asarray(shapes, dtype=object)
    if shapely.has_z(shapes).any():
        shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    dimensions = shapely.get_dimensions(shapes)
    drawn = np.full((len(shapes), 3), np.nan)
    points = np.flatnonzero(there & (dimensions == 0))
    if len(points):
        xy = shapely.get_coordinates(shapely.centroid(shapes[points]))
        drawn[points, :2] = _to_positions(xy, crs)
        drawn[points, 2] = circles[points, 2]
    outlines = np.flatnonzero(there & (dimensions == 2))
    for matches in (_match_bounds, _on_rims):
        outlines = outlines[~matches(circles[outlines], shapes[outlines], crs, info)]
    if len(outlines):
        drawn[outlines] = measure_outlines(shapes[outlines], crs, info)
    bad = there & (dimensions == 1)
    bad[outlines] = ~np.isfinite(drawn[outlines]).all(axis=1)
    if bad.any():
        raise CatalogueError(
            f"{source}: the geometry of row {int(np.argmax(bad)) + 1} is not the outline of a "
            f"crater ({int(bad.sum())} such): draw a circle, or delete the row"
        )
    drawn[agree(drawn, circles, info)] = np.nan
    return drawn


def measure_outlines(outlines: Geometries, crs: CRS | None, info: CatalogueInfo) -> Float:
    """Fit circles to outlines: positions and diameters as columns have them, (n, 3).

    Args:
        outlines: Polygons, (n,).
        crs: Coordinate system of the outlines; None for pixels, drawn upright (x, -y).
        info: Description of the catalogue.
    """
    if crs is not None and info.has_crs:
        return fit_lunar_circles(outlines, crs)
    return fit_circles(outlines) * (1.0, -1.0, 1.0)


def _match_bounds(
    circles: Float, outlines: Geometries, crs: CRS | None, info: CatalogueInfo
) -> Bool:
    """Tell which outlines have the bounds of the circles of their rows, (n,).

    This is quick. An outline in a map, across the antimeridian or around a pole does not match.
    """
    if crs is not None and not crs.is_geographic:
        return np.zeros(len(outlines), bool)
    west, south, east, north = shapely.bounds(outlines).T
    x, y, diameter = circles.T
    half_x = half_y = diameter / 2.0
    if info.radius_m is None:
        y = -y
    else:
        arc = 1000.0 * half_y / info.radius_m
        with np.errstate(invalid="ignore"):
            half_x = np.degrees(np.arcsin(np.sin(arc) / np.cos(np.radians(y))))
        half_y = np.degrees(arc)
    shift = (west + east) / 2.0 - x
    shift = shift if info.radius_m is None else sphere.wrap_longitude(shift)
    across = np.maximum(np.abs(shift), np.abs((east - west) / 2.0 - half_x))
    along = np.maximum(np.abs(north - y - half_y), np.abs(south - y + half_y))
    return (across <= _RIM_TOLERANCE * half_x) & (along <= _RIM_TOLERANCE * half_y)


def _on_rims(circles: Float, outlines: Geometries, crs: CRS | None, info: CatalogueInfo) -> Bool:
    """Tell which outlines have all vertices on the circles of their rows, (n,)."""
    xy, index = shapely.get_coordinates(outlines, return_index=True)
    distance = _distance(_to_positions(xy, crs), circles[index, :2], info)
    with np.errstate(invalid="ignore"):
        off = ~(
            np.abs(distance - circles[index, 2] / 2.0) <= _RIM_TOLERANCE / 2.0 * circles[index, 2]
        )
    on_rims = np.ones(len(outlines), bool)
    on_rims[index[off]] = False
    return on_rims


def _to_positions(xy: Float, crs: CRS | None) -> Float:
    return xy * _UPRIGHT if crs is None else np.column_stack(sphere.to_lonlat(crs, *xy.T))


def _distance(positions: Float, others: Float, info: CatalogueInfo) -> Float:
    """Distances in the unit of diameters, (n,)."""
    if info.radius_m is None:
        return np.asarray(np.hypot(*(positions - others).T))
    (lon, lat), (other_lon, other_lat) = positions.T, others.T
    return sphere.distance_km(lon, lat, other_lon, other_lat, info.radius_m)
