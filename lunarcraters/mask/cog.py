"""The mask file of a run: a Cloud Optimized GeoTIFF on the mosaic's grid."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
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

from lunarcraters.errors import MosaicError, OutputError, warn
from lunarcraters.files import replacing
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.mosaic import Mosaic, open_mosaic
from lunarcraters.mosaic.opening import open_dataset, suppress_georeferencing_warning
from lunarcraters.mosaic.tiff_blocks import find_stored_blocks
from lunarcraters.process import cpu_count, suppress_native_stderr

NODATA = 255
"""Value of a mask pixel that was not searched."""

SCALE = 254
"""Factor of mask pixels: a pixel is a probability times this."""

UNIT_PX = 512
"""Side of the blocks in which the file is stored, pixels."""

_HALVINGS = 3
"""Number of overviews that are made of blocks as these come.

Further overviews are made of the last of these.
"""

Mask = NDArray[np.uint8]
"""Probability times 254, or 255 for nodata, (height, width)."""


def open_mask_over(path: Path, mosaic: Mosaic, *, same_pixels: bool = False) -> Mosaic | None:
    """Open the mask of a run to show it over a mosaic; None where there is none that fits.

    A `CratersWarning` tells of a mask of other ground.

    Args:
        path: File that `write_mask` wrote, or that is missing.
        mosaic: Mosaic underneath, which may be another than the run searched.
        same_pixels: True for a mask of the pixels of the mosaic; False for one of its extent, in
            pixels of any size.

    Raises:
        MosaicError: The file is damaged.
    """
    if not path.is_file():
        return None
    mask = open_mask(path)
    ours, grid = mask.grid, mosaic.grid
    fits = ours.has_extent_of(grid)
    if fits and not (same_pixels and (ours.width, ours.height) != (grid.width, grid.height)):
        return mask
    warn(
        f"{path} is on another grid than {mosaic.name}, and is not shown: give the mosaic that was "
        "searched to see it"
    )
    return None


def open_mask(path: Path) -> Mosaic:
    """Open the mask of a run, which may be that of an image without coordinates.

    Args:
        path: File that `write_mask` wrote.

    Raises:
        MosaicError: The file is missing or damaged.
    """
    try:
        with open_dataset(str(path)) as dataset:
            width, height, placed = dataset.width, dataset.height, dataset.crs is not None
    except RasterioError as error:
        raise MosaicError(f"{path} cannot be read: search the mosaic again ({error})") from error
    if placed:
        return open_mosaic(path)
    return Mosaic(
        name=str(path),
        uri=str(path),
        grid=Grid(None, Affine.identity(), width, height),
        dtype="uint8",
        extents=(Box(0, 0, width, height),),
        sources=(str(path.absolute()),),
    )


def write_mask(
    mosaic: Mosaic,
    blocks: Iterable[tuple[Box, Mask]],
    path: Path,
    measure: Callable[[Path], Any] = lambda raster: None,
) -> Any:
    """Write a mask block by block.

    Args:
        mosaic: Mosaic that defines the grid.
        blocks: Boxes of mosaic pixels, and the mask in each. Boxes start at multiples of
            `UNIT_PX`; outside all boxes the mask is nodata and takes no space in the file.
        path: GeoTIFF to write; replaced if it is there.
        measure: Function of a raster with the same pixels, which is called while they are
            compressed.

    Returns:
        What the function returns.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        with (
            suppress_georeferencing_warning(),
            replacing(path) as temporary,
            TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder,
            ThreadPoolExecutor(1) as beside,
        ):
            raster = Path(folder) / "blocks.tif"
            _write_blocks(mosaic, blocks, raster)

            def measure_beside() -> Any:
                with _overviews_beside():
                    return measure(raster)

            measured = beside.submit(measure_beside)
            copy_as_cog(raster, temporary, path)
            return measured.result()
    except (RasterioError, CPLE_BaseError) as error:  # `copy` raises GDAL's own errors
        raise OutputError(f"{path} cannot be written, is the disk full? ({error})") from error


def copy_as_cog(raster: Path, temporary: Path, path: Path, **options: str) -> None:
    """Copy a GeoTIFF as a Cloud Optimized one.

    Args:
        raster: GeoTIFF, without overviews or with them.
        temporary: File to write.
        path: Name that the file will have, for the message.
        options: Further options of GDAL's driver.

    Raises:
        OutputError: The file is cut off.
        RasterioError: The file cannot be written, or GDAL's own error.
    """
    with suppress_native_stderr(), _overviews_beside():
        rasterio.shutil.copy(
            str(raster),
            str(temporary),
            driver="COG",
            COMPRESS="DEFLATE",
            LEVEL="1",  # half the time of the default, for a file larger by a fifteenth
            BLOCKSIZE=str(UNIT_PX),
            BIGTIFF="IF_SAFER",
            SPARSE_OK="TRUE",  # ground that was not searched has no blocks
            NUM_THREADS=str(cpu_count()),
            **options,
        )
    _check_complete(temporary, path)


