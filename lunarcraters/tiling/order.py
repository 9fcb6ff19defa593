"""The order in which tiles are processed, whatever order a plan lists them in."""

from collections.abc import Iterable

from lunarcraters.tiling.plan import Tile


def order_tiles(tiles: Iterable[Tile]) -> list[Tile]:
    """Order tiles for processing: the largest size first, else as they are listed.

    Batches hold consecutive tiles of one size, and the network is compiled for each size. Batches
    are numbered in this order, and their results are files with these numbers: whoever changes the
    order counts `detection.manifest.FORMAT` up, so that no run of the old order is resumed.

    Args:
        tiles: Tiles in the order of their plan: by level, row and column.

    Returns:
        The same tiles; those of one size are consecutive.
    """
    return sorted(tiles, key=lambda tile: -tile.size)
