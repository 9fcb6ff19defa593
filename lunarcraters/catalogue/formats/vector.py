"""Tables and layers as catalogues: columns, with points or outlines or without geometries.

`from_table` and `from_layer` take those of other programs, by their usual names. `from_own_table`
and `from_own_parts` take those of this program, with what a person edited.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
from pyproj import CRS

from lunarcraters.catalogue.columns import PIXEL_COLUMNS, are_own_columns
from lunarcraters.catalogue.drawn import measure_drawn
from lunarcraters.catalogue.edits import EditedCatalogue, from_own_rows
from lunarcraters.catalogue.headings import find_columns, find_pixels, find_sizes
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.places import Places
from lunarcraters.catalogue.recognition import recognise_columns
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CoordinateSystemError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygon_files import advise_crs, explain_axis_order, read_closed
from lunarcraters.geometry.polygons import Geometries

ERRORS = (DataLayerError, DataSourceError, FeatureError, GeometryError, IndexError)
"""Errors of the library that reads layers; the last of a FlatGeobuf that is cut off."""

Float = NDArray[np.float64]

_log = logging.getLogger(__name__)


def read_layer(
    path: Path, kind: str, *, layer: str | None = None, without_crs: bool = False
) -> Catalogue | EditedCatalogue:
    """Read the craters of a layer.

    Args:
        path: File.
        kind: Name of the format, for messages.
        layer: Name of the layer; None for the first.
        without_crs: True for a file that names no coordinate system.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    try:
        frame = read_closed(path, layer)
        fault = explain_axis_order(path, layer)
    except ERRORS as error:
        raise refuse_file(path, kind, error) from error
    if fault is not None:
        raise CatalogueError(fault)
    crs = None if without_crs else getattr(frame, "crs", None)
    shapes = None
    table = pd.DataFrame(frame)
    if "geometry" in frame and hasattr(frame, "geometry"):
        shapes = frame.geometry.to_numpy()
        table = table.drop(columns="geometry")
    return from_layer(table, shapes, crs, str(path))


def refuse_file(path: Path, kind: str, error: Exception) -> CatalogueError:
    """Make the error of a file that is not of the format that it is named by.

    Args:
        path: File.
        kind: Name of the format.
        error: Error of the library.
    """
    with path.open("rb") as file:
        start = file.read(200).lstrip().lower()
    if not start:
        reason = "it is empty"
    elif start.startswith((b"<!doctype html", b"<html")):
        reason = "it is an HTML page: download the file itself"
    elif isinstance(error, IndexError) or "not recognized as being" in str(error):
        reason = "it is damaged, or of another format: name it by that, or save it again"
    else:
        reason = str(error)
    return CatalogueError(f"{path} is not a {kind} of craters: {reason}")


def from_layer(
    table: pd.DataFrame, shapes: Geometries | None, crs: Any, source: str
) -> Catalogue | EditedCatalogue:
    """Make a catalogue of a layer's columns and geometries.

    Args:
        table: Columns of the layer.
        shapes: Geometries, (n,), None where there is none; None for a layer without them.
        crs: Coordinate system of the geometries; None where the file names none.
        source: Name of the file, for messages.

    Raises:
        CatalogueError: The layer holds no craters.
        CoordinateSystemError: The layer is not of the Moon.
    """
    table = table.replace({None: np.nan})
    names = list(table.columns)
    shapes = np.empty(0, object) if shapes is None else shapes
    there = np.array([one is not None and not one.is_empty for one in shapes], bool)
    if not there.any():
        if find_pixels(names):
            return from_table(table, source)
        craters = recognise_columns(table, source)
        info = CatalogueInfo(sphere.geographic_crs(sphere.radius_m(layer_crs(crs, source))))
        return _without_edits(craters, info, source)
    has_units = any(size.unit for size in find_sizes(names))
    if set(PIXEL_COLUMNS.circle) <= set(names) and find_pixels(names) and not has_units:
        is_own = are_own_columns(find_columns(names))
        craters = recognise_columns(table, source, keep_empty=is_own)
        info = CatalogueInfo(None)
        if is_own:
            return from_own_table(craters, info, shapes, None, source)
        return _without_edits(craters, info, source)
    if not there.all():
        _log.warning(
            "note: %s: %d rows without a geometry are left out", source, int((~there).sum())
        )
        table, shapes = table[there], shapes[there]
    flat = np.asarray(shapely.force_2d(shapes), dtype=object)
    if not crs:
        refuse_metres(flat, source)
    places = Places(flat, layer_crs(crs, source))
    craters = recognise_columns(table, source, places=places)
    info = CatalogueInfo(sphere.geographic_crs(sphere.radius_m(places.crs)))
    if are_own_columns(craters.columns):
        return from_own_table(craters, info, places.geometries, places.crs, source)
    return _without_edits(craters, info, source)


def from_table(table: pd.DataFrame, source: str) -> Catalogue | EditedCatalogue:
    """Make a catalogue of a table without geometries, in degrees on the Moon or in pixels.

    Args:
        table: Table of numbers, or of text that reads as numbers.
        source: Name of the file or table, for messages.

    Raises:
        CatalogueError: The table holds no craters.
    """
    craters = recognise_columns(table, source)
    info = CatalogueInfo(sphere.geographic_crs() if "lon" in craters else None)
    return _without_edits(craters, info, source)


