"""GeoParquet: one point a crater, with every column; the rest of the catalogue in the metadata.

The file follows GeoParquet 1.1, so that GeoPandas, DuckDB and QGIS read it, with the lunar CRS as
PROJJSON. The same catalogue gives the same bytes.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from lunarcraters import moon
from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.columns import recognise
from lunarcraters.catalogue.schema import Catalogue, from_header
from lunarcraters.errors import CatalogueError

_KEY = b"lunarcraters"


def write(catalogue: Catalogue, path: Path) -> None:
    """Write a catalogue as GeoParquet."""
    table = pa.Table.from_pandas(catalogue.craters, preserve_index=False)
    points = outlines.crater_centres(catalogue)
    table = table.append_column("geometry", pa.array(shapely.to_wkb(points), pa.binary()))
    metadata = {
        b"geo": json.dumps(_geo(catalogue)).encode(),
        _KEY: json.dumps(catalogue.header()).encode(),
    }
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")


def _geo(catalogue: Catalogue) -> dict[str, Any]:
    """The `geo` metadata; without a `crs` of its own (null) a reader would take it for Earth."""
    crs = None if catalogue.crs is None else catalogue.crs.to_json_dict()
    column = {"encoding": "WKB", "geometry_types": ["Point"], "crs": crs, "edges": "planar"}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def read(path: Path) -> Catalogue:
    """Read a GeoParquet of this program, or any Parquet table with the usual column names.

    Raises:
        CatalogueError: It is damaged, or holds no craters.
        CoordinateSystemError: It is not of the Moon.
    """
    try:
        schema = pq.read_schema(path)
        names = [name for name in schema.names if not pa.types.is_binary(schema.field(name).type)]
        table: pd.DataFrame = pq.read_table(path, columns=names).to_pandas()
        metadata = schema.metadata or {}
        header = json.loads(metadata.get(_KEY, b"null"))
        geo = json.loads(metadata.get(b"geo", b"null"))
    except (pa.ArrowException, json.JSONDecodeError) as error:
        raise CatalogueError(f"{path} is not a Parquet file of craters: {error}") from error
    if header is not None:
        return from_header(table, header)
    craters = recognise(table, str(path))
    return Catalogue(craters, _crs(geo, path) if "lon" in craters else None)


def _crs(geo: Any, path: Path) -> Any:
    """The sphere that the `geo` metadata of another program names; without any, the Moon's."""
    if not geo:
        return moon.geographic_crs()
    column = geo.get("columns", {}).get(geo.get("primary_column"), {})
    # A missing `crs` means the Earth (OGC:CRS84) by the specification, and is refused as such.
    crs = moon.lunar_crs(column.get("crs", "OGC:CRS84"), str(path))
    return moon.geographic_crs(moon.radius_m(crs))
