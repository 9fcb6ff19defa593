"""Names of the catalogue formats, apart from the libraries that read and write them."""

from typing import Literal, get_args

FormatName = Literal["gpkg", "geojson", "parquet", "csv", "scc", "diam"]
"""Format of `catalogue.formats` that a file of any name can have."""

FORMAT_NAMES: tuple[FormatName, ...] = get_args(FormatName)
"""All names, in the order of `catalogue.formats`."""
