"""Opening: rasters, for reading."""

import os
from contextlib import AbstractContextManager

import rasterio
from rasterio.errors import NotGeoreferencedWarning

from lunarcraters.mosaic.remote.access import remote_environment
from lunarcraters.process import suppress_warnings

# GDAL caches blocks in a twentieth of the machine's memory by default. A fixed size, in MB, keeps
# memory from growing with the mosaic. GDAL reads the variable when it first needs the cache.
os.environ.setdefault("GDAL_CACHEMAX", "128")


def open_dataset(uri: str, overview: int | None = None) -> rasterio.DatasetReader:
    """Open a raster for reading, without the warning about images without coordinates.

    Args:
        uri: Path, another name that GDAL opens, or VRT XML.
        overview: Index of the overview to open; None for full resolution.

    Raises:
        RasterioIOError: The raster cannot be opened.
    """
    options = {} if overview is None else {"OVERVIEW_LEVEL": overview}
    with suppress_georeferencing_warning(), remote_environment(uri):
        return rasterio.open(uri, **options)


def suppress_georeferencing_warning() -> AbstractContextManager[None]:
    """Suppress rasterio's warning about rasters without georeferencing: `inspect_source` checks."""
    return suppress_warnings(NotGeoreferencedWarning)
