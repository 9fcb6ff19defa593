"""Batches: tiles are grouped, and a task works on those of one batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lunarcraters.detection.search.batch_result import SUFFIX
from lunarcraters.tiling.plan import Tile

TASK_PX = 2 * 1024 * 1024
"""Pixels of the tiles of a batch, and of those in one call of the network, unless one has more."""


@dataclass(frozen=True)
class Batch:
    """Tiles of one size that a task works on.

    Attributes:
        number: Number of the batch in the plan.
        tiles: Tiles, all of one size.
    """

    number: int
    tiles: tuple[Tile, ...]

    @property
    def file(self) -> str:
        """Name of the file of its result."""
        return f"{self.number:06d}{SUFFIX}"


def plan_batches(tiles: Sequence[Tile], least: int = 1) -> Iterator[Batch]:
    """Group tiles into batches of one size, the coarsest octave first, then the largest size.

    The mask is stitched while tiles are searched: a block of it needs the tiles of all octaves, and
    blocks follow each other row by row. Results are files with the numbers of the batches. If you
    change the order, increase `detection.manifest.FORMAT` by 1, so that no run of the old order is
    resumed.

    Args:
        tiles: Tiles in the order of their plan.
        least: Number of tiles of a batch, where there are so many of a size.
    """
    number = 0
    ordered = sorted(tiles, key=lambda tile: (-tile.level, -tile.size))
    for size, same in groupby(ordered, key=lambda tile: tile.size):
        group = list(same)
        step = max(TASK_PX // size**2, least)
        for first in range(0, len(group), step):
            yield Batch(number, tuple(group[first : first + step]))
            number += 1
