"""Depths: heights with the wrong sign, told by the network, which sees craters only upside down."""

from collections.abc import Sequence

import numpy as np
from distributed import Client

from lunarcraters.detection.search.batch import make_input, read_tile_patiently
from lunarcraters.detection.search.tasks import run_tasks
from lunarcraters.errors import MosaicError, TileSetError, warn
from lunarcraters.geometry.spread import spread_evenly
from lunarcraters.network.decoding import decode_maps
from lunarcraters.network.inference import Detector
from lunarcraters.network.preprocessing import WINDOW_PX
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import TileSource

_TILES, _SIDE_PX = 4, 512  # whose middle is looked at, once each way: a little of a run's time
_SURE = 0.3  # network score of a crater that is counted
_MORE = 3.0  # times as many craters upside down as upright
_LEAST = 6


def warn_of_depths(client: Client, source: TileSource, tiles: Sequence[Tile]) -> None:
    """Warn where more craters are seen in some tiles upside down than upright.

    Args:
        client: Cluster whose workers have the source and the model.
        source: Tiles of an elevation model.
        tiles: Its tiles.
    """
    sample = spread_evenly(tiles, _TILES)
    upright, inverted = np.sum(list(run_tasks(client, _count_both, sample)), axis=0)
    if inverted >= _LEAST and inverted > _MORE * upright:
        warn(
            f"{source.mosaic.name} shows {inverted:.0f} craters upside down and {upright:.0f} as "
            f"it is, in the middle of {len(sample)} tiles: if it holds depths, change the sign of "
            "its values"
        )


def _count_both(detector: Detector, source: TileSource, tile: Tile) -> tuple[int, int]:
    """Count the craters of a tile of heights, upright and upside down."""
    try:
        values, valid = read_tile_patiently(source, tile)
    except (MosaicError, TileSetError):
        return 0, 0
    if not valid.any():
        return 0, 0
    side = detector.input_size or min(tile.size, _SIDE_PX)
    size = min(side, tile.size)
    around, middle = _middles(tile.size, size)
    relief = make_input(detector, source, tile, values[around], valid[around])
    pair = np.zeros((2, side, side, relief.shape[-1]), np.float32)
    pair[0, :size, :size] = relief[middle]
    pair[1] = -pair[0]
    maps = detector.relief_maps(pair, looks=1)[:, :size, :size]
    maps = maps * valid[around][middle][None, ..., None]
    sizes = source.settings.diameter_range_px(tile.level, detector.info.diameters_px)
    upright, inverted = (decode_maps(m, detector.info.heads, sizes)[1] >= _SURE for m in maps)
    return int(upright.sum()), int(inverted.sum())


def _middles(whole: int, side: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Middle of a tile with the pixels around that its relief depends on, and the middle of that.

    Args:
        whole: Side of the tile, pixels.
        side: Side of the middle, pixels.
    """
    start = (whole - side) // 2
    margin = min(WINDOW_PX // 2, start)
    around = slice(start - margin, min(start + side + margin, whole))
    middle = slice(margin, margin + side)
    return (around, around), (middle, middle)
