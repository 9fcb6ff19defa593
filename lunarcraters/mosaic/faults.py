"""Faults of raster files: why one cannot be opened, or is not complete."""

import re
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.names import Named, RasterName, is_remote
from lunarcraters.mosaic.tiff_blocks import Block, find_stored_blocks
from lunarcraters.mosaic.virtual_files import file_size


def why_not_a_raster(path: Path) -> str:
    """Explain in one sentence why GDAL does not open a file.

    Args:
        path: File that GDAL does not open.
    """
    size = path.stat().st_size
    if size == 0:
        return f"{path} is empty: copy or download it again"
    with path.open("rb") as file:
        head = file.read(512)
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return f"{path} is a truncated or damaged TIFF ({size:,} bytes): copy or download it again"
    if head[:8] == b"\x89PNG\r\n\x1a\n" or head[:3] == b"\xff\xd8\xff":
        return f"{path} is a truncated or damaged picture: copy or download it again"
    what = "text" if head.isascii() and b"\0" not in head else "something else"
    return (
        f"{path} is not a raster that GDAL reads (it holds {what}): name a GeoTIFF, VRT, ISIS "
        "cube, PDS label or picture"
    )


def why_not_opened(name: RasterName, error: Exception) -> str:
    """Explain in one sentence why GDAL does not open a name that is no local file.

    Args:
        name: Name that GDAL does not open.
        error: GDAL's error.
    """
    reason = " ".join(str(error).split())
    if not is_remote(name.uri):
        return f"{name} cannot be opened ({reason}): check the name and the files in it"
    status = re.search(r"\b(40[0-9]|410)\b", reason)
    if status and status[1] in ("401", "403", "407"):
        advice = "give the credentials that GDAL takes from the environment"
    elif status:
        advice = "check the address"
    else:
        advice = "check the address, and whether its server answers"
    return f"{name} cannot be opened ({reason}): {advice}"


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
        MosaicError: The file is truncated or damaged.
    """
    if dataset.driver in ("GTiff", "COG"):
        stored = list(find_stored_blocks(dataset, bands))
        end = max((block.end for block in stored), default=0)
        size = file_size(path.uri) if isinstance(path, RasterName) else path.stat().st_size
        if size is not None and end > size:
            raise MosaicError(
                f"{path} is truncated: it has {size:,} bytes of at least {end:,}: copy or "
                "download it again"
            )
        return stored
    if isinstance(path, RasterName) and is_remote(path.uri):
        return []  # the last pixel of a picture is behind all others
    column, row = dataset.width - 1, dataset.height - 1
    try:
        dataset.read(bands[-1], window=((row, row + 1), (column, column + 1)))
    except RasterioError as error:
        raise MosaicError(
            f"{path} is truncated or damaged, its last pixel cannot be read: copy or download it "
            "again (a VRT or label: check the files it names)"
        ) from error
    return []
