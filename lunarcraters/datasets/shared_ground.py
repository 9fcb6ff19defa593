"""Ground that splits share, where tiles that overlap are in several of them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from lunarcraters.datasets.tile_names import TileName
from lunarcraters.geometry.sphere import wrap_longitude

_LEAST_SHARE = 5e-4  # 0.1 % when rounded; the edges in names are rounded too


def measure_shared_ground(splits: Mapping[str, Sequence[TileName]]) -> dict[str, float]:
    """Measure how much of the ground of each split other than `train` lies in another split too.

    Args:
        splits: Tiles by the name of their split.

    Returns:
        Shares by split, 0 to 1, without those below a twentieth of a percent.
    """
    grounds = {name: shapely.union_all(_place(tiles)) for name, tiles in splits.items()}
    shares = {}
    for name, ground in grounds.items():
        others = shapely.union_all([other for key, other in grounds.items() if key != name])
        shares[name] = shapely.intersection(ground, others).area / ground.area
    return {name: s for name, s in shares.items() if name != "train" and s >= _LEAST_SHARE}


def find_overlapping(tiles: Sequence[TileName], others: Sequence[TileName]) -> NDArray[np.bool_]:
    """Find the tiles that share ground with one of others.

    Args:
        tiles: Tiles, n of them.
        others: Other tiles.

    Returns:
        True for a tile that shares a twentieth of a percent or more of its ground, or of that of
            the other tile, (n,).
    """
    grounds, places = _place(tiles), _place(others)
    which, other = shapely.STRtree(places).query(grounds, predicate="intersects")
    shared = shapely.area(shapely.intersection(grounds[which], places[other]))
    overlapping = np.zeros(len(tiles), np.bool_)
    smaller = np.minimum(shapely.area(grounds[which]), shapely.area(places[other]))
    overlapping[which[shared >= _LEAST_SHARE * smaller]] = True
    return overlapping


def _place(tiles: Sequence[TileName]) -> NDArray[np.object_]:
    """Outlines of tiles in longitude and the sine of latitude, in which areas are true, (n,)."""
    outlines = np.empty(len(tiles), np.object_)
    for number, tile in enumerate(tiles):
        west = float(wrap_longitude(tile.lon_min))
        east = west + tile.lon_max - tile.lon_min
        south, north = (math.sin(math.radians(lat)) for lat in (tile.lat_min, tile.lat_max))
        pieces = [shapely.box(west, south, min(east, 180.0), north)]
        if east > 180.0:
            pieces.append(shapely.box(-180.0, south, east - 360.0, north))
        outlines[number] = shapely.MultiPolygon(pieces)
    return outlines
