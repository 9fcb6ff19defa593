"""The mask of a run as a file: a Cloud Optimized GeoTIFF on the mosaic's grid."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from lunarcraters.errors import OutputError
from lunarcraters.files import replacing
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.files import plain_allowed
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.tiff_blocks import stored_blocks
from lunarcraters.process import hushed

NODATA = 255
"""Value of a mask pixel that was not searched."""

SCALE = 254
"""A mask pixel is a probability times this."""

UNIT_PX = 512
"""Side of the blocks that the file is stored in."""

_HALVINGS = 3  # of blocks as they come; further overviews are made of the last of these

Mask = NDArray[np.uint8]


def write_mask(mosaic: Mosaic, blocks: Iterable[tuple[Box, Mask]], path: Path) -> None:
    """Write a mask block by block.

    Args:
        mosaic: Whose grid it is on.
        blocks: Boxes of the mosaic and what the mask is there. They begin at multiples of
            `UNIT_PX`; where there is none, the mask is nodata, and takes no room.
        path: Of the GeoTIFF; replaced if it is there.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        with (
            hushed(),
            plain_allowed(),
            replacing(path) as temporary,
            TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder,
        ):
            raster = Path(folder) / "blocks.tif"
            _write_blocks(mosaic, blocks, raster)
            rasterio.shutil.copy(
                str(raster),
                str(temporary),
                driver="COG",
                COMPRESS="DEFLATE",
                LEVEL="1",  # half the time of the default, for a file larger by a fifteenth
                BLOCKSIZE=str(UNIT_PX),
                BIGTIFF="IF_SAFER",
                SPARSE_OK="TRUE",  # where nothing was searched there is nothing to compress
                NUM_THREADS="ALL_CPUS",
            )
            _check_whole(temporary, path)
    except (RasterioError, CPLE_BaseError) as error:  # `copy` raises GDAL's own
        raise OutputError(f"{path} cannot be written, is the disk full? ({error})") from error
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def _check_whole(written: Path, path: Path) -> None:
    """Make sure that all of a file was written: GDAL does not tell of a disk that fills at the end.

    Raises:
        OutputError: It ends before its blocks do.
    """
    with rasterio.open(written) as raster:
        end = max((block.end for block in stored_blocks(raster, (1,))), default=0)
    if end > written.stat().st_size:
        raise OutputError(f"{path} cannot be written, is the disk full? (it is cut off)")


def _write_blocks(mosaic: Mosaic, blocks: Iterable[tuple[Box, Mask]], path: Path) -> None:
    """Write a raster, and beside it its overviews, each as that of the one before.

    The first of them are made of blocks as these come, so that what is empty is not looked at.
    """
    with ExitStack() as files:
        rasters = [files.enter_context(raster) for raster in _created(mosaic, path)]
        for box, values in blocks:
            for halvings, raster in enumerate(rasters):
                if halvings:
                    values = _halved(values)
                if (values == NODATA).all():
                    break
                column, row = box[0] >> halvings, box[1] >> halvings
                raster.write(values, 1, window=Window(column, row, *values.shape[::-1]))
        last = rasters[-1]
        further = [2**times for times in range(1, _halvings(max(last.shape)) + 1)]
        if further:
            last.build_overviews(further, Resampling.average)


def _created(mosaic: Mosaic, path: Path) -> Iterator[DatasetWriter]:
    width, height = mosaic.width, mosaic.height
    for halvings in range(min(_halvings(max(width, height)), _HALVINGS) + 1):
        raster = rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=width,
            height=height,
            count=1,
            dtype="uint8",
            nodata=NODATA,
            crs=mosaic.grid.crs_wkt,
            transform=mosaic.grid.affine * Affine.scale(2**halvings),
            tiled=True,
            blockxsize=UNIT_PX,
            blockysize=UNIT_PX,
            compress="packbits",  # quick: it is written once more, as COG
            num_threads="all_cpus",
            sparse_ok=True,
            bigtiff="IF_SAFER",
        )
        raster.scales = (1.0 / SCALE,)
        raster.set_band_description(1, "crater probability")
        yield raster
        path = path.with_name(f"{path.name}.ovr")  # where GDAL looks for overviews
        width, height = -(-width // 2), -(-height // 2)


def _halvings(side: int) -> int:
    """How often a raster is halved until a block holds it."""
    return max((side - 1) // UNIT_PX, 0).bit_length()


def _halved(mask: Mask) -> Mask:
    """Means of two by two pixels, of those that were searched."""
    if any(side % 2 for side in mask.shape):
        mask = np.pad(mask, [(0, side % 2) for side in mask.shape], constant_values=NODATA)
    known = mask != NODATA
    if known.all():
        return np.asarray(_means(mask), np.uint8)
    total = _means(np.where(known, mask, 0).astype(np.uint16) * np.uint16(4))
    count = _means(known.astype(np.uint16) * np.uint16(4))
    mean = (total + count // 2) // np.maximum(count, 1)
    return np.where(count > 0, mean, NODATA).astype(np.uint8)


def _means(plane: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