def _without_edits(
    craters: pd.DataFrame, info: CatalogueInfo, source: str
) -> Catalogue | EditedCatalogue:
    """Make a catalogue; where no column names the craters, their numbers name none of a run."""
    catalogue = Catalogue.from_table(craters, info)
    if "crater_id" in craters:
        return catalogue
    return EditedCatalogue.from_catalogue(catalogue, source, has_ids=False)


def from_own_parts(
    frames: Iterable[Any], info: CatalogueInfo, source: str, before: pd.DataFrame | None = None
) -> EditedCatalogue:
    """Make a catalogue of a layer of this program, with what was changed in it, part by part.

    Args:
        frames: Columns and geometries of parts of the layer; at least one.
        info: Description of the catalogue.
        source: Name of the file, for messages.
        before: Rows before the edit, where the file holds a copy of them.

    Raises:
        CatalogueError: The columns are damaged, or a geometry is not the outline of a crater.
    """
    tables, drawn = [], []
    for frame in frames:
        shapes, crs = None, None
        if hasattr(frame, "geometry"):
            shapes = frame.geometry.to_numpy()
            crs = _own_crs(frame.crs or info.crs, info, source)
        tables.append(pd.DataFrame(frame).drop(columns="geometry", errors="ignore"))
        drawn.append(_measure(tables[-1], info, shapes, crs, source))
    table = pd.concat([one for one in tables if len(one)] or tables[:1], ignore_index=True)
    return from_own_rows(table, info, np.concatenate(drawn), source, before)


def from_own_table(
    table: pd.DataFrame,
    info: CatalogueInfo,
    shapes: Geometries | None,
    crs: CRS | None,
    source: str,
) -> EditedCatalogue:
    """Make a catalogue of the rows of a file of this program, compared with their geometries.

    Args:
        table: Columns of the file.
        info: Description of the catalogue.
        shapes: Points or outlines, (n,), None where a row has none; None for no geometries.
        crs: Coordinate system of the geometries; None for pixels.
        source: Name of the file, for messages.

    Raises:
        CatalogueError: The columns are damaged, or a geometry is not the outline of a crater.
    """
    return from_own_rows(table, info, _measure(table, info, shapes, crs, source), source)


def _own_crs(crs: Any, info: CatalogueInfo, source: str) -> CRS | None:
    """Coordinate system of the geometries of a file of this program; None for pixels."""
    if not info.has_crs:
        return None
    return layer_crs(crs, source) if info.is_on_body(sphere.RADIUS_M) else CRS(crs)


def _measure(
    table: pd.DataFrame,
    info: CatalogueInfo,
    shapes: Geometries | None,
    crs: CRS | None,
    source: str,
) -> Float:
    """Measure the geometries that do not agree with the columns, (n, 3)."""
    circles = table.reindex(columns=list(info.columns.circle)).apply(pd.to_numeric, errors="coerce")
    drawn = np.full((len(table), 3), np.nan)
    if shapes is not None and len(shapes):
        drawn = measure_drawn(circles.to_numpy(float), shapes, crs, info, source)
    return drawn


def refuse_metres(shapes: Geometries, source: str) -> None:
    """Refuse geometries that cannot be degrees where a file names no coordinate system.

    Args:
        shapes: Geometries, (n,).
        source: Name of the file, for messages.

    Raises:
        CatalogueError: Coordinates are beyond 720 degrees of longitude or 90 of latitude.
    """
    west, south, east, north = shapely.total_bounds(shapes)
    x, y = max(-west, east), max(-south, north)
    if not (x > 720.0 or y > 90.0):  # or there are none
        return
    if x <= 90.0 and y <= 360.0:
        meaning = "longitude and latitude seem to be exchanged: points are written lon, lat"
    else:
        meaning = (
            "these seem to be metres of a map: save it with its coordinate system (.gpkg, or .shp "
            "with .prj)"
        )
    raise CatalogueError(
        f"{source} names no coordinate system, and its coordinates (up to {x:.1f}, {y:.1f}) are "
        f"not degrees: {meaning}"
    )


def layer_crs(crs: Any, source: str) -> CRS:
    """Check that a layer is on the Moon; one that names no coordinate system is taken to be.

    Args:
        crs: Coordinate system that the layer names; None where it names none.
        source: Name of the file, for messages.

    Raises:
        CoordinateSystemError: The layer is of another body.
    """
    if not crs:
        _log.warning(
            "note: %s names no coordinate system and is read as longitude and latitude on the Moon",
            source,
        )
        return sphere.geographic_crs()
    named = CRS.from_user_input(crs)
    if not sphere.is_lunar(named):
        raise CoordinateSystemError(
            f"{source} is in {named.name!r}, not of the Moon: if its craters are lunar, "
            f"{advise_crs(named)}"
        )
    return sphere.lunar_crs(named, source)


def fix_schema(schema: pa.Schema) -> pa.Schema:
    """Make columns without a type text: pandas 2 does not say what text without rows is.

    Args:
        schema: Schema that Arrow made of a table of pandas.

    Returns:
        Schema of the same columns, without metadata.
    """
    return pa.schema(
        [one.with_type(pa.string()) if pa.types.is_null(one.type) else one for one in schema]
    )
