"""Previews: a mosaic as a small grey image for people to look at; heights are shaded."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.elevation.shading import shade
from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.damage import leave_out_damage
from lunarcraters.mosaic.examination.elevation import find_heights, may_hold_heights
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.statistics import sample_values

_SPREAD = (0.5, 99.5)  # percentiles that become black and white
_SUN = {"sun_azimuth_deg": 315.0, "sun_elevation_deg": 30.0}


def read_preview(mosaic: Mosaic, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Read a mosaic at reduced resolution, shade it if it holds heights, and stretch its contrast.

    Args:
        mosaic: Mosaic to read.
        side: Largest width and height of the preview, pixels.

    Returns:
        Grey values (0 where there are no data or they are damaged) and validity, each (height,
        width).

    Raises:
        MosaicError: The mosaic cannot be read at all, or has no valid pixel.
    """
    step = preview_step(mosaic, side)
    values, valid = leave_out_damage(mosaic).read(mosaic.grid.box, step)
    if not valid.any():
        mosaic.read(mosaic.grid.box, step)  # fails and tells why, where no pixel can be read
        raise MosaicError(f"{mosaic.name} has no valid pixel to draw: give another mosaic")
    return draw_ground(mosaic, values, valid, step, find_height_unit_m(mosaic)), valid


def find_height_unit_m(mosaic: Mosaic) -> float | None:
    """Height of one unit of a mosaic's values, metres; None where they are to be drawn as grey.

    Where the mosaic was searched, they are what they were searched as.

    Raises:
        MosaicError: The mosaic cannot be read, or has no valid pixel.
    """
    if not may_hold_heights(mosaic) or not mosaic.has_crs:
        return None
    values = sample_values(mosaic)
    try:
        return find_heights(mosaic, values, mosaic.elevation).unit_m
    except MosaicError:  # heights that cannot be searched
        return None


def draw_ground(
    mosaic: Mosaic,
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    step: int,
    height_unit_m: float | None,
) -> NDArray[np.uint8]:
    """Turn values that were read from a mosaic into grey values for people to look at.

    Args:
        mosaic: Mosaic that they are of.
        values: Values, (height, width).
        valid: Validity, same shape.
        step: Side of a value in pixels of the mosaic.
        height_unit_m: Height of one unit, metres, for shaded relief; None for grey values.

    Returns:
        Grey values, 0 where there are no data, (height, width).
    """
    if height_unit_m is not None and mosaic.pixel_size_m is not None and valid.any():
        middle = values[valid].mean(dtype=np.float64)
        heights_m = np.where(valid, (values.astype(np.float64) - middle) * height_unit_m, 0.0)
        values = shade(
            heights_m.astype(np.float32), mosaic.pixel_size_m * step, **_SUN, shadows=False
        )
    return (_stretch_contrast(values, valid) * 255.0).astype(np.uint8)


def _stretch_contrast(values: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Stretch valid values linearly from 0 to 1, but for outliers; invalid ones become 0."""
    real = values.astype(np.float64)
    low, high = np.percentile(real[valid], _SPREAD) if valid.any() else (0.0, 1.0)
    return np.where(valid, np.clip((real - low) / (high - low or 1e-9), 0.0, 1.0), 0.0)


def preview_step(mosaic: Mosaic, side: int) -> int:
    """Return the decimation at which a mosaic fits a preview.

    Args:
        mosaic: Mosaic to read.
        side: Largest width and height of the preview, pixels.

    Returns:
        Side of a preview pixel in mosaic pixels, 1 or more.
    """
    return max(-(-max(mosaic.width, mosaic.height) // side), 1)
