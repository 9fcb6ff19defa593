"""Whether counts and estimates follow an isochron."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

POOR_FIT = 0.05
"""Probability of so bad a fit below which it is called poor."""

_TRIALS = 2000
_SEED = 20160519
_LEAST = 5.0  # craters of a bin for which errors are about normal

Float = NDArray[np.float64]


def compare_with_isochron(counts: Float, expected: Float) -> float | None:
    """Compute the probability that craters of an isochron deviate from it as counts do, or more.

    The total is given, so that the age has no part in it. The deviation is the logarithm of the
    likelihood ratio (G), and its distribution is that of 2000 seeded trials, so that few craters in
    a bin do no harm.

    Args:
        counts: Number of craters in each bin, (n,).
        expected: Number of craters of the isochron in each bin, in any unit, (n,).

    Returns:
        Probability, 0 to 1; None where there are no two craters, or no two bins, to compare.
    """
    craters = round(float(counts.sum()))
    if craters < 2 or len(counts) < 2:
        return None
    shares = expected / expected.sum()
    trials = np.random.default_rng(_SEED).multinomial(craters, shares, _TRIALS).astype(float)
    deviation = _deviate(counts * (craters / counts.sum()), shares)
    return float((1 + (_deviate(trials, shares) >= deviation - 1e-9).sum()) / (1 + _TRIALS))


def compare_estimate(values: Float, covariance: Float, expected: Float) -> float | None:
    """Compute the probability that an estimate deviates from an isochron as it does, or more.

    The deviation is the chi-square of the logarithms of the ratios, whose mean, the age, is free.
    An error that all bins share therefore counts for nothing. From the largest diameters on, bins
    are joined until each has 5 craters.

    Args:
        values: Estimated number of craters in each bin, (n,).
        covariance: Covariance of these numbers, (n, n).
        expected: Number of craters of the isochron in each bin, in any unit, (n,).

    Returns:
        Probability, 0 to 1; None where there are no two bins of so many craters.
    """
    joined = _join_bins(values)
    values, expected = joined @ values, joined @ expected
    if len(values) < 2:
        return None
    relative = joined @ covariance @ joined.T / np.outer(values, values)
    ratio = np.log(values / expected)
    weights = np.linalg.solve(relative, np.ones(len(ratio)))
    deviation = ratio - weights @ ratio / weights.sum()
    square = deviation @ np.linalg.solve(relative, deviation)
    return float(chi2.sf(square, len(ratio) - 1))


def _join_bins(values: Float) -> Float:
    """Make the matrix, (m, n), that joins bins from the last on until each has enough craters."""
    groups: list[list[int]] = [[]]
    for number in reversed(range(len(values))):
        if values[groups[-1]].sum() >= _LEAST:
            groups.append([])
        groups[-1].append(number)
    if len(groups) > 1 and values[groups[-1]].sum() < _LEAST:
        groups[-2] += groups.pop()
    return np.array([np.isin(np.arange(len(values)), group) for group in groups], float)


def _deviate(counts: Float, shares: Float) -> Float:
    """Compute half of G of counts by bin, (..., n), against the shares of an isochron, (n,)."""
    expected = shares * counts.sum(axis=-1, keepdims=True)
    ratio = np.divide(counts, expected, out=np.ones_like(counts), where=counts > 0.0)
    return np.asarray((counts * np.log(ratio)).sum(axis=-1))
