"""Faults of raster files: why one cannot be opened, or is not complete."""

from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.tiff_blocks import Block, find_stored_blocks


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


def check_complete(
    path: Path, dataset: rasterio.DatasetReader, bands: tuple[int, ...]
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
        size, end = path.stat().st_size, max((block.end for block in stored), default=0)
        if end > size:
            raise MosaicError(
                f"{path} is truncated: it has {size:,} bytes of at least {end:,}: copy or "
                "download it again"
            )
        return stored
    column, row = dataset.width - 1, dataset.height - 1
    try:
        dataset.read(bands[-1], window=((row, row + 1), (column, column + 1)))
    except RasterioError as error:
        raise MosaicError(
            f"{path} is truncated or damaged, its last pixel cannot be read: copy or download it "
            "again (a VRT or label: check the files it names)"
        ) from error
    return []
