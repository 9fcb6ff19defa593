"""Tile sources: tiles in a directory, or tiles cut from a mosaic as they are read.

Both give the same pixels, so that detection does not depend on which of the two it has.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from lunarcraters.mosaic.dtypes import Pixels
from lunarcraters.mosaic.examination.examine import examine_mosaic
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.statistics import ValueStatistics
from lunarcraters.tiling.geotiff import read_geotiff, tile_file
from lunarcraters.tiling.plan import (
    DEFAULT_HALO_PX,
    DEFAULT_SIZE_PX,
    MIN_DETECTABLE_PX,
    Tile,
    find_finest_octave,
    plan_tiles,
    read_tile,
)

FORMAT = "craters tiles 1"
"""Format of `tiles.json`; its number changes when older programs would misread the file."""


@dataclass(frozen=True)
class TilingSettings:
    """Settings by which a mosaic is cut into tiles.

    Attributes:
        max_size: Largest side of a tile, pixels.
        halo: Margin around a core, pixels.
        levels: Number of octaves from full resolution on.
        frames: Kind of frames: "auto", "native" or "local".
        finest: First octave: 0, or less where the mosaic is enlarged.
        smallest_px: Diameter of the smallest crater that the tiles are for, pixels of the mosaic;
            None for the smallest that the network detects at full resolution.
    """

    max_size: int
    halo: int
    levels: int
    frames: str = "auto"
    finest: int = 0
    smallest_px: float | None = None

    def diameter_range_px(self, level: int, detectable: tuple[float, float]) -> tuple[float, float]:
        """Return the diameters for which an octave is searched.

        Args:
            level: Octave.
            detectable: Diameters of the smallest and largest crater that the network detects,
                pixels of an octave.

        Returns:
            Smallest and largest diameter, pixels of the octave.
        """
        low, high = detectable
        return (low if self.smallest_px is None else max(low, self.smallest_px / 2**level)), high


class TileSource(Protocol):
    """Tiles to search, wherever their pixels come from."""

    @property
    def mosaic(self) -> Mosaic:
        """Mosaic that was cut; its files may be gone."""

    @property
    def settings(self) -> TilingSettings:
        """Settings by which the mosaic was cut."""

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Tiles, by level, row and column."""

    @property
    def statistics(self) -> ValueStatistics:
        """Statistics of the mosaic's values."""

    @property
    def height_unit_m(self) -> float | None:
        """Height of one unit of the values, metres; None where they are grey values."""

    @property
    def mosaic_fingerprint(self) -> str:
        """SHA-256 of the mosaic when it was cut."""

    def read(self, tile: Tile) -> Pixels:
        """Read values and validity of a tile, each (size, size)."""

    def fingerprint(self) -> str:
        """Compute the SHA-256 of the mosaic and the settings."""

    def with_tiles(self, tiles: tuple[Tile, ...]) -> "TileSource":
        """Return the same source with other tiles."""


