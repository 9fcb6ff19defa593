"""Names of catalogue formats, apart from the libraries that write the formats."""

from os import PathLike, fspath
from pathlib import Path
from typing import Literal, get_args

from lunarcraters.files import is_database

FormatName = Literal["gpkg", "geojson", "parquet", "csv", "scc", "diam"]
"""Format that `craters export --format` takes, whatever the name of the file.

A Shapefile is several files named alike, `.csv.gz` is a compressed CSV, and GDAL makes a directory
of a FlatGeobuf with another name: their names say them.
"""

FORMAT_NAMES: tuple[FormatName, ...] = get_args(FormatName)
"""All these names."""

WITH_GROUND = ".gpkg, .geojson, .fgb, .parquet, .scc or *_CRATER.shp"
"""Names of files that keep the ground that their craters were counted on."""

_WITH_HEADER = (".gpkg", ".geojson", ".json", ".fgb", ".parquet")


def keeps_limits(path: str | PathLike[str]) -> bool:
    """Tell whether a catalogue says which craters of a run were written to it.

    Args:
        path: Directory of a run, file of a catalogue, or address of a PostGIS table.
    """
    named = fspath(path).lower().endswith(_WITH_HEADER)
    return named or is_database(path) or Path(path).is_dir()
