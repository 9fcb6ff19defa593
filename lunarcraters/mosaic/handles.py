"""Handles: rasters that a thread has open."""

import atexit
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass

import rasterio
from rasterio.errors import RasterioError, RasterioIOError

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.access import RemoteReading, describe, remote_environment
from lunarcraters.mosaic.remote.virtual_files import forget_remote_files

_OPEN_DATASETS = 8


@dataclass(frozen=True)
class Raster:
    """What is read.

    Attributes:
        uri: Name that GDAL opens.
        bands: Number of the band, or of red, green and blue, which are read as luminance.
        nodata: Value that means "no data" whatever the raster says; None for the raster's own.
        remote: Everything that concerns a raster on the network; None for a local one.
        leaves_out_damage: True where pixels that cannot be read hold no data, rather than raise an
            error.
    """

    uri: str
    bands: tuple[int, ...]
    nodata: float | None
    remote: RemoteReading | None = None
    leaves_out_damage: bool = False


_opened = threading.local()
_generation = [0]


def forget_datasets() -> None:
    """Make all threads open datasets anew from now on, because files may have been replaced."""
    _generation[0] += 1
    forget_remote_files()


def get_generation() -> int:
    """Return a number that changes when datasets are forgotten."""
    return _generation[0]


def get_dataset(raster: Raster, overview: int | None) -> rasterio.DatasetReader:
    """Return the open dataset of this thread of this process: GDAL's handles may not be shared.

    Args:
        raster: Raster to open.
        overview: Index of the overview; None for full resolution.

    Raises:
        RasterioIOError: It cannot be opened, or lacks what it had.
    """
    cache: OrderedDict[tuple[int, int, str, str, int | None], rasterio.DatasetReader]
    cache = _opened.__dict__.setdefault("datasets", OrderedDict())
    signature = raster.remote.signature if raster.remote else ""
    key = (os.getpid(), _generation[0], raster.uri, signature, overview)
    if key not in cache:
        while len(cache) >= _OPEN_DATASETS:
            cache.popitem(last=False)[1].close()
        dataset = open_dataset(raster.uri, overview)
        if overview is None and signature and describe(dataset) != signature:
            dataset.close()
            raise RasterioIOError("it was opened with other masks or overviews than before")
        cache[key] = dataset
    cache.move_to_end(key)
    return cache[key]


def read_signature(name: str, uri: str) -> str:
    """Read what must be the same whenever a raster on the network is opened.

    Args:
        name: Name of the mosaic, for messages.
        uri: Name that GDAL opens.

    Raises:
        MosaicError: The server failed.
    """
    try:
        with remote_environment(uri), open_dataset(uri) as dataset:
            return describe(dataset)
    except RasterioError as error:
        raise MosaicError(
            f"{name} cannot be opened again: its server failed, run the same command again when "
            f"it answers ({error})"
        ) from error


def close_datasets() -> None:
    """Close the datasets of this thread, so that a file that could not be read is opened anew."""
    for dataset in _opened.__dict__.pop("datasets", {}).values():
        dataset.close()


atexit.register(close_datasets)  # later, rasterio 1.5 would print "Error in sys.excepthook"
