"""The states that a reviewer gives to craters, the column `review` of a catalogue."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import REVIEW
from lunarcraters.catalogue.text import as_text
from lunarcraters.errors import CatalogueError

UNSEEN = "unseen"
ACCEPTED = "accepted"
REJECTED = "rejected"
ADDED = "added"
STATES = (UNSEEN, ACCEPTED, REJECTED, ADDED)

REVIEW_OF = "review_of"
"""Property of a catalogue that the page of a report saved: SHA-256 of the run's catalogue."""


def parse_states(values: "pd.Series[Any]", source: str) -> "pd.Series[Any]":
    """Read the cells of a column `review`; empty ones are unseen.

    Args:
        values: Cells.
        source: Name of the file, for messages.

    Raises:
        CatalogueError: A cell is not one of the states.
    """
    cells = as_text(values)
    states = cells.str.strip().str.lower().replace("", UNSEEN)
    bad = ~states.isin(STATES)
    if bad.any():
        row = int(np.argmax(bad))
        raise CatalogueError(
            f"{source}, row {row + 1}: review is {cells.iloc[row]!r}: write {', '.join(STATES)}"
        )
    return states


def has_states(values: "pd.Series[Any]") -> bool:
    """Tell whether a column named `review` holds our states, not remarks of another author."""
    states = values.dropna().astype(str).str.strip().str.lower()
    return bool(states.isin((*STATES, "")).any()) or states.empty


def find_confirmed(craters: pd.DataFrame) -> NDArray[np.bool_]:
    """Find craters that a reviewer accepted or added, which count whatever their scores, (n,)."""
    if REVIEW not in craters:
        return np.zeros(len(craters), bool)
    return np.asarray(craters[REVIEW].isin((ACCEPTED, ADDED)), bool)
