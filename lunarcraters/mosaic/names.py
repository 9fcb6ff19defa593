"""Names of rasters: paths, URLs, GDAL's virtual files and subdatasets, as users write them."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lunarcraters.files import require_name
from lunarcraters.redaction import redact

_FILE_SYSTEMS = {
    "http": "/vsicurl/http://",
    "https": "/vsicurl/https://",
    "ftp": "/vsicurl/ftp://",
    "s3": "/vsis3/",
    "gs": "/vsigs/",
    "az": "/vsiaz/",
    "adls": "/vsiadls/",
    "oss": "/vsioss/",
    "swift": "/vsiswift/",
    "hdfs": "/vsihdfs/hdfs://",
    "webhdfs": "/vsiwebhdfs/http://",
}
"""What GDAL writes for the scheme of a URL."""

_ARCHIVES = {"zip": "/vsizip/", "tar": "/vsitar/", "gzip": "/vsigzip/"}
_SCHEME = re.compile(r"([a-z][a-z0-9]*)(?:\+([a-z][a-z0-9]*))?:(/+)(.*)", re.IGNORECASE | re.S)
_DRIVER = re.compile(r"[A-Za-z][A-Za-z0-9_]+:")  # NETCDF:file.nc:variable
IN_ARCHIVE = re.compile(r"/vsi(zip|tar|gzip|7z|rar)/(.*)", re.S)  # /vsizip/a.zip/b.tif
_REMOTE = re.compile(
    r"/vsi(curl|s3|gs|az|adls|oss|swift|hdfs|webhdfs)|(?<![a-z])(https?|ftp)://", re.IGNORECASE
)
_WITH_QUERY = re.compile(r"/vsi\w+\?|\b(https?|ftp)://[^\s<>\"']*\?", re.IGNORECASE)


def as_names(names: object) -> list[str]:
    """Make a list from one name or several, which may be URLs: a path would lose a slash.

    Raises:
        OptionError: It is an object in memory.
    """
    if isinstance(names, str | os.PathLike) or not isinstance(names, Iterable):
        names = [names]
    return [require_name(name) for name in names]


@dataclass(frozen=True)
class RasterName:
    """Name of a raster that is no local file, as `str()` for messages and as `uri` for GDAL.

    Attributes:
        uri: Name that GDAL opens, with the secrets of its address.
    """

    uri: str

    def __str__(self) -> str:
        """Name without secrets, as a user writes it."""
        if self.uri.lstrip().startswith("<"):
            return "XML"
        name = redact(self.uri)
        for scheme, prefix in _FILE_SYSTEMS.items():
            if name.startswith(prefix):
                return f"{scheme}://{name.removeprefix(prefix)}"
        return name.removeprefix("/vsicurl/")

    @property
    def name(self) -> str:
        """Last part of the name."""
        return PurePosixPath(str(self)).name

    @property
    def suffix(self) -> str:
        """Suffix of the name, such as `.tif`."""
        return PurePosixPath(str(self)).suffix


Named = Path | RasterName
"""A local file, or any other name."""


def parse_name(name: str | os.PathLike[str]) -> Named:
    """Tell a path from another name, and write the latter as GDAL does.

    Args:
        name: Path; URL (`https://...`, `s3://...`); file in an archive (`zip://archive!file`);
            virtual file of GDAL (`/vsicurl/...`); subdataset (`PDS4:file.xml:1:1`); or XML.
    """
    text = os.fspath(name)
    if _exists(text):
        return Path(text)
    match = _SCHEME.fullmatch(text)
    if match and match[1].lower() == "file":
        path = Path(("" if match[3] == "//" else "/") + match[4])
        return path if _exists(str(path)) else Path(url2pathname(urlsplit(text).path))
    if match and match[1].lower() in _ARCHIVES:
        return RasterName(_in_archive(match))
    if match and match[2] is None and match[1].lower() in _FILE_SYSTEMS:
        # A path would have lost a slash: http:/host.
        return RasterName(_FILE_SYSTEMS[match[1].lower()] + match[4])
    match = IN_ARCHIVE.fullmatch(text)
    if match and _exists(match[2].split("/")[0].strip("{}") or "/"):
        return RasterName(f"/vsi{match[1]}/{_absolute(match[2])}")
    if text.startswith("/vsi") or text.lstrip().startswith("<") or _DRIVER.match(text):
        return RasterName(text)
    return Path(text)


def is_remote(uri: str) -> bool:
    """Tell whether GDAL reads a name from the network.

    Args:
        uri: Name that GDAL opens, or the XML of a VRT.
    """
    return _REMOTE.search(uri) is not None


def has_query(uri: str) -> bool:
    """Tell whether a name has an address with a query.

    Args:
        uri: Name that GDAL opens, or the XML of a VRT.
    """
    return _WITH_QUERY.search(uri) is not None


def name_several(first: Named, count: int) -> str:
    """Name several rasters by the first, as `a.tif and 2 more`.

    Args:
        first: Name of the first.
        count: Number of rasters, at least one.
    """
    return str(first) if count == 1 else f"{first} and {count - 1} more"


def first_of_several(name: str) -> Named:
    """Return the first of the rasters that `name_several` has named.

    Args:
        name: Name of one or several rasters.
    """
    return parse_name(re.sub(r" and \d+ more$", "", name))


def _exists(path: str) -> bool:
    return os.path.exists(path)  # noqa: PTH110 (Path raises an error for XML, a long name)


def _in_archive(match: re.Match[str]) -> str:
    """`zip+https://host/a.zip!b.tif` as `/vsizip/{/vsicurl/https://host/a.zip}/b.tif`."""
    archive, _, inner = match[4].partition("!")
    scheme = (match[2] or "file").lower()
    if scheme != "file":
        archive = _FILE_SYSTEMS.get(scheme, f"/vsi{scheme}/") + archive
    elif match[3] == "//":
        archive = _absolute(archive)
    else:
        archive = "/" + archive
    inner = inner.strip("/")
    prefix = _ARCHIVES[match[1].lower()]
    if match[1].lower() == "gzip" or not inner:
        return prefix + archive
    return f"{prefix}{{{archive}}}/{inner}"


def _absolute(path: str) -> str:
    if path.startswith(("/", "{/")):
        return path
    brace = "{" if path.startswith("{") else ""
    return brace + str(Path.cwd() / path.removeprefix("{"))
