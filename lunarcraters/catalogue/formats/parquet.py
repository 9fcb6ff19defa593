"""GeoParquet: one point a crater, with every column; the rest of the catalogue in the metadata.

The file follows GeoParquet 1.1, so that GeoPandas, DuckDB and QGIS read it, with the lunar CRS as
PROJJSON. The same catalogue gives the same bytes.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.columns import recognise
from lunarcraters.catalogue.table import PART_ROWS, Catalogue, from_header
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere

_KEY = b"lunarcraters"


def write(about: Catalogue, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as GeoParquet."""
    metadata = {
        b"geo": json.dumps(_geo(about)).encode(),
        _KEY: json.dumps(about.header()).encode(),
    }
    schema = _table(about).schema.with_metadata(metadata)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(_table(part).cast(schema))


def _table(catalogue: Catalogue) -> pa.Table:
    table = pa.Table.from_pandas(catalogue.table, preserve_index=False)
    points = shapely.to_wkb(outlines.crater_centres(catalogue))
    return table.append_column("geometry", pa.array(points, pa.binary()))


@dataclass(frozen=True)
class Stored:
    """A catalogue in a file that `write` made, of which only a part is held at a time.

    Attributes:
        path: Of the file.
        about: Everything but the craters.
    """

    path: Path
    about: Catalogue

    def __len__(self) -> int:
        return int(pq.read_metadata(self.path).num_rows)

    def count(self, min_score: float) -> int:
        """How many craters score at least `min_score`."""
        batches = pq.ParquetFile(self.path).iter_batches(columns=["score"])
        return sum(int((~(batch["score"].to_numpy() < min_score)).sum()) for batch in batches)

    def parts(self, min_score: float = 0.0) -> Iterator[Catalogue]:
        """The craters that score at least `min_score`, in their order, a part at a time."""
        names = list(self.about.columns)
        for batch in pq.ParquetFile(self.path).iter_batches(PART_ROWS, columns=names):
            yield replace(self.about, craters=batch.to_pandas()).select(min_score)
        if not len(self):
            yield self.about

    def read(self) -> Catalogue:
        """The whole catalogue."""
        return read(self.path)


def stored(path: Path) -> Stored:
    """Open a file that `write` made.

    Raises:
        CatalogueError: It is damaged, or another program's.
    """
    try:
        schema = pq.read_schema(path)
        header = json.loads((schema.metadata or {})[_KEY])
    except (pa.ArrowException, OSError, KeyError, json.JSONDecodeError) as error:
        raise CatalogueError(f"{path} is not a catalogue of this program: {error}") from error
    names = [name for name in schema.names if name != "geometry"]
    empty = schema.empty_table().select(names).to_pandas()
    return Stored(path, from_header(empty, header))


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
        return sphere.geographic_crs()
    column = geo.get("columns", {}).get(geo.get("primary_column"), {})
    # A missing `crs` means the Earth (OGC:CRS84) by the specification, and is refused as such.
    crs = sphere.lunar_crs(column.get("crs", "OGC:CRS84"), str(path))
    return sphere.geographic_crs(sphere.radius_m(crs))
