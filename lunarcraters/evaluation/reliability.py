"""What scores and standard deviations are worth: do they say how often and how far they err?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.evaluation.matching import Matches

LEAST_SCORE = 0.05
"""Detections below are left out: they are many, nearly all false, and say so."""

BINS = 10
"""Bins of equal width in score, from 0 to 1."""


@dataclass(frozen=True)
class ScoreBin:
    """Detections of like score.

    Attributes:
        score: Their mean score.
        precision: Share of them that is true.
        count: How many there are.
    """

    score: float
    precision: float
    count: int


def reliability(matches: Matches) -> tuple[ScoreBin, ...]:
    """Mean score and precision of the counted detections, by score; bins that hold any."""
    used = matches.counted & (matches.score >= LEAST_SCORE)
    score, true = matches.score[used], matches.true[used]
    place = np.minimum((score * BINS).astype(int), BINS - 1)
    return tuple(
        ScoreBin(float(score[inside].mean()), float(true[inside].mean()), int(inside.sum()))
        for inside in (place == k for k in range(BINS))
        if inside.any()
    )


def expected_calibration_error(bins: tuple[ScoreBin, ...]) -> float | None:
    """Mean distance of score and precision (Guo et al. 2017, eq. 5); None without detections."""
    total = sum(one.count for one in bins)
    if not total:
        return None
    return sum(one.count * abs(one.score - one.precision) for one in bins) / total


def within_deviation(matches: Matches, above: NDArray[np.bool_]) -> float | None:
    """Share of the true detections whose diameter is within its standard deviation.

    Args:
        matches: Detections and references.
        above: Detections to look at, (n,).

    Returns:
        The share, 0.68 if the deviations are right; None where none is known.
    """
    used = matches.true & above & np.isfinite(matches.deviation)
    if not used.any():
        return None
    error = np.abs(matches.detected[used] - matches.reference[matches.reference_of[used]])
    return float((error <= matches.deviation[used]).mean())
