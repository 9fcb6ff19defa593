"""Samples of a sequence that are evenly spread over it."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def spread_evenly(items: Sequence[T], count: int) -> list[T]:
    """Choose items that are evenly spread over a sequence, the first and the last among them.

    Args:
        items: Items, in the order in which they are spread; there may be none.
        count: Number of items to choose; all are chosen where there are fewer.
    """
    places = np.unique(np.linspace(0, len(items) - 1, count).round().astype(int))
    return [items[int(place)] for place in places] if len(items) else []
