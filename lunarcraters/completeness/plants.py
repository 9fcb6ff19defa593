"""Plants: craters of known place, size and wear, and the light and shade that they throw."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.elevation.shading import shade
from lunarcraters.geometry.circles import compute_diameters_px
from lunarcraters.geometry.grid import Grid
from lunarcraters.rendering.profiles import compute_crater_profile
from lunarcraters.rendering.relief import blur, compute_replaced_share, draw_uneven_rim

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

SIMPLE_KM = 1.0
"""Diameter of a simple crater, for the relief of craters in pictures whose scale is not known."""

_FINEST_RADIUS_PX = 6.0  # of the finer pixels in which a small crater is lit
_MOST_FINER = 6
_REACH = 2.6  # of light and shade that matter, radii
_UNEVEN_RADIUS_PX = 6.0  # from which the shape of a rim shows
_SHADOWS_DEG = 40.0  # height of the sun from which craters cast no shadows
_LEAST_DIAMETER_PX = 2.5  # of a crater that makes a difference to a picture
_NORTH_DEG = 1e-3
_REPLACED_REACH = 2.5  # of what a crater removes, radii
_YOUNGER = 0.25  # scale of relief younger than a crater, radii
_LEVELLED = 1.7  # half the side of a square that shows a crater's level, radii


@dataclass(frozen=True, eq=False)
class Plants:
    """Craters that are planted together.

    Attributes:
        positions: Longitude and latitude of the centres, degrees, or x and y, pixels, (n, 2).
        diameters: Diameters, km or pixels, (n,).
        wear: Diffusion lengths over the radius, (n,).
        seed: Seeds of the unevenness of the rims, (n,).
        sun_azimuth_deg: Azimuths of the sun, degrees clockwise from north (from the top without a
            coordinate system), (n,).
        sun_altitude_deg: Heights of the sun above the horizon, degrees, (n,).
    """

    positions: Float
    diameters: Float
    wear: Float
    seed: NDArray[np.int64]
    sun_azimuth_deg: Float
    sun_altitude_deg: Float

    def __len__(self) -> int:
        """Number of craters."""
        return len(self.diameters)


def to_frame(
    positions: Float, diameters: Float, frame: Grid, pixel_size_m: float | None
) -> tuple[Float, Float, Float]:
    """Convert craters to circles in a tile.

    Args:
        positions: Longitude and latitude, degrees, or x and y, pixels, (n, 2).
        diameters: Diameters, km or pixels, (n,).
        frame: Grid of the tile.
        pixel_size_m: Ground size of a pixel of the tile where the grid has none, metres; None
            without a coordinate system.

    Returns:
        Columns, rows and diameters, pixels of the tile, each (n,).
    """
    if frame.has_crs:
        x, y = frame.from_lonlat(*positions.T)
        return x, y, compute_diameters_px(positions, diameters, frame, pixel_size_m)
    x, y = ~frame.affine @ tuple(positions.T)
    return x, y, diameters / np.sqrt(abs(frame.affine.determinant))


def compute_light(plants: Plants, frame: Grid, pixel_size_m: float | None) -> Float32:
    """Compute by how much planted craters brighten or darken the pixels of a tile.

    Args:
        plants: Craters.
        frame: Grid of the tile.
        pixel_size_m: Ground size of a pixel where the grid has none, metres; None without a
            coordinate system.

    Returns:
        Reflectance with the craters over that of flat ground, (height, width), float32.
    """
    light = np.ones((frame.height, frame.width), np.float32)
    x, y, diameters_px = to_frame(plants.positions, plants.diameters, frame, pixel_size_m)
    north_deg = find_north_deg(plants.positions, frame)
    for i in np.flatnonzero(diameters_px >= _LEAST_DIAMETER_PX).tolist():
        diameter_km = float(plants.diameters[i]) if frame.has_crs else SIMPLE_KM
        _multiply(
            light,
            (float(x[i]), float(y[i])),
            float(diameters_px[i]) / 2.0,
            diameter_km,
            float(plants.wear[i]),
            int(plants.seed[i]),
            (float(plants.sun_azimuth_deg[i] + north_deg[i]), float(plants.sun_altitude_deg[i])),
        )
    return light


def erase_older_relief(
    grey: Float32, plants: Plants, frame: Grid, pixel_size_m: float | None, part: float
) -> None:
    """Erase from a picture, in place, the older relief that planted craters would have removed.

    A crater removes the relief in which it forms. What lies in it now is younger, and mostly much
    smaller. Light and shade of the crater's own scale are therefore taken out of its ground;
    smaller craters, texture and noise stay.

    Args:
        grey: Grey values of a tile, (height, width).
        plants: Craters.
        frame: Grid of the tile.
        pixel_size_m: Ground size of a pixel where the grid has none, metres; None without a
            coordinate system.
        part: Part that is erased, 0 to 1.
    """
    x, y, diameters_px = to_frame(plants.positions, plants.diameters, frame, pixel_size_m)
    for i in np.flatnonzero(diameters_px >= _LEAST_DIAMETER_PX).tolist():
        radius = float(diameters_px[i]) / 2.0
        reach = _REPLACED_REACH * radius
        left, top = max(int(x[i] - reach), 0), max(int(y[i] - reach), 0)
        right, bottom = int(x[i] + reach) + 1, int(y[i] + reach) + 1
        patch = grey[top:bottom, left:right]
        if not patch.size:
            continue
        dx = np.arange(left, left + patch.shape[1], dtype=np.float32) + np.float32(0.5 - x[i])
        dy = np.arange(top, top + patch.shape[0], dtype=np.float32) + np.float32(0.5 - y[i])
        ratio = np.asarray(np.hypot(dx[None, :], dy[:, None]) / radius, np.float32)
        share = compute_replaced_share(ratio) * np.clip(_REPLACED_REACH - ratio, 0.0, 1.0)
        side = 2 * int(_LEVELLED * radius) + 1
        level = cv2.blur(patch, (side, side), borderType=cv2.BORDER_REPLICATE)
        older = blur(patch, _YOUNGER * radius) - level
        patch -= np.float32(part) * share * older


def find_north_deg(positions: Float, frame: Grid) -> Float:
    """Find the direction of north in a tile; without a coordinate system it is up.

    Args:
        positions: Longitude and latitude, degrees, or x and y, pixels, (n, 2).
        frame: Grid of the tile.

    Returns:
        Degrees clockwise from up, (n,).
    """
    if not frame.has_crs:
        return np.zeros(len(positions))
    lon, lat = positions.T
    x, y = frame.from_lonlat(lon, lat)
    step = np.where(lat > 0.0, -_NORTH_DEG, _NORTH_DEG)
    to_x, to_y = frame.from_lonlat(lon, lat + step)
    return np.degrees(np.arctan2((to_x - x) * np.sign(step), -(to_y - y) * np.sign(step)))


def _multiply(
    light: Float32,
    centre: tuple[float, float],
    radius_px: float,
    diameter_km: float,
    wear: float,
    seed: int,
    sun_deg: tuple[float, float],
) -> None:
    """Multiply the light and shade of one crater into that of a tile, in place."""
    low = [int(np.floor(c - _REACH * radius_px)) for c in centre]
    high = [int(np.ceil(c + _REACH * radius_px)) for c in centre]
    if high[0] <= 0 or high[1] <= 0 or low[0] >= light.shape[1] or low[1] >= light.shape[0]:
        return
    finer = int(np.clip(np.ceil(_FINEST_RADIUS_PX / radius_px), 1, _MOST_FINER))
    dx, dy = (
        (np.arange(finer * (end - start), dtype=np.float32) + np.float32(0.5)) / np.float32(finer)
        + np.float32(start - c)
        for start, end, c in zip(low, high, centre, strict=True)
    )
    ratio: Float32 = np.hypot(dx[None, :], dy[:, None]) / np.float32(radius_px)
    if radius_px > _UNEVEN_RADIUS_PX:
        uneven = draw_uneven_rim(dx, dy, np.random.default_rng(seed))
        ratio *= 1.0 + uneven * np.minimum(ratio, 1.0) ** 2
    relief = blur(compute_crater_profile(ratio, diameter_km), wear * radius_px * finer)
    azimuth_deg, altitude_deg = sun_deg
    lit = shade(
        relief,
        500.0 * diameter_km / (radius_px * finer),
        sun_azimuth_deg=azimuth_deg,
        sun_elevation_deg=altitude_deg,
        shadows=altitude_deg < _SHADOWS_DEG,
    )
    size = high[0] - low[0], high[1] - low[1]
    patch = cv2.resize(lit / _flat_reflectance(altitude_deg), size, interpolation=cv2.INTER_AREA)
    left, top = max(low[0], 0), max(low[1], 0)
    right, bottom = min(high[0], light.shape[1]), min(high[1], light.shape[0])
    part = patch[top - low[1] : bottom - low[1], left - low[0] : right - low[0]]
    light[top:bottom, left:right] *= part


@lru_cache(maxsize=8)
def _flat_reflectance(altitude_deg: float) -> np.float32:
    """Reflectance of flat ground."""
    flat = np.zeros((4, 4), np.float32)
    return shade(flat, 1.0, sun_azimuth_deg=0.0, sun_elevation_deg=altitude_deg)[0, 0]
