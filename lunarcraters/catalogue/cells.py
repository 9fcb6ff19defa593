"""Cells of tables as numbers, names and states of a review."""

import logging

import numpy as np
import pandas as pd

from lunarcraters.catalogue import units
from lunarcraters.catalogue.columns import LUNAR_COLUMNS, PIXEL_COLUMNS, REVIEW
from lunarcraters.catalogue.headings import is_text
from lunarcraters.catalogue.review_state import STATES, has_states, parse_states
from lunarcraters.catalogue.text import as_text
from lunarcraters.errors import CatalogueError, warn

_UNNEEDED = ("score", "level")  # columns that other authors may fill with words
_DEVIATIONS = {LUNAR_COLUMNS.diameter_sd, PIXEL_COLUMNS.diameter_sd}
_log = logging.getLogger(__name__)


def to_numbers(table: pd.DataFrame, columns: dict[str, str], source: str) -> pd.DataFrame:
    """Take columns of a table, and turn all but names and states into numbers.

    Args:
        table: Table of numbers, or of text that reads as numbers.
        columns: Names of the columns in the table, by our names.
        source: Name of the file or table, for messages.

    Returns:
        Table with our names and rows from 0. Scores and levels that are words are left out.

    Raises:
        CatalogueError: A value is not a number, or not a state of a review.
    """
    out = pd.DataFrame(index=pd.RangeIndex(len(table)))
    for ours, theirs in columns.items():
        values = table[theirs].reset_index(drop=True)
        if is_text(ours):
            out[ours] = as_text(values)
            continue
        if ours in ("lon", "lat"):
            values = units.sign_directions(values)
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        bad = np.flatnonzero((numbers.isna() & values.notna()) | np.isinf(numbers))
        if len(bad):
            row, text = table.index[bad[0]] + 1, str(values[bad[0]])
            if ours in _UNNEEDED:
                warn(
                    f"{source}, row {row}: {theirs} is {text!r}, which is not a number, and the "
                    "column is left out"
                )
                continue
            raise CatalogueError(
                f"{source}, row {row}: {theirs} is {text!r}, which is not a number: write numbers "
                "alone, with a decimal point, and name the unit in the heading (diameter_km or "
                "diameter_m)"
            )
        out[ours] = numbers
    if "level" in out:
        out["level"] = out["level"].fillna(0)
    if REVIEW in out:
        return _with_states(out, source)
    return out


def _with_states(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Read the column `review`; one of another author's remarks is left out."""
    is_own = {"crater_id", "score"} <= set(table) and not _DEVIATIONS.isdisjoint(table)
    if is_own or has_states(table[REVIEW]):
        return table.assign(**{REVIEW: parse_states(table[REVIEW], source)})
    _log.warning(
        "note: %s: the column %s has none of %s, and is not read", source, REVIEW, ", ".join(STATES)
    )
    return table.drop(columns=REVIEW)
