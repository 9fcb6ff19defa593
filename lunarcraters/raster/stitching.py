"""Stitching: the masks of tiles as one raster on the mosaic's grid, block by block."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from lunarcraters import moon
from lunarcraters.errors import OutputError
from lunarcraters.files import replacing
from lunarcraters.machine import cores, hushed
from lunarcraters.raster.blocks import Box
from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.raster.sources import plain_allowed
from lunarcraters.raster.tiling import Tile
from lunarcraters.raster.warping import Float, Places, enlarge, places_of_pixels, sample

NODATA = 255
"""Value of a mask pixel that was not searched."""

SCALE = 254
"""A mask pixel is a probability times this."""

_BLOCK_PX = 2048
_COG_BLOCK_PX = 512
_MASKS_KEPT = 64
_THREADS = min(cores(), 8)

Mask = NDArray[np.uint8]
T = TypeVar("T")
R = TypeVar("R")


def stitch(
    mosaic: Mosaic,
    tiles: Sequence[Tile],
    read_mask: Callable[[Tile], Mask | None],
    path: Path,
) -> None:
    """Write the masks of tiles as a Cloud Optimized GeoTIFF on the mosaic's grid.

    A pixel is the largest probability that any level gives it, times 254 (the band's scale says
    so). It is 255, nodata, where the finest level has no valid mask. Memory does not grow with the
    mosaic.

    Args:
        mosaic: Whose grid it is.
        tiles: Whose cores make it up.
        read_mask: Gives a tile's mask, (size, size): probability times 254, 255 where invalid; None
            where the tile was not searched.
        path: Of the GeoTIFF; replaced if it is there.

    Raises:
        OutputError: It cannot be written.
    """
    masks = lru_cache(maxsize=_MASKS_KEPT)(read_mask)
    try:
        with (
            hushed(),
            plain_allowed(),
            replacing(path) as temporary,
            TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder,
        ):
            blocks = Path(folder) / "blocks.tif"
            _write_blocks(mosaic, tiles, masks, blocks)
            rasterio.shutil.copy(
                str(blocks),
                str(temporary),
                driver="COG",
                COMPRESS="DEFLATE",
                LEVEL="1",  # half the time of the default, for a file larger by a fifteenth
                BLOCKSIZE=str(_COG_BLOCK_PX),
                OVERVIEW_RESAMPLING="AVERAGE",
                BIGTIFF="IF_SAFER",
                SPARSE_OK="TRUE",  # where nothing was searched there is nothing to compress
                NUM_THREADS="ALL_CPUS",
            )
    except (RasterioError, CPLE_BaseError) as error:  # `copy` raises GDAL's own
        raise OutputError(f"{path} cannot be written, is the disk full? ({error})") from error
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def _write_blocks(
    mosaic: Mosaic, tiles: Sequence[Tile], masks: Callable[[Tile], Mask | None], path: Path
) -> None:
    finest = min((tile.level for tile in tiles), default=0)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=mosaic.width,
        height=mosaic.height,
        count=1,
        dtype="uint8",
        nodata=NODATA,
        crs=mosaic.crs_wkt,
        transform=mosaic.affine,
        tiled=True,
        blockxsize=_COG_BLOCK_PX,
        blockysize=_COG_BLOCK_PX,
        compress="packbits",  # quick: it is written once more, as COG
        num_threads="all_cpus",
        sparse_ok=True,
        bigtiff="IF_SAFER",
    ) as raster:
        raster.scales = (1.0 / SCALE,)
        raster.set_band_description(1, "crater probability")

        def block(place: tuple[Box, list[Tile]]) -> tuple[Box, Mask]:
            return place[0], _block(mosaic, place[1], masks, place[0], finest)

        for box, values in _ahead(block, _boxes(mosaic, tiles)):
            if (values != NODATA).any():
                raster.write(values, 1, window=Window(*box))


def _ahead(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Results in order, of threads that are never more than a few items ahead."""
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _boxes(mosaic: Mosaic, tiles: Sequence[Tile]) -> Iterator[tuple[Box, list[Tile]]]:
    """The blocks that the cores of tiles meet, and these tiles."""
    cores = np.array([tile.core for tile in tiles], np.int64).reshape(-1, 4)
    for row in range(0, mosaic.height, _BLOCK_PX):
        for column in range(0, mosaic.width, _BLOCK_PX):
            size = min(_BLOCK_PX, mosaic.width - column), min(_BLOCK_PX, mosaic.height - row)
            met = np.flatnonzero(_meet(cores, (column, row, *size)))
            if len(met):
                yield (column, row, *size), [tiles[index] for index in met.tolist()]


