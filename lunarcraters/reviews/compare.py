"""An edited catalogue compared with the run that it was exported from."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import FRACTION, REVIEW
from lunarcraters.catalogue.drawn import agree, find_edits, overlap
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.export_limits import ExportLimits
from lunarcraters.catalogue.filter import enclose
from lunarcraters.catalogue.measures import MOVED, UNMEASURED, forget_measures
from lunarcraters.catalogue.review_state import ACCEPTED, ADDED, REJECTED, REVIEW_OF, UNSEEN
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.catalogue.text import is_among
from lunarcraters.errors import CatalogueError

_SCORE_TOLERANCE = 1e-5
_MOST_OTHERS = 0.01  # share of the rows whose score a person may have changed
_RADIUS_TOLERANCE_M = 1.0

Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The craters of a run that a reviewer had before them, and those that the reviewer added.

    Attributes:
        craters: Rows of the run, with place and size after the edit, `review`, `fraction` where
            the file has parts of craters, or the run has and the file does not tell how it was
            exported, and True in `deleted`, `moved` and `resized` where that was done, and in
            `added_before` where an earlier reviewer added the crater, which is accepted.
        added: Rows of the craters that were added.
        notes: Sentences for the user.
        limits: Craters of the run that the reviewer had, as an export has them; None where
            limits do not tell them.
    """

    craters: pd.DataFrame
    added: pd.DataFrame
    notes: tuple[str, ...]
    limits: ExportLimits | None

    @property
    def kept(self) -> pd.DataFrame:
        """All rows but the rejected ones, as a catalogue has them."""
        craters = self.craters[self.craters[REVIEW] != REJECTED]
        craters = craters.assign(review=craters[REVIEW].mask(craters["added_before"], ADDED))
        craters = craters.drop(columns=["deleted", "moved", "resized", "added_before"])
        if not len(self.added):
            return craters
        table = pd.concat([craters, self.added], ignore_index=True)
        forget_measures(table, (table[REVIEW] == ADDED).to_numpy(), UNMEASURED)
        return table


def compare_with_run(
    run: Catalogue,
    edited: EditedCatalogue,
    *,
    all_seen: bool = False,
    run_hash: str | None = None,
) -> Comparison:
    """Find what a person changed in the catalogue of a run.

    Args:
        run: Catalogue of the run, with all its craters.
        edited: Edited catalogue.
        all_seen: True where the reviewer looked at every crater, so that unseen ones are accepted.
        run_hash: SHA-256 of the run's catalogue, by which files that its page saved are known;
            None for a catalogue that is no run.

    Raises:
        CatalogueError: The edited catalogue is of another body or run, has detections that the run
            has not or one of them twice, or lost its columns.
    """
    _check_body(run, edited)
    edited = _restore_ids(run, edited)
    changed = _check_run(run, edited, names_run=_check_page(edited, run_hash))
    _check_detections(run, edited)
    table = edited.resolve(run.craters)
    edited.refuse_repeated(table, run.craters)
    table.loc[_find_added_before(run, edited, table), REVIEW] = ACCEPTED
    is_added = (table[REVIEW] == ADDED).to_numpy()
    of_run = is_among(table["crater_id"], run.craters["crater_id"])
    there = table[of_run & ~is_added].set_index("crater_id")
    shown, limits, notes = _find_shown(run, edited, there)
    craters = run.craters[shown].reset_index(drop=True)
    rows = there.reindex(craters["crater_id"])
    deleted = rows[REVIEW].isna().to_numpy()
    circle = list(run.columns.circle)
    before = craters[circle].to_numpy(float)
    after = np.where(deleted[:, None], before, rows[circle].to_numpy(float))
    states = rows[REVIEW].fillna(REJECTED).to_numpy()
    moved, resized = find_edits(after, before, run.info)
    craters[circle] = after
    craters[REVIEW] = np.where(all_seen & (states == UNSEEN), ACCEPTED, states)
    craters = craters.assign(deleted=deleted, moved=moved, resized=resized)
    craters["added_before"] = craters["crater_id"].isin(_take_added_before(run)["crater_id"])
    forget_measures(craters, moved | resized, MOVED)
    names = [*run.columns.names, REVIEW]
    if FRACTION in table:
        craters[FRACTION] = rows[FRACTION].to_numpy()
    elif edited.info.limits is not None:  # the header of a file that was exported without parts
        craters = craters.drop(columns=FRACTION, errors="ignore")
    elif FRACTION in craters:
        craters.loc[moved | resized, FRACTION] = np.nan
    names += [FRACTION] * (FRACTION in craters)
    added = table[is_added].reindex(columns=names).reset_index(drop=True)
    return Comparison(craters, added, changed + _note_doubtful(run, edited) + notes, limits)


