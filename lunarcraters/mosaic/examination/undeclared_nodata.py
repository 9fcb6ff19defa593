"""Undeclared nodata: a value that plainly stands for no ground, though no file says so.

A value that is repeated exactly and lies far from all others (-9999, 65535) is no measurement. A
value that fills a collar (the black frame around a slanted strip) is none either. Any other value
may be ground, and shadow above all: it is kept.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Compression
from rasterio.errors import RasterioIOError

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.examination.collar import measure_collar
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.nodata import format_values, list_values
from lunarcraters.mosaic.opening import open_dataset

_LEAST_FAR_SHARE = 0.0005
_LEAST_COLLAR_SHARE = 0.002
_CUSTOMARY = (-9999.0, -32768.0, -32767.0, -99999.0)
"""Values by which programs mean "no data": a few pixels of them are enough."""
_LEAST_PIXELS = 9
_LARGEST_BYTE = 255.0
_SPIKE = 5.0  # times as frequent as the values next to it
_NEIGHBOURS = 3
_COUNTED = 1 << 18  # values

_FAR = 2.0  # ranges of the other values
_BETWEEN = 0.1  # values between a far value and the others, as a share of the far ones

_BEYOND = 0.05  # of the other values, beyond the value of a collar

_LOSSY = {Compression.jpeg, Compression.jpeg2000, Compression.webp}
_LOOKED_AT = 8  # files

Float = NDArray[np.float64]


def find_undeclared_nodata(
    mosaic: Mosaic, values: Float, *, heights: bool = False
) -> tuple[float, str] | None:
    """Find a value that stands for no ground.

    Only where a value is suspiciously frequent, windows along the frame are read besides.

    Args:
        mosaic: Mosaic for which the user has named no value.
        values: Sample of its valid values, (n,), not all the same.
        heights: True where they are heights: a plain at the edge passes smoothly into a slope.

    Returns:
        Value, and why it is no ground, in words; None where all values may be ground.

    Raises:
        MosaicError: A value fills a collar, and as much of the ground that it may be shadow there.
    """
    for value, is_spike in _find_frequent(values):
        if len(mosaic.bands) > 1 and value not in (0.0, 255.0):
            continue  # the grey of some colour
        if not is_spike and abs(value) <= _LARGEST_BYTE:
            continue
        others = values[values != value]
        share = 1.0 - others.size / values.size
        if _is_far(value, others, values.size - others.size):
            return (
                value,
                f"{_percent(share)} of its pixels are {value:g}, far from all other values",
            )
        if not is_spike or share < _LEAST_COLLAR_SHARE or not _is_extreme(value, others):
            continue
        collar = measure_collar(mosaic, value, others, lossy=_is_lossy(mosaic.sources))
        if collar.may_be_spoilt and not heights:
            wider = measure_collar(mosaic, value, others, lossy=True)
            collar = wider if wider.borders_on_usual_ground else collar
        if collar.may_be_shadow:
            known = declared_values(mosaic) + list_values(mosaic.nodata)
            where, what = f"{share:.1%} of it, and may be a collar along its frame or shadow", "it"
            if collar.has_islands:
                where, what = "both a collar along its frame and patches of its ground", "both"
            raise MosaicError(
                f"{describe_declared(mosaic)}, and {value:g} fills {where}: give --nodata "
                f"{format_values((*known, value))} to leave out {what}, or --nodata "
                f"{format_values(known)} to search {what}"
            )
        if collar.is_collar:
            return value, f"{value:g} fills {share:.1%} of it, in a collar along the frame"
    return None


def declared_values(mosaic: Mosaic) -> tuple[float, ...]:
    """Nodata value that the first file declares, if any.

    Args:
        mosaic: Mosaic as it was opened.
    """
    declared = mosaic.rasters[0].declared_nodata if mosaic.rasters else None
    return () if declared is None or np.isnan(declared) else (declared,)


def describe_declared(mosaic: Mosaic) -> str:
    """Begin a sentence on values that are no ground though they are not declared.

    Args:
        mosaic: Mosaic as it was opened.
    """
    values = format_values(declared_values(mosaic))
    return f"{mosaic.name} declares {'no nodata value' if values == 'nan' else f'only {values}'}"


def _find_frequent(values: Float) -> Iterator[tuple[float, bool]]:
    """Frequent ones of the mode, the least and the greatest value.

    Yields:
        Value, and whether it is far more frequent than those next to it.
    """
    least = float(values.min())
    if least in _CUSTOMARY and np.count_nonzero(values == least) >= _LEAST_PIXELS:
        yield least, False
    levels, counts = np.unique(values[:: max(values.size // _COUNTED, 1)], return_counts=True)
    for place in dict.fromkeys((int(counts.argmax()), 0, len(levels) - 1)):
        around = np.r_[
            counts[max(place - _NEIGHBOURS, 0) : place], counts[place + 1 :][:_NEIGHBOURS]
        ]
        usual = float(np.median(around)) if len(around) else 1.0
        if counts[place] >= _LEAST_FAR_SHARE * counts.sum():
            yield float(levels[place]), bool(counts[place] >= _SPIKE * usual)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= _LEAST_FAR_SHARE else f"{100.0 * share:.2g}%"


def _is_extreme(value: float, others: Float) -> bool:
    """Tell whether nearly all other values lie on one side of a value."""
    return bool(min(np.mean(others < value), np.mean(others > value)) <= _BEYOND)


def _is_far(value: float, others: Float, count: int) -> bool:
    """Tell whether a value lies far beyond the range of the others, with a gap between."""
    low, high = np.percentile(others, [1.0, 99.0])
    margin = _FAR * (high - low)
    if margin == 0.0 or low - margin <= value <= high + margin:
        return False
    beyond = others[(others < low - margin) | (others > high + margin)]
    # Other values that are repeated exactly may stand for no ground as well.
    _, counts = np.unique(beyond, return_counts=True)
    scattered = counts[counts < _LEAST_FAR_SHARE * others.size].sum()
    return bool(scattered <= _BETWEEN * count)


def _is_lossy(sources: Sequence[str]) -> bool:
    """Tell whether compression may have changed the values of the first files of a mosaic."""
    for path in sources[:_LOOKED_AT]:
        try:
            with open_dataset(path) as dataset:
                if dataset.compression in _LOSSY or dataset.driver.startswith(("JPEG", "JP2")):
                    return True
        except RasterioIOError:  # the image of a detached label
            continue
    return False
