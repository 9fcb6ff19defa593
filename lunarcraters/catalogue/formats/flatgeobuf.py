"""FlatGeobuf: one circle a crater, with every column and a spatial index, for maps on the web.

The rest of the catalogue is in the description of the layer, as JSON.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyogrio
import shapely

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import vector
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import OutputError
from lunarcraters.process import suppress_warnings


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as FlatGeobuf.

    Raises:
        OutputError: The file cannot be written.
    """
    parts = iter(parts)
    first = next(parts)
    schema = vector.fix_schema(_batch(first).schema)
    failures: list[Exception] = []

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for part in chain([first], parts):
                yield _batch(part).cast(schema)
        except Exception as error:
            failures.append(error)  # the library says no more than that a batch failed
            raise

    try:
        # Pixels have no CRS, on purpose.
        with suppress_warnings(UserWarning, "'crs' was not provided"):
            pyogrio.write_arrow(
                pa.RecordBatchReader.from_batches(schema, batches()),
                path,
                layer="craters",
                driver="FlatGeobuf",
                geometry_name="geometry",
                geometry_type="MultiPolygon",
                crs=None if info.crs is None else info.crs.to_wkt(),
                layer_options={"TITLE": "craters", "DESCRIPTION": json.dumps(info.header())},
            )
    except (*vector.ERRORS, RuntimeError) as error:
        if failures:
            raise failures[0] from error
        raise OutputError(
            f"the FlatGeobuf cannot be written, is the disk full? ({error})"
        ) from error


def _batch(part: Catalogue) -> pa.RecordBatch:
    batch = pa.RecordBatch.from_pandas(part.table, preserve_index=False)
    circles = shapely.to_wkb(outlines.crater_multipolygons(part))
    return batch.append_column("geometry", pa.array(circles, pa.binary()))


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a FlatGeobuf of this program, or another with the usual columns or outlines.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    try:
        metadata = pyogrio.read_info(path)["layer_metadata"] or {}
        header = json.loads(metadata.get("DESCRIPTION", "null"))
    except (*vector.ERRORS, json.JSONDecodeError):
        header = None
    if not isinstance(header, dict) or "thresholds" not in header:
        return vector.read_layer(path, "FlatGeobuf")
    try:
        frame = pyogrio.read_dataframe(path)
    except vector.ERRORS as error:
        raise vector.refuse_file(path, "FlatGeobuf", error) from error
    return vector.from_own_parts([frame], CatalogueInfo.from_header(header), str(path))