def _note_doubtful(run: Catalogue, edited: EditedCatalogue) -> tuple[str, ...]:
    """Note the craters whose outline counts, though it may be older than their columns."""
    number = int(edited.find_doubtful(run.craters).sum())
    if not number:
        return ()
    return (
        f"{edited.source} has craters whose columns and outlines differ from each other and from "
        f"the run ({number} such), and their outlines count: if a second reviewer typed the "
        "numbers, name the file of the first one as RUN",
    )


def _check_body(run: Catalogue, edited: EditedCatalogue) -> None:
    """Refuse a catalogue of another body, or in pixels where the run is not."""
    radius, other = run.info.radius_m, edited.info.radius_m
    if radius is None or other is None:
        if radius is not other:
            raise CatalogueError(
                f"{edited.source} is {'in pixels' if other is None else 'on the Moon'} and the run "
                "is not: give the catalogue that was exported from this run"
            )
    elif abs(radius - other) > _RADIUS_TOLERANCE_M:
        raise CatalogueError(
            f"{edited.source} is of a body of {other / 1000:g} km radius and the run of one of "
            f"{radius / 1000:g} km: give the catalogue that was exported from this run"
        )


def _restore_ids(run: Catalogue, edited: EditedCatalogue) -> EditedCatalogue:
    """Restore the zeros that spreadsheets strip from identifiers: 1 or 1.0 is 0000001."""
    if not edited.has_ids or not len(run):
        return edited
    ids = edited.rows["crater_id"]
    width = int(run.craters["crater_id"].str.len().max())
    restored = ids.str.replace(r"^(\d+)(\.0)?$", lambda m: m[1].zfill(width), regex=True)
    lost = ~is_among(ids, run.craters["crater_id"]) & is_among(restored, run.craters["crater_id"])
    return replace(edited, rows=edited.rows.assign(crater_id=ids.mask(lost, restored)))


def _check_page(edited: EditedCatalogue, run_hash: str | None) -> bool:
    """Refuse a catalogue that the page of another run saved; tell whether that of this run did."""
    review_of = edited.info.properties.get(REVIEW_OF)
    if review_of is None or run_hash is None:
        return False
    if review_of != run_hash:
        raise CatalogueError(
            f"{edited.source} is a review of another run, or of this one before it was made again: "
            "give the run whose page saved it"
        )
    return True


def _check_run(run: Catalogue, edited: EditedCatalogue, *, names_run: bool) -> tuple[str, ...]:
    """Refuse a catalogue that was not exported from the run; a note on doubtful craters.

    Nobody edits scores. A row with another score than in the run, and no ground in common with the
    crater there, is another crater. So are most rows if most have another place and score.
    """
    if not edited.has_ids:
        raise CatalogueError(
            f"{edited.source} has no column crater_id, which names the craters of the run: export "
            "the run again, as .gpkg, .geojson, .parquet, .csv or .shp, and keep this column"
        )
    rows = _find_former(run, edited)
    known = run.craters.set_index("crater_id").reindex(rows["crater_id"])
    common = known["level"].notna().to_numpy()
    if len(rows) and not common.any():
        raise CatalogueError(
            f"no crater of {edited.source} is one of the run (crater_id "
            f"{rows['crater_id'].iloc[0]} ...): give the catalogue that was exported from this run"
        )
    circle = list(run.columns.circle)
    given, in_run = rows[circle].to_numpy(float), known[circle].to_numpy(float)
    scores = rows["score"].to_numpy(float) if "score" in rows else np.full(len(rows), np.nan)
    difference = np.abs(scores - known["score"].to_numpy(float))
    same, ids = agree(given, in_run, run.info), rows["crater_id"]
    # Of rows with one identifier, those beside the one at its place are copies.
    common = common & (same | ~is_among(ids, ids[same]))
    changed = common & ~same & ~(difference <= _SCORE_TOLERANCE)
    others = changed & ~overlap(given, in_run, run.info)
    total = int(common.sum())
    number = int((changed if 2 * changed.sum() > total else others).sum())
    if not number or names_run:
        return ()
    if number > _MOST_OTHERS * total:
        raise CatalogueError(
            f"{edited.source} was exported from another run: {number} of its {total} craters have "
            "another place and score in this one: give the run that it was exported from"
        )
    return (
        f"{number} of the craters of {edited.source} have another place and score in the run, and "
        "are taken to have been moved",
    )


