"""Reading from the network: GDAL's options, and patience with servers that fail for a while."""

import os
import re
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import rasterio
from rasterio.errors import RasterioError

from lunarcraters.mosaic.names import has_query, is_remote
from lunarcraters.mosaic.remote.virtual_files import forget_remote_files

T = TypeVar("T")

_OPTIONS = {
    # Files beside a raster are asked for by name: a listing may be long, or forbidden.
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_HTTP_RETRY_DELAY": "0.5",  # seconds, doubled at every retry
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_LOW_SPEED_TIME": "30",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
    "GDAL_HTTP_TCP_KEEPALIVE": "YES",
    "GDAL_HTTP_MULTIPLEX": "YES",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_INGESTED_BYTES_AT_OPEN": "16384",
}
# GDAL reads these once in a process, whatever environment is entered later. It doubles the size of
# consecutive reads up to 128 pieces: with its default of 16 kB it would fetch twice what is needed.
os.environ.setdefault("CPL_VSIL_CURL_CHUNK_SIZE", "1024")
os.environ.setdefault("CPL_VSIL_CURL_CACHE_SIZE", str(64 << 20))

_ADDRESS = re.compile(r"(?:/vsi\w+/|://)[^<>\"'{}]+")
_WITH_OPTIONS = re.compile(r"/vsi\w+\?")
BESIDE = (".aux.xml", ".ovr", ".msk")
"""Ends of the names of files beside a raster, which follow its whole name."""

WORLD_FILES = (".tfw", ".tifw", ".wld")
"""Suffixes of the world files of a TIFF, in place of its own."""

PRJ = ".prj"
"""Suffix of the file with the coordinate system of a raster, in place of its own."""

_BESIDE_TIFF = ",".join((".tif", ".tiff", *BESIDE, *WORLD_FILES, PRJ))
"""Names that a server is asked for where rasters are TIFFs.

GDAL would ask for some 30 more: metadata of cameras on satellites of the Earth.
"""

_DRIVERS = {"WMS", "WMTS", "WCS", "HTTP", "OGCAPI", "DAAS", "EEDAI", "PLMOSAIC", "NGW"}
"""Drivers of GDAL whose files are descriptions of a server."""

_DESCRIPTIONS = (".vrt", ".xml", ".wms", ".wmts")
_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)

_given_up = [False]


@dataclass(frozen=True)
class RemoteReading:
    """Everything that concerns a mosaic which is read from the network.

    Attributes:
        signature: Size, type, overviews and masks of the raster when it was first opened.
        pages: Directory in which pixels are kept, so that they are read once; None for none.
    """

    signature: str
    pages: str | None = None


def remote_environment(uri: str) -> AbstractContextManager[object]:
    """Return an environment with GDAL's options for the network; the user's own have precedence.

    Args:
        uri: Name that GDAL opens, or the XML of a VRT; nothing is set for local ones, unless they
            are descriptions of others.
    """
    uri = _with_content(uri)
    if not is_remote(uri):
        return nullcontext()
    options = dict(_OPTIONS)
    addresses = [address.strip().lower() for address in _ADDRESS.findall(uri)]
    are_tiffs = all(address.endswith((".tif", ".tiff")) for address in addresses)
    if are_tiffs and not _WITH_OPTIONS.search(uri):  # GDAL takes options for a query, cut off first
        options["CPL_VSIL_CURL_ALLOWED_EXTENSIONS"] = _BESIDE_TIFF
    options = {k: v for k, v in options.items() if k not in os.environ}
    if has_query(uri):
        # GDAL asks for ADDRESS?QUERY.ovr, and most servers then give the raster itself.
        options["GDAL_DISABLE_READDIR_ON_OPEN"] = "EMPTY_DIR"
    return rasterio.Env(**options)


def leads_to_server(uri: str) -> bool:
    """Tell whether a name is on the network, or is that of a local description of what is.

    Args:
        uri: Name that GDAL opens, or the XML of a VRT.
    """
    return is_remote(_with_content(uri))


def _with_content(uri: str) -> str:
    """A name, with the content of the local file that it names, if that is a description."""
    if is_remote(uri) or not uri.lower().endswith(_DESCRIPTIONS):
        return uri
    with suppress(OSError), Path(uri).open("rb") as file:
        return uri + file.read(1 << 20).decode("utf-8", "replace")
    return uri


def is_served(dataset: rasterio.DatasetReader, files: Iterable[str]) -> bool:
    """Tell whether pixels of a dataset come from the network.

    Args:
        dataset: Open dataset.
        files: Names of all files behind it.
    """
    return dataset.driver in _DRIVERS or any(map(is_remote, (dataset.name, *files)))


def describe(dataset: rasterio.DatasetReader) -> str:
    """Describe what must be the same whenever a dataset is opened.

    An overview or a mask beside a raster is taken for missing when its server fails.
    """
    overviews = [dataset.overviews(band) for band in dataset.indexes]
    masks = [[flag.name for flag in flags] for flags in dataset.mask_flag_enums]
    return repr((dataset.shape, dataset.dtypes, dataset.nodatavals, overviews, masks))


def gives_only_whole_files(error: BaseException | None) -> bool:
    """Tell whether GDAL failed because a server does not know byte ranges.

    Args:
        error: GDAL's error, with those that caused it; None for none.
    """
    if error is None:
        return False
    without_ranges = "range downloading not supported" in str(error).lower()
    return without_ranges or gives_only_whole_files(error.__cause__)


def read_patiently(read: Callable[[], T], forget: Callable[[], None]) -> T:
    """Read, and try again for some 15 seconds where a server fails.

    One that does not know byte ranges will not know them later, and is asked once.

    When that was in vain, reads are tried once only, until one succeeds: a server that is gone for
    good must not cost 15 seconds for every tile.

    Args:
        read: Function that reads.
        forget: Function that closes datasets, so that they are opened anew.

    Raises:
        RasterioError: The read failed, the last time too.
    """
    for pause in () if _given_up[0] else _PAUSES_S:
        try:
            return read()
        except RasterioError as error:
            forget()
            forget_remote_files()
            if gives_only_whole_files(error):
                raise
            time.sleep(pause)
    try:
        result = read()
    except RasterioError:
        _given_up[0] = True
        forget()
        forget_remote_files()
        raise
    _given_up[0] = False
    return result
