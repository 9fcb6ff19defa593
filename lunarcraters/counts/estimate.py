"""The estimate of the true number of craters, from those that score high and the share they are.

On another camera a score means another probability. Craters that were planted into the run's own
mosaic tell which share of all craters scores at least so much. The number of detections above a
high score, where nearly all are craters, over that share is an estimate of all craters. Errors of
diameters, which move craters to other bins, are unfolded.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.binning import Binning
from lunarcraters.catalogue.csfd import EstimatedPoints, SizeFrequency
from lunarcraters.completeness.record import Completeness
from lunarcraters.counts.areas import AreaCount
from lunarcraters.counts.binned import BinnedCount
from lunarcraters.counts.detections import BinnedDetections
from lunarcraters.counts.doubt import DRAWS, Doubt, ErrorBudget
from lunarcraters.counts.migration import Migration, Spectrum
from lunarcraters.purity.record import Purity

_SCORE = 0.3  # least score that counts, where it leaves these shares:
_COUNTED = 0.5, 0.8  # least and greatest share of the craters found at any score that is counted
_COUNTED_PURE = 0.9  # share that is counted where the purity of detections was measured
_LEAST_LABELLED = 10  # labelled detections of a bin, from which on its purity was measured
_CHECKED = 0.4  # share that is counted to see whether the first share holds false detections
_LEAST_RECALL = 0.3  # share of all craters that is counted, below which an estimate is not trusted
_LEAST_SCORE = 0.1  # score that counts, below which most detections are no craters on any camera
_MOST_ERROR = 0.45  # standard error but Poisson's, as a share, that an estimate may have
_LEAST_PLANTED = 30  # planted craters, below which an estimate is not trusted
_AGREE = 0.2, 2.0  # disagreement of the shares, as ln and in standard errors, that is too much
_FEW = 5.0  # craters of a bin by which the slope of the size distribution is measured
_ROUNDS = 3
_SEED = 0
_INTERVAL = 0.05, 0.95

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Estimate:
    """Counted and estimated numbers of craters in bins of diameter.

    Attributes:
        raw: Craters that were counted.
        values: Estimated numbers of craters, (n,); NaN where no craters were planted so small, or
            where nothing was planted at all.
        low90: 5th percentile of the expected number of craters, (n,).
        high90: 95th percentile of the expected number of craters, (n,).
        completeness: Share of the craters that the raw count has, 0 to 1, (n,); NaN where the raw
            count has craters, and none of the planted ones scored as much.
        trusted: True where the estimate is good enough to date by, (n,); so can be one of 0, where
            no craters were counted.
        covariance: Covariance of the estimated numbers, Poisson errors included, (n, n).
        purity: Share of the raw count that are craters, 0 to 1, (n,); NaN where not measured.
        errors: Parts of the errors of the estimated numbers.
    """

    raw: BinnedCount
    values: Float
    low90: Float
    high90: Float
    completeness: Float
    trusted: Bool
    covariance: Float
    purity: Float
    errors: ErrorBudget

    @property
    def binned(self) -> BinnedCount:
        """The estimated numbers with their covariance; 0 in bins without an estimate."""
        values, covariance = np.nan_to_num(self.values), np.nan_to_num(self.covariance)
        return BinnedCount(self.raw.edges, values, covariance, self.raw.areas_km2)

    def points(self) -> EstimatedPoints:
        """Make the points that are drawn beside those of the counts."""
        binned = self.binned
        summed = np.cumsum(np.cumsum(binned.covariance[::-1, ::-1], axis=0), axis=1)
        at_least = np.cumsum(binned.values[::-1])[::-1]
        errors = np.diag(binned.covariance), np.diag(summed)[::-1]
        events, events_at_least = (
            np.where(self.values > 0.0, values**2 / np.maximum(variance, 1e-12), 0.0)
            for values, variance in zip((binned.values, at_least), errors, strict=True)
        )
        area_km2 = float(binned.areas_km2[0])
        csfd = SizeFrequency(binned.edges, binned.values, area_km2, binned.areas_km2)
        return EstimatedPoints(csfd, events, events_at_least, self.trusted)


def estimate_count(
    area: AreaCount,
    completeness: Completeness | None,
    min_score: float,
    binning: Binning = "sqrt2",
    span: tuple[float, float] | None = None,
    purity: Purity | None = None,
) -> Estimate:
    """Estimate the true number of craters on an area by size.

    Args:
        area: Craters of any score on the area.
        completeness: Completeness of their run; None where it was not measured.
        min_score: Lowest score of the raw count.
        binning: Convention of the bins.
        span: Smallest and largest diameter that the bins hold at least, km.
        purity: Purity of their run; None where it was not measured.
    """
    raw = area.count_with_errors(min_score, binning, span)
    detections = BinnedDetections.of(area.catalogue, raw.edges, binning, purity)
    shares = detections.above(min_score).compute_shares()
    if completeness is None or not len(raw.values) or not area.area_km2:
        none = np.full(len(raw.values), np.nan)
        return Estimate(
            raw=raw,
            values=none,
            low90=none,
            high90=none,
            completeness=none,
            trusted=np.zeros(len(none), np.bool_),
            covariance=np.full((len(none),) * 2, np.nan),
            purity=shares,
            errors=ErrorBudget.without_estimate(raw),
        )
    return _Estimation(detections, completeness, raw).estimate(min_score, shares)


class _Estimation:
    """The estimate on one area."""

    def __init__(
        self, detections: BinnedDetections, completeness: Completeness, raw: BinnedCount
    ) -> None:
        self._detections = detections
        self._completeness = completeness
        self._raw = raw
        self._migration = Migration(completeness, raw.edges)
        rows = completeness.bins
        lows, highs = np.transpose([(row.min_km, row.max_km) for row in rows])
        self._middles = np.sqrt(raw.edges[1:] * raw.edges[:-1])
        self._row = np.maximum(np.searchsorted(lows, self._middles, side="right") - 1, 0)
        self._reached = self._middles > lows[0]  # bins not below the smallest planted craters
        # A bin of no row has the errors of the row below it, but none of its planted craters.
        inside = (self._middles >= lows[self._row]) & (self._middles < highs[self._row])
        planted = np.array([row.planted for row in rows])[self._row]
        self._planted = np.where(inside, planted, 0)
        # What is expected where none of so many planted craters count, by the prior of Jeffreys.
        self._least_recall = 0.5 / (planted + 1.0)
        self._measured = np.zeros(len(self._middles), bool)  # bins whose purity was measured
        if detections.purity is not None:
            labelled = detections.purity.count_labelled(self._middles)
            self._measured = labelled >= _LEAST_LABELLED

    def estimate(self, min_score: float, purity: Float) -> Estimate:
        """Estimate numbers of craters, their errors, and whether they are to be trusted.

        Args:
            min_score: Lowest score of the raw count.
            purity: Share of the raw count that are craters, (n,); NaN where not measured.
        """
        least = self._choose_least()
        counted = self._detections.above(least)
        counts, squares = counted.count_craters()
        spectrum, factors = self._unfold(counts, least)
        unreached = ~self._reached
        values = np.where(unreached, np.nan, counts * factors)
        recall = np.maximum(self._recall(least), self._least_recall)
        random = np.random.default_rng(_SEED)
        shares = counted.draw_shares(np.random.default_rng(_SEED + 1), DRAWS)
        doubts = Doubt.draw(
            self._completeness.bins, self._row, recall, shares, self._measured, random
        )
        doubt, poisson_squares = doubts.factors(), squares * factors**2
        covariance = np.atleast_2d(np.cov(doubt * values, rowvar=False))
        sure = np.diag(covariance) <= (_MOST_ERROR * np.nan_to_num(values)) ** 2
        covariance += np.diag(poisson_squares)
        weight = np.where(counts > 0.0, squares / np.maximum(counts, 1e-12), 1.0)
        poisson = random.gamma(counts / weight + 0.5, size=doubt.shape) * weight
        low90, high90 = np.quantile(poisson * factors * doubt, _INTERVAL, axis=0)
        completeness = self._completeness.recall(self._middles, min_score)
        unknown = (completeness == 0.0) & (self._raw.values > 0.0)  # too few were planted
        trusted = sure & self._trust(spectrum, values, recall, least)
        return Estimate(
            raw=self._raw,
            values=values,
            low90=np.where(unreached, np.nan, low90),
            high90=np.where(unreached, np.nan, high90),
            completeness=np.where(unreached | unknown, np.nan, completeness),
            trusted=trusted,
            covariance=covariance,
            purity=purity,
            errors=doubts.compare(self._raw, values, poisson_squares, covariance, trusted),
        )

    def _choose_least(self) -> Float:
        """Choose the least score that counts in each bin, (n,)."""
        lowest, highest = (self._choose_scores(share) for share in reversed(_COUNTED))
        none = self._completeness.recall(self._middles) == 0.0  # no planted crater comes back
        least = np.where(none, _SCORE, np.clip(_SCORE, lowest, highest))
        purity = self._detections.purity
        if purity is None:
            return least
        lower = np.maximum(self._choose_scores(_COUNTED_PURE), purity.min_score)
        return np.where(self._measured, np.minimum(least, lower), least)

    def _choose_scores(self, share: float) -> Float:
        """Highest score of each bin above which a share of all detected craters is, (n,)."""
        scores = np.array(self._completeness.min_scores)
        recall = np.array([self._completeness.recall(self._middles, s) for s in scores.tolist()])
        last = (recall >= share * recall[0] - 1e-12).sum(axis=0) - 1
        return np.asarray(scores[np.maximum(last, 0)])

    def _recall(self, least: Float) -> Float:
        """Share of the craters of each bin that scores enough, (n,)."""
        return np.array(
            [
                float(self._completeness.recall(middle, score))
                for middle, score in zip(self._middles.tolist(), least.tolist(), strict=True)
            ]
        )

    def _unfold(self, counts: Float, least: Float) -> tuple[Spectrum, Float]:
        """Find the size distribution, and what each count is multiplied by, (n,)."""
        most = 1.0 / self._least_recall
        fitting = self._reached & (counts >= _FEW)
        factors = 1.0 / np.maximum(self._recall(least), self._least_recall)
        for _ in range(_ROUNDS):
            spectrum = Spectrum.fit(
                self._raw.edges, counts * factors, np.where(fitting, counts, 0.0)
            )
            factors = np.minimum(self._migration.factors(spectrum, least), most)
        return spectrum, factors

    def _trust(self, spectrum: Spectrum, values: Float, recall: Float, least: Float) -> Bool:
        """Tell which estimates can be trusted, (n,)."""
        enough = self._planted >= _LEAST_PLANTED
        pure = (least >= _LEAST_SCORE) & self._agree(spectrum, values, recall)
        pure |= self._measured
        return enough & (recall >= _LEAST_RECALL) & pure

    def _agree(self, spectrum: Spectrum, values: Float, recall: Float) -> Bool:
        """Tell where still higher scores give the same number, (n,): else some are no craters."""
        higher = self._choose_scores(_CHECKED)
        fewer, _ = self._detections.above(higher).count_craters()
        factors = self._migration.factors(spectrum, higher)
        few = np.maximum(fewer, 0.5)
        ratio = np.log(np.maximum(np.nan_to_num(values), 0.5) / (few * factors))
        none = np.zeros_like(recall)
        share = np.divide(self._recall(higher), recall, out=none, where=recall > 0.0).clip(0.0, 1.0)
        error = np.sqrt((1.0 - share) * (1.0 / few + 1.0 / (self._planted * recall * share + 1.0)))
        least, deviations = _AGREE
        return np.asarray(~((np.abs(ratio) > least) & (np.abs(ratio) > deviations * error)))
