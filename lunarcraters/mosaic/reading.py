"""Reading: the means of the valid pixels of blocks, from full resolution, pages or overviews."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.dtypes import Pixels, as_dtype, real_dtype
from lunarcraters.mosaic.handles import Raster, close_datasets, get_dataset, get_generation
from lunarcraters.mosaic.mask_overviews import shows_mask
from lunarcraters.mosaic.remote.access import read_patiently, remote_environment
from lunarcraters.mosaic.windows import read_box, read_dtype

Real = NDArray[np.floating]

_CHUNK_SIDE_PX = 1 << 11
_CHUNK_PX = _CHUNK_SIDE_PX**2
"""Most pixels that are held at full resolution while averaging."""

_PAGE_PX = _CHUNK_SIDE_PX


def read_blocks(
    raster: Raster,
    origin: tuple[int, int],
    count: tuple[int, int],
    by: tuple[int, int],
) -> Pixels:
    """Read the means of the valid pixels of blocks, some of which may lie outside the raster.

    Args:
        raster: Raster to read.
        origin: Column and row of the first block's corner, pixels.
        count: Number of blocks along x and along y.
        by: Pixels of a block along x and along y; (1, 1) for full resolution.

    Returns:
        Values in the raster's dtype and validity (at least half of the block's pixels), of shape
        (count along y, count along x).

    Raises:
        RasterioError: The pixels cannot be read.
    """
    if raster.remote is None:
        return _read_once(raster, origin, count, by)
    with remote_environment(raster.uri):
        return read_patiently(lambda: _read_once(raster, origin, count, by), close_datasets)


def _read_once(
    raster: Raster, origin: tuple[int, int], count: tuple[int, int], by: tuple[int, int]
) -> Pixels:
    # Overviews were made without regard to the user's nodata value.
    overview, shrink = (None, 1) if raster.nodata is not None else _overview(raster, origin, by)
    base = next((b for b in _PAGES if not any(n % b for n in (*by, *origin))), None)
    if base and overview is None:
        first = origin[0] // base, origin[1] // base
        ratio = by[0] // base, by[1] // base
        size = count[0] * ratio[0], count[1] * ratio[1]
        total, share = _read_from_pages(raster, first, size, base)
        return _means(total, share, ratio, read_dtype(raster))
    by_x, by_y = by[0] // shrink, by[1] // shrink
    box = Box(origin[0] // shrink, origin[1] // shrink, count[0] * by_x, count[1] * by_y)
    values, valid = read_box(raster, overview, box)
    return (values, valid) if (by_x, by_y) == (1, 1) else _block_means(values, valid, (by_x, by_y))


def split_blocks(
    columns: tuple[int, int], rows: tuple[int, int], by: tuple[int, int], *, square: bool
) -> Iterator[tuple[slice, slice]]:
    """Split a range of blocks into pieces that hold a bounded number of pixels.

    Args:
        columns: First column of blocks, and the one after the last.
        rows: First row of blocks, and the one after the last.
        by: Pixels of a block along x and along y.
        square: True for squares, which suit many small rasters; False for whole rows, which suit a
            raster stored in strips, except where they would read again the few pages that are kept.

    Yields:
        Columns and rows of a piece.
    """
    finest, finer = sorted(_PAGES)[:2]
    square = square or (not any(n % finest for n in by) and any(n % finer for n in by))
    across = max(1, columns[1] - columns[0])
    if by != (1, 1):
        across = min(across, max(1, (_CHUNK_SIDE_PX if square else _CHUNK_PX // by[1]) // by[0]))
    down = max(1, _CHUNK_PX // (by[0] * by[1] * across))
    for y in range(*rows, down):
        for x in range(*columns, across):
            yield slice(x, min(x + across, columns[1])), slice(y, min(y + down, rows[1]))


def blocks_inside(start: int, length: int, by: int, limit: int) -> tuple[int, int]:
    """Find the first block, and the one after the last, that share pixels with 0..limit.

    The last block is a whole one too.

    Args:
        start: First pixel of the first block.
        length: Number of pixels of all blocks.
        by: Number of pixels of a block.
        limit: Pixel after the last one of the raster.
    """
    stop = min(start + -(-length // by) * by, limit)
    if stop <= max(start, 0):
        return 0, 0
    return max(0, -start) // by, -(-(stop - start) // by)


def _block_means(
    values: NDArray[np.generic], valid: NDArray[np.bool_], by: tuple[int, int]
) -> Pixels:
    if not valid.all():
        return _means(*_as_real(values, valid), by, values.dtype)
    means = as_dtype(_average(values.astype(real_dtype(values.dtype)), by), values.dtype)
    return means, np.ones(means.shape, np.bool_)


def _as_real(values: NDArray[np.generic], valid: NDArray[np.bool_]) -> tuple[Real, Real]:
    real = real_dtype(values.dtype)
    return values.astype(real), valid.astype(real)


def _means(total: Real, share: Real, by: tuple[int, int], dtype: np.dtype[np.generic]) -> Pixels:
    """Means of the valid part of blocks, valid where that is half of the block or more.

    Args:
        total: Means of the values, 0 where invalid, over smaller blocks.
        share: Valid shares of the smaller blocks, 0 to 1.
        by: Smaller blocks in a block, along x and along y.
        dtype: Type of the result.
    """
    total, share = _average(total, by), _average(share, by)
    valid = share > 0.4999
    means = np.divide(total, share, out=np.zeros_like(total), where=valid)
    return as_dtype(means, dtype), valid


def _average(plane: Real, by: tuple[int, int]) -> Real:
    size = (plane.shape[1] // by[0], plane.shape[0] // by[1])
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))


def _read_from_pages(
    raster: Raster, first: tuple[int, int], count: tuple[int, int], base: int
) -> tuple[Real, Real]:
    """Means of values, 0 where invalid, and of validity, in blocks of `base` pixels.

    Args:
        raster: Raster to read.
        first: Column and row of the first block, counted in blocks; it may lie outside the raster.
        count: Number of blocks along x and along y.
        base: Side of a block, pixels.
    """
    dataset, side = get_dataset(raster, None), _PAGE_PX // base
    real = real_dtype(read_dtype(raster))
    total, share = np.zeros(count[::-1], real), np.zeros(count[::-1], real)
    columns, rows = (
        range(max(f // side, 0), min((f + n - 1) // side + 1, -(-length // _PAGE_PX)))
        for f, n, length in zip(first, count, (dataset.width, dataset.height), strict=True)
    )
    # Threads that need the same pages begin with different ones, and find those of each other.
    pages = list(product(rows, columns))
    for row, column in Random().sample(pages, len(pages)):
        page = _PAGES[base](raster, column, row, get_generation())
        left, top = column * side - first[0], row * side - first[1]
        target = np.s_[max(top, 0) : top + side, max(left, 0) : left + side]
        for plane, whole in zip((total, share), page, strict=True):
            height, width = plane[target].shape
            plane[target] = whole[max(-top, 0) :, max(-left, 0) :][:height, :width]
    return total, share


@lru_cache(maxsize=64)  # entries of 1 MB, or 2 MB where there is nodata
def _finest_page(raster: Raster, column: int, row: int, generation: int) -> tuple[Real, Real]:
    """Means of values and of validity in a page's blocks of 4 pixels."""
    box = Box(column * _PAGE_PX, row * _PAGE_PX, _PAGE_PX, _PAGE_PX)
    values, valid = read_box(raster, None, box)
    if valid.all():
        total = _average(values.astype(real_dtype(values.dtype)), (4, 4))
        return total, np.broadcast_to(total.dtype.type(1.0), total.shape)
    total, share = (_average(one, (4, 4)) for one in _as_real(values, valid))
    return total, share


