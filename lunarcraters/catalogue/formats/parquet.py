"""GeoParquet: one point a crater, with every column; the rest of the catalogue in the metadata.

The file follows GeoParquet 1.1, so that GeoPandas, DuckDB and QGIS read it, with the lunar CRS as
PROJJSON. The same catalogue gives the same bytes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import vector
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.measures import Measures
from lunarcraters.catalogue.table import PART_ROWS, Catalogue
from lunarcraters.errors import CatalogueError, warn
from lunarcraters.files import hash_file
from lunarcraters.geometry.polygons import Geometries

_KEY = b"lunarcraters"
_MEASURED = b"sha256 of the catalogue"
_DAMAGED = (AttributeError, KeyError, TypeError, shapely.GEOSException)
"""Errors of geometries, or of their description, that are not what the file says."""


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as GeoParquet."""
    metadata = {
        b"geo": json.dumps(_geo(info)).encode(),
        _KEY: json.dumps(info.header()).encode(),
    }
    parts = iter(parts)
    first = next(parts)
    schema = vector.fix_schema(_table(first).schema).with_metadata(metadata)
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
        measures: File of the measures of its craters, row by row; None for none.
    """

    path: Path
    info: CatalogueInfo
    measures: Path | None = None

    def __len__(self) -> int:
        """Number of craters."""
        return int(pq.read_metadata(self.path).num_rows)

    def with_properties(self, properties: Mapping[str, str]) -> "StoredCatalogue":
        """Give properties that the catalogue has other values, but not in its file.

        Args:
            properties: Values by name; others of the catalogue stay, and none is added.
        """
        own = self.info.properties
        changed = own | {name: properties[name] for name in own.keys() & properties.keys()}
        return replace(self, info=replace(self.info, properties=changed))

    def count(self, min_score: float) -> int:
        """Count the craters with a score of at least `min_score`, or without one."""
        batches = pq.ParquetFile(self.path).iter_batches(columns=["score"])
        return sum(int((~(batch["score"].to_numpy() < min_score)).sum()) for batch in batches)

    def parts(self, min_score: float = 0.0) -> Iterator[Catalogue]:
        """Go through the craters with a score of at least `min_score`, in their order."""
        names = list(self.info.columns.names)
        batches = pq.ParquetFile(self.path).iter_batches(PART_ROWS, columns=names)
        for batch, measures in zip(batches, self._iterate_measures(), strict=False):
            table = batch.to_pandas()
            table = table if measures is None else table.join(measures)
            yield Catalogue.from_table(table, self.info).above_score(min_score)
        if not len(self):
            yield self.read()

    def _iterate_measures(self) -> Iterator[pd.DataFrame | None]:
        """Go through the measures in parts of the same rows; None without end where none are."""
        if self.measures is None:
            return repeat(None)
        batches = pq.ParquetFile(self.measures).iter_batches(PART_ROWS)
        return (batch.to_pandas() for batch in batches)

    def read(self) -> Catalogue:
        """Read the whole catalogue."""
        table = pq.read_table(self.path, columns=list(self.info.columns.names)).to_pandas()
        if self.measures is not None:
            table = table.join(pq.read_table(self.measures).to_pandas())
        return Catalogue.from_table(table, self.info)


def write_measures(measures: Measures, catalogue_hash: str, path: Path) -> None:
    """Write the measures of all craters of a file that `write` made, in their order.

    Args:
        measures: Measures.
        catalogue_hash: SHA-256 of the file of the catalogue as it was read, which is noted.
        path: File to write.
    """
    table = pa.Table.from_pandas(measures.to_table(), preserve_index=False)
    metadata = {_MEASURED: catalogue_hash.encode()}
    schema = vector.fix_schema(table.schema).with_metadata(metadata)
    pq.write_table(table.cast(schema), path, compression="zstd", row_group_size=PART_ROWS)


def open_stored(path: Path, measures: Path | None = None) -> StoredCatalogue:
    """Open a file that `write` made.

    Args:
        path: File.
        measures: File that `write_measures` made, or is not there; measures of another catalogue
            are left out, of which a `CratersWarning` tells.

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
    info = Catalogue.from_header(empty, header).info
    if measures is None or not measures.is_file():
        return StoredCatalogue(path, info)
    try:
        measured = (pq.read_schema(measures).metadata or {}).get(_MEASURED, b"").decode()
    except (pa.ArrowException, OSError) as error:
        raise CatalogueError(f"{measures} is damaged: measure the craters again") from error
    if measured != hash_file(path):
        warn(
            f"{measures} has the measures of other craters than {path.name} and is left out: "
            "measure them again"
        )
        return StoredCatalogue(path, info)
    return StoredCatalogue(path, info, measures)


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
        names = [name for name in schema.names if not _is_geometry(schema.field(name).type)]
        table: pd.DataFrame = pq.read_table(path, columns=names).to_pandas()
        lost = [name for name in table.index.names if name and name not in table]
        if lost:  # pandas' set_index("crater_id") took the column out
            table = table.reset_index(lost)
        metadata = schema.metadata or {}
        header = json.loads(metadata.get(_KEY, b"null"))
        geo = json.loads(metadata.get(b"geo", b"null"))
        shapes = _geometries(geo, path)
    except (pa.ArrowException, ValueError, *_DAMAGED) as error:
        raise CatalogueError(f"{path} is not a Parquet file of craters: {error}") from error
    if header is not None:
        info = CatalogueInfo.from_header(header)
        return vector.from_own_table(table, info, shapes, info.crs, str(path))
    if geo:
        column = geo.get("columns", {}).get(geo.get("primary_column"), {})
        # A missing `crs` means the Earth (OGC:CRS84) by the specification, and is refused as such.
        return vector.from_layer(table, shapes, column.get("crs", "OGC:CRS84"), str(path))
    return vector.from_table(table, str(path))


def _is_geometry(kind: pa.DataType) -> bool:
    """Tell whether cells of a type may be geometries or boxes of them, which are no numbers."""
    return bool(pa.types.is_binary(kind) or pa.types.is_nested(kind))


def _geometries(geo: dict[str, Any] | None, path: Path) -> Geometries | None:
    """Read the geometries of a GeoParquet; None where there are none."""
    primary = (geo or {}).get("primary_column")
    encoding = (geo or {}).get("columns", {}).get(primary, {}).get("encoding")
    if encoding is None:
        return None
    if encoding != "WKB":
        return np.asarray(gpd.read_parquet(path, columns=[primary]).geometry, dtype=object)
    column = pq.read_table(path, columns=[primary])[primary].to_pandas()
    return np.asarray(shapely.from_wkb(column), dtype=object)