def _check_detections(run: Catalogue, edited: EditedCatalogue) -> None:
    """Refuse detections that the run has not, such as those that an earlier reviewer rejected.

    They have a score below 1, which nobody gives to a crater that they add.
    """
    former, rows = _find_former(run, edited), edited.rows
    scores = former["score"] if "score" in former else pd.Series(np.nan, former.index)
    ids = former["crater_id"][(scores < 1.0) & (former["crater_id"] != "")]
    named = rows["crater_id"]
    unknown = is_among(named, ids) & ~is_among(named, run.craters["crater_id"])
    if REVIEW in rows:
        unknown &= ~rows[REVIEW].isin((ADDED, REJECTED)).to_numpy()
    if unknown.any():
        raise CatalogueError(
            f"{edited.source} has {int(unknown.sum())} craters that the run has not (crater_id "
            f"{named[unknown].iloc[0]} ...): give the run or catalogue that it was "
            "exported from, or set review to added for those that you added"
        )


def _take_added_before(run: Catalogue) -> pd.DataFrame:
    """Take the rows that an earlier reviewer added, where the run is a reviewed catalogue."""
    return run.craters[run.craters[REVIEW] == ADDED] if REVIEW in run.craters else run.craters[:0]


def _find_added_before(run: Catalogue, edited: EditedCatalogue, table: pd.DataFrame) -> Bool:
    """Find the added rows that the run has as added ones, (n,).

    Reviewers number the craters that they add alike: the same one has ground in common with that
    of the run, as the file was exported or, where that is not known, as it is.
    """
    circle = list(run.columns.circle)
    before = _take_added_before(run).set_index("crater_id")[circle].reindex(table["crater_id"])
    exported = edited.find_exported()
    exported = np.where(np.isfinite(exported), exported, table[circle].to_numpy(float))
    same = overlap(exported, before.to_numpy(float), run.info)
    return np.asarray(same & (table[REVIEW] == ADDED).to_numpy(), bool)


def _find_former(run: Catalogue, edited: EditedCatalogue) -> pd.DataFrame:
    """Find the rows that name craters of the run, as they were before the edit if that is known."""
    if edited.before is not None:
        return edited.before
    rows, circle = edited.rows, list(run.columns.circle)
    given = rows[circle].to_numpy(float)
    circles = np.where(np.isfinite(given), given, edited.drawn)
    rows = rows.assign(**dict(zip(circle, circles.T, strict=True)))
    rows = rows[rows["crater_id"] != ""]
    return rows[rows[REVIEW] != ADDED] if REVIEW in rows else rows


def _find_shown(
    run: Catalogue, edited: EditedCatalogue, there: pd.DataFrame
) -> tuple[Bool, ExportLimits | None, tuple[str, ...]]:
    """Find the craters of the run that the reviewer had before them, (n,), limits and a note."""
    ids, limits = run.craters["crater_id"], edited.info.limits
    present = is_among(ids, there.index)
    if limits is not None and limits.without_clusters:
        note = (
            f"{edited.source} was exported without clusters: craters of the run that it lacks are "
            "taken for members of clusters, and none of them for rejected"
        )
        return present, limits, (note,)
    if limits is not None:
        return present | _contain(limits, run), limits, ()
    confirmed = is_among(ids, there.index[there[REVIEW] == ACCEPTED])
    if edited.before is not None:
        before = edited.before.set_index("crater_id")
        present = present | is_among(ids, before.index)
        if REVIEW in before:
            confirmed = confirmed | is_among(ids, before.index[before[REVIEW] == ACCEPTED])
    if not present.any():
        return present, None, ()
    limits = enclose(run, present, confirmed)
    within = _contain(limits, run)
    note = (
        f"{edited.source} does not tell which craters were exported: those of the run that score "
        f"{limits.min_score:.3g} or more, from {limits.min_diameter:.3g} to "
        f"{limits.max_diameter:.3g} {run.columns.unit}, are taken to have been, on "
        "the ground that its craters enclose"
    )
    return present | within, limits, (note,)


def _contain(limits: ExportLimits, run: Catalogue) -> Bool:
    return limits.contain(run.positions, run.diameters, run.scores)
