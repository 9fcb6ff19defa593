"""Edited catalogues: what a person changed in a catalogue, in a GIS or on the page of a report.

A row is unseen, accepted, rejected or added. A row whose geometry no longer agrees with its columns
was moved or resized. Where the row before the edit is known, from the file's own copy or else from
the run, it tells whether the geometry or the columns were changed; where it is not, the geometry
counts. A row may so have four circles: `given` by its columns, `drawn` by its geometry, `exported`
in the file's own copy, and the `earlier` one in the run or else in that copy.
docs/review.md has a table of edits and what they do.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import FRACTION, REVIEW, CatalogueColumns
from lunarcraters.catalogue.drawn import agree, find_edits
from lunarcraters.catalogue.filter import measure_fractions
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.measures import MOVED, UNMEASURED, forget_measures, take_measures
from lunarcraters.catalogue.review_state import ACCEPTED, ADDED, REJECTED, UNSEEN, parse_states
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.catalogue.text import as_text, is_among
from lunarcraters.catalogue.validation import check_edited
from lunarcraters.errors import CatalogueError

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_TEXT = ("crater_id", "tile")
_PARTS = slice(0, 2), slice(2, 3)  # of a circle: its place and its size


@dataclass(frozen=True, eq=False)
class EditedCatalogue:
    """A catalogue file as a person left it, with every row.

    Attributes:
        rows: Table with our columns and `review`; identifiers are empty where a row has none.
        info: Description of the catalogue.
        drawn: Circles of the geometries that do not agree with the columns, (n, 3): position and
            diameter; NaN where they agree, or there are none.
        before: Rows before the edit, by identifier, as the file holds a copy; None for no copy.
        source: Name of the file, for messages.
    """

    rows: pd.DataFrame
    info: CatalogueInfo
    drawn: Float
    before: pd.DataFrame | None
    source: str

    @classmethod
    def from_catalogue(
        cls, catalogue: Catalogue, source: str, *, has_ids: bool = True
    ) -> "EditedCatalogue":
        """Take a catalogue whose file has no geometries.

        Args:
            catalogue: Catalogue.
            source: Name of the file, for messages.
            has_ids: False where its identifiers only count the rows of the file.
        """
        drawn = np.full((len(catalogue), 3), np.nan)
        rows = catalogue.craters if has_ids else catalogue.craters.drop(columns="crater_id")
        return cls(rows, catalogue.info, drawn, None, source)

    @property
    def has_ids(self) -> bool:
        """Whether rows name the craters of a run."""
        return "crater_id" in self.rows

    def to_catalogue(self) -> Catalogue:
        """Read the file as a catalogue: rejected craters are left out, added ones have score 1.

        In a file of craters with parts, one that was added without a part, moved or resized has
        its part on the ground of the file, or counts as a whole where the ground is not known.

        Raises:
            CatalogueError: A row has neither a place and a size nor an outline.
        """
        if REVIEW not in self.rows and not np.isfinite(self.drawn).any():
            return measure_fractions(Catalogue.from_table(self.rows, self.info))
        table = self.resolve()
        if (table[REVIEW] == UNSEEN).all():
            table = table.drop(columns=REVIEW)
        else:
            table = table[table[REVIEW] != REJECTED].reset_index(drop=True)
        return measure_fractions(Catalogue.from_table(table, self.info))

    def resolve(self, before: pd.DataFrame | None = None) -> pd.DataFrame:
        """Settle place, size and state of every row, rejected ones too.

        Args:
            before: Rows with unique identifiers as a run has them, by which craters are moved,
                resized or added; None for the copy in the file, if there is one.

        Returns:
            Table with our columns and `review`. Added craters have score 1; craters that were
            moved or resized are accepted, and have no measures and no `fraction`.

        Raises:
            CatalogueError: A row has neither a place and a size nor an outline.
        """
        columns, table = self.info.columns, self.rows.copy()
        circle = list(columns.circle)
        former = self._take_identified(self.before if before is None else before)
        earlier = self._find_circles(former)
        copied = self.find_exported()
        exported = np.where(np.isfinite(copied), copied, earlier)
        given = table[circle].to_numpy(float)
        complete = np.isfinite(given).all(axis=1)
        redrawn = np.isfinite(self.drawn).all(axis=1)
        # The geometry is as it was exported: the columns were edited.
        redrawn &= ~(agree(self.drawn, exported, self.info) & complete)
        circles = np.where(redrawn[:, None], self.drawn, given)
        for by_shape, part in zip(find_edits(self.drawn, copied, self.info), _PARTS, strict=True):
            # The geometry was edited, but not in this part: the columns may have been.
            kept = complete & np.isfinite(copied).all(axis=1) & ~by_shape
            circles[kept, part] = given[kept, part]
        if self.info.has_positions:
            check_edited(circles, columns, self.source)
        table[circle] = circles
        changed = ~agree(circles, earlier, self.info)
        edited = np.where(np.isfinite(earlier).all(axis=1), changed, redrawn & complete)
        if REVIEW not in table:
            table[REVIEW] = UNSEEN
        added = self._find_added(table, earlier, edited, has_before=former is not None)
        table.loc[(table[REVIEW] == UNSEEN) & edited, REVIEW] = ACCEPTED
        forget_measures(table, edited, MOVED)
        if FRACTION in table:
            table.loc[edited, FRACTION] = np.nan
        _set_added(table, added, columns, taken=() if former is None else former["crater_id"])
        return table

    def find_exported(self) -> Float:
        """Find the circles of the rows in the file's own copy, (n, 3); NaN for rows not in it."""
        return self._find_circles(self._take_identified(self.before))

    def find_doubtful(self, before: pd.DataFrame) -> Bool:
        """Find the rows of which nothing tells whether geometry or columns were edited, (n,).

        Both differ from the row before the edit and from each other, and the file has no copy.

        Args:
            before: Rows with unique identifiers as a run has them.
        """
        earlier = self._find_circles(self._take_identified(before))
        given = self.rows[list(self.info.columns.circle)].to_numpy(float)
        both = np.isfinite(given).all(axis=1) & np.isfinite(self.drawn).all(axis=1)
        both &= ~np.isfinite(self.find_exported()).all(axis=1)
        as_before = agree(given, earlier, self.info) | agree(self.drawn, earlier, self.info)
        return np.asarray(both & ~as_before, bool)

    def refuse_repeated(self, table: pd.DataFrame, before: pd.DataFrame) -> None:
        """Refuse rows that are one crater of a run twice, as the parts of a split outline are.

        Args:
            table: Rows as `resolve` has settled them.
            before: Rows with unique identifiers as the run has them.

        Raises:
            CatalogueError: Rows share the identifier and the circle of a crater of the run.
        """
        earlier = self._find_circles(self._take_identified(before))
        same = agree(table[list(self.info.columns.circle)].to_numpy(float), earlier, self.info)
        repeated = self.rows["crater_id"][same].loc[lambda ids: ids.duplicated()]
        if len(repeated):
            raise CatalogueError(
                f"{self.source} has rows with the crater_id and the circle of another row "
                f"({repeated.iloc[0]} ..., {len(repeated)} such): delete them, or where an outline "
                "was split draw one for each crater"
            )

    def _take_identified(self, before: pd.DataFrame | None) -> pd.DataFrame | None:
        """Take rows before the edit only where identifiers tell which row is which."""
        is_usable = before is not None and self.has_ids and before["crater_id"].is_unique
        return before if is_usable else None

    def _find_circles(self, former: pd.DataFrame | None) -> Float:
        """Find the circles that the rows had before the edit, (n, 3); NaN for an unknown one."""
        if former is None:
            return np.full((len(self.rows), 3), np.nan)
        circles = former.set_index("crater_id")[list(self.info.columns.circle)]
        return circles.reindex(self.rows["crater_id"]).to_numpy(float)

    def _find_added(
        self, table: pd.DataFrame, earlier: Float, edited: Bool, *, has_before: bool
    ) -> Bool:
        """Find the rows that were added: marked so, unknown, or copies of another row.

        Identifiers that were empty or not unique before the edit tell neither, of rows that have
        their own numbers.
        """
        added = table[REVIEW].eq(ADDED).to_numpy(copy=True)
        if self.has_ids:
            ids = table["crater_id"]
            unclear = self._find_unclear(ids)
            added |= (ids == "").to_numpy() & ~unclear
            if has_before:
                added |= ~np.isfinite(earlier).all(axis=1)
            # Of rows that share an identifier, the one at its place is the crater of the run.
            order = np.argsort(edited, kind="stable")
            copies = np.empty(len(ids), bool)
            copies[order] = ids.iloc[order].duplicated().to_numpy()
            copies &= ~unclear
            if not has_before:
                copies &= ~self._find_joined(table.iloc[order])
            added |= copies
            table.loc[copies, "crater_id"] = ""
        return np.asarray(added & (table[REVIEW] != REJECTED).to_numpy(), bool)

    def _find_unclear(self, ids: "pd.Series[str]") -> Bool:
        """Find identifiers that were empty or not unique in the file before the edit, (n,).

        A row without a position and a size of its own was drawn since, whatever its identifier.
        """
        if self.before is None:
            return np.zeros(len(ids), bool)
        before = self.before["crater_id"]
        unclear = before[before.duplicated() | (before == "")]
        circles = self.rows[list(self.info.columns.circle)].to_numpy(float)
        return np.asarray(ids.isin(unclear) & np.isfinite(circles).all(axis=1), bool)

    def _find_joined(self, table: pd.DataFrame) -> Bool:
        """Find the detections of other runs, in a file joined of several without former rows, (n,).

        Their geometries agree with their columns, and their scores are their own, unlike a copy's.

        Args:
            table: Rows, those that may be copies last.
        """
        score = self.info.columns.score
        if self.before is not None or score not in table:
            return np.zeros(len(table), bool)
        own = table[score].lt(1.0) & ~table.duplicated(["crater_id", score])
        own &= table["crater_id"].ne("")
        return own.sort_index().to_numpy(bool) & np.isnan(self.drawn).any(axis=1)


