"""GeoPackage: craters, centres, bounding boxes and the footprint as layers, in the lunar CRS.

Layers `craters` (geodesic circles), `centres` and `bounding_boxes` have every column of the
catalogue; `footprint` is the ground searched with its `area_km2`; the table `catalogue` holds its
origin, `layer_styles` how QGIS draws it. A person edits `craters`, whose column `review` says what
they think of each, and draws missing ones in `added_craters`; `centres` keeps the former rows.
Catalogues in pixels have no CRS and y flipped (see `catalogue.outlines`).
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain, count
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.columns import REVIEW
from lunarcraters.catalogue.drawn import measure_outlines
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import styles, vector
from lunarcraters.catalogue.headings import find_sizes
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.review_state import ADDED, UNSEEN
from lunarcraters.catalogue.table import PART_ROWS, Catalogue
from lunarcraters.catalogue.text import as_text
from lunarcraters.errors import CatalogueError, OutputError, warn
from lunarcraters.geometry.polygons import Geometries
from lunarcraters.process import suppress_warnings

_ERRORS = (CRSError, DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError)
ADDED_LAYER = "added_craters"
"""Layer in which a person draws the craters that are missing."""

_LAYERS: dict[str, tuple[str, Callable[[Catalogue], Geometries]]] = {
    "craters": ("MultiPolygon", outlines.crater_outlines),
    "centres": ("Point", outlines.crater_centres),
    "bounding_boxes": ("MultiPolygon", outlines.crater_boxes),
}
_OWN_LAYERS = {*_LAYERS, ADDED_LAYER, "footprint", "catalogue", styles.TABLE}
# Readable without warnings by the GDAL of every QGIS of the last years.
_VERSION = {"VERSION": "1.2"}


def require_closed(path: Path) -> None:
    """Refuse a GeoPackage with changes beside it, which SQLite would put into one in its place.

    Raises:
        OutputError: It is open in another program, or was when that ended badly.
    """
    for suffix in ("-wal", "-journal"):
        changes = path.with_name(path.name + suffix)
        if changes.exists() and path.exists():
            raise OutputError(
                f"{path} is open in another program, or was when that ended badly: close it there "
                f"(or open and close it), so that {changes.name} goes"
            )
        if changes.exists():
            raise OutputError(f"{changes} holds changes to a file that is gone: remove it")


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as a GeoPackage.

    Raises:
        OutputError: The file cannot be written.
    """
    largest = 0.0
    try:
        for number, part in enumerate(parts):
            largest = max(largest, float(part.diameters.max(initial=0.0)))
            for layer, (geometry_type, draw) in _LAYERS.items():
                table = part.table
                if layer == "craters" and REVIEW not in table:
                    table = table.assign(**{REVIEW: UNSEEN})
                frame = gpd.GeoDataFrame(table, geometry=draw(part), crs=info.crs)
                _write_layer(frame, path, layer, geometry_type, append=number > 0)
        outline = outlines.footprint_outline(info)
        footprint = gpd.GeoDataFrame(
            {"area_km2": np.array([info.footprint_area_km2], float)[: outline is not None]},
            geometry=[outline] * (outline is not None),
            crs=info.crs,
        )
        _write_layer(footprint, path, "footprint", "MultiPolygon")
        missing = gpd.GeoDataFrame(geometry=[], crs=info.crs)
        _write_layer(missing, path, ADDED_LAYER, "Polygon")
        header = info.header()
        table = pd.DataFrame(
            {"key": list(header), "value": [json.dumps(value) for value in header.values()]}
        )
        pyogrio.write_dataframe(table, path, layer="catalogue", driver="GPKG")
        layer_styles = styles.layer_styles(info.columns, largest)
        pyogrio.write_dataframe(layer_styles, path, layer=styles.TABLE, driver="GPKG", FID="id")
        _name_authority(path)
    except (*_ERRORS, sqlite3.Error) as error:
        raise OutputError(
            f"the GeoPackage cannot be written, is the disk full? ({error})"
        ) from error


