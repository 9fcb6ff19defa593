"""Cells as text."""

from typing import TypeVar

import pandas as pd

Cells = TypeVar("Cells", pd.Series, pd.DataFrame)


def as_text(cells: Cells) -> Cells:
    """Take cells as text; empty ones, also of a column of numbers, are "".

    Args:
        cells: Column or table of any types.

    Returns:
        Text in the same place.
    """
    return cells.astype(str).mask(cells.isna(), "")
