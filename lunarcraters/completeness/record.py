"""The record of a completeness: the file `completeness.json` in the directory of a run."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lunarcraters.detection.manifest import read_manifest
from lunarcraters.detection.measurements import (
    COMPLETENESS,
    find_measurement,
    is_of_other_detections,
    read_measurement,
)
from lunarcraters.errors import RunError
from lunarcraters.records import write_record

FORMAT = 1

_MEASURE_AGAIN = "craters completeness {run} --overwrite"

_TRUSTED = 0.25  # difference of a score from a probability

Float = NDArray[np.float64]


@dataclass(frozen=True)
class CompletenessBin:
    """What came back of the craters that were planted in a bin of diameters.

    Lengths are in km; in pixels for a run without a coordinate system.

    Attributes:
        min_km: Lower edge of the bin.
        max_km: Upper edge of the bin, sqrt(2) times the lower one.
        planted: Number of planted craters.
        found: Number of these that were detected, at any score.
        recall: Share that is detected at any score, 0 to 1. Over all freshness classes, planted
            craters count as often as such craters occur on the surface.
        recall_error: Standard error of `recall`, the uncertain freshness of the surface included.
        recall_above: Share that is detected with at least each of the record's `min_scores`, (k,).
        diameter_bias: Mean of ln(detected / planted diameter); null where none was found.
        diameter_scatter: Standard deviation of ln(detected / planted diameter); null where fewer
            than two were found.
        offset_median: Median distance of detected from planted centres, diameters; null where
            none was found.
    """

    min_km: float
    max_km: float
    planted: int
    found: int
    recall: float
    recall_error: float
    recall_above: tuple[float, ...]
    diameter_bias: float | None
    diameter_scatter: float | None
    offset_median: float | None


@dataclass(frozen=True)
class FreshnessClass:
    """The completeness of craters of similar freshness.

    Freshness is the height of the rim above the ground at half a radius, as a share of that of a
    fresh crater of the same size.

    Attributes:
        name: Name of the class: `fresh`, `worn` or `degraded`.
        min_freshness: Least freshness of the class, 0 to 1.
        max_freshness: Greatest freshness of the class, 0 to 1.
        bins: A row for each bin of diameters, of the smallest craters first.
    """

    name: str
    min_freshness: float
    max_freshness: float
    bins: tuple[CompletenessBin, ...]


@dataclass(frozen=True)
class Sun:
    """The sun by which planted craters are lit, in the mean over the mosaic.

    Attributes:
        azimuth_deg: Azimuth, degrees clockwise from north; without a coordinate system, and where
            `azimuth_source` is `picture`, from the top of the image.
        altitude_deg: Height above the horizon, degrees.
        source: Origin of the altitude: `options`, `label` or `image`.
        azimuth_source: Origin of the azimuth: `options`; `craters`, if regions that can tell have
            their own; `picture`, if light comes from one side of the image all over the mosaic;
            `neighbours`, if suns differ so that each planted crater has that of detected ones
            around it.
    """

    azimuth_deg: float
    altitude_deg: float
    source: str
    azimuth_source: str = "craters"


@dataclass(frozen=True)
class ScoreCheck:
    """Scores of detections against the share of craters among them.

    Attributes:
        min_score: Least score that is checked.
        max_score: Score above which detections are taken for craters.
        mean_score: Mean score of the detections between.
        crater_share: Share of craters among them that planted craters imply, 0 to 1.
    """

    min_score: float
    max_score: float
    mean_score: float
    crater_share: float

    @property
    def is_wrong(self) -> bool:
        """True where scores are far from probabilities."""
        return abs(self.crater_share - self.mean_score) > _TRUSTED


@dataclass(frozen=True)
class Completeness:
    """The completeness of a run, the file `completeness.json`.

    Attributes:
        bins: A row for each bin of diameters, of the smallest craters first, all freshness classes
            together.
        freshness: Completeness of each class of freshness, the freshest first.
        min_scores: Scores, rising, the first 0, (k,): see `recall_above` of a bin.
        sun: Sun by which planted craters are lit.
        planted: Number of planted craters.
        searched_share: Pixels searched for the measurement, as a share of those of the run.
        seed: Seed of all random choices.
        plan: SHA-256 of the run's manifest and of the options, on which the measurement depends.
        catalogue: SHA-256 of the run's `craters.parquet`, on which it depends too; empty in older
            records.
        unit: Unit of diameters, `km` or `px`.
        score_check: Scores against the share of craters; null where there are too few for it.
        format: Format of the record.
    """

    bins: tuple[CompletenessBin, ...]
    freshness: tuple[FreshnessClass, ...]
    min_scores: tuple[float, ...]
    sun: Sun
    planted: int
    searched_share: float
    seed: int
    plan: str = ""
    catalogue: str = ""
    unit: str = "km"
    score_check: ScoreCheck | None = None
    format: int = FORMAT

    def recall(self, diameters: ArrayLike, min_score: float = 0.0) -> Float:
        """Interpolate the recall of craters of any freshness.

        It is linear in the logarithm of the diameter between the middles of the bins, and constant
        beyond the first and the last.

        Args:
            diameters: Diameters, km (or pixels), any shape.
            min_score: Least score of detections that count; the recall falls to 0 from the last of
                `min_scores` to 1.

        Returns:
            Recall, 0 to 1, of the shape of `diameters`.
        """
        scores = (*self.min_scores, 1.0)
        middles = np.log([np.sqrt(row.min_km * row.max_km) for row in self.bins])
        at_score = [np.interp(min_score, scores, (*row.recall_above, 0.0)) for row in self.bins]
        return np.asarray(np.interp(np.log(np.asarray(diameters, float)), middles, at_score))


def write_completeness(completeness: Completeness, run: Path) -> None:
    """Write `completeness.json` into the directory of a run.

    Raises:
        OutputError: The file cannot be written.
    """
    write_record(completeness, run / COMPLETENESS)


def read_completeness(run: Path) -> Completeness:
    """Read `completeness.json` of a run.

    Raises:
        RunError: The file is missing, damaged, or of other detections than the run has now.
    """
    if not (run / COMPLETENESS).is_file():
        raise RunError(
            find_obstacle(run)
            or f"{run} does not tell how complete it is: measure it with craters completeness {run}"
        )
    record = read_measurement(Completeness, run / COMPLETENESS, FORMAT, _MEASURE_AGAIN)
    if is_of_other_detections(record, run):
        raise RunError(
            f"{run / COMPLETENESS} is of other detections than the run has now: measure it again "
            f"with {_MEASURE_AGAIN.format(run=run)}"
        )
    return record


def find_obstacle(run: Path) -> str | None:
    """Say why the completeness of a run cannot be measured; None where the manifest tells none."""
    try:
        manifest = read_manifest(run)
    except RunError:
        return None
    if manifest.is_merged:
        return (
            f"{run} is a merged run, whose completeness cannot be measured; measure that of the "
            "run of the picture"
        )
    if manifest.is_of_elevation:
        return (
            f"{run} searched an elevation model, whose completeness cannot be measured yet; "
            "craters are planted into pictures only"
        )
    return None


def find_completeness(source: object) -> Completeness | None:
    """Read the completeness of a run; None for other catalogues, or where it was not measured.

    A completeness of other detections than the run has now is left out, of which a
    `CratersWarning` tells.

    Args:
        source: Catalogue, directory of a run, file of a catalogue, or address of a PostGIS table.

    Raises:
        RunError: The record is damaged.
    """
    return find_measurement(Completeness, source, COMPLETENESS, FORMAT, _MEASURE_AGAIN)
