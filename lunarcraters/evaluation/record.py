"""The record of an evaluation, as `craters evaluate --json` prints it."""

from dataclasses import dataclass

from lunarcraters.evaluation.scores import Scores


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
class EvaluationRecord(Scores, EvaluationTerms):
    """The terms of an evaluation, and then its scores.

    Lengths are in the unit of the terms. Attributes from `bins` on hold at the threshold of
    `chosen`.
    """
