"""The record of a purity: the file `purity.json` in the directory of a run."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from lunarcraters.detection.measurements import PURITY, find_measurement
from lunarcraters.purity.fit import make_terms

FORMAT = 1

_FIT_ERROR = 0.3  # of the logit of the share of craters of a bin: the curve is not the truth
_INNER = 1e-3

Float = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class PurityBin:
    """Labelled detections in a bin of diameters.

    Lengths are in km; in pixels for a run without a coordinate system.

    Attributes:
        min_km: Lower edge of the bin.
        max_km: Upper edge of the bin, sqrt(2) times the lower one.
        labelled: Number of labelled detections.
        craters: Number of these that are craters.
        mean_score: Mean score of the labelled detections.
    """

    min_km: float
    max_km: float
    labelled: int
    craters: int
    mean_score: float


@dataclass(frozen=True, kw_only=True)
class Purity:
    """The purity of a run, the file `purity.json`.

    The logit of the probability that a detection is a crater is c0 + c1 l + c2 x + c3 x l, where l
    is the logit of its score and x the octaves of its diameter above `middle_km`.

    Attributes:
        labels: Name of the file of the labels.
        kind: Kind of the labels: `review` or `reference`.
        labelled: Number of labelled detections.
        craters: Number of these that are craters.
        mean_score: Mean score of the labelled detections.
        min_score: Least score of a labelled detection.
        min_km: Least diameter of a labelled detection; pixels where `unit` is `px`.
        max_km: Greatest diameter of a labelled detection.
        middle_km: Geometric mean of the labelled diameters.
        coefficients: Coefficients c0 to c3, (4,).
        covariance: Covariance of the coefficients, (4, 4).
        bins: Labelled detections by diameter, the smallest first.
        unit: Unit of diameters, `km` or `px`.
        catalogue: SHA-256 of the run's catalogue.
        format: Format of the record.
    """

    labels: str
    kind: Literal["review", "reference"]
    labelled: int
    craters: int
    mean_score: float
    min_score: float
    min_km: float
    max_km: float
    middle_km: float
    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    bins: tuple[PurityBin, ...]
    unit: str = "km"
    catalogue: str = ""
    format: int = FORMAT

    def probability(self, scores: ArrayLike, diameters: ArrayLike) -> Float:
        """Compute the probability that detections are craters.

        It does not change with diameters beyond those that were labelled.

        Args:
            scores: Scores, (n,); a detection without a score (NaN) is a crater.
            diameters: Diameters, km (or pixels), (n,).

        Returns:
            Probabilities, 0 to 1, (n,).
        """
        given = np.asarray(scores, float)
        logits = self._terms(given, np.asarray(diameters, float)) @ np.array(self.coefficients)
        return np.where(np.isnan(given), 1.0, expit(logits))

    def shares(
        self, scores: Float, diameters: Float, weights: Float, bins: Index, count: int
    ) -> tuple[Float, Float]:
        """Compute the share of craters among the detections of bins, and its error.

        Args:
            scores: Scores, (n,).
            diameters: Diameters, km (or pixels), (n,).
            weights: Part for which each detection counts, (n,).
            bins: Bin of each, (n,).
            count: Number of bins.

        Returns:
            Shares, (count,), NaN in bins without detections; and the covariance of their logits,
            (count, count).
        """
        probability = self.probability(scores, diameters)
        total = np.bincount(bins, weights, minlength=count)
        total = np.where(total > 0.0, total, np.nan)
        shares = np.bincount(bins, weights * probability, minlength=count) / total
        slopes = [
            np.bincount(bins, weights * probability * (1.0 - probability) * term, minlength=count)
            for term in self._terms(scores, diameters).T
        ]
        inner = np.clip(shares, _INNER, 1.0 - _INNER)
        slope = np.nan_to_num(np.array(slopes) / (total * inner * (1.0 - inner)))
        covariance = slope.T @ np.array(self.covariance) @ slope
        return shares, np.asarray(covariance + _FIT_ERROR**2 * np.eye(count))

    def count_labelled(self, diameters: Float) -> Index:
        """Return the number of labelled detections in the bin of each diameter, (n,).

        Args:
            diameters: Diameters, km (or pixels), (n,).
        """
        edges = np.array([self.bins[0].min_km, *(row.max_km for row in self.bins)])
        numbers = np.array([0, *(row.labelled for row in self.bins), 0])
        return np.asarray(numbers[np.digitize(diameters, edges)])

    def _terms(self, scores: Float, diameters: Float) -> Float:
        octaves = np.log2(np.clip(diameters, self.min_km, self.max_km) / self.middle_km)
        return make_terms(np.nan_to_num(scores, nan=1.0), octaves)


def find_purity(source: object) -> Purity | None:
    """Read the purity of a run; None for other catalogues, or where it was not measured.

    A purity of other detections than the run has now is left out, of which a `CratersWarning`
    tells.

    Args:
        source: Catalogue, directory of a run, file of a catalogue, or address of a PostGIS table.

    Raises:
        RunError: The record is damaged.
    """
    command = "craters purity {run} LABELS --overwrite"
    return find_measurement(Purity, source, PURITY, FORMAT, command)
