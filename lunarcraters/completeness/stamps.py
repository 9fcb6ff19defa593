"""Stamps: light and shade of one crater on level ground, drawn once for all that are alike.

A stamp is lit from the top and turned to the sun as it is placed. Small craters share the stamps of
a few radii, degrees of wear and shapes of the rim.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.elevation.shading import shade
from lunarcraters.rendering.profiles import compute_crater_profile
from lunarcraters.rendering.relief import blur, draw_uneven_rim

Float32 = NDArray[np.float32]

_REACH = 3  # of a stamp, radii
_LARGEST_RADIUS_PX = 32  # of stamps that craters share; smaller ones are made of these
_FINER = 1.1  # pixels of a stamp for one of the picture, at least: so it is not blurred
_WEAR_STEP, _RIMS = 0.06, 4  # of stamps that craters share
_SIMPLE_KM = 0.4, 9.0  # between these diameters, all craters have the same shape
_SHADOWS_DEG = 40.0  # height of the sun from which craters cast no shadows


@dataclass(frozen=True, eq=False)
class Stamp:
    """Light and shade of a crater under a sun at the top of the picture.

    Attributes:
        light: Reflectance over that of flat ground, with the centre in the middle, (side, side).
        radius_px: Radius of the crater, pixels.
    """

    light: Float32
    radius_px: float

    def place(
        self, centre: tuple[float, float], radius_px: float, azimuth_deg: float, side: int
    ) -> Float32:
        """Draw the stamp as a crater in a picture.

        Args:
            centre: Column and row of the centre, pixels of the picture.
            radius_px: Radius of the crater, pixels of the picture.
            azimuth_deg: Azimuth of the sun, degrees clockwise from up.
            side: Side of the picture, pixels.

        Returns:
            Reflectance over that of flat ground, (side, side).
        """
        scale, azimuth = self.radius_px / radius_px, np.radians(azimuth_deg)
        east, north = scale * float(np.sin(azimuth)), scale * float(np.cos(azimuth))
        to_stamp = np.array([[north, east], [-east, north]])
        middle = self.light.shape[0] / 2.0 - 0.5
        shift = middle + to_stamp @ (0.5 - np.array(centre))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        placed = cv2.warpAffine(
            self.light, np.column_stack([to_stamp, shift]), (side, side), flags=flags, borderValue=1
        )
        return np.asarray(placed, np.float32)


def find_stamp(
    radius_px: float, diameter_km: float, wear: float, seed: int, altitude_deg: float
) -> Stamp:
    """Find the stamp of a crater: that of craters alike, or its own if it is large.

    Args:
        radius_px: Radius in the picture, pixels.
        diameter_km: Diameter, km.
        wear: Diffusion length over the radius.
        seed: Seed of the unevenness of the rim.
        altitude_deg: Height of the sun above the horizon, degrees.
    """
    least_px = _FINER * radius_px
    if least_px > _LARGEST_RADIUS_PX:
        return Stamp(_draw(radius_px, diameter_km, wear, seed, altitude_deg), radius_px)
    radius = 1 << max(int(np.ceil(np.log2(least_px))), 1)
    worn = round(wear / _WEAR_STEP) * _WEAR_STEP
    shared = _share(radius, _shape_km(diameter_km), worn, seed % _RIMS, altitude_deg)
    return Stamp(shared, float(radius))


@lru_cache(maxsize=1024)
def _share(
    radius_px: int, diameter_km: float, wear: float, seed: int, altitude_deg: float
) -> Float32:
    if radius_px == _LARGEST_RADIUS_PX:
        return _draw(radius_px, diameter_km, wear, seed, altitude_deg)
    finer = _share(2 * radius_px, diameter_km, wear, seed, altitude_deg)
    side = finer.shape[0] // 2
    return np.asarray(cv2.resize(finer, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _draw(
    radius_px: float, diameter_km: float, wear: float, seed: int, altitude_deg: float
) -> Float32:
    """Light the relief of a worn crater, (side, side)."""
    half = int(np.ceil(_REACH * radius_px))
    offset = np.arange(-half, half, dtype=np.float32) + np.float32(0.5)
    ratio: Float32 = np.hypot(offset[None, :], offset[:, None]) / np.float32(radius_px)
    uneven = draw_uneven_rim(offset, offset, np.random.default_rng(seed))
    ratio *= 1.0 + uneven * np.minimum(ratio, 1.0) ** 2
    relief = blur(compute_crater_profile(ratio, diameter_km), wear * radius_px)
    lit = shade(
        relief,
        500.0 * diameter_km / radius_px,
        sun_azimuth_deg=0.0,
        sun_elevation_deg=altitude_deg,
        shadows=altitude_deg < _SHADOWS_DEG,
    )
    return np.asarray(lit / _flat_reflectance(altitude_deg), np.float32)


def _shape_km(diameter_km: float) -> float:
    """Diameter of craters of almost the same shape, km."""
    smallest, largest = _SIMPLE_KM
    if diameter_km < largest:
        return 1.0 if diameter_km >= smallest else 0.3
    return float(2.0 ** (round(4.0 * np.log2(diameter_km)) / 4.0))


@lru_cache(maxsize=8)
def _flat_reflectance(altitude_deg: float) -> np.float32:
    """Reflectance of flat ground."""
    flat = np.zeros((4, 4), np.float32)
    return shade(flat, 1.0, sun_azimuth_deg=0.0, sun_elevation_deg=altitude_deg)[0, 0]
