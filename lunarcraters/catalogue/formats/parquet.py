"""GeoParquet: one point a crater, with every column; the rest of the catalogue in the metadata.

The file follows GeoParquet 1.1, so that GeoPandas, DuckDB and QGIS read it, with the lunar CRS as
PROJJSON. The same catalogue gives the same bytes.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import vector
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.recognition import recognise_columns
from lunarcraters.catalogue.table import PART_ROWS, Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygons import Geometries

_KEY = b"lunarcraters"


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as GeoParquet."""
    metadata = {
        b"geo": json.dumps(_geo(info)).encode(),
        _KEY: json.dumps(info.header()).encode(),
    }
    parts = iter(parts)
    first = next(parts)
    schema = _table(first).schema.with_metadata(metadata)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in chain([first], parts):
            writer.write_table(_table(part).cast(schema))


def _table(catalogue: Catalogue) -> pa.Table:
    table = pa.Table.from_pandas(catalogue.table, preserve_index=False)
    points = shapely.to_wkb(outlines.crater_centres(catalogue))
    return table.append_column("geometry", pa.array(points, pa.binary()))


@dataclass(frozen=True)
class StoredCatalogue:
    """A catalogue in a file that `write` made, read part by part.

    Attributes:
        path: File.
        info: Description of the catalogue.
    """

    path: Path
    info: CatalogueInfo

    def __len__(self) -> int:
        """Number of craters."""
        return int(pq.read_metadata(self.path).num_rows)

    def count(self, min_score: float) -> int:
        """Count the craters with a score of at least `min_score`, or without one."""
        batches = pq.ParquetFile(self.path).iter_batches(columns=["score"])
        return sum(int((~(batch["score"].to_numpy() < min_score)).sum()) for batch in batches)

    def parts(self, min_score: float = 0.0) -> Iterator[Catalogue]:
        """Go through the craters with a score of at least `min_score`, in their order."""
        names = list(self.info.columns.names)
        for batch in pq.ParquetFile(self.path).iter_batches(PART_ROWS, columns=names):
            yield Catalogue.from_table(batch.to_pandas(), self.info).above_score(min_score)
        if not len(self):
            yield self.read()

    def read(self) -> Catalogue:
        """Read the whole catalogue."""
        table = pq.read_table(self.path, columns=list(self.info.columns.names)).to_pandas()
        return Catalogue.from_table(table, self.info)


def open_stored(path: Path) -> StoredCatalogue:
    """Open a file that `write` made.

    Raises:
        CatalogueError: The file is damaged, or was written by another program.
    """
    try:
        schema = pq.read_schema(path)
        header = json.loads((schema.metadata or {})[_KEY])
    except (pa.ArrowException, OSError, KeyError, json.JSONDecodeError) as error:
        raise CatalogueError(f"{path} is not a catalogue of this program: {error}") from error
    names = [name for name in schema.names if name != "geometry"]
    empty = schema.empty_table().select(names).to_pandas()
    return StoredCatalogue(path, Catalogue.from_header(empty, header).info)


def _geo(info: CatalogueInfo) -> dict[str, Any]:
    """Make the `geo` metadata; without a `crs` (null) a reader would take the file for Earth."""
    crs = None if info.crs is None else info.crs.to_json_dict()
    column = {"encoding": "WKB", "geometry_types": ["Point"], "crs": crs, "edges": "planar"}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a GeoParquet of this program, or any Parquet table with the usual column names.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    try:
        schema = pq.read_schema(path)
        names = [name for name in schema.names if not pa.types.is_binary(schema.field(name).type)]
        table: pd.DataFrame = pq.read_table(path, columns=names).to_pandas()
        metadata = schema.metadata or {}
        header = json.loads(metadata.get(_KEY, b"null"))
        geo = json.loads(metadata.get(b"geo", b"null"))
        shapes = _geometries(geo, path)
    except (pa.ArrowException, json.JSONDecodeError) as error:
        raise CatalogueError(f"{path} is not a Parquet file of craters: {error}") from error
    if header is not None:
        info = CatalogueInfo.from_header(header)
        return vector.read_edits(table, info, shapes, info.crs, str(path))
    if geo:
        column = geo.get("columns", {}).get(geo.get("primary_column"), {})
        # A missing `crs` means the Earth (OGC:CRS84) by the specification, and is refused as such.
        return vector.from_frame(table, shapes, column.get("crs", "OGC:CRS84"), str(path))
    craters = recognise_columns(table, str(path))
    return Catalogue(craters, sphere.geographic_crs() if "lon" in craters else None)


def _geometries(geo: dict[str, Any] | None, path: Path) -> Geometries | None:
    """Read the geometries of a GeoParquet; None where there are none as WKB."""
    primary = (geo or {}).get("primary_column")
    if not geo or geo.get("columns", {}).get(primary, {}).get("encoding") != "WKB":
        return None
    column = pq.read_table(path, columns=[primary])[primary].to_pandas()
    return np.asarray(shapely.from_wkb(column), dtype=object)
