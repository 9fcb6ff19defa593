"""Search: what a worker does with a batch of tiles, from pixels to a part."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.table import COLUMNS, PIXEL_COLUMNS
from lunarcraters.detection.batch_result import SUFFIX, BatchResult, write_batch_result
from lunarcraters.detection.georeferencing import georeference
from lunarcraters.errors import MosaicError, TileSetError
from lunarcraters.mask.cog import NODATA, SCALE
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.reading import Pixels, close_datasets
from lunarcraters.network.decoding import decode
from lunarcraters.network.inference import Detector
from lunarcraters.network.model_file import ModelInfo
from lunarcraters.tiling.plan import Tile, owns
from lunarcraters.tiling.source import TileSource

_TASK_PX = 2 * 1024 * 1024
_CALL_PX = 1024 * 1024  # what the network is given at once
_CALL_TILES = 2  # at least: one alone costs as much, where it is given a companion
_TRIALS = 3  # of reading a tile
_PAUSE_S = 0.2  # between them


@dataclass(frozen=True)
class Batch:
    """Tiles of one size that a task works on."""

    number: int
    tiles: tuple[Tile, ...]

    @property
    def file(self) -> str:
        """Name of its part."""
        return f"{self.number:06d}{SUFFIX}"


def plan_batches(tiles: Sequence[Tile]) -> Iterator[Batch]:
    """Tiles as batches of one size, the largest first, else in their order."""
    number = 0
    by_size = sorted(tiles, key=lambda tile: -tile.size)
    for size, same in groupby(by_size, key=lambda tile: tile.size):
        group = list(same)
        step = max(_TASK_PX // size**2, _CALL_TILES)
        for first in range(0, len(group), step):
            yield Batch(number, tuple(group[first : first + step]))
            number += 1


def detect_batch(
    folder: Path,
    tiles_per_call: int | None,
    strict: bool,
    detector: Detector,
    source: TileSource,
    batch: Batch,
) -> int:
    """Run the network over a batch and write what it finds; runs on a worker.

    Args:
        folder: Where the part goes.
        tiles_per_call: Tiles that the network is given at once; None for a megapixel, or two tiles.
        strict: Raise an error where a tile cannot be read, rather than note it.
        detector: Network, loaded.
        source: Tile source that the tiles are read from.
        batch: Tiles to search.

    Returns:
        Number of tiles.

    Raises:
        TileSetError: The tiles do not fit the model.
        MosaicError: The pixels of a tile cannot be read (strict).
        OutputError: The part cannot be written.
    """
    size = batch.tiles[0].size
    side = _input_side(detector, size)
    full: list[tuple[Tile, NDArray[Any], NDArray[np.bool_]]] = []
    unread: dict[str, str] = {}
    for tile in batch.tiles:
        try:
            values, valid = _read(source, tile)
        except (MosaicError, TileSetError) as error:
            if strict:
                raise
            unread[tile.name] = str(error)
            continue
        if valid.any():
            full.append((tile, values, valid))
    step = min(tiles_per_call or max(_CALL_PX // side**2, _CALL_TILES), len(batch.tiles))
    tables = [_empty_table(source.mosaic)]
    masks: dict[str, NDArray[np.uint8]] = {}
    for first in range(0, len(full), step):
        some = full[first : first + step]
        # The last call is filled up: another shape would be compiled anew.
        images = np.zeros((step, side, side, detector.channels), np.float32)
        for place, (_, values, valid) in enumerate(some):
            images[place, :size, :size] = detector.images(values, valid, source.photometry)
        found = detector.maps(images)[:, :size, :size]
        for (tile, _, valid), maps in zip(some, found, strict=False):
            mask = np.rint(maps[..., detector.info.heads.index("mask")] * SCALE).astype(np.uint8)
            if not valid.all():
                mask[~valid] = NODATA
                maps = np.where(valid[..., None], maps, np.float32(0.0))
            masks[tile.name] = mask
            tables.append(craters_of(maps, tile, source, detector.info))
    filled = [table for table in tables if len(table)] or tables[:1]
    craters = pd.concat(filled, ignore_index=True)
    write_batch_result(BatchResult(craters, masks, unread), folder / batch.file)
    return len(batch.tiles)


def _read(source: TileSource, tile: Tile) -> Pixels:
    """The pixels of a tile; a file system that hiccups is asked again."""
    for _ in range(_TRIALS - 1):
        try:
            return source.read(tile)
        except (MosaicError, TileSetError):
            close_datasets()
            time.sleep(_PAUSE_S)
    return source.read(tile)


def _input_side(detector: Detector, size: int) -> int:
    """Side of the network's input for tiles of a size; smaller tiles are filled up with zeros."""
    side: int = detector.input_size or -(-size // detector.stride) * detector.stride
    if size > side:
        raise TileSetError(
            f"tiles of {size} pixels are too large for the model, which takes {side}: make them "
            f"with craters tile --size {side}"
        )
    return side


def _empty_table(mosaic: Mosaic) -> pd.DataFrame:
    names = PIXEL_COLUMNS if not mosaic.has_crs else COLUMNS
    return pd.DataFrame({name: np.empty(0) for name in (*names[1:4], *names[5:])})


def craters_of(
    maps: NDArray[np.float32], tile: Tile, source: TileSource, info: ModelInfo
) -> pd.DataFrame:
    """The craters of one tile whose centre lies in its core, placed on the Moon.

    Args:
        maps: What the network gave, shape (size, size, heads).
        tile: The tile.
        source: Where it comes from.
        info: How to read the maps.

    Returns:
        The columns of a catalogue that are known before craters are merged: position, diameter,
        the network's score, octave and tile.
    """
    mosaic = source.mosaic
    sizes = source.settings.answered_px(tile.level, info.diameters_px)
    circles, scores = decode(maps, info.heads, sizes)
    first, second, diameter = georeference(circles, tile.frame)
    x, y = (first, second) if not mosaic.has_crs else mosaic.grid.from_lonlat(first, second)
    keep = owns(mosaic, tile, x, y) & np.isfinite(diameter)
    names = PIXEL_COLUMNS if not mosaic.has_crs else COLUMNS
    columns = (first, second, diameter, scores)
    known = (*names[1:4], "score")
    table = {name: values[keep] for name, values in zip(known, columns, strict=True)}
    return pd.DataFrame({**table, "level": tile.level, "tile": tile.name})
