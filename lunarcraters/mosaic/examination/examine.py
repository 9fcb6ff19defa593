"""Examination: what the values of a mosaic show before it is searched."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import CratersWarning, MosaicError
from lunarcraters.mosaic.examination.elevation import Heights, find_heights
from lunarcraters.mosaic.examination.undeclared_nodata import (
    declared_values,
    describe_declared,
    find_undeclared_nodata,
)
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.nodata import format_values, pack_values
from lunarcraters.mosaic.statistics import ValueStatistics, sample_values, summarize_values

_BLOCK_PX = 1024
_MOST_VALUES = 8
"""Number of undeclared nodata values: ISIS and PDS3 have five special pixels."""


@dataclass(frozen=True)
class Examination:
    """What the values of a mosaic show.

    Attributes:
        mosaic: Mosaic without values that plainly stand for no ground.
        statistics: Statistics of its values.
        height_unit_m: Height of one unit of its values, metres; None where they are grey values.
    """

    mosaic: Mosaic
    statistics: ValueStatistics
    height_unit_m: float | None


def examine_mosaic(mosaic: Mosaic, elevation: bool | None = None) -> Examination:
    """Measure the values of a mosaic, and leave out values that plainly stand for no ground.

    A `CratersWarning` names them, and another says where the values are heights. A nodata value of
    the user always decides: with NaN every value is ground.

    Args:
        mosaic: Mosaic that is to be searched.
        elevation: True where its values are heights, False where they are grey values; None to go
            by its unit, its name and its values.

    Raises:
        MosaicError: The mosaic has no valid pixel or only one value, or none can be read, or a
            value may be a collar and shadow both; or its heights cannot be searched.
    """
    mosaic, values = examine_values(mosaic)
    heights = find_heights(mosaic, values, elevation)
    if heights is not None:
        notice = heights.notice if isinstance(heights, Heights) else heights
        warnings.warn(notice, CratersWarning, stacklevel=2)
    unit_m = heights.unit_m if isinstance(heights, Heights) else None
    return Examination(mosaic, summarize_values(values, mosaic.dtype), unit_m)


def examine_values(mosaic: Mosaic, *, heights: bool = False) -> tuple[Mosaic, NDArray[np.float64]]:
    """Sample the values of a mosaic, and leave out values that plainly stand for no ground.

    Args:
        mosaic: Mosaic to examine.
        heights: True for heights: one that lies between the others is a plain, whatever its share.

    Returns:
        Mosaic, and a sample of its values, (n,).

    Raises:
        MosaicError: As `examine_mosaic`.
    """
    values = sample_values(mosaic)
    if mosaic.nodata is None:
        mosaic, values = _without_undeclared_nodata(mosaic, values, heights=heights)
    if _is_constant(values) and not _has_other_value(mosaic, values[0]):
        raise MosaicError(
            f"every valid pixel of {mosaic.name} is {values[0]:g}, so there is nothing to search: "
            "give another mosaic"
        )
    return mosaic, values


def _without_undeclared_nodata(
    mosaic: Mosaic, values: NDArray[np.float64], *, heights: bool
) -> tuple[Mosaic, NDArray[np.float64]]:
    """Leave out values that plainly stand for no ground, one after the other."""
    without, reasons = mosaic, []
    left_out: list[float] = []
    while len(left_out) < _MOST_VALUES:
        undeclared = _find_next(without, values)
        if undeclared is None or (heights and _is_between(undeclared[0], values)):
            break
        left_out.append(undeclared[0])
        reasons.append(undeclared[1])
        without = mosaic.with_nodata(pack_values(left_out))
        values = sample_values(without)
    if left_out:
        them, are = ("it", "it is") if len(left_out) == 1 else ("them", "they are")
        warnings.warn(
            f"{describe_declared(mosaic)}, but {' and '.join(reasons)}: {are} left out as no "
            f"ground (give --nodata {format_values(declared_values(mosaic))} to search {them})",
            CratersWarning,
            stacklevel=3,
        )
    return without, values


def _find_next(mosaic: Mosaic, values: NDArray[np.float64]) -> tuple[float, str] | None:
    """Value that stands for no ground, and why in words; None where all may be ground."""
    if not _is_constant(values):
        return find_undeclared_nodata(mosaic, values)
    value = float(values[0])
    if _has_other_value(mosaic, value):
        return value, f"all but a little of it is {value:g}"
    return None


def _is_between(value: float, values: NDArray[np.float64]) -> bool:
    """Tell whether a value lies between other ones."""
    return bool(values.min() < value < values.max())


def _is_constant(values: NDArray[np.float64]) -> bool:
    return bool(values.min() == values.max())


def _has_other_value(mosaic: Mosaic, value: float) -> bool:
    """Tell whether any valid pixel has another value; the mosaic is read until one has."""
    for extent in mosaic.extents:
        for block in extent.blocks(_BLOCK_PX):
            try:
                values, valid = mosaic.read(block)
            except MosaicError:
                return True
            if (values[valid] != value).any():
                return True
    return False