def _overviews_beside() -> rasterio.Env:
    """Environment in which overviews beside a raster are found, whatever others say of such files.

    One that the main thread has entered, as for a URL with a query, holds in other threads too.
    """
    return rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="FALSE")


def _check_complete(written: Path, path: Path) -> None:
    """Check that a file holds all its blocks: GDAL does not report a disk that is full at the end.

    Raises:
        OutputError: The file ends before its blocks do.
    """
    with rasterio.open(written) as raster:
        end = max((block.end for block in find_stored_blocks(raster, (1,))), default=0)
    if end > written.stat().st_size:
        raise OutputError(f"{path} cannot be written, is the disk full? (it is cut off)")


def _write_blocks(mosaic: Mosaic, blocks: Iterable[tuple[Box, Mask]], path: Path) -> None:
    """Write a raster and its overviews, each in a file beside the one before.

    The first overviews are made of blocks as these come, so that empty ground costs no time.
    """
    with _open_rasters(mosaic, path) as rasters:
        for box, values in blocks:
            # The masks of tiles are read and stitched here, and what fails there is seen.
            with suppress_native_stderr():
                _write_block(rasters, box, values)
        last = rasters[-1]
        factors = [2**halvings for halvings in range(1, _count_halvings(max(last.shape)) + 1)]
        if factors:
            with suppress_native_stderr():
                last.build_overviews(factors, Resampling.average)


def _write_block(rasters: Sequence[DatasetWriter], box: Box, values: Mask) -> None:
    """Write a block of the mask, and its means into the overviews."""
    for halvings, raster in enumerate(rasters):
        if halvings:
            values = _halve(values)
        if (values == NODATA).all():
            return
        column, row = box.left >> halvings, box.top >> halvings
        raster.write(values, 1, window=Window(column, row, *values.shape[::-1]))


@contextmanager
def _open_rasters(mosaic: Mosaic, path: Path) -> Iterator[list[DatasetWriter]]:
    """Open the raster of full resolution and those of the first overviews for writing."""
    rasters: list[DatasetWriter] = []
    try:
        rasters += _create_rasters(mosaic, path)
        yield rasters
    finally:
        with suppress_native_stderr(), ExitStack() as files:
            for raster in reversed(rasters):
                files.enter_context(raster)


def _create_rasters(mosaic: Mosaic, path: Path) -> Iterator[DatasetWriter]:
    """Create the raster of full resolution and those of the first overviews."""
    width, height = mosaic.width, mosaic.height
    for halvings in range(min(_count_halvings(max(width, height)), _HALVINGS) + 1):
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
            transform=mosaic.grid.affine @ Affine.scale(2**halvings),
            tiled=True,
            blockxsize=UNIT_PX,
            blockysize=UNIT_PX,
            compress="packbits",  # fast, because the file is written again as a COG
            num_threads=str(cpu_count()),
            sparse_ok=True,
            bigtiff="IF_SAFER",
        )
        raster.scales = (1.0 / SCALE,)
        raster.set_band_description(1, "crater probability")
        yield raster
        path = path.with_name(f"{path.name}.ovr")  # the name under which GDAL finds overviews
        width, height = -(-width // 2), -(-height // 2)


def _count_halvings(side: int) -> int:
    """Number of times that a raster is halved until a block holds it."""
    return max((side - 1) // UNIT_PX, 0).bit_length()


def _halve(mask: Mask) -> Mask:
    """Means of two by two pixels without nodata; nodata where all four are."""
    if any(side % 2 for side in mask.shape):
        mask = np.pad(mask, [(0, side % 2) for side in mask.shape], constant_values=NODATA)
    valid = mask != NODATA
    if valid.all():
        return np.asarray(_means(mask), np.uint8)
    total = _means(np.where(valid, mask, 0).astype(np.uint16) * np.uint16(4))
    count = _means(valid.astype(np.uint16) * np.uint16(4))
    mean = (total + count // 2) // np.maximum(count, 1)
    return np.where(count > 0, mean, NODATA).astype(np.uint8)


def _means(plane: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
