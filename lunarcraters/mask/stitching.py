"""Stitching: the masks of tiles become one raster on the mosaic's grid, block by block.

Where tiles of an octave overlap, each pixel is taken from the tile whose core holds it. Of several
octaves the largest probability is taken.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.box import Box, intersects
from lunarcraters.geometry.grid import Grid
from lunarcraters.mask.cog import NODATA, UNIT_PX, Mask, write_mask
from lunarcraters.mosaic.interpolation import (
    Float,
    Positions,
    enlarge,
    interpolate_positions,
    sample,
)
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.process import cpu_count, map_in_threads
from lunarcraters.tiling.plan import Tile

_BLOCK_PX = 4 * UNIT_PX
_MASKS_KEPT_PX = 64 * 1024 * 1024
_THREADS = min(cpu_count(), 8)

ReadMask = Callable[[Tile], Mask | None]
"""Function that reads the mask of a tile with its halo; None where it was not searched."""


@dataclass(frozen=True)
class _Level:
    """Tiles of an octave.

    Attributes:
        octave: Number of the octave.
        tiles: Tiles.
        cores: Cores of the tiles, boxes in mosaic pixels, (n, 4).
    """

    octave: int
    tiles: list[Tile]
    cores: NDArray[np.int64]

    def intersecting(self, box: Box) -> list[int]:
        """Return the indices of the tiles whose cores share pixels with a box of the mosaic."""
        indices: list[int] = np.flatnonzero(intersects(self.cores, box)).tolist()
        return indices


def stitch(
    mosaic: Mosaic,
    tiles: Sequence[Tile],
    read_mask: ReadMask,
    path: Path,
    measure: Callable[[Path], Any] = lambda raster: None,
) -> Any:
    """Write the masks of tiles as a Cloud Optimized GeoTIFF on the mosaic's grid.

    A pixel is the largest probability of all octaves, times 254 (the scale of the band). The masks
    of coarse octaves are enlarged bilinearly, from one octave to the next. An octave finer than the
    mosaic gives the mean over its pixels in each mosaic pixel. A pixel is 255, nodata, where the
    octave of full resolution has no valid mask. Memory does not grow with the mosaic.

    Args:
        mosaic: Mosaic that defines the grid.
        tiles: Tiles whose cores make up the mask.
        read_mask: Function of a tile that returns its mask, (size, size): probability times 254,
            255 where invalid; None where the tile was not searched.
        path: GeoTIFF to write; replaced if it is there.
        measure: Function of a raster with the same pixels, which is called while they are
            compressed.

    Returns:
        What the function returns.

    Raises:
        OutputError: The file cannot be written.
    """
    return write_mask(mosaic, stitch_blocks(mosaic, tiles, read_mask), path, measure)


def stitch_blocks(
    mosaic: Mosaic, tiles: Sequence[Tile], read_mask: ReadMask
) -> Iterator[tuple[Box, Mask]]:
    """Stitch the masks of tiles, one block of the mosaic's grid after the other.

    Args:
        mosaic: Mosaic that defines the grid.
        tiles: Tiles whose cores make up the mask.
        read_mask: Function of a tile that returns its mask, as for `stitch`.

    Yields:
        Box, and its mask, as in the file.
    """
    levels = _group_by_level(tiles)
    kept = _MASKS_KEPT_PX // max((tile.size**2 for tile in tiles), default=1)
    read_cached = lru_cache(maxsize=min(max(kept, 8), 64))(read_mask)

    def stitch_box(box: Box) -> tuple[Box, Mask]:
        return box, _stitch_box(mosaic, levels, read_cached, box)

    full = next(level for level in levels if level.octave == 0)
    yield from map_in_threads(stitch_box, _plan_boxes(mosaic, full), _THREADS)


def _group_by_level(tiles: Sequence[Tile]) -> list[_Level]:
    by_level: dict[int, list[Tile]] = {0: []}
    for tile in tiles:
        by_level.setdefault(tile.level, []).append(tile)
    return [
        _Level(level, group, np.array([tile.core for tile in group], np.int64).reshape(-1, 4))
        for level, group in sorted(by_level.items())
    ]


def _plan_boxes(mosaic: Mosaic, full: _Level) -> Iterator[Box]:
    """Parts of blocks that have cores of full resolution, in whole blocks of the file."""
    for block in mosaic.grid.box.blocks(_BLOCK_PX):
        indices = full.intersecting(block)
        if indices:
            yield _clip_to_cores(block, full.cores[indices])


def _clip_to_cores(block: Box, cores: NDArray[np.int64]) -> Box:
    starts, ends = cores[:, :2], cores[:, :2] + cores[:, 2:]
    first = starts.min(axis=0) // UNIT_PX * UNIT_PX
    last = -(-ends.max(axis=0) // UNIT_PX) * UNIT_PX
    return Box.from_edges(*first.tolist(), *last.tolist()).intersect(block)


def _stitch_box(mosaic: Mosaic, levels: Sequence[_Level], read_mask: ReadMask, box: Box) -> Mask:
    """Mask in a box of the mosaic."""
    fine = [level for level in levels if level.octave < 0]
    full, *coarse = [level for level in levels if level.octave >= 0]
    mask = _stitch_level(mosaic, full, read_mask, box)
    if coarse:
        enlarged, _ = _enlarge_levels(mosaic, coarse, read_mask, box, 0)
        np.maximum(mask, enlarged, out=mask)  # nodata is larger than any probability
    for level in fine:
        reduced = _stitch_level(mosaic, level, read_mask, box)
        reduced[reduced == NODATA] = 0
        np.maximum(mask, reduced, out=mask)
    return mask


def _stitch_level(mosaic: Mosaic, level: _Level, read_mask: ReadMask, box: Box) -> Mask:
    """Masks of the tiles of a level in a box of its pixels, 255 where there is none.

    For a level finer than the mosaic, the means in a box of the mosaic's pixels.
    """
    stitched = np.full((box.height, box.width), NODATA, np.uint8)
    scale, finer = 2 ** max(level.octave, 0), 2 ** max(-level.octave, 0)
    for index in level.intersecting(_scale(box, scale)):
        tile = level.tiles[index]
        mask = read_mask(tile)
        if mask is None:
            continue
        core = tile.core
        right, bottom = -(-core.right // scale), -(-core.bottom // scale)
        coarse = Box.from_edges(core.left // scale, core.top // scale, right, bottom)
        inner = coarse.intersect(box)
        part = _reduce(_crop_tile(mosaic, tile, mask, _scale(inner, finer)), finer)
        stitched[inner.shift(-box.left, -box.top).slices] = part
    return stitched


def _scale(box: Box, factor: int) -> Box:
    return Box(box.left * factor, box.top * factor, box.width * factor, box.height * factor)


def _reduce(mask: Mask, by: int) -> Mask:
    """Means of the valid part of blocks, 255 where that is less than half of the block."""
    if by == 1:
        return mask
    blocks = mask.reshape(mask.shape[0] // by, by, mask.shape[1] // by, by)
    valid = blocks != NODATA
    count = valid.sum(axis=(1, 3), dtype=np.uint16)
    total = np.where(valid, blocks, 0).sum(axis=(1, 3), dtype=np.uint16)
    mean = np.rint(total / np.maximum(count, 1)).astype(np.uint8)
    return np.where(2 * count >= by * by, mean, np.uint8(NODATA))


def _crop_tile(mosaic: Mosaic, tile: Tile, mask: Mask, box: Box) -> Mask:
    """Mask of a tile in a box of its level's pixels."""
    if tile.window is None:
        transform = _mosaic_to_frame(mosaic.grid, tile, box)
        x, y = interpolate_positions(transform, box.width, box.height)
        real, valid = sample(mask, mask != NODATA, x, y)
        return np.where(valid, np.rint(real).astype(np.uint8), np.uint8(NODATA))
    scale = 2.0**tile.level
    left, top = int(tile.window.left // scale), int(tile.window.top // scale)
    return mask[box.shift(-left, -top).slices]


def _enlarge_levels(
    mosaic: Mosaic, levels: Sequence[_Level], read_mask: ReadMask, box: Box, octave: int
) -> tuple[Mask, NDArray[np.bool_]]:
    """Largest probability of coarse levels in a box of pixels of a finer octave, and its validity.

    The coarsest level is enlarged to the next one and combined with it, and so on. Where no level
    is valid, the result is 0.
    """
    first, *coarser = levels
    scale = 2 ** (first.octave - octave)
    columns, rows = (-(-side // 2**first.octave) for side in (mosaic.width, mosaic.height))
    # A margin of a pixel, where there is one, is needed for bilinear interpolation.
    left, top, right, bottom = (e // scale for e in (box.left, box.top, box.right, box.bottom))
    around = Box.from_edges(left - 1, top - 1, right + 2, bottom + 2)
    around = around.intersect(Box(0, 0, columns, rows))
    values = _stitch_level(mosaic, first, read_mask, around)
    valid = values != NODATA
    values[~valid] = 0
    if coarser:
        enlarged, enlarged_valid = _enlarge_levels(mosaic, coarser, read_mask, around, first.octave)
        np.maximum(values, enlarged, out=values)
        valid |= enlarged_valid
    crop = box.shift(-around.left * scale, -around.top * scale)
    return enlarge(values, valid, scale, crop)


def _mosaic_to_frame(grid: Grid, tile: Tile, box: Box) -> Callable[[Float, Float], Positions]:
    """Function from pixels of a box, at the tile's level, to pixels of the tile's frame."""
    scale = 2**tile.level

    def transform(x: Float, y: Float) -> Positions:
        x, y = (x + box.left) * scale, (y + box.top) * scale
        return grid.transform_to(tile.frame, x, y)

    return transform
