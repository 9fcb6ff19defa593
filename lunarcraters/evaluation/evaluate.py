"""Evaluation: a catalogue matched to a reference and scored, with the terms of the comparison."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from numbers import Real

from lunarcraters.catalogue.ground import warn_of_unread_tiles
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import OptionError
from lunarcraters.evaluation.exported import choose_threshold, warn_of_sizes
from lunarcraters.evaluation.matching import Matches, match_craters
from lunarcraters.evaluation.record import EvaluationRecord, EvaluationTerms
from lunarcraters.evaluation.reference import Reference
from lunarcraters.evaluation.rules import Rule, get_rule
from lunarcraters.evaluation.scores import Scores, compute_scores


@dataclass(frozen=True)
class Evaluation(Scores):
    """Scores of a catalogue, with the terms of the comparison.

    Attributes:
        terms: Matching rule, unit, range of diameters and threshold.
    """

    terms: EvaluationTerms

    def record(self) -> EvaluationRecord:
        """Make the record that `craters evaluate --json` prints."""
        scores = {field.name: getattr(self, field.name) for field in fields(Scores)}
        return EvaluationRecord(**vars(self.terms), **scores)


def check_bins(bins: Sequence[float] | None) -> None:
    """Check the lower edges of bins of diameter.

    Args:
        bins: Edges, above 0 and rising; None where they are not given.

    Raises:
        OptionError: There is none, one is not a number above 0, or they do not rise.
    """
    if bins is None:
        return
    edges = list(bins)
    numbers = bool(edges) and all(isinstance(edge, Real) for edge in edges)
    if not (numbers and all(low < high for low, high in pairwise([0.0, *edges, math.inf]))):
        raise OptionError(f"bins is {edges}: give diameters above 0, each larger than the last")


def evaluate_catalogue(
    catalogue: Catalogue,
    reference: Reference,
    rule: str | Rule | None = None,
    *,
    min_diameter: float = 0.0,
    max_diameter: float = float("inf"),
    min_score: float | str | None = None,
    bins: Sequence[float] | None = None,
) -> tuple[Evaluation, Matches]:
    """Score a catalogue against a reference.

    Args:
        catalogue: Detections.
        reference: Reference craters.
        rule: Matching rule, or its name; None for the default rule of the reference.
        min_diameter: Smallest crater that counts, km (pixels).
        max_diameter: Largest crater that counts, km (pixels).
        min_score: Score, or operating point, from which a detection counts; None for "balanced"
            where there is one, or for the score of an export if it is higher, else for the score of
            the best F1.
        bins: Lower edges of the diameter bins, rising; None for factors of sqrt(2).

    Returns:
        Scores, and the matches that they are computed from.

    Raises:
        CatalogueError: One is in pixels and the other not, or no reference crater counts.
    """
    warn_of_unread_tiles(catalogue.info)
    rule = rule or reference.default_rule
    used = get_rule(rule) if isinstance(rule, str) else rule
    min_score = choose_threshold(catalogue.info) if min_score is None else min_score
    threshold = None if min_score is None else catalogue.threshold(min_score)
    matches = match_craters(
        catalogue, reference, used, min_diameter=min_diameter, max_diameter=max_diameter
    )
    warn_of_sizes(catalogue.info, matches.reference[matches.reference_counted])
    scores = compute_scores(matches, threshold, bins, min_diameter=min_diameter)
    terms = EvaluationTerms(
        rule=used.name,
        match=str(used),
        unit=catalogue.columns.unit,
        min_diameter=min_diameter,
        max_diameter=None if max_diameter == float("inf") else max_diameter,
        min_score="best F1" if min_score is None else str(min_score),
    )
    return Evaluation(**vars(scores), terms=terms), matches
