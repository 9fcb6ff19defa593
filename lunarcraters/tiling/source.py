"""Tile sources: tiles in a directory, or tiles cut from a mosaic as they are read.

What reads tiles cannot tell which of the two it has: both give the same pixels.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.reading import Pixels
from lunarcraters.mosaic.statistics import Photometry, measure
from lunarcraters.tiling.geotiff import read_geotiff, tile_file
from lunarcraters.tiling.plan import (
    ANSWERED_PX,
    DEFAULT_HALO_PX,
    DEFAULT_SIZE_PX,
    Tile,
    finest_octave,
    plan_tiles,
    read_tile,
)

FORMAT = "craters tiles 1"
"""Of the files that describe tiles; another number for anything that older programs misread."""


@dataclass(frozen=True)
class Settings:
    """How a mosaic was cut.

    Attributes:
        max_size: Most pixels to a side of a tile.
        halo: Pixels around a core.
        levels: Octaves from full resolution on.
        frames: "auto", "native" or "local".
        finest: The first octave: 0, or less where the mosaic is enlarged.
        smallest_px: Smallest crater that the tiles are for, pixels of the mosaic; None for what
            the network answers for at full resolution.
    """

    max_size: int
    halo: int
    levels: int
    frames: str = "auto"
    finest: int = 0
    smallest_px: float | None = None

    def answered_px(self, level: int, answered: tuple[float, float]) -> tuple[float, float]:
        """Smallest and largest crater that an octave is searched for, in its pixels.

        Args:
            level: The octave.
            answered: What the network answers for.
        """
        low, high = answered
        return (low if self.smallest_px is None else max(low, self.smallest_px / 2**level)), high


@dataclass(frozen=True)
class MosaicTiles:
    """A mosaic that is cut as it is read.

    Attributes:
        mosaic: What is cut.
        settings: How.
        tiles: The plan.
        photometry: Of the mosaic.
    """

    mosaic: Mosaic
    settings: Settings
    tiles: tuple[Tile, ...]
    photometry: Photometry

    @classmethod
    def plan(
        cls,
        mosaic: Mosaic,
        *,
        max_size: int = DEFAULT_SIZE_PX,
        halo: int = DEFAULT_HALO_PX,
        levels: int | None = None,
        frames: str = "auto",
        smallest_px: float | None = None,
        answered_px: float = ANSWERED_PX,
    ) -> "MosaicTiles":
        """Plan the tiles of a mosaic (see `plan_tiles`) and measure its photometry.

        Args:
            mosaic: What to cut.
            max_size: Most pixels to a side of a tile.
            halo: Pixels around a core.
            levels: How many octaves from full resolution on; None for as many as fit.
            frames: "native", "local" or "auto".
            smallest_px: Smallest crater to be found, pixels of the mosaic; None for `answered_px`.
            answered_px: Smallest crater that the network answers for, pixels of an octave.

        Raises:
            TileSetError: The sizes leave no room for a core, or the craters are too small.
            MosaicError: The mosaic has no valid pixel, or cannot be read.
        """
        finest = finest_octave(smallest_px, answered_px)
        tiles = plan_tiles(
            mosaic, max_size=max_size, halo=halo, levels=levels, finest=finest, frames=frames
        )
        count = 1 + max(tile.level for tile in tiles)
        settings = Settings(max_size, halo, count, frames, finest, smallest_px if finest else None)
        return cls(mosaic, settings, tuple(tiles), measure(mosaic))

    def read(self, tile: Tile) -> Pixels:
        """Values and validity of a tile, shape (size, size)."""
        return read_tile(self.mosaic, tile)

    def fingerprint(self) -> str:
        """SHA-256 of the mosaic and the settings: that of the same tiles when written."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return _fingerprint(self.mosaic.fingerprint(), self.settings)


@dataclass(frozen=True)
class TileSet:
    """Tiles in a directory.

    Attributes:
        directory: Where they are.
        virtual: Whether the files hold no pixels, so that these come from the mosaic.
        mosaic: What they were cut from. Unless virtual, its files may be gone.
        mosaic_fingerprint: Of the mosaic when it was cut.
        settings: How it was cut.
        tiles: Those that have a valid pixel (virtual: all).
        photometry: Of the mosaic.
    """

    directory: Path
    virtual: bool
    mosaic: Mosaic
    mosaic_fingerprint: str
    settings: Settings
    tiles: tuple[Tile, ...]
    photometry: Photometry

    def read(self, tile: Tile) -> Pixels:
        """Values and validity of a tile, shape (size, size).

        Raises:
            TileSetError: Its file is missing or damaged.
            MosaicError: It is virtual, and the mosaic cannot be read.
        """
        if self.virtual:
            return read_tile(self.mosaic, tile)
        return read_geotiff(self.directory / tile_file(tile, virtual=False))

    def fingerprint(self) -> str:
        """SHA-256 of the mosaic and the settings: that of the mosaic cut as it is read."""
        return _fingerprint(self.mosaic_fingerprint, self.settings)


TileSource = MosaicTiles | TileSet
"""Tiles to search: both have `mosaic`, `tiles`, `photometry`, `read` and `fingerprint`."""


def _fingerprint(mosaic_fingerprint: str, settings: Settings) -> str:
    text = json.dumps([FORMAT, mosaic_fingerprint, asdict(settings)])
    return hashlib.sha256(text.encode()).hexdigest()
