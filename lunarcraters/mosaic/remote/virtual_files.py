"""GDAL's virtual files: sizes, HTTP headers and bytes of what GDAL reads from the network.

rasterio opens rasters, but does not give access to files. The functions of the GDAL that it brings
are called here, so that credentials, proxies and retries are those with which GDAL reads.
"""

import ctypes
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import rasterio._base

_SEEK_END = 2
_CE_FAILURE = 3
_PIECE = 1 << 20

_forgotten = [0]


@cache
def _gdal() -> ctypes.CDLL:
    """Return the GDAL that rasterio has loaded."""
    library = ctypes.CDLL(_find_library())
    text, pointer, size = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t
    signatures = {
        "VSIGetFileMetadata": (ctypes.POINTER(text), [text, text, pointer]),
        "VSIReadDirRecursive": (ctypes.POINTER(text), [text]),
        "CSLDestroy": (None, [ctypes.POINTER(text)]),
        "VSIFOpenL": (pointer, [text, text]),
        "VSIFSeekL": (ctypes.c_int, [pointer, ctypes.c_uint64, ctypes.c_int]),
        "VSIFTellL": (ctypes.c_uint64, [pointer]),
        "VSIFReadL": (size, [pointer, size, size, pointer]),
        "VSIFEofL": (ctypes.c_int, [pointer]),
        "VSIFCloseL": (ctypes.c_int, [pointer]),
        "VSICurlClearCache": (None, []),
        "CPLErrorReset": (None, []),
        "CPLGetLastErrorType": (ctypes.c_int, []),
        "CPLGetLastErrorMsg": (text, []),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _find_library() -> str:
    """Find a library by whose name the functions of the GDAL that rasterio has loaded are found.

    A module of rasterio gives those of the libraries that it needs, but not on Windows: there it is
    GDAL's own file, beside rasterio in a wheel, else any that is loaded.
    """
    module = Path(rasterio._base.__file__)
    if module.suffix != ".pyd":
        return str(module)
    wheel = module.parent.with_name("rasterio.libs")
    return str(next(wheel.glob("gdal*.dll"), "gdal.dll"))


def read_headers(uri: str) -> dict[str, str]:
    """Ask a server for the headers of a file.

    Args:
        uri: Name that GDAL opens.

    Returns:
        Values by the name of the header in lower case; none where the server does not answer.
    """
    texts = _take_texts(_gdal().VSIGetFileMetadata(uri.encode(), b"HEADERS", None))
    return {name.lower(): value for name, _, value in (text.partition("=") for text in texts)}


def file_size(uri: str) -> int | None:
    """Return the number of bytes of a file; None where it cannot be opened.

    Args:
        uri: Name that GDAL opens.
    """
    gdal = _gdal()
    file = gdal.VSIFOpenL(uri.encode(), b"rb")
    if not file:
        return None
    try:
        failed = gdal.VSIFSeekL(file, 0, _SEEK_END)
        return None if failed else int(gdal.VSIFTellL(file))
    finally:
        gdal.VSIFCloseL(file)


def download(uri: str, path: Path) -> int:
    """Copy a file from the network, from its first byte to its last.

    Args:
        uri: Name that GDAL opens.
        path: File to write.

    Returns:
        Number of bytes written; 0 where the file cannot be opened.

    Raises:
        OSError: The file cannot be written.
    """
    written = 0
    with path.open("wb") as file:
        for piece in _read_pieces(uri):
            written += file.write(piece)
    return written


def read_file(uri: str) -> bytes:
    """Read a small file whole; it is empty where it cannot be opened.

    Args:
        uri: Name that GDAL opens.
    """
    return b"".join(_read_pieces(uri))


def read_beginning(uri: str, size: int) -> bytes:
    """Read the first bytes of a file; there are none where it cannot be opened.

    Args:
        uri: Name that GDAL opens.
        size: Number of bytes to read at most.
    """
    return next(_read_pieces(uri, size), b"")


def as_stream(uri: str) -> str:
    """Return the name by which GDAL reads a file from its beginning, without byte ranges.

    Args:
        uri: Name that GDAL opens.
    """
    return uri.replace("/vsicurl/", "/vsicurl_streaming/", 1)


def list_archive(uri: str) -> list[str]:
    """List the files in an archive; there are none where it cannot be read.

    Args:
        uri: Name of the archive as GDAL's directory (`/vsizip/...`).
    """
    return _take_texts(_gdal().VSIReadDirRecursive(uri.encode()))


def _take_texts(listed: "ctypes._Pointer[ctypes.c_char_p]") -> list[str]:
    """Take the texts of a list of GDAL's, whose last pointer is null, and free the list."""
    texts: list[str] = []
    while listed and (text := listed[len(texts)]):
        texts.append(text.decode("utf-8", "replace"))
    _gdal().CSLDestroy(listed)
    return texts


def _read_pieces(uri: str, size: int = _PIECE) -> Iterator[bytes]:
    gdal = _gdal()
    file = gdal.VSIFOpenL(uri.encode(), b"rb")
    if not file:
        return
    try:
        buffer = ctypes.create_string_buffer(size)
        while count := gdal.VSIFReadL(buffer, 1, size, file):
            yield buffer.raw[:count]
    finally:
        gdal.VSIFCloseL(file)


def forget_remote_files() -> None:
    """Forget what GDAL knows of files on the network, which may have changed or come back."""
    _forgotten[0] += 1
    _gdal().VSICurlClearCache()


def times_forgotten() -> int:
    """Return how many times remote files were forgotten in this process."""
    return _forgotten[0]


def forget_error() -> None:
    """Forget the last error of GDAL in this thread."""
    _gdal().CPLErrorReset()


def last_error() -> str | None:
    """Return GDAL's message about what failed last in this thread, since errors were forgotten.

    rasterio raises no error where a function of GDAL's has a result in spite of one.
    """
    gdal = _gdal()
    if gdal.CPLGetLastErrorType() < _CE_FAILURE:
        return None
    message: bytes = gdal.CPLGetLastErrorMsg()
    return message.decode("utf-8", "replace")
