"""Identity of files: a part of their content, or what a server says of a version of a file."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import rasterio
from rasterio.errors import RasterioError

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.names import IN_ARCHIVE, RasterName, is_remote
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.access import remote_environment
from lunarcraters.mosaic.remote.faults import why_not_served
from lunarcraters.mosaic.remote.virtual_files import file_size, read_headers
from lunarcraters.redaction import redact

_SAMPLE_BYTES = 1 << 16
_SAMPLES = 64
_ARCHIVE_END = re.compile(r"\.(?:zip|kmz|tar|tgz|tar\.gz|gz|7z|rar)(?=/|$)", re.IGNORECASE)


def hash_files(files: Sequence[str], description: str, name: str) -> str:
    """Compute the SHA-256 of files, which does not depend on where they lie.

    Args:
        files: Names that GDAL opens, in an order that tells which lies on top.
        description: Further text to hash, which comes first.
        name: Name of the mosaic, for messages.

    Raises:
        MosaicError: A file cannot be read.
    """
    digest = hashlib.sha256(description.encode())
    for file in files:
        try:
            for piece in identify_file(file):
                digest.update(piece)
        except OSError as error:
            raise MosaicError(
                f"{file}, a part of {name}, cannot be read: put it back ({error})"
            ) from error
    return digest.hexdigest()


def identify_file(file: str) -> Iterator[bytes]:
    """Yield what tells one version of a file from another, but not where it lies.

    Of a local file this is its size and content. Files of up to 4 MiB are given whole; of
    larger files 64 pieces of 64 KiB are given, evenly spread from the first byte to the last. Of a
    file on a server it is its name and size, and its ETag or else its date. What GDAL notes beside
    a local raster (`.aux.xml`) counts where it changes nodata, scale, offset or unit.

    Args:
        file: Name that GDAL opens.

    Raises:
        MosaicError: The server does not answer.
        OSError: The file cannot be read.
    """
    holder = containing_file(file)
    if is_remote(holder):
        yield _identify_remote(holder).encode()
        return
    path = Path(holder)
    size = path.stat().st_size
    yield f"{size}\0".encode()
    yield from _sample_bytes(path, size)
    if Path(f"{holder}.aux.xml").is_file():
        yield _find_noted(holder).encode()


def containing_file(file: str) -> str:
    """Return the file on a disk or a server that a name is about: of a file in an archive, that.

    Args:
        file: Name that GDAL opens.
    """
    while match := IN_ARCHIVE.fullmatch(file):
        rest = match[2]
        if rest.startswith("{"):
            file = rest[1 : rest.rindex("}")]
        elif is_remote(rest) or rest.startswith(("vsi", "/vsi")):
            ends = [end.end() for end in _ARCHIVE_END.finditer(rest)]
            file = "/" + rest[: ends[0] if ends else None].lstrip("/")
        else:
            path = Path(rest)
            parents = (path, *path.parents)
            file = str(next((parent for parent in parents if parent.is_file()), path))
    return file


def find_local_files(files: Sequence[str]) -> list[Path]:
    """Find those files on a disk, each once, that names are about and that are there.

    Args:
        files: Names that GDAL opens.
    """
    holders = dict.fromkeys(map(containing_file, files))
    return [Path(file) for file in holders if not is_remote(file) and Path(file).exists()]


def file_name(file: str) -> str:
    """Return the last part of the name of the file that `containing_file` returns.

    Args:
        file: Name that GDAL opens.
    """
    holder = containing_file(file)
    return PurePosixPath(redact(holder) if is_remote(holder) else holder).name


def _identify_remote(file: str) -> str:
    with remote_environment(file):
        headers, size = read_headers(file), file_size(file)
    if size is None:
        name = RasterName(file)
        try:
            open_dataset(file).close()
        except RasterioError as error:
            raise MosaicError(why_not_served(name, error)) from error
        raise MosaicError(
            f"the server of {name} does not answer: run the same command again when it does"
        )
    version = headers.get("etag") or headers.get("last-modified", "")
    return f"{file_name(file)}\0{size}\0{version.removeprefix('W/')}"


def _find_noted(file: str) -> str:
    """Find what GDAL notes beside a raster about its values; empty where the raster says the same.

    The notes of some formats repeat what the raster says.
    """
    meanings = []
    for noted in ("NO", "YES"):
        try:
            with rasterio.Env(GDAL_PAM_ENABLED=noted), open_dataset(file) as dataset:
                values = dataset.nodatavals, dataset.scales, dataset.offsets
                meanings.append((repr(values), repr(dataset.units)))
        except RasterioError:  # not a raster by itself, like the image of a label
            return ""
    return "".join(noted for own, noted in zip(*meanings, strict=True) if own != noted)


def _sample_bytes(path: Path, size: int) -> Iterator[bytes]:
    """Content of a small file, or evenly spread pieces of a large one."""
    with path.open("rb") as file:
        if size <= _SAMPLES * _SAMPLE_BYTES:
            yield file.read()
            return
        for index in range(_SAMPLES):
            file.seek((size - _SAMPLE_BYTES) * index // (_SAMPLES - 1))
            yield file.read(_SAMPLE_BYTES)
