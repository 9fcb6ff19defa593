"""The record of an evaluation, as `craters evaluate --json` prints it."""

from dataclasses import dataclass, fields

from lunarcraters.evaluation.reliability import ScoreBin
from lunarcraters.evaluation.scores import DiameterBin, OperatingPoint, Quartiles, Scores


@dataclass(frozen=True)
class OperatingPointRecord:
    """Counts and scores at a threshold.

    Attributes:
        threshold: Score from which detections count; null where detections have no score.
        true: Number of true detections.
        false: Number of false detections.
        missed: Number of references without a detection.
        precision: Share of the detections that are true; 0 where there are none.
        recall: Share of the references that were detected; 0 where there are none.
        f1: Harmonic mean of precision and recall.
    """

    threshold: float | None
    true: int
    false: int
    missed: int
    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, point: OperatingPoint) -> "OperatingPointRecord":
        """Make the record of an operating point."""
        return cls(
            point.threshold,
            point.true,
            point.false,
            point.missed,
            point.precision,
            point.recall,
            point.f1,
        )


@dataclass(frozen=True)
class DiameterBinRecord:
    """Counts and scores in a bin of diameters.

    Attributes:
        low: Lower edge, km or pixels.
        high: Upper edge, km or pixels; diameters are below it.
        references: Number of references that count.
        found: Number of references that were detected.
        detections: Number of detections that count.
        true: Number of true detections.
        recall: Share of the references that were detected; null where there are none.
        precision: Share of the detections that are true; null where there are none.
    """

    low: float
    high: float
    references: int
    found: int
    detections: int
    true: int
    recall: float | None
    precision: float | None

    @classmethod
    def of(cls, counts: DiameterBin) -> "DiameterBinRecord":
        """Make the record of a bin."""
        return cls(
            counts.low,
            counts.high,
            counts.references,
            counts.found,
            counts.detections,
            counts.true,
            counts.recall,
            counts.precision,
        )


@dataclass(frozen=True)
class EvaluationTerms:
    """The terms of an evaluation.

    Attributes:
        rule: Name of the matching rule.
        match: Matching rule in words.
        unit: Unit of diameters, `km` or `px`.
        min_diameter: Smallest crater that counts, in that unit.
        max_diameter: Largest crater that counts; null for no limit.
        min_score: Score, or operating point, at which `chosen`, the bins of diameters, the offsets
            and the diameter ratio hold.
    """

    rule: str
    match: str
    unit: str
    min_diameter: float
    max_diameter: float | None
    min_score: str


@dataclass(frozen=True)
class EvaluationRecord(EvaluationTerms):
    """The terms of an evaluation and its scores.

    Lengths are in the unit of the terms. Attributes from `bins` on hold at the threshold of
    `chosen`.

    Attributes:
        average_precision: Area under the precision-recall curve of all detections; null where
            detections have no score.
        best: Scores at the threshold of the highest F1.
        chosen: Scores at the threshold asked for.
        reliability: Mean score and precision of detections of similar score.
        calibration_error: Expected calibration error; null where there is no score.
        bins: Counts and scores by diameter.
        complete_above: Diameter above which recall stays at 0.5 or more; null where the recall of
            the largest craters does not.
        offset: Distance of centres in reference diameters.
        offset_east: Offset of the detection towards east (in pixels: right), reference diameters.
        offset_north: Offset of the detection towards north (in pixels: down), reference diameters.
        diameter_ratio: Diameter of the detection over that of the reference.
        within_deviation: Share of the matches whose diameter is right to within its standard
            deviation; null where there is none.
        references: Number of references that count.
        references_ignored: Number of references that are ignored.
        detections: Number of detections that count, of all scores.
        detections_ignored: Number of detections that are ignored.
    """

    average_precision: float | None
    best: OperatingPointRecord
    chosen: OperatingPointRecord
    reliability: tuple[ScoreBin, ...]
    calibration_error: float | None
    bins: tuple[DiameterBinRecord, ...]
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

    @classmethod
    def of(cls, terms: EvaluationTerms, scores: Scores) -> "EvaluationRecord":
        """Make the record of an evaluation.

        Args:
            terms: Terms of the evaluation.
            scores: Scores of the catalogue.
        """
        plain = {field.name: getattr(scores, field.name) for field in fields(Scores)}
        calculated = {
            "best": OperatingPointRecord.of(scores.best),
            "chosen": OperatingPointRecord.of(scores.chosen),
            "bins": tuple(DiameterBinRecord.of(counts) for counts in scores.bins),
        }
        return cls(**vars(terms), **{**plain, **calculated})
