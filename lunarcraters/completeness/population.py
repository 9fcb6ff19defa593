"""The population: how worn the craters of the surface are, estimated from those detected.

Recall depends on wear, so that the recall of all craters of a size depends on how worn they are.
Craters form at a constant rate and diffusion wears them, so the square of the wear is uniform from
0 up to that of the oldest crater: one that is just not visible any more where craters are lost as
fast as they form, or less on a younger surface. That limit is a power of the diameter: with the
exponent -2 where one diffusivity holds for all sizes, and less where it grows with size (Xie et al.
2017, GRL 44, 10171). With the 5.5 m2 of diffusion in a million years of the maria (Fassett and
Thomson 2014, JGR 119, 2255) the limit of craters of 1 km is 0.13 after 3 Ga; older surfaces have
several times as much.

The limit is chosen such that the planted craters below it have the scores of the run's detections.
Only high scores are compared, because there almost all detections are craters, whatever the camera.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.freshness import compute_greatest_wear
from lunarcraters.completeness.outcome import Outcome
from lunarcraters.completeness.plants import SIMPLE_KM
from lunarcraters.completeness.sampling import Detections

Float = NDArray[np.float64]
Index = NDArray[np.int64]

_QUANTILES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # of the scores of planted craters, where cells begin
_LIMITS = np.geomspace(0.04, 3.0, 32)  # of the square of the wear, at the median diameter
_EXPONENTS = np.linspace(-2.0, 0.0, 9)
# Mean and deviation of what is expected before the scores are seen:
_LIKELY_EXPONENT = -1.0, 0.3
_LIKELY_LN_LIMIT = float(np.log(0.3)), 0.7  # of craters of 1 km
_SOFT = 0.07  # width of the limit, as a share of it
_LEAST = 1e-9  # weight of a crater far above the limit
_FEWEST = 5  # detections of a bin by which the slope of the size distribution is measured
_PRIOR = 0.25  # planted craters added to each cell


@dataclass(frozen=True, eq=False)
class Population:
    """Weights of planted craters, as such craters occur on the surface.

    Attributes:
        weights: Weights of each crater under each hypothesis, (h, n).
        probability: Probability of each hypothesis, (h,).
    """

    weights: Float
    probability: Float


def weigh_sizes(outcome: Outcome, bins: Index, detections: Detections, edges: Float) -> Float:
    """Weigh planted craters by size, which is log-uniform in a bin, as sizes occur in the run.

    Args:
        outcome: Planted craters.
        bins: Bin of each, (n,).
        detections: Detections of the run.
        edges: Edges of the bins, (bins + 1,).
    """
    counts = np.histogram(detections.diameters, edges)[0].astype(float)
    middles = np.sqrt(edges[1:] * edges[:-1])
    enough = counts >= _FEWEST
    if np.count_nonzero(enough) < 2:
        return np.ones(len(bins))
    slope = np.polyfit(
        np.log(middles[enough]), np.log(counts[enough]), 1, w=np.sqrt(counts[enough])
    )[0]
    return np.asarray((outcome.diameter / middles[bins]) ** min(float(slope), 0.0))


def estimate_population(
    outcome: Outcome, bins: Index, detections: Detections, edges: Float, *, has_crs: bool
) -> Population:
    """Estimate how worn the craters of the surface are.

    Args:
        outcome: Planted craters.
        bins: Bin of each, (n,).
        detections: Detections of the run.
        edges: Edges of the bins, (bins + 1,).
        has_crs: True where diameters are km.
    """
    sizes_km = outcome.diameter if has_crs else np.full(len(bins), SIMPLE_KM)
    greatest = np.array([compute_greatest_wear(size) for size in sizes_km.tolist()]) ** 2
    by_size = weigh_sizes(outcome, bins, detections, edges)
    typical = float(np.median(outcome.diameter))
    weights = np.array(
        [
            by_size * _share_below(outcome.wear**2, np.minimum(limit * relative, greatest))
            for exponent in _EXPONENTS.tolist()
            for relative in [(outcome.diameter / typical) ** exponent]
            for limit in _LIMITS.tolist()
        ]
    )
    likelihood = _compare_scores(weights, outcome, bins, detections, edges)
    likelihood -= _compute_surprise(typical if has_crs else None).ravel()
    probability = np.exp(likelihood - likelihood.max())
    return Population(weights, probability / probability.sum())


def _compute_surprise(typical_km: float | None) -> Float:
    """Minus the log of what is expected of each exponent and limit, (exponents, limits).

    Args:
        typical_km: Diameter of the craters that have these limits, km; None where it is not known.
    """
    mean, deviation = _LIKELY_EXPONENT
    surprise = ((_EXPONENTS[:, None] - mean) / deviation) ** 2 + np.zeros_like(_LIMITS)
    if typical_km is not None:
        mean, deviation = _LIKELY_LN_LIMIT
        of_1_km = np.log(_LIMITS) - _EXPONENTS[:, None] * np.log(typical_km)
        surprise += ((of_1_km - mean) / deviation) ** 2
    return np.asarray(surprise / 2.0)


def _share_below(values: Float, limit: Float) -> Float:
    """1 below a limit and 0 above it, with a soft step."""
    return np.asarray(_LEAST + 0.5 - 0.5 * np.tanh((values - limit) / (2.0 * _SOFT * limit)))


def _compare_scores(
    weights: Float, outcome: Outcome, bins: Index, detections: Detections, edges: Float
) -> Float:
    """Log-likelihood of the scores of the detections under each hypothesis, (h,)."""
    of_detection = np.digitize(detections.diameters, edges) - 1
    total = np.zeros(len(weights))
    for number in range(len(edges) - 1):
        planted = outcome.found & (bins == number)
        if not planted.any():
            continue
        starts = np.quantile(outcome.score[planted], _QUANTILES)
        cells = np.digitize(outcome.score[planted], starts) - 1
        seen = np.digitize(detections.scores[of_detection == number], starts) - 1
        counts = np.bincount(seen[seen >= 0], minlength=len(starts)).astype(float)
        shares = np.stack(
            [weights[:, planted][:, cells == cell].sum(axis=1) for cell in range(len(starts))]
        )
        shares += _PRIOR
        # Planted craters are few, so that more detections than these tell no more.
        high = float(np.count_nonzero(cells >= 0))
        tempered = counts * high / (high + counts.sum())
        total += tempered @ np.log(shares / shares.sum(axis=0))
    return total
