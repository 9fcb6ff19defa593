"""Whether counts follow an isochron."""

import numpy as np
from numpy.typing import NDArray

POOR_FIT = 0.05
"""Probability of so bad a fit below which it is called poor."""

_TRIALS = 2000
_SEED = 20160519

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


def _deviate(counts: Float, shares: Float) -> Float:
    """Compute half of G of counts by bin, (..., n), against the shares of an isochron, (n,)."""
    expected = shares * counts.sum(axis=-1, keepdims=True)
    ratio = np.divide(counts, expected, out=np.ones_like(counts), where=counts > 0.0)
    return np.asarray((counts * np.log(ratio)).sum(axis=-1))
