"""OpenCV's warnings, such as one for every tag of a GeoTIFF, whose level is one for all threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import cv2

_lock = Lock()
_levels: list[int] = []
"""Levels that the threads found that suppress warnings now: the first is that of before."""


@contextmanager
def suppress_opencv_warnings() -> Iterator[None]:
    """Suppress the warnings of OpenCV until the last of the threads that do so has ended."""
    logging = cv2.utils.logging
    with _lock:
        _levels.append(logging.setLogLevel(logging.LOG_LEVEL_ERROR))
    try:
        yield
    finally:
        with _lock:
            level = _levels.pop()
            if not _levels:
                logging.setLogLevel(level)
