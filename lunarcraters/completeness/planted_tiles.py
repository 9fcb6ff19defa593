"""Planted tiles: the tiles of a run, with planted craters in their pixels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.plants import (
    Plants,
    compute_light,
    erase_older_relief,
    find_direction_deg,
    find_north_deg,
)
from lunarcraters.mosaic.dtypes import Pixels, as_dtype
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.statistics import ValueStatistics
from lunarcraters.rendering.relief import blur
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import TileSource, TilingSettings

Float32 = NDArray[np.float32]

_PSF_PX = 0.5  # deviation of a camera's blur, pixels of the mosaic
_LEVEL_PX = 40.0  # deviation of the blur that leaves the brightness of level ground, tile pixels
_TEXTURE_PX = 3.0, 12.0  # deviations of the blurs between which texture lies, tile pixels
_SHADOW_PX, _SHADOW = 2.0, 0.3  # ground is in shadow below this share of that brightness


@dataclass(frozen=True)
class PlantedTiles:
    """Tiles of a mosaic into which craters are planted as they are read.

    Attributes:
        source: Tiles of the run.
        plants: Craters by name of the region, which the names of its tiles begin with.
        tiles: Tiles.
    """

    source: TileSource
    plants: Mapping[str, Plants]
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
    def statistics(self) -> ValueStatistics:
        """Statistics of the mosaic's values, as the run has them."""
        return self.source.statistics

    @property
    def height_unit_m(self) -> None:
        """None, since craters are planted into pictures alone."""

    @property
    def mosaic_fingerprint(self) -> str:
        """SHA-256 of the mosaic."""
        return self.source.mosaic_fingerprint

    def read(self, tile: Tile) -> Pixels:
        """Read values and validity of a tile, each (size, size), with the planted craters.

        Raises:
            MosaicError: The mosaic cannot be read.
        """
        values, valid = self.source.read(tile)
        plants = self.plants[region_of(tile)]
        if not len(plants) or not valid.any():
            return values, valid
        pixel_size_m = self.mosaic.meridian_pixel_size_m
        size_m = None if pixel_size_m is None else pixel_size_m * 2.0**tile.level
        light = compute_light(plants, tile.frame, size_m)
        blur_px = _PSF_PX / 2.0**tile.level
        if blur_px > 0.2:
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), blur_px), np.float32)
        grey = values.astype(np.float32)
        grey[~valid] = grey[valid].mean()
        level = blur(grey, _LEVEL_PX)
        north_deg = float(find_north_deg(plants.positions[:1], tile.frame)[0])
        sun_deg = find_direction_deg(float(plants.sun_azimuth_deg[0]), north_deg, tile.frame)
        relief = measure_relief_share(grey, sun_deg)
        # What is left of the texture is as strong as the part that is no relief.
        erase_older_relief(grey, plants, tile.frame, size_m, 1.0 - float(np.sqrt(1.0 - relief)))
        planted = np.where(valid, add_light(grey, level, light), values)
        return as_dtype(planted, values.dtype), valid

    def fingerprint(self) -> str:
        """Compute the SHA-256 of the mosaic and the settings."""
        return self.source.fingerprint()

    def with_tiles(self, tiles: tuple[Tile, ...]) -> "PlantedTiles":
        """Return the same source with other tiles."""
        return replace(self, tiles=tiles)


def region_of(tile: Tile) -> str:
    """Name of the region that a tile shows."""
    return tile.name.partition("_")[0]


def measure_relief_share(grey: Float32, sun_azimuth_deg: float) -> float:
    """Measure how much of the texture of a picture is light and shade of relief.

    The rest is albedo and noise, which have no direction. The light of relief varies by the slope
    towards the sun: its power goes with the square of the cosine of the angle to the sun, so that
    its gradient has three times as much variance along that direction as across.

    Args:
        grey: Grey values, (height, width).
        sun_azimuth_deg: Azimuth of the sun, degrees clockwise from up.

    Returns:
        Share of the variance, 0 to 1.
    """
    texture = blur(grey, _TEXTURE_PX[0]) - blur(grey, _TEXTURE_PX[1])
    right = cv2.Sobel(texture, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(texture, cv2.CV_32F, 0, 1)
    east, north = np.sin(np.radians(sun_azimuth_deg)), np.cos(np.radians(sun_azimuth_deg))
    along = float((right * np.float32(east) - down * np.float32(north)).var())
    across = float((right * np.float32(north) + down * np.float32(east)).var())
    relief, other = 2.0 * max(along - across, 0.0), max(3.0 * across - along, 0.0)
    return relief / (relief + other) if relief > 0.0 else 0.0


def add_light(grey: Float32, level: Float32, light: Float32) -> Float32:
    """Add the light and shade of planted craters to a picture.

    Slopes add up, and so does their light: a pixel gains what the planted slope would add to level
    ground of the same surroundings, wherever it already slopes. Texture, noise and neighbours
    stay as they are, and ground in shadow stays dark.

    Args:
        grey: Grey values, (height, width).
        level: Grey values of level ground, (height, width).
        light: Reflectance with the planted craters over that of flat ground, (height, width).
    """
    here = blur(grey, _SHADOW_PX)
    dark = np.where(level > 0.0, np.float32(_SHADOW) * level, np.float32(1.0))
    lit = np.clip(here / dark, 0.0, 1.0)
    shaded = grey + lit * level * (light - np.float32(1.0))
    return np.where((level > 0.0) & (light != 1.0), np.maximum(shaded, 0.0), grey)
