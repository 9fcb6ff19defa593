"""Calibrated scores and diameter errors: tables of a model, interpolated at its detections."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import interpn

from lunarcraters.network.model_info import ModelInfo, ScoreCalibration

Float = NDArray[np.float64]


def calibrate_scores(scores: Float, diameters_px: Float, info: ModelInfo) -> Float:
    """Replace network scores by the precision that such detections had on the validation split.

    Args:
        scores: Network scores, 0 to 1, (n,).
        diameters_px: Diameters, pixels of the mosaic, (n,).
        info: Model description with its score calibration.

    Returns:
        Precision, 0 to 1, (n,); the network scores where the model is not calibrated.
    """
    if info.scores is None:
        return scores
    return interpolate_precision(scores, diameters_px, info.scores)


def interpolate_precision(
    scores: Float, diameters_px: Float, calibration: ScoreCalibration
) -> Float:
    """Interpolate a score calibration.

    Args:
        scores: Network scores, 0 to 1, (n,).
        diameters_px: Diameters, pixels of the mosaic, (n,).
        calibration: Table of precision.

    Returns:
        Precision, 0 to 1, (n,).
    """
    raw = np.array(calibration.raw, float)
    if not calibration.diameter_px:  # a file that was calibrated without regard to size
        return np.interp(scores, raw, calibration.precision[0])
    axes = np.log(calibration.diameter_px), raw
    return _interpolate(axes, calibration.precision, np.log(diameters_px), scores)


def interpolate_relative_sd(diameters_px: Float, scores: Float, info: ModelInfo) -> Float:
    """Interpolate the relative standard deviation of diameters.

    Args:
        diameters_px: Diameters, pixels of the octave that shows each crater, (n,).
        scores: Calibrated scores, 0 to 1, (n,).
        info: Model description with its diameter errors.

    Returns:
        Standard deviation divided by diameter, (n,); NaN where the model has no diameter errors.
    """
    errors = info.diameter_sd
    if errors is None:
        return np.full(diameters_px.shape, np.nan)
    axes = np.log(errors.diameter_px), np.array(errors.score, float)
    return _interpolate(axes, errors.relative_sd, np.log(diameters_px), scores)


def _interpolate(
    axes: tuple[Float, Float], table: tuple[tuple[float, ...], ...], rows: Float, columns: Float
) -> Float:
    """Interpolate a table linearly. Beyond its edges, the values of the edge hold."""
    inside = [np.clip(v, a[0], a[-1]) for v, a in zip((rows, columns), axes, strict=True)]
    return np.asarray(interpn(axes, np.array(table, float), np.column_stack(inside)))
