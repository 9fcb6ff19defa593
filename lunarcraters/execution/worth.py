"""What a model's scores are worth, and how well it measures diameters: as calibration told."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import interpn

from lunarcraters.network.model_file import ModelInfo
from lunarcraters.raster.mosaic import Mosaic

Float = NDArray[np.float64]


def calibrated(scores: Float, info: ModelInfo) -> Float:
    """The network's scores as the precision that they had on the validation split."""
    if not info.scores:
        return scores
    return np.interp(scores, info.scores["raw"], info.scores["precision"])


def relative_diameter_sd(diameters_px: Float, scores: Float, info: ModelInfo) -> Float:
    """Standard deviation of diameters over themselves; NaN where the model does not know it.

    Args:
        diameters_px: Pixels of the octave that each crater was found in, (n,).
        scores: Calibrated, (n,).
        info: Of the model.
    """
    if not info.diameter_sd:
        return np.full(diameters_px.shape, np.nan)
    known = info.diameter_sd
    axes = np.log(known["diameter_px"]), np.array(known["score"], float)
    inside = [
        np.clip(v, a[0], a[-1]) for v, a in zip((np.log(diameters_px), scores), axes, strict=True)
    ]
    return np.asarray(interpn(axes, np.array(known["relative_sd"], float), np.column_stack(inside)))


def pixels_in_octave(diameters: Float, levels: Float, mosaic: Mosaic) -> Float:
    """Diameters (km, or pixels of a plain picture) in pixels of the octaves they were found in."""
    pixel_km = 1.0 if mosaic.gsd_m is None else mosaic.gsd_m / 1000.0
    return np.asarray(diameters / pixel_km / 2.0**levels)
