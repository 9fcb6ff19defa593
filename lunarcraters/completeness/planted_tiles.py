"""Planted tiles: the tiles of a run, with planted craters in their pixels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.plants import Plants, compute_light
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.network.pages import Pixels
from lunarcraters.mosaic.statistics import ValueStatistics
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import TileSource, TilingSettings


@dataclass(frozen=True)
class PlantedTiles:
    """Tiles of a mosaic into which craters are planted as they are read.

    Attributes:
        source: Tiles of the run.
        plants: Craters by name of the region, which the names of its tiles begin with.
        psf_px: Deviation of the camera's blur, pixels of the mosaic.
        tiles: Tiles.
    """

    source: TileSource
    plants: Mapping[str, Plants]
    psf_px: float
    tiles: tuple[Tile, ...] = ()

    @property
    def mosaic(self) -> Mosaic:
        """Mosaic that is cut."""
        return self.source.mosaic

    @property
    def settings(self) -> TilingSettings:
        """Settings of the run."""
        return self.source.settings

    @property
    def photometry(self) -> ValueStatistics:
        """Statistics of the mosaic's values, as the run has them."""
        return self.source.photometry

    def read(self, tile: Tile) -> Pixels:
        """Read values and validity of a tile, each (size, size), with the planted craters.

        Raises:
            MosaicError: The mosaic cannot be read.
        """
        values, valid = self.source.read(tile)
        plants = self.plants[region_of(tile)]
        if not len(plants) or not valid.any():
            return values, valid
        pixel_size_m = self.mosaic.pixel_size_m
        light = compute_light(
            plants, tile.frame, None if pixel_size_m is None else pixel_size_m * 2**tile.level
        )
        blur_px = self.psf_px / 2.0**tile.level
        if blur_px > 0.2:
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), blur_px), np.float32)
        return _multiply(values, light), valid

    def fingerprint(self) -> str:
        """Compute the SHA-256 of the mosaic and the settings."""
        return self.source.fingerprint()

    def with_tiles(self, tiles: tuple[Tile, ...]) -> "PlantedTiles":
        """Return the same source with other tiles."""
        return replace(self, tiles=tiles)


def region_of(tile: Tile) -> str:
    """Name of the region that a tile shows."""
    return tile.name.partition("_")[0]


def _multiply(values: NDArray[np.generic], light: NDArray[np.float32]) -> NDArray[np.generic]:
    """Values times light, in the type of the values."""
    product = values.astype(np.float64) * light
    if values.dtype.kind in "iu":
        ends = np.iinfo(str(values.dtype))
        product = np.clip(np.rint(product), ends.min, ends.max)
    return product.astype(values.dtype)
