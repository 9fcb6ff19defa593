"""OpenCV's warnings, such as one for every tag of a GeoTIFF, whose level is one for all threads."""

from contextlib import AbstractContextManager

import cv2

from lunarcraters.process import SharedState

_logging = cv2.utils.logging
_SUPPRESSED = SharedState(
    lambda: _logging.setLogLevel(_logging.LOG_LEVEL_SILENT), _logging.setLogLevel
)


def suppress_opencv_warnings() -> AbstractContextManager[None]:
    """Suppress what OpenCV prints until the last of the threads that do so has ended."""
    return _SUPPRESSED.held()