@lru_cache(maxsize=2048)  # entries of 131 kB; the LROC WAC mosaic has 1,458 pages
def _fine_page(raster: Raster, column: int, row: int, generation: int) -> tuple[Real, Real]:
    """Means of values and of validity in a page's blocks of 16 pixels."""
    total, share = _finest_page(raster, column, row, generation)
    return _average(total, (4, 4)), _average(np.ascontiguousarray(share), (4, 4))


@lru_cache(maxsize=4096)  # entries of 8 kB
def _coarse_page(raster: Raster, column: int, row: int, generation: int) -> tuple[Real, Real]:
    """Means of values and of validity in a page's blocks of 64 pixels."""
    total, share = _fine_page(raster, column, row, generation)
    return _average(total, (4, 4)), _average(share, (4, 4))


_PAGES = {64: _coarse_page, 16: _fine_page, 4: _finest_page}
"""Cached pages by the side of their blocks: frames of coarse octaves overlap and share them."""


def _overview(
    raster: Raster, origin: tuple[int, int], by: tuple[int, int]
) -> tuple[int | None, int]:
    """Index and factor of the coarsest overview whose pixels make up whole blocks."""
    best: tuple[int | None, int] = (None, 1)
    if max(by) == 1:
        return best
    full = get_dataset(raster, None)
    flags, width, height = full.mask_flag_enums, full.width, full.height
    # A dataset is closed when many others have been opened.
    for index, factor in enumerate(full.overviews(raster.bands[0])):
        if factor <= best[1] or any(number % factor for number in (*by, *origin)):
            continue
        coarse = get_dataset(raster, index)
        # An overview without the mask of its raster would make nodata valid.
        alike = coarse.mask_flag_enums == flags and shows_mask(full, raster.bands[0], index)
        if alike and coarse.shape == (-(-height // factor), -(-width // factor)):
            best = index, factor
    return best
