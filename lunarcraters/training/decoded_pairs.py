"""Decoded images with their labels, which are kept because decoding takes a tenth of a step."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.images import read_image
from lunarcraters.datasets.pairs import Pair

_MOST_BYTES = 2**30  # three thousand tiles of 416 px

DecodedPair = tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]
"""Image and validity, (height, width), boxes of craters, (n, 4), and ignored boxes, (m, 4)."""


class _Kept:
    """Decoded pairs that are kept, with their number of bytes, for several threads."""

    def __init__(self) -> None:
        self._pairs: dict[Pair, DecodedPair] = {}
        self._bytes = 0
        self._lock = Lock()

    def get(self, pair: Pair) -> DecodedPair | None:
        return self._pairs.get(pair)

    def add(self, pair: Pair, decoded: DecodedPair) -> None:
        """Keep a pair where there is room for it."""
        size = sum(array.nbytes for array in decoded)
        with self._lock:
            if pair not in self._pairs and self._bytes + size <= _MOST_BYTES:
                self._pairs[pair] = decoded
                self._bytes += size

    def clear(self) -> None:
        with self._lock:
            self._pairs.clear()
            self._bytes = 0


_kept = _Kept()


def read_pair(pair: Pair) -> DecodedPair:
    """Read an image and its labels, and keep them until `forget_pairs`, up to 1 GiB in all.

    Every epoch shows each image once, so what is kept first is as good as what was shown last.

    Raises:
        DatasetError: The image or its label file cannot be read.
    """
    decoded = _kept.get(pair)
    if decoded is None:
        decoded = *read_image(pair.image), pair.read_boxes(), pair.read_ignored()
        _kept.add(pair, decoded)
    return decoded


def forget_pairs() -> None:
    """Forget images and labels, which may have changed since they were read."""
    _kept.clear()
