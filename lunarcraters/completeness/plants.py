"""Plants: craters of known place, size and wear, and the light and shade that they throw."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.stamps import Stamp, find_stamp
from lunarcraters.geometry.circles import compute_diameters_px
from lunarcraters.geometry.grid import Grid
from lunarcraters.rendering.relief import blur, compute_replaced_share

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

SIMPLE_KM = 1.0
"""Diameter of a simple crater, for the relief of craters in pictures whose scale is not known."""

_REACH = 2.6  # of light and shade that matter, radii
_LEAST_DIAMETER_PX = 2.5  # of a crater that makes a difference to a picture
_NORTH_DEG = 1e-3
_REPLACED_REACH = 2.5  # of what a crater removes, radii
_SHARE_RADIUS_PX = 32  # of the crater by which what craters remove is kept
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
        sun_altitude_deg: Height of the sun above the horizon, degrees.
    """

    positions: Float
    diameters: Float
    wear: Float
    seed: NDArray[np.int64]
    sun_azimuth_deg: Float
    sun_altitude_deg: float

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
    x, y = frame.from_positions(*positions.T)
    if frame.has_crs:
        return x, y, compute_diameters_px(positions, diameters, frame, pixel_size_m)
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
        radius_px = float(diameters_px[i]) / 2.0
        stamp = find_stamp(
            radius_px,
            float(plants.diameters[i]) if frame.has_crs else SIMPLE_KM,
            float(plants.wear[i]),
            int(plants.seed[i]),
            plants.sun_altitude_deg,
        )
        azimuth_deg = find_direction_deg(float(plants.sun_azimuth_deg[i]), north_deg[i], frame)
        _multiply(light, (float(x[i]), float(y[i])), radius_px, stamp, azimuth_deg)
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
        share = _place_replaced((float(x[i]) - left, float(y[i]) - top), radius, patch.shape)
        side = 2 * int(_LEVELLED * radius) + 1
        level = cv2.blur(patch, (side, side), borderType=cv2.BORDER_REPLICATE)
        older = blur(patch, _YOUNGER * radius) - level
        patch -= np.float32(part) * share * older


def _place_replaced(
    centre: tuple[float, float], radius_px: float, shape: tuple[int, int]
) -> Float32:
    """Share of the older relief that a crater removes, (height, width)."""
    scale = _SHARE_RADIUS_PX / radius_px
    table = _draw_replaced()
    shift = table.shape[0] / 2.0 - 0.5 + scale * (0.5 - np.array(centre))
    to_table = np.column_stack([scale * np.eye(2), shift])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(table, to_table, shape[::-1], flags=flags), np.float32)


@lru_cache(maxsize=1)
def _draw_replaced() -> Float32:
    half = int(np.ceil(_REPLACED_REACH * _SHARE_RADIUS_PX))
    offset = np.arange(-half, half, dtype=np.float32) + np.float32(0.5)
    ratio: Float32 = np.hypot(offset[None, :], offset[:, None]) / np.float32(_SHARE_RADIUS_PX)
    return compute_replaced_share(ratio) * np.clip(_REPLACED_REACH - ratio, 0.0, 1.0)


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


def is_mirrored(frame: Grid) -> bool:
    """Tell whether west is to the right of north in a tile: its rows are stored upwards."""
    return frame.has_crs and frame.affine.determinant > 0.0


def find_top_azimuth_deg(positions: Float, grid: Grid) -> Float:
    """Find the azimuth of the top of a mosaic at some places; without a coordinate system it is 0.

    Args:
        positions: Longitude and latitude, degrees, or x and y, pixels, (n, 2).
        grid: Grid of the mosaic.

    Returns:
        Degrees clockwise from north, on the ground, (n,).
    """
    north_deg = find_north_deg(positions, grid)
    return north_deg if is_mirrored(grid) else -north_deg


def find_direction_deg(azimuth_deg: float, north_deg: float, frame: Grid) -> float:
    """Find the direction of an azimuth in a tile, degrees clockwise from up.

    Args:
        azimuth_deg: Azimuth, degrees clockwise from north.
        north_deg: Direction of north, degrees clockwise from up.
        frame: Grid of the tile.
    """
    return float(north_deg + (-azimuth_deg if is_mirrored(frame) else azimuth_deg))


def _multiply(
    light: Float32, centre: tuple[float, float], radius_px: float, stamp: Stamp, azimuth_deg: float
) -> None:
    """Multiply the light and shade of one crater into that of a tile, in place."""
    left, top = (int(np.floor(c - _REACH * radius_px)) for c in centre)
    side = int(np.ceil(2.0 * _REACH * radius_px)) + 1
    window = light[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    if window.size:
        placed = stamp.place((centre[0] - left, centre[1] - top), radius_px, azimuth_deg, side)
        rows, columns = window.shape
        window *= placed[max(-top, 0) :, max(-left, 0) :][:rows, :columns]
