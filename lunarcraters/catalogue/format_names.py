"""Names of catalogue formats, apart from the libraries that write the formats."""

from typing import Literal, get_args

FormatName = Literal["gpkg", "geojson", "parquet", "csv", "scc", "diam"]
"""Format that `craters export --format` takes, whatever the name of the file.

A Shapefile is several files named alike, `.csv.gz` is a compressed CSV, and GDAL makes a directory
of a FlatGeobuf with another name: their names say them.
"""

FORMAT_NAMES: tuple[FormatName, ...] = get_args(FormatName)
"""All these names."""

WITH_GROUND = ".gpkg, .geojson, .fgb, .parquet, .scc or *_CRATER.shp"
"""Names of files that keep the ground that their craters were counted on."""
