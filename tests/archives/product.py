"""What the products of all archives share: their pixels, and where these lie.

The labels are written by hand from those of real products. The places are computed by the formulas
of the archives' own documents (DSMAP.CAT), not by those of the program.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RADIUS_KM = 1737.4
KM_RESOLUTION = RADIUS_KM * np.pi / 180
"""Pixels per degree of a pixel of 1 km."""

HEIGHT, WIDTH = 20, 30


@dataclass(frozen=True)
class Product:
    """An archive product.

    Attributes:
        path: File that a user names.
        values: Values of the (first) band.
        valid: Pixels that are measurements.
        lonlat: Function of sample and line, both 0 at the centre of the first pixel, that gives
            longitude and latitude in degrees.
        size_deg: Size of a pixel in latitude, degrees.
    """

    path: Path
    values: np.ndarray
    valid: np.ndarray
    lonlat: Callable
    size_deg: float


def ramp(dtype, low=100):
    """Values that differ from pixel to pixel."""
    return (low + np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 120).astype(dtype)


def all_valid(values):
    return np.ones(values.shape, bool)


def cylindrical(center_lon, resolution, line_offset, sample_offset, lat_ts=0.0):
    """DSMAP.CAT of LOLA and LROC: offsets of the origin from the centre of the first pixel."""

    def lonlat(sample, line):
        lat = (line_offset - line) / resolution
        lon = center_lon + (sample - sample_offset) / resolution / np.cos(np.radians(lat_ts))
        return lon, lat

    return lonlat


def polar(scale_km, offset, south):
    """DSMAP_POLAR.CAT of LOLA: spherical polar stereographic, true to scale at the pole."""

    def lonlat(sample, line):
        x, y = (sample - offset) * scale_km, (offset - line) * scale_km
        colatitude = np.degrees(2 * np.arctan(0.5 * np.hypot(x, y) / RADIUS_KM))
        if south:
            return np.degrees(np.arctan2(x, y)), colatitude - 90.0
        return np.degrees(np.arctan2(x, -y)), 90.0 - colatitude

    return lonlat


def scale_of(resolution):
    """Kilometres of a pixel from pixels per degree."""
    return RADIUS_KM * np.pi / 180.0 / resolution


def special_pixels(values):
    """Put the five special pixels of ISIS at the start of the first line."""
    values = values.copy()
    if values.dtype.itemsize == 2:
        values[0, :5] = np.arange(-32768, -32763)
    else:
        bits = np.arange(0xFF7FFFFB, 0xFF800000, dtype=np.uint32)
        values[0, :5] = bits.view(np.float32)
    valid = all_valid(values)
    valid[0, :5] = False
    return values, valid
