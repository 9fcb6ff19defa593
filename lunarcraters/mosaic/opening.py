"""Opening: rasters, for reading."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import rasterio
from rasterio.errors import NotGeoreferencedWarning

from lunarcraters.mosaic.network.access import remote_environment

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


@contextmanager
def suppress_georeferencing_warning() -> Iterator[None]:
    """Suppress rasterio's warning about rasters without georeferencing: `inspect_source` checks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield
