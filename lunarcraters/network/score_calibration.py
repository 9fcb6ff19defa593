"""What a model's scores are worth, and how well it measures diameters: as calibration told."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import interpn

from lunarcraters.network.model_file import ModelInfo

Float = NDArray[np.float64]


def calibrated(scores: Float, diameters_px: Float, info: ModelInfo) -> Float:
    """The network's scores as the precision that they had on the validation split.

    Args:
        scores: As the network gives them, (n,).
        diameters_px: Pixels of the mosaic, (n,).
        info: Of the model.
    """
    return scores_told(scores, diameters_px, info.scores)


def scores_told(scores: Float, diameters_px: Float, known: dict[str, list[Any]]) -> Float:
    """The same by what `ModelInfo.scores` holds, which may be nothing."""
    if not known:
        return scores
    if "diameter_px" not in known:  # a file calibrated before sizes counted
        return np.interp(scores, known["raw"], known["precision"])
    axes = np.log(known["diameter_px"]), np.array(known["raw"], float)
    return _between(axes, known["precision"], np.log(diameters_px), scores)


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
    return _between(axes, known["relative_sd"], np.log(diameters_px), scores)


def _between(axes: tuple[Float, Float], table: list[Any], rows: Float, columns: Float) -> Float:
    """Values of a table between its rows and columns; beyond them, those of its edge."""
    inside = [np.clip(v, a[0], a[-1]) for v, a in zip((rows, columns), axes, strict=True)]
    return np.asarray(interpn(axes, np.array(table, float), np.column_stack(inside)))