def _name_authority(path: Path) -> None:
    """Name the coordinate system as PROJ does: GDAL's `IAU` is unknown to it, and then to QGIS."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE gpkg_spatial_ref_sys SET organization = 'IAU_2015', definition = "
            "replace(definition, 'AUTHORITY[\"IAU\",', 'AUTHORITY[\"IAU_2015\",') "
            "WHERE organization = 'IAU'"
        )


def _write_layer(
    frame: gpd.GeoDataFrame, path: Path, layer: str, geometry_type: str, append: bool = False
) -> None:
    # Pixels have no CRS, and a name that was forced another suffix, on purpose.
    expected = "'crs' was not provided|.*extension should be 'gpkg'|.*non conformant"
    with suppress_warnings(Warning, expected):
        pyogrio.write_dataframe(
            frame,
            path,
            layer=layer,
            driver="GPKG",
            append=append,
            geometry_type=geometry_type,
            promote_to_multi=geometry_type.startswith("Multi"),
            dataset_options=_VERSION,
        )


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a GeoPackage of this program, or the first layer of another that has sizes of craters.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if {"craters", "catalogue"} <= set(layers):
            return _read_own(path, layers)
        if not layers:
            raise CatalogueError(f"{path} has no layers: it is not a catalogue")
        layer, *others = [name for name in layers if _has_sizes(path, name)] or layers
    except (*_ERRORS, KeyError, json.JSONDecodeError) as error:
        raise vector.refuse_file(path, "GeoPackage", error) from error
    if others:
        _warn_of_others(path, layer, others)
    return vector.read_layer(path, "GeoPackage", layer=layer)


def _has_sizes(path: Path, layer: str) -> bool:
    """Tell whether a layer has columns that tell diameters."""
    return bool(find_sizes(pyogrio.read_info(path, layer=layer)["fields"].tolist()))


def _warn_of_others(path: Path, layer: str, others: list[str]) -> None:
    """Warn of layers that are left out, which may hold craters too."""
    warn(
        f"{path}: the craters of its layer {layer!r} are read; left out: "
        f"{', '.join(map(repr, others))}"
    )


def _read_own(path: Path, layers: list[str]) -> EditedCatalogue:
    """Read a file of this program, with what was changed in its layer `craters` and drawn."""
    pairs = pyogrio.read_dataframe(path, layer="catalogue", read_geometry=False)
    header = {key: json.loads(value) for key, value in pairs[["key", "value"]].to_numpy()}
    info = CatalogueInfo.from_header(header)
    others = [name for name in layers if name not in _OWN_LAYERS and _has_sizes(path, name)]
    if others:
        _warn_of_others(path, "craters", others)
    before = None
    if "centres" in layers:
        copy = pyogrio.read_dataframe(path, layer="centres", read_geometry=False)
        if {"crater_id", *info.columns.circle} <= set(copy.columns):
            before = copy.assign(crater_id=as_text(copy["crater_id"]))
    parts = _read_parts(path)
    if ADDED_LAYER in layers:
        parts = chain(parts, [_read_added(path, info)])
    return vector.from_own_parts(parts, info, str(path), before)


def _read_parts(path: Path) -> Iterator[pd.DataFrame]:
    """Read the layer `craters` a few rows at a time; at least one part, which may be empty."""
    key = _find_key(path)
    some: dict[str, Any] = {}
    for number in count(1):
        part = pyogrio.read_dataframe(
            path,
            layer="craters",
            use_arrow=False,
            fid_as_index=True,
            max_features=PART_ROWS,
            **some,
        )
        yield part.reset_index(drop=True)
        if len(part) < PART_ROWS:
            return
        # Rows that are skipped are read all the same.
        some = {"skip_features": number * PART_ROWS}
        if key is not None:
            some = {"where": f"{key} > {part.index[-1]}"}


def _find_key(path: Path) -> str | None:
    """Find the column by which the rows of the layer `craters` are sorted, as SQL.

    None for a layer that another program made as a view, whose rows may be sorted otherwise, or
    without a column of numbers, or in a file that SQLite may not read.
    """
    kinds = "SELECT type FROM sqlite_master WHERE name = 'craters'"
    try:  # not by GDAL's SQL, which ends the process where Keras was imported before pyogrio
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            kind = database.execute(kinds).fetchall()
    except sqlite3.Error:
        return None
    name = pyogrio.read_info(path, layer="craters")["fid_column"].replace('"', '""')
    return f'"{name}"' if name and kind == [("table",)] else None


def _read_added(path: Path, info: CatalogueInfo) -> pd.DataFrame:
    """Read the craters that were drawn, as rows of the layer `craters` without a geometry."""
    # Arrow hands curves on as they are; without it they come as fine polygons.
    drawn = pyogrio.read_dataframe(path, layer=ADDED_LAYER, use_arrow=False)
    if "geometry" not in drawn:
        if not len(drawn):
            return pd.DataFrame()
        raise CatalogueError(
            f"{path}: the {len(drawn)} rows of {ADDED_LAYER} have no geometries: draw circles, or "
            "delete them"
        )
    there = drawn[~(drawn.geometry.isna() | drawn.geometry.is_empty)]
    if not len(there):
        return pd.DataFrame()
    shapes = np.asarray(shapely.force_2d(there.geometry.to_numpy()), dtype=object)
    crs = None if info.crs is None else vector.layer_crs(drawn.crs or info.crs, str(path))
    circles = measure_outlines(shapes, crs, info)
    bad = ~np.isfinite(circles).all(axis=1)
    if bad.any():
        raise CatalogueError(
            f"{path}: {int(bad.sum())} of the geometries in {ADDED_LAYER} are not outlines of "
            "craters: draw circles, or delete them"
        )
    return pd.DataFrame(circles, columns=list(info.columns.circle)).assign(
        **{REVIEW: ADDED, "crater_id": ""}
    )
