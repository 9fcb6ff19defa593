"""By what estimates of numbers of craters may be off, and the parts of their errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from lunarcraters.completeness.record import CompletenessBin
from lunarcraters.counts.binned import BinnedCount

DRAWS = 2000
"""Number of random draws."""

# What planted craters do not tell, as a share; all bins together:
_MODEL_ERROR = 0.2  # with detections that are no craters
_MODEL_ERROR_PURE = 0.08  # where the purity of detections was measured
_MOST_DOUBT = 3.0  # ratio of a recall to the least that it is taken to be
_INNER = 1e-3  # recalls are taken to lie between this and 1 less this

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ErrorBudget:
    """Standard errors of the counts and estimates of bins, and their parts, as shares of them.

    The parts are of random draws, each alone; added in quadrature they are the total where they are
    small. Errors are NaN where there is no estimate, or one of no craters.

    Attributes:
        edges: Edges of the bins, km, (n + 1,), rising.
        raw: Poisson error of the raw count, (n,); NaN where no craters were counted.
        poisson: Poisson error of the craters by which is estimated, (n,).
        planted: Error of the recall by the chance by which planted craters come back, (n,).
        wear: Error of the recall by the unknown wear of the surface, of all bins together, (n,).
        purity: Error of the share of craters among detections, (n,); 0 where it was not measured.
        model: Error by what planted craters do not tell, of all bins together, (n,).
        total: Error of the estimate, (n,).
        trusted: True where the estimate is good enough to date by, (n,).
    """

    edges: Float
    raw: Float
    poisson: Float
    planted: Float
    wear: Float
    purity: Float
    model: Float
    total: Float
    trusted: Bool

    @classmethod
    def without_estimate(cls, raw: BinnedCount) -> "ErrorBudget":
        """Make the budget of a count that has no estimate."""
        none = np.full(len(raw.values), np.nan)
        return cls(
            edges=raw.edges,
            raw=_error_of(raw),
            poisson=none,
            planted=none,
            wear=none,
            purity=none,
            model=none,
            total=none,
            trusted=np.zeros(len(none), np.bool_),
        )


@dataclass(frozen=True, eq=False)
class Doubt:
    """Random draws of what the estimates of n bins are off by, part by part.

    Attributes:
        recall: Share of the craters that is counted, inside 0 and 1, (n,).
        planted: Errors of its logit by the chance of the planted craters, (draws, n).
        wear: Errors of its logit by the wear of the surface, (draws, n).
        model: Factors by what planted craters do not tell, (draws, n).
        purity: Factors by the share of craters among detections, (draws, n).
    """

    recall: Float
    planted: Float
    wear: Float
    model: Float
    purity: Float

    @classmethod
    def draw(
        cls,
        rows: Sequence[CompletenessBin],
        row: Index,
        recall: Float,
        purity: Float,
        measured: Bool,
        random: np.random.Generator,
    ) -> "Doubt":
        """Draw the errors of a completeness.

        Args:
            rows: Bins of the completeness.
            row: Place in `rows` of each bin, (n,).
            recall: Share of the craters of each bin that is counted, (n,).
            purity: Factors by the share of craters among detections, (draws, n).
            measured: True for each bin whose purity was measured, (n,).
            random: Generator of random numbers.
        """
        chance, total = np.transpose([_logit_errors(one.planted, one.recall, one.recall_error)
                                      for one in rows])  # fmt: skip
        common = np.sqrt(total**2 - chance**2)
        planted = chance * random.standard_normal((DRAWS, len(rows)))
        wear = common * random.standard_normal((DRAWS, 1))
        error = np.where(measured, _MODEL_ERROR_PURE, _MODEL_ERROR)
        model = np.exp(error * random.standard_normal((DRAWS, 1)))
        inner = np.clip(recall, _INNER, 1.0 - _INNER)
        return cls(inner, planted[:, row], wear[:, row], model, purity)

    def factors(self) -> Float:
        """Factors by which the estimates are off, by all parts together, (draws, n)."""
        factors = self.model * self._of_recall(self.planted + self.wear)
        factors *= self.purity  # in place: the order in memory decides the last digit of sums
        return factors

    def compare(
        self, raw: BinnedCount, values: Float, squares: Float, covariance: Float, trusted: Bool
    ) -> ErrorBudget:
        """Make the budget of errors of estimates.

        Args:
            raw: Craters that were counted.
            values: Estimated numbers of craters, (n,); NaN where there is no estimate.
            squares: Poisson variance of the estimated numbers, (n,).
            covariance: Covariance of the estimated numbers, (n, n).
            trusted: True where the estimate is good enough to date by, (n,).
        """
        positive = np.where(values > 0.0, values, np.nan)
        shares = {
            "planted": self._of_recall(self.planted),
            "wear": self._of_recall(self.wear),
            "purity": self.purity,
            "model": self.model,
        }
        return ErrorBudget(
            edges=raw.edges,
            raw=_error_of(raw),
            poisson=np.sqrt(squares) / positive,
            total=np.sqrt(np.diag(covariance)) / positive,
            trusted=trusted,
            **{
                name: np.std(part, axis=0, ddof=1) * positive / positive
                for name, part in shares.items()
            },
        )

    def _of_recall(self, errors: Float) -> Float:
        """Factors by which estimates are off where logits of the recall are, (draws, n)."""
        drawn = expit(logit(self.recall) + errors)
        return np.asarray(np.minimum(self.recall / drawn, _MOST_DOUBT))


def _error_of(raw: BinnedCount) -> Float:
    """Poisson errors of counts as shares of them, (n,); NaN where there are none."""
    return np.sqrt(np.diag(raw.covariance)) / np.where(raw.values > 0.0, raw.values, np.nan)


def _logit_errors(planted: int, recall: float, error: float) -> tuple[float, float]:
    """Standard errors of a recall on the scale of logits: by chance of the plants, and in all."""
    # Number of plants of equal weight whose recall has this error. One of two more, as if found,
    # keeps the logit finite.
    alike = np.clip(recall * (1.0 - recall) / error**2 + 1.0 / error - 2.0, 1.0, planted)
    moderate = (recall * alike + 1.0) / (alike + 2.0)
    slope = moderate * (1.0 - moderate)
    return float(np.minimum(1.0 / np.sqrt(planted * slope), error / slope)), float(error / slope)
