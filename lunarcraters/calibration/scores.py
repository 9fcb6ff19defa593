"""Score calibration and operating points, measured on a validation split."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from lunarcraters.evaluation.matching import Matches
from lunarcraters.network.model_info import ScoreCalibration

Float = NDArray[np.float64]

SIZES_PX = (11.0, 16.0, 22.0, 32.0, 45.0, 64.0, 90.0, 128.0)
"""Diameters of a score calibration, pixels of the mosaic."""

SMALLER_SIZES_PX = (2.75, 4.0, 5.5, 8.0)
"""Further diameters for runs that search an enlarged mosaic."""

_COMPLETE_PRECISION = 0.5
_PURE_PRECISION = 0.9
_KNOTS = 51  # points of the curves from score to precision
_MIN_RISE = 1e-5


def fit_score_calibration(
    matches: Matches, diameters_px: Float, sizes_px: tuple[float, ...] = SIZES_PX
) -> ScoreCalibration:
    """Fit precision by size and network score: beta calibration, extended by size.

    The logit of the precision is a log(score) - b log(1 - score) + c with a, b >= 0 (Kull et al.
    2017, doi:10.1214/17-EJS1338SI), plus x (d + e logit(score)) + f x^2, where x is the number of
    octaves above 16 pixels. It is fitted to which detections are true, with a normal prior of
    deviation 1 for d, e and f. At every size, precision goes from 0 to 1 and rises, so that no two
    scores become one.

    Args:
        matches: Detections (n,) and labels.
        diameters_px: Diameters of the detections, pixels of the mosaic, (n,).
        sizes_px: Diameters of the result, pixels of the mosaic, rising.
    """
    ends = sizes_px[0], sizes_px[-1]
    true = matches.true[matches.counted]
    terms = _logit_terms(matches.score[matches.counted], diameters_px[matches.counted], ends)
    weights = _fit_logit(terms, true)
    raw = np.linspace(0.0, 1.0, _KNOTS)[1:-1]
    steps = _MIN_RISE * np.arange(1, len(raw) + 1)
    precision = []
    for size in sizes_px:
        at_size = _logit_terms(raw, np.full(len(raw), size), ends)
        rising = np.maximum.accumulate(expit(at_size @ weights))
        inner = np.minimum(rising, 1.0 - 2.0 * steps[-1]) + steps
        precision.append((0.0, *np.round(inner, 6).tolist(), 1.0))
    return ScoreCalibration(
        diameter_px=sizes_px,
        raw=(0.0, *np.round(raw, 6).tolist(), 1.0),
        precision=tuple(precision),
    )


def _fit_logit(terms: Float, true: NDArray[np.bool_]) -> Float:
    """Fit the weights of the terms of the logit, (6,), to which detections are true."""

    def log_loss(weights: Float) -> tuple[float, Float]:
        logit, prior = terms @ weights, np.r_[0.0, 0.0, 0.0, weights[3:]]
        loss = np.sum(np.logaddexp(0.0, logit) - true * logit) + prior @ prior / 2.0
        slope = terms.T @ (expit(logit) - true) + prior
        return float(loss) / len(true), slope / len(true)

    bounds = [(0.0, None), (0.0, None), *[(None, None)] * 4]
    start = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    return np.asarray(minimize(log_loss, start, method="L-BFGS-B", jac=True, bounds=bounds).x)


def _logit_terms(score: Float, diameters_px: Float, ends: tuple[float, float]) -> Float:
    """Terms of the logit for each detection, (n, 6)."""
    inside = np.clip(score, 1e-4, 1.0 - 1e-4)
    up, down = np.log(inside), -np.log1p(-inside)
    octaves = np.log2(np.clip(diameters_px, *ends) / 16.0)
    by_size = [octaves, octaves * (up + down), octaves**2]
    return np.column_stack([up, down, np.ones(len(inside)), *by_size])


def choose_operating_points(thresholds: Float, precision: Float, recall: Float) -> dict[str, float]:
    """Choose the thresholds `balanced`, `complete` and `pure` on a precision-recall curve.

    Where none has the precision of a point, or `balanced` would be above every true detection, the
    threshold of the highest precision is taken.

    Args:
        thresholds: Score thresholds, descending, (n,).
        precision: Precision at each threshold, (n,).
        recall: Recall at each threshold, (n,).

    Returns:
        Thresholds by name.
    """

    def find_last(enough: NDArray[np.bool_]) -> int:
        return int(np.flatnonzero(enough)[-1]) if enough.any() else int(np.argmax(precision))

    points = {
        "balanced": find_last((precision >= recall) & (recall > 0.0)),
        "complete": find_last(precision >= _COMPLETE_PRECISION),
        "pure": find_last(precision >= _PURE_PRECISION),
    }
    return {name: round(float(thresholds[index]), 4) for name, index in points.items()}
