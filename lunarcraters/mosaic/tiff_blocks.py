"""Blocks of a TIFF: which it stores, and where, before any pixel is read.

GDAL (3.10) fills a block with nodata, without an error, where its server does not give the position
of the block. So positions are read, and errors looked for, before pixels are.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import rasterio
from rasterio.errors import RasterioIOError

from lunarcraters.geometry.box import Box, find_rectangles
from lunarcraters.mosaic.opening import open_dataset, suppress_georeferencing_warning
from lunarcraters.mosaic.remote.access import remote_environment
from lunarcraters.mosaic.remote.virtual_files import forget_error, last_error


class Block(NamedTuple):
    """A block of a TIFF.

    Attributes:
        overview: Index of the overview that the block belongs to; None for full resolution.
        column: Column among the blocks.
        row: Row among the blocks.
        end: Byte after the last one in the file.
        size: Number of bytes.
        box: Box that it shows, pixels of full resolution; it may reach outside the raster.
    """

    overview: int | None
    column: int
    row: int
    end: int
    size: int
    box: Box


def has_positions(dataset: rasterio.DatasetReader) -> bool:
    """Tell whether a raster is a TIFF, which holds the positions of its blocks."""
    return dataset.driver in ("GTiff", "COG")


def find_stored_blocks(
    dataset: rasterio.DatasetReader, bands: tuple[int, ...], *, overviews: bool = True
) -> Iterator[Block]:
    """List the blocks that a TIFF stores, those of full resolution first.

    Args:
        dataset: Open TIFF.
        bands: Numbers of the bands.
        overviews: True to list the blocks of its overviews too.

    Raises:
        RasterioIOError: The position of a block cannot be read, or an overview cannot be opened.
    """
    for band in bands:
        yield from _find_blocks(dataset, dataset, band, None)
    for overview in range(len(dataset.overviews(bands[0])) if overviews else 0):
        # Its blocks may have another size than those of full resolution.
        with open_dataset(dataset.name, overview) as coarse:
            for band in bands:
                yield from _find_blocks(dataset, coarse, band, overview)


def _find_blocks(
    dataset: rasterio.DatasetReader,
    level: rasterio.DatasetReader,
    band: int,
    overview: int | None,
) -> Iterator[Block]:
    """Blocks that a TIFF stores of full resolution, or of one of its overviews, open as `level`."""
    height, width = level.block_shapes[band - 1]
    shrink = 1 if overview is None else dataset.overviews(band)[overview]
    across, down = width * shrink, height * shrink
    key = ("TIFF", band) if overview is None else ("TIFF", band, overview)
    for row, column in product(range(-(-level.height // height)), range(-(-level.width // width))):
        offset = _read_offset(dataset, column, row, key)
        count = dataset.get_tag_item(f"BLOCK_SIZE_{column}_{row}", *key)
        if offset and count:  # neither where a sparse file has no block
            box = Box(column * across, row * down, across, down)
            yield Block(overview, column, row, int(offset) + int(count), int(count), box)


def has_overviews_beside(dataset: rasterio.DatasetReader) -> bool:
    """Tell whether the overviews of a TIFF lie beside it, in a file whose name is its and `.ovr`.

    GDAL leaves such a file unread where the TIFF has overviews of its own.

    Raises:
        RasterioIOError: The TIFF cannot be opened again.
    """
    if f"{dataset.name}.ovr" not in dataset.files:
        return False
    with (
        suppress_georeferencing_warning(),
        remote_environment(dataset.name),
        rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
        rasterio.open(dataset.name) as alone,
    ):
        return not alone.overviews(1)


def check_positions(dataset: rasterio.DatasetReader, bands: tuple[int, ...], box: Box) -> None:
    """Read the positions of the blocks that a box touches, which GDAL then keeps.

    Args:
        dataset: Open raster, or one of its overviews; only TIFFs have positions.
        bands: Numbers of the bands.
        box: Box inside the raster, pixels.

    Raises:
        RasterioIOError: A position cannot be read.
    """
    if not has_positions(dataset):
        return
    for band in bands:
        height, width = dataset.block_shapes[band - 1]
        rows = range(box.top // height, -(-box.bottom // height))
        columns = range(box.left // width, -(-box.right // width))
        for row, column in product(rows, columns):
            _read_offset(dataset, column, row, ("TIFF", band))


def _read_offset(
    dataset: rasterio.DatasetReader, column: int, row: int, key: tuple[Any, ...]
) -> str | None:
    """Offset of a block in the file; None where a sparse file has no block.

    Raises:
        RasterioIOError: It cannot be read.
    """
    forget_error()
    offset: str | None = dataset.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", *key)
    if offset is None and (fault := last_error()):
        raise RasterioIOError(fault)
    return offset


def missing_blocks_are_nodata(dataset: rasterio.DatasetReader, nodata: float | None) -> bool:
    """Tell whether the blocks that a sparse TIFF lacks are nodata.

    GDAL reads them as the nodata value of the file, or 0.

    Args:
        dataset: Open TIFF.
        nodata: Value that the user called "no data"; None for the file's own.
    """
    filler = dataset.nodata or 0.0
    return dataset.nodata is not None if nodata is None else filler == nodata


def find_data_boxes(
    dataset: rasterio.DatasetReader, stored: Sequence[Block]
) -> tuple[Box, ...] | None:
    """Merge the stored blocks of full resolution into boxes.

    Returns:
        Boxes, pixels, that hold all stored blocks; None where no block is missing.
    """
    places = sorted({(block.row, block.column) for block in stored if block.overview is None})
    height, width = dataset.block_shapes[0]
    if len(places) in (0, -(-dataset.width // width) * -(-dataset.height // height)):
        return None
    whole = Box(0, 0, dataset.width, dataset.height)
    boxes = (
        Box.from_edges(left * width, top * height, (right + 1) * width, (bottom + 1) * height)
        for (top, bottom), (left, right) in find_rectangles(places)
    )
    return tuple(sorted(box.intersect(whole) for box in boxes))
