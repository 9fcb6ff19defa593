"""Stitching: the masks of tiles as one raster on the mosaic's grid, block by block."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.box import Box, meeting
from lunarcraters.geometry.grid import Grid
from lunarcraters.mask.cog import NODATA, UNIT_PX, Mask, write_mask
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.resampling import Float, Places, enlarge, places_of_pixels, sample
from lunarcraters.process import cores
from lunarcraters.tiling.plan import Tile

_BLOCK_PX = 4 * UNIT_PX
_MASKS_KEPT = 64
_THREADS = min(cores(), 8)

Masks = Callable[[Tile], Mask | None]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class _Level:
    """Tiles of an octave, and their cores, (n, 4)."""

    number: int
    tiles: list[Tile]
    cores: NDArray[np.int64]

    def met(self, box: Box) -> list[int]:
        """Places of the tiles whose cores meet a box of the mosaic."""
        met: list[int] = np.flatnonzero(meeting(self.cores, box)).tolist()
        return met


def stitch(
    mosaic: Mosaic,
    tiles: Sequence[Tile],
    read_mask: Masks,
    path: Path,
) -> None:
    """Write the masks of tiles as a Cloud Optimized GeoTIFF on the mosaic's grid.

    A pixel is the largest probability that any level gives it, times 254 (the band's scale says
    so); coarse ones are bilinear, from one level to the next; of those finer than the mosaic it is
    the mean. It is 255, nodata, where that of full resolution has no valid mask. Memory does not
    grow with the mosaic.

    Args:
        mosaic: Whose grid it is.
        tiles: Whose cores make it up.
        read_mask: Gives a tile's mask, (size, size): probability times 254, 255 where invalid; None
            where the tile was not searched.
        path: Of the GeoTIFF; replaced if it is there.

    Raises:
        OutputError: It cannot be written.
    """
    levels = _levels(tiles)
    masks = lru_cache(maxsize=_MASKS_KEPT)(read_mask)

    def block(box: Box) -> tuple[Box, Mask]:
        return box, _block(mosaic, levels, masks, box)

    full = next(level for level in levels if level.number == 0)
    write_mask(mosaic, _ahead(block, _boxes(mosaic, full)), path)


def _levels(tiles: Sequence[Tile]) -> list[_Level]:
    by_level: dict[int, list[Tile]] = {0: []}
    for tile in tiles:
        by_level.setdefault(tile.level, []).append(tile)
    return [
        _Level(level, some, np.array([tile.core for tile in some], np.int64).reshape(-1, 4))
        for level, some in sorted(by_level.items())
    ]


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


def _boxes(mosaic: Mosaic, full: _Level) -> Iterator[Box]:
    """The parts of blocks that cores of full resolution meet, in whole units of the file."""
    for block in mosaic.grid.box.blocks(_BLOCK_PX):
        met = full.met(block)
        if met:
            yield _trimmed(block, full.cores[met])


def _trimmed(block: Box, cores: NDArray[np.int64]) -> Box:
    starts, ends = cores[:, :2], cores[:, :2] + cores[:, 2:]
    first = starts.min(axis=0) // UNIT_PX * UNIT_PX
    last = -(-ends.max(axis=0) // UNIT_PX) * UNIT_PX
    return Box.from_edges(*first.tolist(), *last.tolist()).intersect(block)


def _block(mosaic: Mosaic, levels: Sequence[_Level], masks: Masks, box: Box) -> Mask:
    """The mask in a box of the mosaic."""
    fine, (full, *coarse) = _split(levels)
    mask = _of_level(mosaic, full, masks, box)
    if coarse:
        above, _ = _enlarged(mosaic, coarse, masks, box, 0)
        np.maximum(mask, above, out=mask)  # nodata is more than any
    for level in fine:
        below = _of_level(mosaic, level, masks, box)
        below[below == NODATA] = 0
        np.maximum(mask, below, out=mask)
    return mask


def _split(levels: Sequence[_Level]) -> tuple[list[_Level], list[_Level]]:
    """Levels finer than the mosaic, and the others."""
    fine = [level for level in levels if level.number < 0]
    return fine, [level for level in levels if level.number >= 0]


def _of_level(mosaic: Mosaic, level: _Level, masks: Masks, box: Box) -> Mask:
    """What the tiles of a level say in a box of its pixels, 255 where they say nothing.

    Of a level finer than the mosaic, the means in a box of the mosaic's pixels.
    """
    found = np.full((box.height, box.width), NODATA, np.uint8)
    scale, finer = 2 ** max(level.number, 0), 2 ** max(-level.number, 0)
    for place in level.met(Box(*(side * scale for side in box))):
        tile = level.tiles[place]
        mask = masks(tile)
        if mask is None:
            continue
        core = tile.core
        right, bottom = -(-core.right // scale), -(-core.bottom // scale)
        coarse = Box.from_edges(core.left // scale, core.top // scale, right, bottom)
        inner = coarse.intersect(box)
        part = _reduced(_of_tile(mosaic, tile, mask, Box(*(side * finer for side in inner))), finer)
        found[inner.shift(-box.left, -box.top).slices] = part
    return found


def _reduced(mask: Mask, by: int) -> Mask:
    """Means of the valid part of blocks, 255 where that is less than half of the block."""
    if by == 1:
        return mask
    blocks = mask.reshape(mask.shape[0] // by, by, mask.shape[1] // by, by)
    valid = blocks != NODATA
    count = valid.sum(axis=(1, 3), dtype=np.uint16)
    total = np.where(valid, blocks, 0).sum(axis=(1, 3), dtype=np.uint16)
    mean = np.rint(total / np.maximum(count, 1)).astype(np.uint8)
    return np.where(2 * count >= by * by, mean, np.uint8(NODATA))


def _of_tile(mosaic: Mosaic, tile: Tile, mask: Mask, box: Box) -> Mask:
    """A tile's mask in a box of its level's pixels."""
    if tile.window is None:
        place = _mosaic_to_frame(mosaic.grid, tile, box)
        real, known = sample(mask, mask != NODATA, *places_of_pixels(place, box.width, box.height))
        return np.where(known, np.rint(real).astype(np.uint8), np.uint8(NODATA))
    scale = 2.0**tile.level
    begin = int(tile.window.left // scale), int(tile.window.top // scale)
    return mask[box.shift(-begin[0], -begin[1]).slices]


def _enlarged(
    mosaic: Mosaic, levels: Sequence[_Level], masks: Masks, box: Box, finer: int
) -> tuple[Mask, NDArray[np.bool_]]:
    """The largest that levels say in a box of a finer one's pixels, 0 where none knows; and where.

    Each adds its own to what coarser ones say, and is enlarged to the next.
    """
    first, *coarser = levels
    scale = 2 ** (first.number - finer)
    columns, rows = (-(-side // 2**first.number) for side in (mosaic.width, mosaic.height))
    # With a pixel around, to be bilinear with, where there is one.
    left, top, right, bottom = (edge // scale for edge in (*box[:2], box.right, box.bottom))
    around = Box.from_edges(left - 1, top - 1, right + 2, bottom + 2)
    around = around.intersect(Box(0, 0, columns, rows))
    values = _of_level(mosaic, first, masks, around)
    known = values != NODATA
    values[~known] = 0
    if coarser:
        above, known_above = _enlarged(mosaic, coarser, masks, around, first.number)
        np.maximum(values, above, out=values)
        known |= known_above
    place = box.left - around.left * scale, box.top - around.top * scale
    return enlarge(values, known, scale, place, (box.width, box.height))


def _mosaic_to_frame(grid: Grid, tile: Tile, box: Box) -> Callable[[Float, Float], Places]:
    """From pixels of a box of the mosaic at a tile's level into the tile's frame."""
    scale = 2**tile.level

    def place(x: Float, y: Float) -> Places:
        x, y = (x + box.left) * scale, (y + box.top) * scale
        return grid.transform_to(tile.frame, x, y)

    return place
