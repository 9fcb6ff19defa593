"""The gazetteer of planetary nomenclature (IAU): its craters among its other features."""

import logging

import pandas as pd

from lunarcraters.catalogue.headings import find_sizes, parse_heading
from lunarcraters.catalogue.text import as_text
from lunarcraters.errors import CatalogueError

_log = logging.getLogger(__name__)

_TYPES = ("featuretype", "type")
_CRATERS = ("crater", "satellite feature")
_CENTRES = {"centerlatitude", "centerlat"}
_NAMES = {"featurename", "cleanfeaturename", "name", "cleanname"}


def keep_craters(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Leave out the rows of a gazetteer that are no craters or have no size, and say so.

    Args:
        table: Table of any kind; one that is no gazetteer is returned as it is.
        source: Name of the file or table, for the note.

    Returns:
        Table whose index tells the rows that were kept.

    Raises:
        CatalogueError: The gazetteer is of another body.
    """
    keys = {parse_heading(name).key: name for name in table.columns}
    sizes = find_sizes(list(table.columns))
    table = table.reset_index(drop=True)
    if not (_CENTRES & keys.keys() and _NAMES & keys.keys() and sizes):
        return table
    keep = pd.Series(True, table.index)
    if "target" in keys:
        keep &= as_text(table[keys["target"]]).str.strip().str.lower() == "moon"
        if not keep.any() and len(table):
            raise CatalogueError(
                f"{source} has no feature of the Moon: give the gazetteer of the Moon"
            )
        _note(source, int((~keep).sum()), "on other bodies")
    kinds = next((table[keys[key]] for key in _TYPES if key in keys), None)
    if kinds is not None:
        text = as_text(kinds).str.lower()
        is_crater = text.str.startswith(_CRATERS)
        if is_crater.any():
            _note(source, int((keep & ~is_crater).sum()), "no craters, but other features")
            keep &= is_crater
    if kinds is None and "featurename" in keys:
        _log.warning(
            "note: %s does not tell the types of its features: all count as craters, maria and "
            "mountains too",
            source,
        )
    no_size = keep & (pd.to_numeric(table[sizes[0].names[0]], errors="coerce") == 0.0)
    _note(source, int(no_size.sum()), "of diameter 0")
    return table[keep & ~no_size]


def _note(source: str, rows: int, reason: str) -> None:
    if rows:
        _log.warning("note: %s: %d rows are left out, being %s", source, rows, reason)