def from_own_rows(
    table: pd.DataFrame,
    info: CatalogueInfo,
    drawn: Float,
    source: str,
    before: pd.DataFrame | None = None,
) -> EditedCatalogue:
    """Take the rows of a file of this program, whose cells may be empty and columns missing.

    Args:
        table: Columns of the file.
        info: Description of the catalogue.
        drawn: Circles of the geometries that do not agree with the columns, (n, 3), else NaN.
        source: Name of the file, for messages.
        before: Rows before the edit, where the file holds a copy of them.

    Raises:
        CatalogueError: A column of the file is damaged.
    """
    columns = info.columns
    rows = pd.DataFrame(index=pd.RangeIndex(len(table)))
    table = table.reset_index(drop=True)
    for name in (name for name in (*columns.names, FRACTION) if name in table):
        if name in _TEXT:
            rows[name] = as_text(table[name])
        else:
            rows[name] = pd.to_numeric(table[name], errors="coerce").astype(float)
    missing = [name for name in columns.circle if name not in rows]
    if missing and not np.isfinite(drawn).all():
        raise CatalogueError(
            f"{source} has no column {', '.join(missing)}: it needs {', '.join(columns.circle)}"
        )
    rows[missing] = np.nan
    rows["level"] = rows["level"].fillna(0) if "level" in rows else 0
    rows = rows.join(take_measures(table))
    if REVIEW in table:
        rows[REVIEW] = parse_states(table[REVIEW], source)
    return EditedCatalogue(rows, info, drawn, before, source)


def _set_added(
    table: pd.DataFrame, added: Bool, columns: CatalogueColumns, taken: "pd.Series | tuple[()]"
) -> None:
    """Give added craters their state and score, and a name of their own."""
    table.loc[added, REVIEW] = ADDED
    for name, value in ((columns.score, 1.0), (columns.diameter_sd, np.nan)):
        table.loc[added, name] = value
    table.loc[added, "level"] = 0
    table.loc[added, "tile"] = ""
    forget_measures(table, added.astype(bool), UNMEASURED)
    if "crater_id" not in table:
        return
    ids = table["crater_id"]
    used = ids.str.extract(r"^A(\d+)$")[0].dropna().astype(int)
    ours = ids.str.match(r"A\d+$")
    unnamed = np.flatnonzero(added & ((ids == "") | (is_among(ids, taken) & ~ours)).to_numpy())
    first = int(used.max()) + 1 if len(used) else 1
    names = [f"A{number:07d}" for number in range(first, first + len(unnamed))]
    table.loc[table.index[unnamed], "crater_id"] = names
