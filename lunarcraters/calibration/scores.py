"""Curves of a calibration: precision by score, operating points, diameter errors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from lunarcraters.evaluation.matching import Matches

Float = NDArray[np.float64]

SIZES_PX = (11.0, 16.0, 22.0, 32.0, 45.0, 64.0, 90.0, 128.0)
"""Diameters in pixels of the mosaic at which precision is told."""

SMALLER_SIZES_PX = (2.75, 4.0, 5.5, 8.0)
"""Further ones for runs that search the mosaic enlarged."""

_COMPLETE_PRECISION = 0.5
_PURE_PRECISION = 0.9
_KNOTS = 51  # of the curves from score to precision
_LEAST_RISE = 1e-5


def score_worth(
    matches: Matches, diameters_px: Float, sizes_px: tuple[float, ...] = SIZES_PX
) -> dict[str, list[Any]]:
    """Precision by size and raw score: beta calibration, bent by size.

    The logit of the precision is a log(score) - b log(1 - score) + c with a, b >= 0 (Kull et al.
    2017, doi:10.1214/17-EJS1338SI), and x (d + e logit(score)) + f x^2, where x are the octaves
    above 16 pixels; fitted to which detections are true, with a normal prior of deviation 1 for d,
    e and f. At every size precision goes from 0 to 1 and rises: no two scores become one.

    Args:
        matches: Detections (n,) and references.
        diameters_px: Diameters of the detections, pixels of the mosaic, (n,).
        sizes_px: Sizes at which precision is told.
    """
    ends = sizes_px[0], sizes_px[-1]
    true = matches.true[matches.counted]
    terms = _worth_terms(matches.score[matches.counted], diameters_px[matches.counted], ends)

    def log_loss(weights: Float) -> tuple[float, Float]:
        logit, prior = terms @ weights, np.r_[0.0, 0.0, 0.0, weights[3:]]
        loss = np.sum(np.logaddexp(0.0, logit) - true * logit) + prior @ prior / 2.0
        slope = terms.T @ (expit(logit) - true) + prior
        return float(loss) / len(true), slope / len(true)

    bounds = [(0.0, None), (0.0, None), *[(None, None)] * 4]
    start = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    weights = minimize(log_loss, start, method="L-BFGS-B", jac=True, bounds=bounds).x
    raw = np.linspace(0.0, 1.0, _KNOTS)[1:-1]
    steps = _LEAST_RISE * np.arange(1, len(raw) + 1)
    precision = []
    for size in sizes_px:
        at_size = _worth_terms(raw, np.full(len(raw), size), ends)
        rising = np.maximum.accumulate(expit(at_size @ weights))
        inner = np.minimum(rising, 1.0 - 2.0 * steps[-1]) + steps
        precision.append([0.0, *np.round(inner, 6).tolist(), 1.0])
    return {
        "diameter_px": list(sizes_px),
        "raw": [0.0, *np.round(raw, 6).tolist(), 1.0],
        "precision": precision,
    }


def _worth_terms(score: Float, diameters_px: Float, ends: tuple[float, float]) -> Float:
    inside = np.clip(score, 1e-4, 1.0 - 1e-4)
    up, down = np.log(inside), -np.log1p(-inside)
    octaves = np.log2(np.clip(diameters_px, *ends) / 16.0)
    bent = [octaves, octaves * (up + down), octaves**2]
    return np.column_stack([up, down, np.ones(len(inside)), *bent])


def operating_points(thresholds: Float, precision: Float, recall: Float) -> dict[str, float]:
    """Thresholds by name, from a precision-recall curve of descending thresholds."""

    def last(enough: NDArray[np.bool_]) -> int:
        return int(np.flatnonzero(enough)[-1]) if enough.any() else int(np.argmax(precision))

    places = {
        "balanced": last(precision >= recall),
        "complete": last(precision >= _COMPLETE_PRECISION),
        "pure": last(precision >= _PURE_PRECISION),
    }
    return {name: round(float(thresholds[place]), 4) for name, place in places.items()}
