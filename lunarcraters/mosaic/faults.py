"""Faults of raster files: why one cannot be opened, or is not complete."""

from collections.abc import Sequence
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from lunarcraters.errors import MosaicError
from lunarcraters.files import LFS_POINTER
from lunarcraters.mosaic.labels.label import (
    LABEL_SUFFIXES,
    is_raster_label,
    named_images,
    read_head,
)
from lunarcraters.mosaic.labels.sizes import check_image_size
from lunarcraters.mosaic.names import Named, RasterName, is_remote
from lunarcraters.mosaic.remote.access import leads_to_server
from lunarcraters.mosaic.remote.faults import why_not_served
from lunarcraters.mosaic.remote.virtual_files import file_size
from lunarcraters.mosaic.tiff_blocks import (
    Block,
    find_stored_blocks,
    has_overviews_beside,
    has_positions,
)
from lunarcraters.mosaic.vrt.faults import find_broken_source

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PICTURE = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_JPEG2000 = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}


def why_not_a_raster(path: Path, error: Exception) -> str:
    """Explain in one sentence why GDAL does not open a file.

    Args:
        path: File that GDAL does not open.
        error: GDAL's error.
    """
    size = path.stat().st_size
    if size == 0:
        return f"{path} is empty: copy or download it again"
    head = read_head(path)
    known = _known_content(path, head, size)
    if known:
        return known
    reason = _reason(path, error)
    if path.suffix.lower() in LABEL_SUFFIXES or b"IsisCube" in head or b"PDS_VERSION_ID" in head:
        return _why_not_a_label(path, head, reason)
    if head.lstrip().startswith(b"<VRTDataset"):
        return f"{path} is a VRT that GDAL does not open{reason}: check the files that it names"
    what = "text" if head.isascii() and b"\0" not in head else "something else"
    return (
        f"{path} is not a raster that GDAL reads (it holds {what}){reason}: name a GeoTIFF, VRT, "
        "ISIS cube, PDS label or picture"
    )


def why_not_opened(name: RasterName, error: Exception) -> str:
    """Explain in one sentence why GDAL does not open a name that is no local file.

    Args:
        name: Name that GDAL does not open.
        error: GDAL's error.
    """
    if is_remote(name.uri):
        return why_not_served(name, error)
    reason = " ".join(str(error).split())
    return f"{name} cannot be opened ({reason}): check the name and the files in it"


def _known_content(path: Path, head: bytes, size: int) -> str | None:
    """Sentence about a file whose first bytes tell what it is."""
    if head.startswith(LFS_POINTER):
        return f"{path} is a pointer of Git LFS, not the file: fetch the file with git lfs pull"
    if b"/annex/objects/" in head[:512] and size < 4096:
        return f"{path} is a pointer of git-annex, not the file: fetch the file with git annex get"
    if head[:512].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return (
            f"{path} is a web page, perhaps that of a login, saved under the name of a raster: "
            "download the raster again"
        )
    if head.startswith(_TIFF):
        return f"{path} is a truncated or damaged TIFF ({size:,} bytes): copy or download it again"
    if head.startswith((*_PICTURE, *_JPEG2000)):
        return f"{path} is a truncated or damaged picture: copy or download it again"
    for magic, kind in _PACKED.items():
        if head.startswith(magic):
            return f"{path} is packed with {kind}: unpack it, and name the raster that was in it"
    return None


def _why_not_a_label(path: Path, head: bytes, reason: str) -> str:
    """Sentence about a label: most often the image that it names is not there."""
    beside = {file.name.lower(): file.name for file in path.parent.iterdir()}
    for name in named_images(path):
        # GDAL finds the image of a PDS3 label in small letters or in capitals too.
        spellings = {name, name.lower(), name.upper()} if b"PDS_VERSION" in head else {name}
        if any((path.parent / spelling).is_file() for spelling in spellings):
            continue
        other = beside.get(name.lower())
        if other:
            return f"{path} names the image {name}, but the file is called {other}: rename it"
        return f"{path} names the image {name}, which is not beside it: put it there"
    if b"<Product_" in head and b"</Product_" not in path.read_bytes():
        return f"{path} is a label that is cut off: copy or download it again"
    if not is_raster_label(path):
        return f"{path} is not the label of an image: name one, or an image"
    hint = "check the label against the image, and download both again"
    return f"{path} is a label that GDAL does not read{reason}: {hint}"


def _reason(path: Named, error: BaseException | None) -> str:
    """GDAL's own reason in brackets, or nothing where it has none beyond that it failed."""
    reasons = []
    while error is not None:
        text = " ".join(str(error).split()).replace(str(path), path.name)
        if text and "not recognized as being in a supported file format" not in text:
            reasons.append(text)
        error = error.__cause__
    return f" ({reasons[-1].rstrip('.')})" if reasons else ""


def check_complete(
    path: Named, dataset: rasterio.DatasetReader, bands: tuple[int, ...]
) -> list[Block]:
    """Check that a file does not end before its pixels do.

    A TIFF lists where each of its blocks lies. Other formats do not, so their last pixel is read.

    Args:
        path: Raster file.
        dataset: Open dataset of the file.
        bands: Numbers of the bands to read.

    Returns:
        Blocks of a TIFF; none for other formats.

    Raises:
        MosaicError: The file is truncated or damaged, or its server failed.
    """
    if has_positions(dataset):
        stored = _find_stored_blocks(path, dataset, bands)
        _check_end(path, dataset.name, [b for b in stored if b.overview is None])
        beside = ".ovr" if has_overviews_beside(dataset) else ""
        coarse = [block for block in stored if block.overview is not None]
        _check_end(f"{path}{beside}", f"{dataset.name}{beside}", coarse)
        return stored
    if isinstance(path, RasterName) and is_remote(path.uri):
        return []  # the last pixel of a picture is behind all others
    check_image_size(path, dataset)
    column, row = dataset.width - 1, dataset.height - 1
    try:
        dataset.read(bands[-1], window=((row, row + 1), (column, column + 1)))
    except RasterioError as error:
        broken = find_broken_source(dataset.name) if dataset.driver == "VRT" else None
        if broken:
            raise MosaicError(f"{path} cannot be read: {broken}") from error
        if leads_to_server(dataset.name):
            raise MosaicError(
                f"{path} describes a server that does not give its pixels{_reason(path, error)}: "
                "check the address in it, and try again later"
            ) from error
        raise MosaicError(
            f"{path} is truncated or damaged, its last pixel cannot be read{_reason(path, error)}: "
            "copy or download it again (a VRT or label: check the files it names)"
        ) from error
    return []


def _check_end(name: Named | str, uri: str, stored: Sequence[Block]) -> None:
    """Check that a file, by its name for messages and for GDAL, does not end before its blocks."""
    end = max((block.end for block in stored), default=0)
    size = file_size(uri)
    if size is not None and end > size:
        raise MosaicError(
            f"{name} is truncated: it has {size:,} bytes of at least {end:,}: copy or download it "
            "again"
        )


def _find_stored_blocks(
    path: Named, dataset: rasterio.DatasetReader, bands: tuple[int, ...]
) -> list[Block]:
    """Blocks that a TIFF stores."""
    try:
        return list(find_stored_blocks(dataset, bands))
    except RasterioError as error:
        if isinstance(path, RasterName) and is_remote(path.uri):
            raise MosaicError(why_not_served(path, error)) from error
        raise MosaicError(
            f"{path} is truncated or damaged{_reason(path, error)}: copy or download it again"
        ) from error