@dataclass(frozen=True)
class MosaicTiles:
    """A mosaic that is cut as it is read.

    Attributes:
        mosaic: Mosaic that is cut.
        settings: Settings by which it is cut.
        tiles: Planned tiles, by level, row and column.
        statistics: Statistics of the mosaic's values.
        height_unit_m: Height of one unit of the values, metres; None where they are grey values.
    """

    mosaic: Mosaic
    settings: TilingSettings
    tiles: tuple[Tile, ...] = field(repr=False)
    statistics: ValueStatistics
    height_unit_m: float | None = None

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
        min_detectable_px: float = MIN_DETECTABLE_PX,
        elevation: bool | None = None,
    ) -> "MosaicTiles":
        """Plan the tiles of a mosaic (see `plan_tiles`) and examine its values.

        The mosaic of the result leaves out a value that plainly stands for no ground (see
        `examine_mosaic`).

        Args:
            mosaic: Mosaic to cut.
            max_size: Largest side of a tile, pixels.
            halo: Margin around a core, pixels.
            levels: Number of octaves from full resolution on; None for as many as fit.
            frames: Kind of frames: "native", "local" or "auto".
            smallest_px: Diameter of the smallest crater to detect, pixels of the mosaic; None for
                `min_detectable_px`.
            min_detectable_px: Diameter of the smallest crater that the network detects, pixels of
                an octave.
            elevation: True where the mosaic holds heights, False where it holds grey values; None
                to go by its unit, its name and its values.

        Raises:
            TileSetError: The sizes leave no room for a core, or the craters are too small.
            MosaicError: The mosaic has no valid pixel or only one value, or cannot be read.
        """
        examined = examine_mosaic(mosaic, elevation)
        mosaic = examined.mosaic
        finest = find_finest_octave(smallest_px, min_detectable_px)
        tiles = plan_tiles(
            mosaic, max_size=max_size, halo=halo, levels=levels, finest=finest, frames=frames
        )
        count = 1 + max(tile.level for tile in tiles)
        smallest = None if smallest_px is None or not finest else float(smallest_px)
        settings = TilingSettings(int(max_size), int(halo), count, frames, finest, smallest)
        return cls(mosaic, settings, tuple(tiles), examined.statistics, examined.height_unit_m)

    @classmethod
    def plan_again(cls, mosaic: Mosaic, settings: TilingSettings) -> "MosaicTiles":
        """Plan the tiles of a picture as they were planned before.

        Args:
            mosaic: Mosaic that was cut.
            settings: Settings by which it was cut.

        Raises:
            MosaicError: The mosaic has no valid pixel or only one value, or cannot be read.
        """
        examined = examine_mosaic(mosaic, elevation=False)
        tiles = plan_tiles(
            examined.mosaic,
            max_size=settings.max_size,
            halo=settings.halo,
            levels=settings.levels,
            finest=settings.finest,
            frames=settings.frames,
        )
        return cls(
            examined.mosaic, settings, tuple(tiles), examined.statistics, examined.height_unit_m
        )

    def read(self, tile: Tile) -> Pixels:
        """Read values and validity of a tile, each (size, size).

        Raises:
            MosaicError: The mosaic cannot be read.
        """
        return read_tile(self.mosaic, tile)

    def fingerprint(self) -> str:
        """Compute the SHA-256 of the mosaic and the settings, the same as of tiles on disk.

        Raises:
            MosaicError: A file of the mosaic cannot be read.
        """
        return _fingerprint(self.mosaic_fingerprint, self.settings)

    def with_tiles(self, tiles: tuple[Tile, ...]) -> "MosaicTiles":
        """Return the same source with other tiles."""
        return replace(self, tiles=tiles)

    @cached_property
    def mosaic_fingerprint(self) -> str:
        """SHA-256 of the mosaic as it is.

        Raises:
            MosaicError: A file of the mosaic cannot be read.
        """
        return self.mosaic.fingerprint()


@dataclass(frozen=True)
class TileSet:
    """Tiles in a directory.

    Attributes:
        directory: Directory of the tiles.
        virtual: True where the files hold no pixels, so that these come from the mosaic.
        mosaic: Mosaic that was cut. Unless `virtual`, its files may be gone.
        mosaic_fingerprint: SHA-256 of the mosaic when it was cut.
        settings: Settings by which it was cut.
        tiles: Tiles that have a valid pixel (virtual: all), by level, row and column.
        statistics: Statistics of the mosaic's values.
        height_unit_m: Height of one unit of the values, metres; None where they are grey values.
    """

    directory: Path
    virtual: bool
    mosaic: Mosaic
    mosaic_fingerprint: str
    settings: TilingSettings
    tiles: tuple[Tile, ...] = field(repr=False)
    statistics: ValueStatistics
    height_unit_m: float | None = None

    def read(self, tile: Tile) -> Pixels:
        """Read values and validity of a tile, each (size, size).

        Raises:
            TileSetError: The file is missing or damaged.
            MosaicError: The tile is virtual, and the mosaic cannot be read.
        """
        if self.virtual:
            return read_tile(self.mosaic, tile)
        return read_geotiff(self.directory / tile_file(tile, virtual=False))

    def fingerprint(self) -> str:
        """Compute the SHA-256 of the mosaic and the settings, the same as of `MosaicTiles`."""
        return _fingerprint(self.mosaic_fingerprint, self.settings)

    def with_tiles(self, tiles: tuple[Tile, ...]) -> "TileSet":
        """Return the same source with other tiles."""
        return replace(self, tiles=tiles)


def _fingerprint(mosaic_fingerprint: str, settings: TilingSettings) -> str:
    text = json.dumps([FORMAT, mosaic_fingerprint, asdict(settings)])
    return hashlib.sha256(text.encode()).hexdigest()