def _meet(cores: NDArray[np.int64], box: Box) -> NDArray[np.bool_]:
    x, y, width, height = cores.T
    across = (x < box[0] + box[2]) & (x + width > box[0])
    return np.asarray(across & (y < box[1] + box[3]) & (y + height > box[1]))


def _block(
    mosaic: Mosaic,
    tiles: Sequence[Tile],
    masks: Callable[[Tile], Mask | None],
    box: Box,
    finest: int,
) -> Mask:
    column, row, width, height = box
    largest = np.zeros((height, width), np.uint8)
    searched = np.zeros((height, width), np.bool_)
    for tile in tiles:
        mask = masks(tile)
        if mask is None:
            continue
        left, top = max(column, tile.core[0]), max(row, tile.core[1])
        right = min(column + width, tile.core[0] + tile.core[2])
        bottom = min(row + height, tile.core[1] + tile.core[3])
        values, known = _on_the_mosaic(mosaic, tile, mask, (left, top, right - left, bottom - top))
        place = np.s_[top - row : bottom - row, left - column : right - column]
        shown = values if known.all() else np.where(known, values, 0)
        np.maximum(largest[place], shown, out=largest[place])
        if tile.level == finest:
            searched[place] |= known
    largest[~searched] = NODATA
    return largest


def _on_the_mosaic(
    mosaic: Mosaic, tile: Tile, mask: Mask, box: Box
) -> tuple[Mask, NDArray[np.bool_]]:
    """A tile's mask and its validity at the mosaic pixels of a box."""
    column, row, width, height = box
    scale = 2**tile.level
    if tile.window is None:
        # At the resolution of the level, with a pixel around to be bilinear with.
        x, y = column // scale - 1, row // scale - 1
        across, down = (column + width) // scale + 2 - x, (row + height) // scale + 2 - y
        places = places_of_pixels(_mosaic_to_frame(mosaic, tile, (x, y)), across, down)
        real, known = sample(mask, mask != NODATA, *places)
        part = np.rint(real).astype(np.uint8)
        column, row = column - x * scale, row - y * scale
    else:
        column, row = column - tile.window[0], row - tile.window[1]
        x, y = max(column // scale - 1, 0), max(row // scale - 1, 0)
        part = mask[y : (row + height) // scale + 2, x : (column + width) // scale + 2]
        known = part != NODATA
        column, row = column - x * scale, row - y * scale
    if scale == 1:
        here = np.s_[row : row + height, column : column + width]
        return part[here], known[here]
    return enlarge(part, known, scale, (column, row), (width, height))


def _mosaic_to_frame(
    mosaic: Mosaic, tile: Tile, first: tuple[int, int]
) -> Callable[[Float, Float], Places]:
    """From pixels of the mosaic at a tile's level, counted from one of them, into its frame."""
    crs, scale = tile.crs, 2**tile.level
    a, b, c, d, e, f = (~tile.affine)[:6]

    def place(x: Float, y: Float) -> Places:
        assert crs is not None
        lon, lat = mosaic.to_lonlat((x + first[0]) * scale, (y + first[1]) * scale)
        east, north = moon.from_lonlat(crs, lon, lat)
        return a * east + b * north + c, d * east + e * north + f

    return place
