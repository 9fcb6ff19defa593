"""Statistics of a mosaic's values, by which grey values are normalised for the network."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.spread import spread_evenly
from lunarcraters.mosaic.mosaic import Mosaic

_SAMPLE_SIDE_PX = 256
_SAMPLES = 64
_ENOUGH_PX = 1 << 16


@dataclass(frozen=True)
class ValueStatistics:
    """Range and spread of a mosaic's values without outliers, in the unit of the values.

    Attributes:
        low: 0.5 percentile of the valid values.
        high: 99.5 percentile of the valid values.
        deviation: Standard deviation of the values clipped to `low` and `high`; never 0.
    """

    low: float
    high: float
    deviation: float


def sample_values(mosaic: Mosaic) -> NDArray[np.float64]:
    """Read the valid values in 64 windows of 256 px, evenly spread over a mosaic's extents.

    If the windows have too few valid pixels (a polar cap in a wide frame of nodata), four times as
    many are read, and so on. Windows of local files that cannot be read are left out.

    Returns:
        Values, (n,), at least one.

    Raises:
        MosaicError: The mosaic has no valid pixel, or none can be read, or its server failed.
    """
    values = np.empty(0, np.float64)
    windows: list[Box] = []
    unreadable: list[MosaicError] = []
    budget = _SAMPLES
    while values.size < _ENOUGH_PX:
        before, windows = len(windows), plan_samples(mosaic.extents, budget)
        if len(windows) == before:
            break  # the whole mosaic has been read
        values = np.concatenate([_valid_values(mosaic, window, unreadable) for window in windows])
        budget *= 4
    # A server that fails must not change the result of a run.
    if unreadable and (mosaic.remote is not None or not values.size):
        raise unreadable[0]
    if not values.size:
        raise MosaicError(
            f"{mosaic.name} has no valid pixel: all are nodata (if that is wrong, name the value "
            "that means no data with --nodata)"
        )
    return values


def summarize_values(values: NDArray[np.float64], dtype: str) -> ValueStatistics:
    """Compute the range and spread of values.

    Args:
        values: Values, (n,), at least one.
        dtype: NumPy name of the type in which the mosaic stores them.
    """
    low, high = np.percentile(values, [0.5, 99.5])
    spread = float(np.clip(values, low, high).std())
    # An image of one value must not divide by nothing.
    least = 0.5 if np.dtype(dtype).kind in "iu" else 1e-6 * float(abs(high))
    return ValueStatistics(float(low), float(high), max(spread, least) or 1e-12)


def _valid_values(
    mosaic: Mosaic, window: Box, unreadable: list[MosaicError]
) -> NDArray[np.float64]:
    try:
        values, valid = mosaic.read(window)
    except MosaicError as error:
        unreadable.append(error)
        return np.empty(0, np.float64)
    return values[valid].astype(np.float64)


def plan_samples(extents: tuple[Box, ...], budget: int = _SAMPLES) -> list[Box]:
    """Plan windows that are evenly spread over a mosaic, or cover it.

    Args:
        extents: Boxes that hold all data.
        budget: Number of windows, about; with a sufficient one they cover everything.
    """
    return list(dict.fromkeys(_spread_windows(extents, budget)))


def _spread_windows(extents: tuple[Box, ...], budget: int) -> Iterator[Box]:
    chosen = spread_evenly(extents, budget)
    for extent in chosen:
        share = budget / len(chosen) * extent.width / extent.height
        most_x, most_y = -(-extent.width // _SAMPLE_SIDE_PX), -(-extent.height // _SAMPLE_SIDE_PX)
        count_x = min(most_x, max(1, round(share**0.5)))
        count_y = min(most_y, max(1, round(budget / len(chosen) / count_x)))
        side_x, side_y = min(extent.width, _SAMPLE_SIDE_PX), min(extent.height, _SAMPLE_SIDE_PX)
        for y in _starts(extent.height, side_y, count_y):
            for x in _starts(extent.width, side_x, count_x):
                yield Box(extent.left + x, extent.top + y, side_x, side_y)


def _starts(length: int, side: int, count: int) -> list[int]:
    """Starts of windows along an axis: edge to edge where they cover it, else evenly spread."""
    if count * side >= length:
        return [round((length - side) * i / max(1, count - 1)) for i in range(count)]
    return [round(length * (i + 0.5) / count - side / 2.0) for i in range(count)]
