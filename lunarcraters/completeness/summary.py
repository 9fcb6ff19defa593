"""The summary: recall and errors of diameter and place by bin, of all craters and by freshness."""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.freshness import CLASSES, LEAST_FRESHNESS
from lunarcraters.completeness.outcome import Outcome
from lunarcraters.completeness.plan import Bins
from lunarcraters.completeness.population import Population, estimate_population, weigh_sizes
from lunarcraters.completeness.record import CompletenessBin, FreshnessClass, ScoreCheck
from lunarcraters.completeness.sampling import Detections
from lunarcraters.completeness.score_check import check_scores

Float = NDArray[np.float64]
Index = NDArray[np.int64]

MIN_SCORES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7,
              0.75, 0.8, 0.85, 0.9, 0.95)  # fmt: skip
"""Least scores for which recall is measured."""


def summarize(
    outcome: Outcome, bins: Bins, detections: Detections, *, has_crs: bool
) -> tuple[tuple[CompletenessBin, ...], tuple[FreshnessClass, ...], ScoreCheck | None]:
    """Measure bins, of all craters as they occur on the surface and of each freshness.

    Args:
        outcome: Planted craters.
        bins: Bins of the measurement; craters beyond them are left out.
        detections: Detections of the run.
        has_crs: True where diameters are in km.
    """
    edges = bins.edges
    inside = (outcome.diameter >= edges[0]) & (outcome.diameter < edges[-1])
    outcome = outcome.rows(inside)
    number = np.digitize(outcome.diameter, edges) - 1
    population = estimate_population(outcome, number, detections, edges, has_crs=has_crs)
    by_size = weigh_sizes(outcome, number, detections, edges)
    return (
        summarize_bins(outcome, number, edges, population),
        summarize_freshness(outcome, number, edges, by_size),
        check_scores(outcome, number, detections, edges, population),
    )


def summarize_bins(
    outcome: Outcome, bins: Index, edges: Float, population: Population
) -> tuple[CompletenessBin, ...]:
    """Measure each bin over all craters as they occur on the surface.

    Args:
        outcome: Planted craters.
        bins: Bin of each, (n,).
        edges: Edges of the bins, (bins + 1,).
        population: Weights of the craters.
    """
    return tuple(
        _summarize(outcome.rows(bins == number), edges[number : number + 2],
                   population.weights[:, bins == number], population.probability)
        for number in range(len(edges) - 1)
        if (bins == number).any()
    )  # fmt: skip


def summarize_freshness(
    outcome: Outcome, bins: Index, edges: Float, by_size: Float
) -> tuple[FreshnessClass, ...]:
    """Measure each bin for each class of freshness.

    Args:
        outcome: Planted craters.
        bins: Bin of each, (n,).
        edges: Edges of the bins, (bins + 1,).
        by_size: Weights of the craters by size, (n,).
    """
    classes = []
    for name, least, greatest in CLASSES:
        # Rounding may leave the most worn just below the least that counts, and fresh ones above 1.
        low = 0.0 if least == LEAST_FRESHNESS else least
        high = np.inf if greatest == 1.0 else greatest
        inside = (outcome.freshness >= low) & (outcome.freshness < high)
        population = Population(by_size[None, inside], np.ones(1))
        rows = summarize_bins(outcome.rows(inside), bins[inside], edges, population)
        classes.append(FreshnessClass(name, least, greatest, rows))
    return tuple(classes)


def _summarize(
    outcome: Outcome, limits: Float, weights: Float, probability: Float
) -> CompletenessBin:
    """Measure one bin.

    Args:
        outcome: Planted craters of the bin, (n,).
        limits: Lower and upper edge.
        weights: Weights under each hypothesis, (h, n).
        probability: Probability of each hypothesis, (h,).
    """
    above = np.stack([outcome.found & (outcome.score >= least) for least in MIN_SCORES])
    shares = (weights @ above.T) / weights.sum(axis=1)[:, None]
    recall = np.clip(probability @ shares, 0.0, 1.0)
    mixed = (probability / weights.sum(axis=1)) @ weights
    mixed /= mixed.sum()
    effective = 1.0 / float((mixed**2).sum())
    any_recall = float(recall[0])
    # As if one of two more craters had been found: none or all found is no proof.
    moderate = (any_recall * effective + 1.0) / (effective + 2.0)
    chance = moderate * (1.0 - moderate) / effective
    spread = float(probability @ (shares[:, 0] - any_recall) ** 2)
    ratio, offset = outcome.log_ratio[outcome.found], outcome.offset[outcome.found]
    return CompletenessBin(
        min_km=float(limits[0]),
        max_km=float(limits[1]),
        planted=len(outcome.found),
        found=int(np.count_nonzero(outcome.found)),
        recall=any_recall,
        recall_error=float(np.sqrt(chance + spread)),
        recall_above=tuple(np.round(recall, 4).tolist()),
        diameter_bias=float(ratio.mean()) if len(ratio) else None,
        diameter_scatter=float(ratio.std(ddof=1)) if len(ratio) > 1 else None,
        offset_median=float(np.median(offset)) if len(offset) else None,
    )
