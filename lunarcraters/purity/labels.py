"""Labels: which detections of a run are craters, by a review or by a reference."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import REVIEW
from lunarcraters.catalogue.csfd import SizeFrequency, bin_by_size
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import read_edited
from lunarcraters.catalogue.review_state import ACCEPTED, REJECTED, UNSEEN
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.catalogue.text import is_among
from lunarcraters.datasets.yolo_labels import is_label_file
from lunarcraters.errors import CatalogueError, OptionError
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import Reference, from_catalogue, read_reference
from lunarcraters.evaluation.rules import get_rule
from lunarcraters.files import is_database
from lunarcraters.geometry.area import Area
from lunarcraters.reviews.compare import Comparison, compare_with_run

RULE = "circle"
"""Matching rule: the one by which planted craters are found."""

_LEAST_SCORE = 0.1  # below it nearly all detections are none, and they would rule the fit

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Labels:
    """Detections of which it is known whether they are craters.

    Attributes:
        name: Name of the file that tells.
        kind: Kind of the file: `review` or `reference`.
        scores: Scores, (n,).
        diameters: Detected diameters, km (or pixels), (n,).
        true: True for craters, (n,).
    """

    name: str
    kind: Literal["review", "reference"]
    scores: Float
    diameters: Float
    true: Bool

    def __len__(self) -> int:
        return len(self.true)


def read_labels(
    run: Catalogue,
    name: str,
    area: Area | None = None,
    limits: tuple[float | None, float | None] = (None, None),
    *,
    all_seen: bool = False,
    run_hash: str | None = None,
) -> Labels:
    """Read which detections of a run are craters, of a review or of a reference.

    A file whose craters are those of the run is a review of it, and any other is a reference; that
    of another run, with scores or states of a review, is refused.

    Args:
        run: Catalogue of the run, with all its craters.
        name: Catalogue that was exported from the run and reviewed; or a reference.
        area: Ground that a reference covers, or on which reviewed detections lie; None for the
            reference's own, or all of it.
        limits: Least and greatest diameter of a detection that is labelled, km (or pixels); None
            for those between which a reference is complete.
        all_seen: True where the reviewer looked at every crater, so that unseen ones are accepted.
        run_hash: SHA-256 of the run's catalogue; None for a catalogue that is no run.

    Raises:
        CatalogueError: The file is of another run, body or ground.
        OptionError: All craters of a reference are said to be seen.
    """
    if is_database(name) or not (Path(name).is_dir() or is_label_file(Path(name))):
        edited = read_edited(name)
        comparison = _compare(run, edited, all_seen=all_seen, run_hash=run_hash)
        if comparison is not None:
            return label_by_review(run, comparison, name, area, limits)
        reference = from_catalogue(edited.to_catalogue())
    else:
        reference = read_reference(name)
    if all_seen:
        raise OptionError(
            f"{name} is a reference, not a review of the run: leave out --all-seen, or give the "
            f"catalogue that was exported from the run, with its column {REVIEW}"
        )
    return label_by_reference(run, reference, name, area, limits)


def _compare(
    run: Catalogue, edited: EditedCatalogue, *, all_seen: bool, run_hash: str | None
) -> Comparison | None:
    """Compare a file with the run that it was exported from; None for one that was not."""
    try:
        return compare_with_run(run, edited, all_seen=all_seen, run_hash=run_hash)
    except CatalogueError:
        rows = edited.rows
        is_reviewed = REVIEW in rows and (rows[REVIEW] != UNSEEN).any()
        if is_reviewed or ("score" in rows and rows["score"].notna().any()):
            raise  # detections, perhaps reviewed, of another run
        return None


def label_by_review(
    run: Catalogue,
    comparison: Comparison,
    name: str,
    area: Area | None = None,
    limits: tuple[float | None, float | None] = (None, None),
) -> Labels:
    """Label the detections that a reviewer accepted or rejected.

    A detection whose circle the reviewer moved or resized so far that it no longer matches is no
    crater.

    Args:
        run: Catalogue of the run, with all its craters.
        comparison: Edited catalogue compared with the run.
        name: Name of the edited catalogue, for messages.
        area: Area in which the detections lie; None for all.
        limits: Least and greatest diameter of a detection that is labelled; None for all.

    Raises:
        CatalogueError: Nothing was reviewed.
    """
    after = comparison.craters
    after = after[after[REVIEW].isin((ACCEPTED, REJECTED))]
    if not len(after):
        raise CatalogueError(
            f"no crater of {name} was accepted or rejected: review some (column {REVIEW}, or the "
            f"page of craters report), or say with --all-seen that no {UNSEEN} one is false"
        )
    detections = run.rows(is_among(run.craters["crater_id"], after["crater_id"]))
    true = after[REVIEW].eq(ACCEPTED).to_numpy(copy=True)
    corrected = from_catalogue(Catalogue.from_table(after[true], run.info))
    matches = match_craters(detections.rows(true), corrected, get_rule(RULE))
    true[true] = matches.reference_of >= 0
    inside = _contain(area, detections.positions)
    most = np.inf if limits[1] is None else limits[1]
    inside &= _lie_between(detections.diameters, limits[0] or 0.0, most)
    return _label(name, "review", detections, true, inside)


def label_by_reference(
    run: Catalogue,
    reference: Reference,
    name: str,
    area: Area | None = None,
    limits: tuple[float | None, float | None] = (None, None),
) -> Labels:
    """Label the detections on the ground of a reference: those that match are craters.

    Args:
        run: Catalogue of the run.
        reference: Reference craters, all there are on its ground from a diameter on.
        name: Name of the reference, for messages.
        area: Ground that the reference covers; None for its own ground.
        limits: Least and greatest diameter of a detection that is labelled, km (or pixels); None
            for those between which the reference is complete: from the upper edge of its fullest
            bin to its largest crater over sqrt(2).

    Raises:
        CatalogueError: The ground of the reference is not known, or is not that of the run; or
            one is in pixels and the other on the Moon, or of another body.
    """
    if area is None and reference.footprint is None and not reference.is_of_labels:
        raise CatalogueError(
            f"{name} does not tell which ground it covers, so that a detection without a match may "
            "lie beyond: give the outline of its ground with --area"
        )
    matches = match_craters(run, reference, get_rule(RULE))
    inside = matches.counted & _cover(reference, area, run.positions, run.diameters)
    true = matches.reference_of >= 0
    if not inside.any():
        raise CatalogueError(
            f"no detection of the run lies on the ground of {name}: give a reference, or an area, "
            "on the ground that was searched"
        )
    if not (inside & true).any():
        raise CatalogueError(
            f"none of the {int(inside.sum())} detections on the ground of {name} matches a crater "
            "of it: see whether its positions are right and whether the area is the one it covers"
        )
    on_ground = _cover(reference, area, reference.positions, reference.diameters)
    if not on_ground.any():
        raise CatalogueError(
            f"no crater of {name} lies on the ground that it is said to cover: give a larger area"
        )
    low, high = _find_complete(reference.diameters[on_ground])
    low = low if limits[0] is None else limits[0]
    high = high if limits[1] is None else limits[1]
    inside &= _lie_between(run.diameters, low, high)
    return _label(name, "reference", run, true, inside & (run.scores >= _LEAST_SCORE))


def _find_complete(diameters: Float) -> tuple[float, float]:
    """Find the diameters between which a reference has all craters that a detection can match."""
    edges, bins = bin_by_size(diameters)
    counts = np.bincount(bins, minlength=1).astype(float)
    low = SizeFrequency(edges, counts, 1.0).complete_from_km
    return low, float(diameters.max(initial=0.0)) / np.sqrt(2.0)


def _label(
    name: str,
    kind: Literal["review", "reference"],
    detections: Catalogue,
    true: Bool,
    inside: Bool,
) -> Labels:
    """Take the detections that have a score, and that a label is given to."""
    which = inside & np.isfinite(detections.scores)
    sizes = detections.diameters
    return Labels(name, kind, detections.scores[which], sizes[which], true[which])


def _cover(reference: Reference, area: Area | None, positions: Float, diameters: Float) -> Bool:
    """Tell which craters lie on the ground of a reference, (n,)."""
    inside = _contain(area, positions) & ~reference.crosses_edge(positions, diameters)
    if reference.footprint is not None:
        shapely.prepare(reference.footprint)
        inside &= shapely.intersects_xy(reference.footprint, *positions.T)
    return np.asarray(inside)


def _lie_between(diameters: Float, low: float, high: float) -> Bool:
    return np.asarray((diameters >= low) & (diameters <= high))


def _contain(area: Area | None, positions: Float) -> Bool:
    if area is None:
        return np.ones(len(positions), bool)
    return area.contains(*positions.T)
