"""An edited catalogue compared with the run that it was exported from."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import REVIEW
from lunarcraters.catalogue.drawn import agree, find_edits
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.filter import lie_among
from lunarcraters.catalogue.review_state import ACCEPTED, ADDED, REJECTED, UNSEEN
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError

_SCORE_TOLERANCE = 1e-5
_RADIUS_TOLERANCE_M = 1.0

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The craters of a run that a reviewer had before them, and those that the reviewer added.

    Attributes:
        craters: Rows of the run, with place and size after the edit, `review`, and True in
            `deleted`, `moved` and `resized` where that was done.
        added: Rows of the craters that were added.
        notes: Sentences for the user.
    """

    craters: pd.DataFrame
    added: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def kept(self) -> pd.DataFrame:
        """All rows but the rejected ones, as a catalogue has them."""
        craters = self.craters[self.craters[REVIEW] != REJECTED]
        craters = craters.drop(columns=["deleted", "moved", "resized"])
        return pd.concat([craters, self.added], ignore_index=True) if len(self.added) else craters


def compare_with_run(
    run: Catalogue, edited: EditedCatalogue, *, all_seen: bool = False
) -> Comparison:
    """Find what a person changed in the catalogue of a run.

    Args:
        run: Catalogue of the run, with all its craters.
        edited: Edited catalogue.
        all_seen: True where the reviewer looked at every crater, so that unseen ones are accepted.

    Raises:
        CatalogueError: The edited catalogue is of another body or run, or lost its columns.
    """
    _check_body(run, edited)
    edited = _restore_ids(run, edited)
    _check_run(run, edited)
    table = edited.resolve(run.craters)
    is_added = (table[REVIEW] == ADDED).to_numpy()
    of_run = table["crater_id"].isin(run.craters["crater_id"]).to_numpy()
    there = table[of_run & ~is_added].set_index("crater_id")
    shown, notes = _find_shown(run, edited, there)
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
    names = [*run.columns.names, REVIEW]
    added = table[is_added].reindex(columns=names).reset_index(drop=True)
    return Comparison(craters, added, notes)


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
    lost = ~ids.isin(run.craters["crater_id"]) & restored.isin(run.craters["crater_id"])
    return replace(edited, rows=edited.rows.assign(crater_id=ids.mask(lost, restored)))


def _check_run(run: Catalogue, edited: EditedCatalogue) -> None:
    """Refuse a catalogue that was not exported from the run."""
    if not edited.has_ids:
        raise CatalogueError(
            f"{edited.source} has no column crater_id, which names the craters of the run: export "
            "the run again and keep this column"
        )
    rows = edited.rows[edited.rows["crater_id"] != ""]
    known = run.craters.set_index("crater_id").reindex(rows["crater_id"])
    common = known["level"].notna().to_numpy()
    if len(rows) and not common.any():
        raise CatalogueError(
            f"no crater of {edited.source} is one of the run (crater_id "
            f"{rows['crater_id'].iloc[0]} ...): give the catalogue that was exported from this run"
        )
    circle = list(run.columns.circle)
    same = agree(rows[circle].to_numpy(float), known[circle].to_numpy(float), run.info)
    if "score" in rows:
        difference = rows["score"].to_numpy(float) - known["score"].to_numpy(float)
        same |= np.abs(difference) <= _SCORE_TOLERANCE
    if len(rows) and 2 * int(same[common].sum()) < int(common.sum()):
        raise CatalogueError(
            f"{edited.source} was exported from another run: {int((~same[common]).sum())} of its "
            f"{int(common.sum())} craters have another place and score in this one"
        )


def _find_shown(
    run: Catalogue, edited: EditedCatalogue, there: pd.DataFrame
) -> tuple[Bool, tuple[str, ...]]:
    """Find the craters of the run that the reviewer had before them, (n,), and a note."""
    ids = run.craters["crater_id"]
    present = ids.isin(there.index).to_numpy()
    if edited.info.limits is not None and edited.info.limits.without_clusters:
        note = (
            f"{edited.source} was exported without clusters: craters of the run that it lacks are "
            "taken for members of clusters, and none of them for rejected"
        )
        return present, (note,)
    if edited.info.limits is not None:
        within = edited.info.limits.contain(run.positions, run.diameters, run.scores)
        return present | within, ()
    if edited.before is not None:
        return present | ids.isin(edited.before["crater_id"]).to_numpy(), ()
    if not present.any():
        return present, ()
    least = float(np.nanmin(np.where(present, run.scores, np.nan), initial=1.0))
    sizes = run.diameters[present]
    within = ~(run.scores < least) & (run.diameters >= sizes.min())
    within &= run.diameters <= sizes.max()
    within &= lie_among(run, present)
    note = (
        f"{edited.source} does not tell which craters were exported: those of the run that score "
        f"{least:.3g} or more, from {sizes.min():.3g} to {sizes.max():.3g} "
        f"{'km' if run.has_crs else 'px'}, are taken to have been, on the ground that its craters "
        "enclose"
    )
    return present | within, (note,)
