"""Cells and contents of files as text."""

from collections.abc import Collection
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Cells = TypeVar("Cells", pd.Series, pd.DataFrame)


def as_text(cells: Cells) -> Cells:
    """Take cells as text; empty ones, also of a column of numbers, are "".

    Args:
        cells: Column or table of any types.

    Returns:
        Text in the same place.
    """
    return cells.astype(str).mask(cells.isna(), "")


def is_among(cells: pd.Series, others: "pd.Series | Collection[str]") -> NDArray[np.bool_]:
    """Tell which texts are among others.

    `Series.isin` takes 10 times as long where pandas (3.1) keeps text by Arrow.

    Args:
        cells: Column of text, (n,).
        others: Texts to look for.

    Returns:
        True where the text is one of the others, (n,).
    """
    return cells.astype(object).isin(others).to_numpy()


def decode_text(content: bytes) -> str:
    """Decode a text by its first bytes, else as UTF-8, else as a code page.

    Raises:
        UnicodeDecodeError: The first bytes name an encoding that the text does not have.
    """
    marks = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32"}
    marks |= {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), None)
    if encoding is None and content[1:2] == b"\0" and content[3:4] == b"\0":
        encoding = "utf-32-le" if content[2:3] == b"\0" else "utf-16-le"
    if encoding is not None:
        return content.decode(encoding)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
