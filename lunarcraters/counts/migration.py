"""Migration: errors of diameters move craters to other bins, and more up than down.

There are far more small craters than large ones, so that a bin gains more from below than it
loses. A smooth size distribution is folded with the errors that planted craters show, and what a
bin would then count tells by what its count is to be multiplied.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from lunarcraters.completeness.record import Completeness

_STEP = 0.02  # of ln diameter, at which the distribution is computed
_REACH = 0.8  # of ln diameter, from which craters can move into a bin
_USUAL = -3.0  # slope of the numbers in bins where there are too few craters to measure it
_FEWEST_CURVED = 4  # bins with craters from which on the slope changes with diameter
_LEAST_SHARE = 1e-3

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A smooth size distribution: ln of craters per ln diameter, a parabola continued straight.

    Attributes:
        coefficients: Coefficients of the parabola, the highest power first.
        low: ln of the diameter below which it is straight.
        high: ln of the diameter above which it is straight.
    """

    coefficients: Float
    low: float
    high: float

    @classmethod
    def fit(cls, edges: Float, numbers: Float, weights: Float) -> "Spectrum":
        """Fit the numbers of craters in bins.

        Args:
            edges: Edges of the bins, (n + 1,).
            numbers: Numbers of craters, (n,).
            weights: Number of craters that each was estimated by; 0 for bins to leave out, (n,).
        """
        logs = np.log(edges)
        middles, widths = (logs[1:] + logs[:-1]) / 2.0, np.diff(logs)
        some = (weights > 0.0) & (numbers > 0.0)
        if np.count_nonzero(some) < 2:
            return cls(np.array([_USUAL, 0.0]), float(logs[0]), float(logs[-1]))
        degree = 2 if np.count_nonzero(some) >= _FEWEST_CURVED else 1
        density = np.log(numbers[some] / widths[some])
        line = np.polyfit(middles[some], density, degree, w=np.sqrt(weights[some]))
        return cls(line, float(middles[some].min()), float(middles[some].max()))

    def density(self, logs: Float) -> Float:
        """Craters per ln diameter.

        Args:
            logs: ln of diameters, any shape.
        """
        inside = np.clip(logs, self.low, self.high)
        slope = np.polyval(np.polyder(self.coefficients), inside)
        return np.asarray(np.exp(np.polyval(self.coefficients, inside) + slope * (logs - inside)))


class Migration:
    """How craters of each diameter spread over the bins in which they are counted."""

    def __init__(self, completeness: Completeness, edges: Float) -> None:
        """Take the errors of diameters, which planted craters show.

        Args:
            completeness: Completeness of the run.
            edges: Edges of the bins, km, (n + 1,).
        """
        self._edges = np.log(edges)
        self._recall = _RecallCurve(completeness)
        rows = [row for row in completeness.bins if row.diameter_scatter is not None]
        middles = np.log([np.sqrt(row.min_km * row.max_km) for row in rows] or [1.0])
        self._bias = middles, np.array([row.diameter_bias or 0.0 for row in rows] or [0.0])
        self._scatter = middles, np.array([row.diameter_scatter or 0.0 for row in rows] or [0.0])

    def factors(self, spectrum: Spectrum, least: Float) -> Float:
        """Compute what the count of each bin is multiplied by to give all its craters, (n,).

        Args:
            spectrum: Size distribution of all craters.
            least: Least score that counts in each bin, (n,).
        """
        factors = np.ones(len(least))
        for number, score in enumerate(least.tolist()):
            low, high = self._edges[number], self._edges[number + 1]
            logs = np.arange(low - _REACH, high + _REACH, _STEP)
            true = spectrum.density(logs)
            share = self._recall.at(logs, score)
            counted = (true * share * self._share_inside(logs, low, high)).sum() * _STEP
            inside = np.linspace(low, high, 21)
            all_craters = np.trapezoid(spectrum.density(inside), inside)
            factors[number] = all_craters / max(counted, _LEAST_SHARE * all_craters)
        return factors

    def _share_inside(self, logs: Float, low: float, high: float) -> Float:
        """Share of the craters of each diameter that is measured within a bin, (n,)."""
        middle = logs + np.interp(logs, *self._bias)
        scatter = np.maximum(np.interp(logs, *self._scatter), _STEP)
        return np.asarray(ndtr((high - middle) / scatter) - ndtr((low - middle) / scatter))


class _RecallCurve:
    """Recall as a curve through diameters, whose mean over each bin is what was measured."""

    def __init__(self, completeness: Completeness) -> None:
        rows = completeness.bins
        lows, highs = np.log([(row.min_km, row.max_km) for row in rows]).T
        self._middles = (lows + highs) / 2.0
        self._scores = np.array(completeness.min_scores)
        shares = np.linspace(0.0, 1.0, 41)
        means = []
        for low, high in zip(lows.tolist(), highs.tolist(), strict=True):
            logs = low + (high - low) * shares
            weights = np.exp(_USUAL * (logs - low))
            hats = [np.interp(logs, self._middles, one) for one in np.eye(len(rows))]
            means.append(np.array(hats) @ weights / weights.sum())
        measured = np.array([row.recall_above for row in rows])
        self._values = np.clip(np.linalg.solve(np.array(means), measured), 0.0, 1.0)

    def at(self, logs: Float, score: float) -> Float:
        """Recall at least score and ln of diameters, (n,)."""
        at_score = [np.interp(score, self._scores, one) for one in self._values]
        return np.asarray(np.interp(logs, self._middles, at_score))
