"""Scores of matches: precision and recall, also by diameter, and errors of place and size."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.csfd import count_groups
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.matching import Matches
from lunarcraters.evaluation.reliability import (
    ScoreBin,
    compute_reliability,
    expected_calibration_error,
    within_deviation,
)

Float = NDArray[np.float64]

COMPLETENESS_LEVEL = 0.5
"""Recall from which on a catalogue is called complete."""

COMPLETENESS_MIN_COUNT = 5
"""Number of reference craters that a bin needs to count for completeness."""


@dataclass(frozen=True)
class OperatingPoint:
    """Counts and scores at a threshold.

    Attributes:
        threshold: Score from which detections count; None where detections have no score.
        true: Number of true detections.
        false: Number of false detections.
        missed: Number of references without a detection.
        precision: Share of the detections that are true; 0 where there are none.
        recall: Share of the references that were detected; 0 where there are none.
        f1: Harmonic mean of precision and recall; 0 where there are no craters.
    """

    threshold: float | None
    true: int
    false: int
    missed: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class DiameterBin:
    """Counts and scores in a bin of diameters.

    References are counted by their own diameters, detections by theirs.

    Attributes:
        low: Lower edge, km or pixels.
        high: Upper edge, km or pixels; diameters are below it.
        references: Number of references that count.
        found: Number of references that were detected.
        detections: Number of detections that count.
        true: Number of true detections.
        recall: Share of the references that were detected; None where there are none.
        precision: Share of the detections that are true; None where there are none.
    """

    low: float
    high: float
    references: int
    found: int
    detections: int
    true: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True)
class Quartiles:
    """Quartiles of a distribution; None where nothing matched.

    Attributes:
        low: Lower quartile.
        median: Median.
        high: Upper quartile.
    """

    low: float | None
    median: float | None
    high: float | None


@dataclass(frozen=True)
class Scores:
    """Scores of a catalogue against a reference.

    Lengths are in km or pixels. Attributes from `bins` on hold at the threshold of `chosen`.

    Attributes:
        average_precision: Area under the precision-recall curve of all detections, with the
            monotone envelope; None where detections have no score.
        best: Scores at the threshold of the highest F1.
        chosen: Scores at the threshold asked for.
        reliability: Mean score and precision of detections of similar score.
        calibration_error: Expected calibration error; None where there is no score.
        bins: Counts and scores by diameter.
        complete_above: Diameter above which the recall of every bin with 5 references or more
            stays at 0.5 or more; None where that of the largest does not.
        offset: Distance of centres in reference diameters.
        offset_east: Offset of the detection towards east (in pixels: right), reference diameters.
        offset_north: Offset of the detection towards north (in pixels: down), reference diameters.
        diameter_ratio: Diameter of the detection over that of the reference.
        within_deviation: Share of the matches whose diameter is right to within its standard
            deviation; None where there is none.
        references: Number of references that count.
        references_ignored: Number of references that are ignored.
        detections: Number of detections that count, of all scores.
        detections_ignored: Number of detections that are ignored.
    """

    average_precision: float | None
    best: OperatingPoint
    chosen: OperatingPoint
    reliability: tuple[ScoreBin, ...]
    calibration_error: float | None
    bins: tuple[DiameterBin, ...]
    complete_above: float | None
    offset: Quartiles
    offset_east: Quartiles
    offset_north: Quartiles
    diameter_ratio: Quartiles
    within_deviation: float | None
    references: int
    references_ignored: int
    detections: int
    detections_ignored: int


def compute_scores(
    matches: Matches,
    threshold: float | None = None,
    edges: Sequence[float] | None = None,
    *,
    min_diameter: float = 0.0,
) -> Scores:
    """Compute the scores of matches.

    Args:
        matches: Detections and references.
        threshold: Score from which a detection counts; None for the score of the best F1.
        edges: Lower edges of the diameter bins, ascending, in the unit of the diameters; None for
            factors of sqrt(2).
        min_diameter: Smallest crater that counts, in that unit.

    Raises:
        CatalogueError: No reference crater counts.
    """
    references = int(matches.reference_counted.sum())
    if references == 0:
        raise CatalogueError(
            "no reference crater lies on the ground searched and in the range of diameters: "
            "check that both are of one region, and --min-diameter and --max-diameter"
        )
    thresholds, precision, recall = precision_recall_curve(matches)
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    # The highest of the thresholds with the best F1; without detections, any.
    best = float(thresholds[np.argmax(f1)]) if len(thresholds) else None
    scored = bool(np.isfinite(matches.score).any())
    used = threshold if threshold is not None else best
    above = matches.above(used)
    true = matches.true & above
    bins = _bins(matches, above, edges)
    score_bins = compute_reliability(matches)
    size = matches.reference[matches.reference_of[true]]
    return Scores(
        average_precision=_area(precision, recall) if scored else None,
        best=_point(matches, best if scored else None),
        chosen=_point(matches, used if scored else None),
        reliability=score_bins,
        calibration_error=expected_calibration_error(score_bins),
        bins=bins,
        complete_above=_complete_above(bins, min_diameter),
        offset=_quartiles(np.linalg.norm(matches.offset[true], axis=1) / size),
        offset_east=_quartiles(matches.offset[true, 0] / size),
        offset_north=_quartiles(matches.offset[true, 1] / size),
        diameter_ratio=_quartiles(matches.detected[true] / size),
        within_deviation=within_deviation(matches, above),
        references=references,
        references_ignored=len(matches.reference) - references,
        detections=int(matches.counted.sum()),
        detections_ignored=int((~matches.counted).sum()),
    )


def precision_recall_curve(matches: Matches) -> tuple[Float, Float, Float]:
    """Compute precision and recall at every score that occurs.

    Detections without a score are taken to score 1.

    Returns:
        Thresholds, descending, precision and recall, (k,) each.
    """
    value = np.nan_to_num(matches.score[matches.counted], nan=1.0)
    order = np.argsort(-value, kind="stable")
    value, true = value[order], matches.true[matches.counted][order]
    last = np.flatnonzero(np.append(np.diff(value) != 0.0, True)) if len(value) else order
    detected = np.cumsum(true)[last]
    return (
        value[last],
        detected / (last + 1.0),
        detected / max(int(matches.reference_counted.sum()), 1),
    )


def _area(precision: Float, recall: Float) -> float:
    """Compute the area under the curve, with precision made monotone from the right."""
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * envelope).sum())


def _point(matches: Matches, threshold: float | None) -> OperatingPoint:
    above = matches.above(threshold)
    true = int((matches.true & above).sum())
    detections = int((matches.counted & above).sum())
    references = int(matches.reference_counted.sum())
    return OperatingPoint(
        threshold,
        true,
        false=detections - true,
        missed=references - true,
        precision=true / max(detections, 1),
        recall=true / max(references, 1),
        f1=2 * true / max(detections + references, 1),
    )


def _bins(
    matches: Matches, above: NDArray[np.bool_], edges: Sequence[float] | None
) -> tuple[DiameterBin, ...]:
    counted, true = matches.counted & above, matches.true & above
    detected = np.zeros(len(matches.reference), dtype=bool)
    detected[matches.reference_of[true]] = True
    diameters = (
        matches.reference[matches.reference_counted],
        matches.reference[detected],
        matches.detected[counted],
        matches.detected[true],
    )
    given = None
    if edges is not None:
        largest = float(np.concatenate(diameters).max())
        given = np.append(edges, max(largest, edges[-1]) * (1.0 + 1e-9))
    limits, counts = count_groups(diameters, [None] * len(diameters), given)
    return tuple(
        DiameterBin(
            low,
            high,
            references,
            found,
            detections,
            true,
            recall=found / references if references else None,
            precision=true / detections if detections else None,
        )
        for low, high, references, found, detections, true in zip(
            limits[:-1].tolist(), limits[1:].tolist(), *counts, strict=True
        )
    )


def _complete_above(bins: tuple[DiameterBin, ...], min_diameter: float) -> float | None:
    complete = None
    for one in reversed(bins):
        if one.recall is None or one.references < COMPLETENESS_MIN_COUNT:
            continue
        if one.recall < COMPLETENESS_LEVEL:
            break
        complete = max(one.low, min_diameter)
    return complete


def _quartiles(values: Float) -> Quartiles:
    if len(values) == 0:
        return Quartiles(None, None, None)
    return Quartiles(*(float(value) for value in np.quantile(values, [0.25, 0.5, 0.75])))
