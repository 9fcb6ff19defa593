"""Decoded images with their labels, which are kept because decoding takes a tenth of a step."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.pairs import Pair
from lunarcraters.datasets.yolo_labels import read_image

_MOST_BYTES = 2**30  # three thousand tiles of 416 px

DecodedPair = tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]
"""Image and validity, (height, width), boxes of craters, (n, 4), and ignored boxes, (m, 4)."""


_kept: dict[Pair, DecodedPair] = {}
_bytes = [0]  # of what is kept
_lock = Lock()


def read_pair(pair: Pair) -> DecodedPair:
    """Read an image and its labels, and keep them until `forget_pairs`, up to 1 GiB in all.

    Every epoch shows each image once, so what is kept first is as good as what was shown last.

    Raises:
        DatasetError: The image or its label file cannot be read.
    """
    decoded = _kept.get(pair)
    if decoded is None:
        decoded = *read_image(pair.image), pair.read_boxes(), pair.read_ignored()
        size = sum(array.nbytes for array in decoded)
        with _lock:
            if pair not in _kept and _bytes[0] + size <= _MOST_BYTES:
                _kept[pair] = decoded
                _bytes[0] += size
    return decoded


def forget_pairs() -> None:
    """Forget images and labels, which may have changed since they were read."""
    with _lock:
        _kept.clear()
        _bytes[0] = 0
