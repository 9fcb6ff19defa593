"""Reliability of scores and of standard deviations: whether they tell the true errors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.evaluation.matching import Matches

LEAST_SCORE = 0.05
"""Lowest score of the detections that are used: those below are many and nearly all false."""

BINS = 10
"""Number of bins of equal width in score, from 0 to 1."""


@dataclass(frozen=True)
class ScoreBin:
    """Detections of similar score.

    Attributes:
        score: Mean score of the detections.
        precision: Share of the detections that are true.
        count: Number of detections.
    """

    score: float
    precision: float
    count: int


def compute_reliability(matches: Matches) -> tuple[ScoreBin, ...]:
    """Measure the precision of the counted detections by score, in the bins that hold any."""
    used = matches.counted & (matches.score >= LEAST_SCORE)
    score, true = matches.score[used], matches.true[used]
    bins = np.minimum((score * BINS).astype(int), BINS - 1)
    return tuple(
        ScoreBin(float(score[inside].mean()), float(true[inside].mean()), int(inside.sum()))
        for inside in (bins == k for k in range(BINS))
        if inside.any()
    )


def expected_calibration_error(bins: tuple[ScoreBin, ...]) -> float | None:
    """Compute the mean distance of score and precision (Guo et al. 2017, eq. 5).

    Args:
        bins: Bins of `compute_reliability`.

    Returns:
        Expected calibration error, 0..1; None without detections.
    """
    total = sum(one.count for one in bins)
    if not total:
        return None
    return sum(one.count * abs(one.score - one.precision) for one in bins) / total


def within_deviation(matches: Matches, above: NDArray[np.bool_]) -> float | None:
    """Compute the share of the true detections whose diameter is within its standard deviation.

    Args:
        matches: Detections and references.
        above: True for detections to use, (n,).

    Returns:
        Share, 0.68 if the deviations are right; None where none is known.
    """
    used = matches.true & above & np.isfinite(matches.deviation)
    if not used.any():
        return None
    error = np.abs(matches.detected[used] - matches.reference[matches.reference_of[used]])
    return float((error <= matches.deviation[used]).mean())
