"""Photometry: from any mosaic's values to what the network is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError
from lunarcraters.raster.blocks import Box
from lunarcraters.raster.mosaic import Mosaic

Float32 = NDArray[np.float32]

WINDOW_PX = 129
"""Side of the window of the local mean and deviation, pixels of the frame."""

_FLOOR = 0.25

_SAMPLE_SIDE_PX = 256
_SAMPLES = 64
_ENOUGH_PX = 1 << 16


@dataclass(frozen=True)
class Photometry:
    """How bright a mosaic is, in the unit of its values, outliers left out.

    Attributes:
        low: The 0.5 percentile of the valid values.
        high: The 99.5 percentile.
        deviation: Standard deviation of the values clipped to low and high; never 0.
    """

    low: float
    high: float
    deviation: float


def measure(mosaic: Mosaic) -> Photometry:
    """Photometry of a mosaic from 64 windows of 256 px, evenly spread over its extents.

    Where these hold next to nothing (a polar cap in a wide frame of nodata), four times as many
    are read, and so on. Windows that cannot be read are left out.

    Raises:
        MosaicError: There is no valid pixel in the mosaic, or none can be read.
    """
    values = np.empty(0, np.float64)
    windows: list[Box] = []
    unreadable: list[MosaicError] = []
    budget = _SAMPLES
    while values.size < _ENOUGH_PX:
        before, windows = len(windows), list(dict.fromkeys(_spread(mosaic.extents, budget)))
        if len(windows) == before:
            break  # the whole mosaic has been read
        values = np.concatenate([_valid_values(mosaic, window, unreadable) for window in windows])
        budget *= 4
    if not values.size and unreadable:
        raise unreadable[0]
    if not values.size:
        raise MosaicError(
            f"{mosaic.name} has no valid pixel: all are nodata (if that is wrong, name the value "
            "that means no data with --nodata)"
        )
    low, high = np.percentile(values, [0.5, 99.5])
    spread = float(np.clip(values, low, high).std())
    # An image of one value must not divide by nothing.
    least = 0.5 if np.dtype(mosaic.dtype).kind in "iu" else max(1e-6 * abs(high), 1e-12)
    return Photometry(float(low), float(high), max(spread, float(least)))


def _valid_values(
    mosaic: Mosaic, window: Box, unreadable: list[MosaicError]
) -> NDArray[np.float64]:
    try:
        values, valid = mosaic.read(window)
    except MosaicError as error:
        unreadable.append(error)
        return np.empty(0, np.float64)
    return values[valid].astype(np.float64)


def _spread(extents: tuple[Box, ...], budget: int) -> Iterator[Box]:
    """About `budget` windows; once the budget allows, all of every extent."""
    if len(extents) > budget:
        chosen = np.linspace(0, len(extents) - 1, budget).round().astype(int)
        extents = tuple(extents[index] for index in chosen)
    for column, row, width, height in extents:
        share = budget / len(extents) * width / height
        most_x, most_y = -(-width // _SAMPLE_SIDE_PX), -(-height // _SAMPLE_SIDE_PX)
        count_x = min(most_x, max(1, round(share**0.5)))
        count_y = min(most_y, max(1, round(budget / len(extents) / count_x)))
        side_x, side_y = min(width, _SAMPLE_SIDE_PX), min(height, _SAMPLE_SIDE_PX)
        for y in _starts(height, side_y, count_y):
            for x in _starts(width, side_x, count_x):
                yield column + x, row + y, side_x, side_y


def _starts(length: int, side: int, count: int) -> list[int]:
    if count * side >= length:
        return [round((length - side) * i / max(1, count - 1)) for i in range(count)]
    return [round(length * (i + 0.5) / count - side / 2.0) for i in range(count)]


def normalise(
    values: NDArray[np.generic],
    valid: NDArray[np.bool_],
    deviation: float,
) -> Float32:
    """Subtract the local mean and divide by the local deviation.

    A linear change of brightness or contrast of the whole mosaic changes nothing, and neighbouring
    tiles agree: what a pixel becomes depends on its surroundings and on `deviation` alone. A flat
    mare is amplified at most 1 / 0.25 times more than the mosaic as a whole.

    Args:
        values: Any dtype, shape (height, width).
        valid: False where there is no data, shape (height, width).
        deviation: Standard deviation of the mosaic's values, in their unit.

    Returns:
        Shape (height, width); 0 where invalid.
    """
    count = int(np.count_nonzero(valid))
    if not count:
        return np.zeros(values.shape, np.float32)
    weight = None if count == valid.size else valid.astype(np.float32)
    # In place: to be given fresh memory takes longer than to fill it.
    centred = values.astype(np.float32)
    if weight is not None:
        centred[~valid] = 0.0
    # Near zero mean, so that the variance does not drown in single precision.
    centred -= np.float32(centred.sum(dtype=np.float64) / count)
    if weight is not None:
        centred *= weight
    share = _share_of_ones(valid.shape) if weight is None else _share(weight)
    mean = _box(centred)
    mean /= share
    deviations = _box(centred * centred)
    deviations /= share
    deviations -= mean * mean
    np.maximum(deviations, 0.0, out=deviations)
    deviations += np.float32((_FLOOR * deviation) ** 2)
    np.sqrt(deviations, out=deviations)
    centred -= mean
    centred /= deviations
    if weight is not None:
        centred *= weight
    return centred


def _box(plane: Float32) -> Float32:
    """Means over the window, zeros outside."""
    return np.asarray(
        cv2.blur(plane, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_CONSTANT), np.float32
    )


def _share(weight: Float32) -> Float32:
    """Share of the window that is data, never 0."""
    return np.maximum(_box(weight), np.float32(1e-6))


@lru_cache(maxsize=8)
def _share_of_ones(shape: tuple[int, int]) -> Float32:
    """The same where all is data."""
    return _share(np.ones(shape, np.float32))
