"""Detections in bins of diameter, of which a share are craters."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from lunarcraters.catalogue.binning import Binning, number_bins
from lunarcraters.catalogue.csfd import count_weights
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.purity.record import Purity

_INNER = 1e-3  # shares are taken to lie between this and 1 less this

Float = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BinnedDetections:
    """Detections in n bins of diameter.

    Attributes:
        scores: Scores, (k,); NaN where there is none.
        diameters: Diameters, km, (k,).
        weights: Part for which each detection counts, (k,).
        bins: Bin of each, (k,).
        count: Number n of bins.
        purity: Purity of the run; None where it was not measured, so that all are taken for
            craters.
    """

    scores: Float
    diameters: Float
    weights: Float
    bins: Index
    count: int
    purity: Purity | None

    @classmethod
    def of(
        cls, catalogue: Catalogue, edges: Float, binning: Binning, purity: Purity | None
    ) -> "BinnedDetections":
        """Sort detections into bins; those beyond them are left out.

        Args:
            catalogue: Detections of any score.
            edges: Edges of bins that follow each other, km, (n + 1,), rising.
            binning: Convention of the bins.
            purity: Purity of the run; None where it was not measured.
        """
        bins = number_bins(catalogue.diameters, binning) - number_bins(edges[:1], binning)
        within = (bins >= 0) & (bins < len(edges) - 1)
        scores, weights = catalogue.scores[within], count_weights(catalogue)[within]
        sizes = catalogue.diameters[within]
        return cls(scores, sizes, weights, bins[within], len(edges) - 1, purity)

    def above(self, least: Float | float) -> "BinnedDetections":
        """Take those that score enough, or have no score.

        Args:
            least: Least score, of all bins or of each, (n,).
        """
        which = ~(self.scores < np.broadcast_to(least, self.count)[self.bins])
        names = "scores", "diameters", "weights", "bins"
        return replace(self, **{name: getattr(self, name)[which] for name in names})

    def count_craters(self) -> tuple[Float, Float]:
        """Count the craters among them, and the variance of these numbers, each (n,)."""
        true = self.weights
        if self.purity is not None:
            true = true * self.purity.probability(self.scores, self.diameters)
        return (
            np.bincount(self.bins, true, minlength=self.count).astype(float),
            np.bincount(self.bins, true * self.weights, minlength=self.count).astype(float),
        )

    def compute_shares(self) -> Float:
        """Compute the share of craters in each bin, (n,); NaN where it is not known."""
        if self.purity is None:
            return np.full(self.count, np.nan)
        return self._fit_shares(self.purity)[0]

    def draw_shares(self, random: np.random.Generator, draws: int) -> Float:
        """Draw by what factor the shares of craters are off, (draws, n)."""
        if self.purity is None:
            return np.ones((draws, self.count))
        shares, covariance = self._fit_shares(self.purity)
        inner = np.clip(np.nan_to_num(shares, nan=0.5), _INNER, 1.0 - _INNER)
        drawn = random.multivariate_normal(logit(inner), covariance, draws)
        return np.asarray(expit(drawn) / inner)

    def _fit_shares(self, purity: Purity) -> tuple[Float, Float]:
        return purity.shares(self.scores, self.diameters, self.weights, self.bins, self.count)
