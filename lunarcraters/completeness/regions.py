"""Regions: ground that is sampled, each with the tiles of all octaves that show its craters."""

from dataclasses import dataclass, replace

import numpy as np
from affine import Affine

from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.tiling.local_frames import STRIDE_PX
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import TileSource

OCTAVES = 4
"""Octaves in which the craters of a region are searched: its own, and coarser ones."""


@dataclass(frozen=True)
class Region:
    """Ground in whose picture craters are planted, and its tiles.

    Attributes:
        name: Name, which the names of its tiles begin with.
        octave: Finest octave that is searched.
        tiles: A tile for each octave, the finest first; all have the core of the first.
    """

    name: str
    octave: int
    tiles: tuple[Tile, ...]

    @property
    def pixels(self) -> int:
        """Number of pixels that are searched."""
        return sum(tile.size**2 for tile in self.tiles)

    @property
    def core_px(self) -> float:
        """Area of the core, pixels of the region's octave."""
        core = self.tiles[0].core
        return core.width * core.height / 4.0**self.octave


def make_region(number: int, tile: Tile, source: TileSource) -> Region:
    """Make a region of the core of a tile."""
    name = f"r{number:05d}"
    last = min(tile.level + OCTAVES, source.settings.levels)
    octaves = range(tile.level, last)
    tiles = tuple(_coarsen(tile, octave, source) for octave in octaves)
    named = (replace(one, name=f"{name}_z{one.level}") for one in tiles)
    return Region(name, tile.level, tuple(named))


def _coarsen(tile: Tile, octave: int, source: TileSource) -> Tile:
    """Show the same ground in a coarser octave, with a halo as wide in its pixels."""
    by = 2 ** (octave - tile.level)
    if by == 1:
        return tile
    settings = source.settings
    needed = tile.size / by + 2.0 * settings.halo * (1.0 - 1.0 / by)
    size = int(-(-needed // STRIDE_PX) * STRIDE_PX)
    margin = (size * by - tile.size) // 2  # pixels of the finer tile
    if tile.window is not None:
        scale = 2.0**tile.level
        side = int(size * by * scale)
        # Pixels of an octave are counted from the corner of the mosaic, as in the run.
        left, top = (
            int((edge - margin * scale) // 2.0**octave * 2.0**octave) for edge in tile.window[:2]
        )
        window = Box(left, top, side, side)
        frame = source.mosaic.grid.window(window, 2.0**octave, size, size)
        return Tile(tile.name, octave, frame, tile.core, window)
    affine = tile.frame.affine @ Affine.translation(-margin, -margin) @ Affine.scale(by)
    return Tile(tile.name, octave, Grid(tile.frame.crs_wkt, affine, size, size), tile.core, None)


def order_by_chance(tiles: tuple[Tile, ...], octave: int, seed: int) -> list[Tile]:
    """Order the tiles of an octave by chance."""
    same = [tile for tile in tiles if tile.level == octave]
    rng = np.random.default_rng([seed, octave - min(tile.level for tile in tiles)])
    return [same[i] for i in rng.permutation(len(same))]
