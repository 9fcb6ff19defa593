"""The order in which tiles are searched, which is another than that of their plan."""

from collections.abc import Iterable

from lunarcraters.tiling.plan import Tile


def order_tiles(tiles: Iterable[Tile]) -> list[Tile]:
    """Order tiles for the search: the coarsest octave first, then the largest size, else as listed.

    Batches hold consecutive tiles of one size, and the network is compiled for each size. The mask
    is stitched while tiles are searched: a block of it needs the tiles of all octaves, and blocks
    follow each other row by row. Batches are numbered in this order, and their results are files
    with these numbers. If you change the order, increase `detection.manifest.FORMAT` by 1, so that
    no run of the old order is resumed.

    Args:
        tiles: Tiles in the order of their plan: by level, row and column.

    Returns:
        The same tiles; those of one octave and size are consecutive.
    """
    return sorted(tiles, key=lambda tile: (-tile.level, -tile.size))
