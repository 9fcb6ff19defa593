"""GeoPackage: craters, centres, bounding boxes and the footprint as layers, in the lunar CRS.

Layers `craters` (geodesic circles), `centres` and `bounding_boxes` have every column of the
catalogue; `footprint` is the ground searched with its `area_km2`; the table `catalogue` holds its
origin, `layer_styles` how QGIS draws it. Catalogues in pixels have no CRS and y flipped (see
`catalogue.outlines`).
"""

import json
import sqlite3
import warnings
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.formats import styles, vector
from lunarcraters.catalogue.headings import find_sizes
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CratersWarning, OutputError
from lunarcraters.geometry.polygons import Geometries

_ERRORS = (CRSError, DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError)
_LAYERS: dict[str, tuple[str, Callable[[Catalogue], Geometries]]] = {
    "craters": ("MultiPolygon", outlines.crater_outlines),
    "centres": ("Point", outlines.crater_centres),
    "bounding_boxes": ("MultiPolygon", outlines.crater_boxes),
}
# Readable without warnings by the GDAL of every QGIS of the last years.
_VERSION = {"VERSION": "1.2"}


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
                frame = gpd.GeoDataFrame(part.table, geometry=draw(part), crs=info.crs)
                _write_layer(frame, path, layer, geometry_type, append=number > 0)
        outline = outlines.footprint_outline(info)
        footprint = gpd.GeoDataFrame(
            {"area_km2": np.array([info.footprint_area_km2], float)[: outline is not None]},
            geometry=[outline] * (outline is not None),
            crs=info.crs,
        )
        _write_layer(footprint, path, "footprint", "MultiPolygon")
        header = info.header()
        table = pd.DataFrame(
            {"key": list(header), "value": [json.dumps(value) for value in header.values()]}
        )
        pyogrio.write_dataframe(table, path, layer="catalogue", driver="GPKG")
        layer_styles = styles.layer_styles(info.columns.diameter, largest)
        pyogrio.write_dataframe(layer_styles, path, layer=styles.TABLE, driver="GPKG", FID="id")
        _name_authority(path)
    except (*_ERRORS, sqlite3.Error) as error:
        raise OutputError(f"the GeoPackage cannot be written: {error}") from error


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
    with warnings.catch_warnings():
        # Pixels have no CRS, and a name that was forced another suffix, on purpose.
        for expected in (
            "'crs' was not provided",
            ".*extension should be 'gpkg'",
            ".*non conformant",
        ):
            warnings.filterwarnings("ignore", expected)
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


def read(path: Path) -> Catalogue:
    """Read a GeoPackage of this program, or the first layer of another that has sizes of craters.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if {"craters", "catalogue"} <= set(layers):
            table = pyogrio.read_dataframe(path, layer="craters", read_geometry=False)
            pairs = pyogrio.read_dataframe(path, layer="catalogue", read_geometry=False)
            header = {key: json.loads(value) for key, value in pairs[["key", "value"]].to_numpy()}
            return Catalogue.from_header(table, header)
        if not layers:
            raise CatalogueError(f"{path} has no layers: it is not a catalogue")
        fields = {name: pyogrio.read_info(path, layer=name)["fields"].tolist() for name in layers}
    except (*_ERRORS, KeyError, json.JSONDecodeError) as error:
        raise vector.refuse_file(path, "GeoPackage", error) from error
    layer, *others = [name for name in layers if find_sizes(fields[name])] or layers
    if others:
        warnings.warn(
            f"{path}: the craters of its layer {layer!r} are read; left out: "
            f"{', '.join(map(repr, others))}",
            CratersWarning,
            stacklevel=2,
        )
    return vector.read_layer(path, "GeoPackage", layer=layer)
