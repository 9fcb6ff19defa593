"""Whole files: copies of files whose servers do not give parts of them (no byte ranges)."""

import atexit
import hashlib
import shutil
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.identity import containing_file, file_name
from lunarcraters.mosaic.names import has_query
from lunarcraters.mosaic.remote.access import BESIDE, PRJ, WORLD_FILES, remote_environment
from lunarcraters.mosaic.remote.virtual_files import as_stream, download, read_headers
from lunarcraters.redaction import redact


def fetch_whole(uri: str, folder: Path | None) -> str:
    """Copy a file, and what lies beside it, from a server that does not know byte ranges.

    Args:
        uri: Name that GDAL opens.
        folder: Directory of the copies; None for a temporary one.

    Returns:
        Name of the same raster in the copy.

    Raises:
        MosaicError: The file cannot be copied.
    """
    file = containing_file(uri)
    with remote_environment(file):
        headers = read_headers(file)
    version = headers.get("etag") or headers.get("last-modified", "")
    key = hashlib.sha256(f"{file}\0{version}".encode()).hexdigest()[:16]
    folder = (_temporary_folder() if folder is None else folder) / f"whole-{key}"
    copy = folder / file_name(file)
    if not copy.exists():
        _copy(file, copy, int(headers.get("content-length", 0)))
    if file == uri:
        return str(copy)
    return uri.replace(file.lstrip("/") if file not in uri else file, str(copy))


def _copy(file: str, copy: Path, size: int) -> None:
    """Copy a file by way of a directory that is renamed when all is there."""
    new = copy.parent.with_suffix(".part")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        with remote_environment(file):
            written = download(as_stream(file), new / copy.name)
            for name in _list_beside(file):
                beside = new / file_name(name)
                if beside.exists():  # on a disk for which capitals make no difference
                    continue
                if not download(as_stream(name), beside):
                    beside.unlink()
        if not written or written < size:
            raise MosaicError(
                f"{redact(file)} could not be copied whole ({written:,} of {size:,} bytes), and "
                "its server does not give parts of files: run the same command again, or "
                "download it first"
            )
        new.rename(copy.parent)
    except OSError as error:
        raise MosaicError(
            f"{copy} cannot be written ({error.strerror}), and the server of {redact(file)} does "
            "not give parts of files: make room, or download it first"
        ) from error


def _list_beside(file: str) -> list[str]:
    """Names of what may lie beside a file, also in capitals, as GDAL asks for them."""
    if has_query(file):
        return []
    stem = file.removesuffix(PurePosixPath(file).suffix)
    names = [(file, end) for end in BESIDE] + [(stem, end) for end in (*WORLD_FILES, PRJ)]
    return [name + word for name, end in names for word in (end, end.upper())]


@cache
def _temporary_folder() -> Path:
    folder = TemporaryDirectory(prefix="craters-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
