"""The result of a review: counts, precision and recall as the reviewer saw them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lunarcraters.catalogue.columns import FRACTION, REVIEW
from lunarcraters.catalogue.csfd import count_groups
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.export_limits import ExportLimits
from lunarcraters.catalogue.filter import measure_fractions
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.review_state import ACCEPTED, REJECTED, UNSEEN
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.reviews.compare import Comparison
from lunarcraters.reviews.proportions import Proportion, compute_proportion
from lunarcraters.reviews.suggest import SuggestedCrater, SuggestedTile


@dataclass(frozen=True)
class ReviewCounts:
    """Numbers of craters by what the reviewer did.

    Attributes:
        accepted: Craters of the run that were accepted, moved or resized.
        rejected: Craters of the run that were rejected or deleted.
        unseen: Craters of the run without a decision.
        added: Craters that the run does not have.
        deleted: Rejected craters whose rows were deleted.
        moved: Craters that were moved.
        resized: Craters that were resized.
    """

    accepted: int
    rejected: int
    unseen: int
    added: int
    deleted: int
    moved: int
    resized: int

    @property
    def shown(self) -> int:
        """Number of craters of the run that the reviewer had."""
        return self.accepted + self.rejected + self.unseen

    @property
    def kept(self) -> int:
        """Number of craters of the reviewed catalogue."""
        return self.accepted + self.unseen + self.added


@dataclass(frozen=True)
class ReviewBin:
    """A bin of diameters, a factor of sqrt(2) wide.

    Attributes:
        low: Lower edge, km or pixels.
        high: Upper edge, km or pixels; diameters are below it.
        accepted: Craters of the run that were accepted.
        rejected: Craters of the run that were rejected.
        unseen: Craters of the run without a decision.
        added: Craters that the run does not have.
        precision: Share of the reviewed craters that were accepted.
        recall: Share of the accepted and added craters that the run has.
    """

    low: float
    high: float
    accepted: int
    rejected: int
    unseen: int
    added: int
    precision: Proportion
    recall: Proportion


@dataclass(frozen=True)
class Review:
    """A review of a run, as `craters review --json` prints it.

    Attributes:
        edited: Name of the edited catalogue.
        unit: Unit of diameters, `km` or `px`.
        min_score: Lowest score of the run's craters that the reviewer had; null for none.
        counts: Numbers of craters by what the reviewer did.
        precision: Share of the reviewed craters that were accepted.
        recall: Share of the accepted and added craters that the run has; it holds where the
            reviewer looked for missing ones.
        bins: Counts, precision and recall by diameter.
        suggested: Craters whose review would tell most.
        suggested_tiles: Tiles whose review would tell most.
        notes: Sentences for the user.
    """

    edited: str
    unit: str
    min_score: float | None
    counts: ReviewCounts
    precision: Proportion
    recall: Proportion
    bins: tuple[ReviewBin, ...]
    suggested: tuple[SuggestedCrater, ...]
    suggested_tiles: tuple[SuggestedTile, ...]
    notes: tuple[str, ...]


def summarize_review(
    run: Catalogue,
    edited: EditedCatalogue,
    comparison: Comparison,
    suggested: tuple[SuggestedCrater, ...] = (),
    suggested_tiles: tuple[SuggestedTile, ...] = (),
) -> Review:
    """Count what a reviewer did, and compute precision and recall.

    Args:
        run: Catalogue of the run.
        edited: Edited catalogue.
        comparison: Comparison of both.
        suggested: Craters to review next.
        suggested_tiles: Tiles to review next.
    """
    craters, added = comparison.craters, comparison.added
    states = craters[REVIEW]
    accepted, rejected = int((states == ACCEPTED).sum()), int((states == REJECTED).sum())
    scores = craters["score"].dropna()
    return Review(
        edited=edited.source,
        unit=run.columns.unit,
        min_score=float(scores.min()) if len(scores) else None,
        counts=ReviewCounts(
            accepted,
            rejected,
            int((states == UNSEEN).sum()),
            len(added),
            deleted=int(craters["deleted"].sum()),
            moved=int(craters["moved"].sum()),
            resized=int(craters["resized"].sum()),
        ),
        precision=compute_proportion(accepted, accepted + rejected),
        recall=compute_proportion(accepted, accepted + len(added)),
        bins=_bin(craters, added, run.columns.diameter),
        suggested=suggested,
        suggested_tiles=suggested_tiles,
        notes=comparison.notes,
    )


def make_reviewed(
    run: Catalogue, edited: EditedCatalogue, comparison: Comparison
) -> tuple[Catalogue, tuple[str, ...]]:
    """Make the catalogue that the reviewer left, without the rejected craters.

    Its limits tell which craters the reviewer had, so that the rejected ones are known again.
    Craters for whose parts the file counts have these parts.

    Returns:
        Catalogue, and sentences for the user.
    """
    info, notes = _describe(run, edited, comparison.limits)
    return measure_fractions(Catalogue.from_table(comparison.kept, info)), notes


def _describe(
    run: Catalogue, edited: EditedCatalogue, limits: ExportLimits | None
) -> tuple[CatalogueInfo, tuple[str, ...]]:
    """Describe the reviewed catalogue, without ground where the file may be of a part of it."""
    if edited.info.limits is not None or edited.info.thresholds:
        return replace(edited.info, limits=limits), ()
    info = replace(run.info, limits=limits)
    is_whole = FRACTION not in edited.rows and limits is not None and _is_everywhere(limits, run)
    if is_whole or info.footprint is None:
        return info, ()
    note = (
        f"{edited.source} does not tell its ground, and may lack craters elsewhere on that of the "
        "run: the reviewed catalogue has no ground, so give --area to count its craters"
    )
    return replace(info, footprint=None, footprint_area_km2=None), (note,)


def _is_everywhere(limits: ExportLimits, run: Catalogue) -> bool:
    """Tell whether all craters of a run with the scores and diameters of limits are within."""
    craters = run.positions, run.diameters, run.scores
    everywhere = replace(limits, area=None, area_crs=None)
    return np.array_equal(limits.contain(*craters), everywhere.contain(*craters))


def _bin(craters: pd.DataFrame, added: pd.DataFrame, diameter: str) -> tuple[ReviewBin, ...]:
    """Count craters by diameter, with their precision and recall."""
    states = [craters[REVIEW] == state for state in (ACCEPTED, REJECTED, UNSEEN)]
    groups = [craters[diameter][inside].to_numpy(float) for inside in states]
    groups.append(added[diameter].to_numpy(float))
    edges, counts = count_groups(groups, [None] * len(groups), None)
    bins = []
    for low, high, *row in zip(edges[:-1].tolist(), edges[1:].tolist(), *counts, strict=True):
        accepted, rejected, unseen, new = map(int, row)
        precision = compute_proportion(accepted, accepted + rejected)
        recall = compute_proportion(accepted, accepted + new)
        bins.append(ReviewBin(low, high, accepted, rejected, unseen, new, precision, recall))
    return tuple(bins)
