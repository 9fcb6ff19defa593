"""The search of a batch: its tiles are read, searched and decoded."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import LUNAR_COLUMNS, PIXEL_COLUMNS, CatalogueColumns
from lunarcraters.detection.search.batch_result import IN_PART, BatchResult, write_batch_result
from lunarcraters.detection.search.batches import TASK_PX, Batch
from lunarcraters.detection.search.georeferencing import georeference
from lunarcraters.errors import MosaicError, TileSetError
from lunarcraters.mask.cog import NODATA, SCALE
from lunarcraters.mosaic.damage import leave_out_damage
from lunarcraters.mosaic.dtypes import Pixels
from lunarcraters.mosaic.handles import close_datasets
from lunarcraters.network.decoding import decode_maps
from lunarcraters.network.inference import Detector
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.preprocessing import normalise_relief
from lunarcraters.tiling.plan import Tile, in_core, read_tile
from lunarcraters.tiling.source import TileSource

_READ_ATTEMPTS = 3
_PAUSE_S = 0.2  # between attempts

Values = NDArray[np.generic]
Valid = NDArray[np.bool_]
Float32 = NDArray[np.float32]


def search_batch(
    folder: Path,
    tiles_per_call: int | None,
    strict: bool,
    detector: Detector,
    source: TileSource,
    batch: Batch,
) -> tuple[int, float]:
    """Read, search and decode the tiles of a batch, and write its result.

    Args:
        folder: Directory of the results.
        tiles_per_call: Number of tiles in one call of the network; None for as many as make up two
            megapixels, or as the network takes at least.
        strict: True to raise an error where a tile cannot be read, rather than note it.
        detector: Network.
        source: Tile source.
        batch: Tiles to search.

    Returns:
        Number of the batch, and the seconds that it took.

    Raises:
        TileSetError: The tiles do not fit the model, or a tile file cannot be read (strict).
        MosaicError: The pixels of a tile cannot be read (strict).
        OutputError: The result cannot be written.
    """
    begun = time.monotonic()
    columns = LUNAR_COLUMNS if source.mosaic.has_crs else PIXEL_COLUMNS
    tables, masks = [_empty_table(columns)], {}
    filled, unread = _read_tiles(source, batch.tiles, strict=strict)
    for tile, maps, valid in _infer(detector, source, filled, batch, tiles_per_call):
        mask = cv2.convertScaleAbs(maps[..., detector.info.heads.index("mask")], alpha=SCALE)
        if not valid.all():
            mask[~valid] = NODATA
            maps = np.where(valid[..., None], maps, np.float32(0.0))
        masks[tile.name] = mask
        tables.append(decode_tile(maps, tile, source, detector.info))
    tables = [table for table in tables if len(table)] or tables[:1]
    craters = pd.concat(tables, ignore_index=True)
    write_batch_result(BatchResult(craters, masks, unread), folder / batch.file)
    return batch.number, time.monotonic() - begun


def decode_tile(maps: Float32, tile: Tile, source: TileSource, info: ModelInfo) -> pd.DataFrame:
    """Decode the craters of one tile that are centred in its core, and place them on the Moon.

    Args:
        maps: Output of the network, shape (size, size, heads).
        tile: Tile.
        source: Tile source.
        info: Model description (heads, diameter range).

    Returns:
        Columns of a catalogue that are known before merging: position, diameter, the network's
        score, octave and tile.
    """
    mosaic = source.mosaic
    sizes = source.settings.diameter_range_px(tile.level, info.diameters_px)
    circles, scores = decode_maps(maps, info.heads, sizes)
    first, second, diameter = georeference(circles, tile.frame)
    x, y = mosaic.grid.from_positions(first, second)
    keep = in_core(mosaic, tile, x, y) & np.isfinite(diameter)
    columns = LUNAR_COLUMNS if mosaic.has_crs else PIXEL_COLUMNS
    return pd.DataFrame(
        {
            columns.x: first[keep],
            columns.y: second[keep],
            columns.diameter: diameter[keep],
            columns.score: scores[keep],
            columns.level: tile.level,
            columns.tile: tile.name,
        }
    )


def _read_tiles(
    source: TileSource, tiles: Sequence[Tile], *, strict: bool
) -> tuple[list[tuple[Tile, Values, Valid]], dict[str, str]]:
    """Read tiles; return those that hold data, and why others cannot be read, whole or in part."""
    filled: list[tuple[Tile, Values, Valid]] = []
    unread: dict[str, str] = {}
    for tile in tiles:
        try:
            values, valid = read_tile_patiently(source, tile)
        except (MosaicError, TileSetError) as error:
            if strict:
                raise
            unread[tile.name] = str(error)
            values, valid = _read_rest(source, tile, error)
            if valid.any():
                unread[tile.name] += IN_PART
        if valid.any():
            filled.append((tile, values, valid))
    return filled, unread


def _read_rest(source: TileSource, tile: Tile, error: MosaicError | TileSetError) -> Pixels:
    """Read what can be read of a tile of another resolution than the mosaic's.

    The ground of tiles of full resolution is that of the mask: without them it is not searched.
    """
    if isinstance(error, MosaicError) and tile.level != 0 and source.mosaic.remote is None:
        with suppress(MosaicError):
            return read_tile(leave_out_damage(source.mosaic), tile)
    return np.zeros((0, 0)), np.zeros((0, 0), np.bool_)


def read_tile_patiently(source: TileSource, tile: Tile) -> Pixels:
    """Read a tile, more than once where the file system fails.

    Raises:
        TileSetError: The tile's file is missing or damaged.
        MosaicError: The mosaic cannot be read.
    """
    for _ in range(_READ_ATTEMPTS - 1):
        try:
            return source.read(tile)
        except (MosaicError, TileSetError):
            close_datasets()
            time.sleep(_PAUSE_S)
    return source.read(tile)


def _infer(
    detector: Detector,
    source: TileSource,
    filled: Sequence[tuple[Tile, Values, Valid]],
    batch: Batch,
    tiles_per_call: int | None,
) -> Iterator[tuple[Tile, Float32, Valid]]:
    """Give tiles to the network, some at once, and yield the maps of each."""
    size = batch.tiles[0].size
    side = _input_side(detector, size)
    step = min(tiles_per_call or max(TASK_PX // side**2, detector.least_images), len(batch.tiles))
    for first in range(0, len(filled), step):
        some = filled[first : first + step]
        images = [make_input(detector, source, *entry) for entry in some]
        # The last call is filled up: another shape would be compiled anew.
        inputs = np.zeros((step, side, side, images[0].shape[-1]), np.float32)
        for place, image in enumerate(images):
            inputs[place, :size, :size] = image
        is_picture = source.height_unit_m is None
        batch_maps = (detector.maps if is_picture else detector.relief_maps)(inputs)
        batch_maps = batch_maps[:, :size, :size]
        for (tile, _, valid), maps in zip(some, batch_maps, strict=False):
            yield tile, maps, valid


def make_input(
    detector: Detector, source: TileSource, tile: Tile, values: Values, valid: Valid
) -> Float32:
    """Make the input of the network for a tile.

    Args:
        detector: Network.
        source: Tile source.
        tile: Tile.
        values: Its values, (size, size).
        valid: Validity mask, False where there is no data, (size, size).

    Returns:
        Image, or relief of an elevation model, (size, size, channels).
    """
    unit_m = source.height_unit_m
    if unit_m is None:
        return detector.images(values, valid, source.statistics)
    middle = np.array([tile.size / 2.0])
    pixel_size_m = float(tile.frame.meridian_pixel_size_m(middle, middle)[0])
    if not np.isfinite(pixel_size_m):  # the middle of the tile lies off the Moon
        pixel_size_m = (source.mosaic.meridian_pixel_size_m or 1.0) * 2.0**tile.level
    return normalise_relief(values.astype(np.float64) * unit_m, valid, pixel_size_m)


def _input_side(detector: Detector, size: int) -> int:
    """Side of the network's input for tiles of a size; smaller tiles are filled up with zeros."""
    side = detector.input_size or -(-size // detector.stride) * detector.stride
    if size > side:
        raise TileSetError(
            f"tiles of {size} pixels are too large for the model, which takes {side}: make them "
            f"with craters tile --size {side}"
        )
    return side


def _empty_table(columns: CatalogueColumns) -> pd.DataFrame:
    unknown = (columns.crater_id, columns.diameter_sd)
    return pd.DataFrame({name: np.empty(0) for name in columns.names if name not in unknown})
