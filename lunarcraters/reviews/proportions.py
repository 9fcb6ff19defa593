"""Proportions with their confidence intervals."""

from dataclasses import dataclass

CONFIDENCE = 0.95
"""Confidence level of the intervals."""


@dataclass(frozen=True)
class Proportion:
    """A share of a number of craters, with its Wilson interval of 95 %.

    Attributes:
        count: Number of craters that have the property.
        total: Number of craters.
        value: Their ratio; null where there are none.
        low: Lower end of the interval; null where there are none.
        high: Upper end of the interval; null where there are none.
    """

    count: int
    total: int
    value: float | None
    low: float | None
    high: float | None


def compute_proportion(count: int, total: int) -> Proportion:
    """Compute a share and its interval (Wilson 1927).

    Args:
        count: Number of craters that have the property.
        total: Number of craters.
    """
    from scipy.stats import binomtest

    if not total:
        return Proportion(count, total, None, None, None)
    interval = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return Proportion(count, total, count / total, float(interval.low), float(interval.high))
