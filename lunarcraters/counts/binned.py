"""Counts in bins of diameter, with their errors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class BinnedCount:
    """Numbers of craters in bins of diameter, counted or estimated.

    Attributes:
        edges: Edges of the bins, km, (n + 1,), rising.
        values: Number of craters in each bin, (n,).
        covariance: Covariance of these numbers, (n, n); of counts, on the diagonal the sum of the
            squares of the parts for which craters count: their number where each counts as a whole.
        areas_km2: Area on which the craters of each bin were counted, km^2, (n,).
    """

    edges: Float
    values: Float
    covariance: Float
    areas_km2: Float

    def select(self, low_km: float, high_km: float) -> Bool:
        """Tell which bins lie within a range of diameters, whose limits are edges of bins, (n,).

        Args:
            low_km: Smallest diameter, km.
            high_km: Largest diameter, km.
        """
        middles = np.sqrt(self.edges[:-1] * self.edges[1:])
        return np.asarray((middles > low_km) & (middles < high_km))

    def within(self, low_km: float, high_km: float) -> "BinnedCount":
        """Take the bins that lie within a range of diameters, whose limits are edges of bins.

        Args:
            low_km: Smallest diameter, km.
            high_km: Largest diameter, km.
        """
        bins = np.flatnonzero(self.select(low_km, high_km))
        if not len(bins):
            none = np.empty(0)
            return BinnedCount(np.array([low_km]), none, np.empty((0, 0)), none)
        first, last = int(bins[0]), int(bins[-1]) + 1
        some = slice(first, last)
        covariance = self.covariance[some, some]
        return BinnedCount(
            self.edges[first : last + 1], self.values[some], covariance, self.areas_km2[some]
        )

    @property
    def total(self) -> float:
        """Number of craters in all bins."""
        return float(self.values.sum())

    @property
    def events(self) -> int:
        """Number of independent craters with the Poisson error of the total, at least 1; 0 of none.

        The number of craters where each counts as a whole; fewer where craters count in part, or
        where the number is an estimate.
        """
        variance = float(self.covariance.sum())
        if self.total <= 0.0 or variance <= 0.0:
            return 0
        return max(round(self.total**2 / variance), 1)
