"""Terrain: what the description, the range and the roughness of values tell about them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.statistics import plan_samples

_LAG_PX = 16
ROUGH = 0.3
"""Roughness above which values are no terrain, which has 0.08 to 0.25; pictures: 0.12 to 0.65."""

_SLOPES_DEG = (0.5, 90.0)  # greatest minimum and maximum of a map of slopes
_GREY = (0.0, 255.0)
_GREY_ROUGH = 0.12

Float = NDArray[np.float64]


def looks_like_slopes(values: Float, roughness: float) -> bool:
    """Tell whether values may be slopes in degrees.

    Args:
        values: Sample of the values, (n,).
        roughness: Their roughness, by `measure_steps`.
    """
    low, high = float(values.min()), float(values.max())
    inside = 0.0 <= low <= _SLOPES_DEG[0] and high <= _SLOPES_DEG[1]
    return inside and roughness > _GREY_ROUGH


def looks_like_grey(values: Float, roughness: float, *, named: bool) -> bool:
    """Tell whether values may be grey values, though the user or the name calls them heights.

    Args:
        values: Sample of the values, (n,).
        roughness: Their roughness, by `measure_steps`.
        named: True where their name or description calls them elevations.
    """
    inside = _GREY[0] <= float(values.min()) and float(values.max()) <= _GREY[1]
    return roughness > (_GREY_ROUGH if inside and not named else ROUGH)


def read_description(mosaic: Mosaic) -> tuple[str, str, float, float]:
    """Read the unit, name and description, scale and offset of the first raster of a mosaic.

    All rasters of a mosaic have the same scale and offset.
    """
    raster = mosaic.rasters[0]
    name = Path(str(raster.path)).name
    words = f"{name} {raster.description}".lower().replace("_", " ")
    return raster.unit.strip().lower(), words, raster.scales[0], raster.offsets[0]


def measure_steps(mosaic: Mosaic) -> tuple[float, float]:
    """Measure how rough values are, and the mean difference of neighbouring pixels.

    Roughness is the difference along rows over the one of pixels 16 apart. Terrain is smooth at the
    scale of a pixel; its shading is a derivative, and rough. The mean difference is the larger of
    those along rows and along columns: near a pole, pixels of degrees of longitude are narrow.

    Returns:
        Roughness, 1 where it cannot be measured, and the mean difference, values.
    """
    near = far = down = 0.0
    windows = 0
    for box in plan_samples(mosaic.extents):
        try:
            values, valid = mosaic.read(box)
        except MosaicError:
            continue
        real = np.where(valid, values.astype(np.float64), np.nan)
        steps = [np.abs(real[:, lag:] - real[:, :-lag]) for lag in (1, _LAG_PX)]
        columns = np.abs(np.diff(real, axis=0))
        if box.width > _LAG_PX and all(np.isfinite(step).any() for step in steps):
            near += float(np.nanmean(steps[0]))
            far += float(np.nanmean(steps[1]))
            down += float(np.nanmean(columns)) if np.isfinite(columns).any() else 0.0
            windows += 1
    return near / far if far else 1.0, max(near, down) / max(windows, 1)
