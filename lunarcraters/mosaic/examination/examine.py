"""Examination: what the values of a mosaic show before it is searched."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError, warn
from lunarcraters.mosaic.centre import warn_of_degrees
from lunarcraters.mosaic.examination.elevation import SEARCH, ValueKind, Wording, find_heights
from lunarcraters.mosaic.examination.grey_scales import warn_of_grey_scales
from lunarcraters.mosaic.examination.undeclared_nodata import (
    declared_values,
    describe_declared,
    find_undeclared_nodata,
)
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.nodata import format_values, pack_values
from lunarcraters.mosaic.statistics import ValueStatistics, sample_values, summarize_values

Float = NDArray[np.float64]

_BLOCK_PX = 1024
_LEAST_DEVIATION = 1e-15
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

    A `CratersWarning` names them, and others say where the values are heights, or grey values of
    different scales, and where degrees seem to be taken for metres. A nodata value of the user
    always decides: with NaN every value is ground.

    Args:
        mosaic: Mosaic that is to be searched.
        elevation: True where its values are heights, False where they are grey values; None to go
            by its unit, its name and its values.

    Raises:
        MosaicError: The mosaic has no valid pixel or only one value, or none can be read, or a
            value may be a collar and shadow both; or its heights cannot be searched, or greater
            values of a picture are not brighter ones, or values are too small or too large.
    """
    warn_of_degrees(mosaic.grid, mosaic.name, mosaic.pixel_size_m)
    mosaic, values, kind = examine_heights(mosaic, elevation)
    if kind.unit_m is None:
        _check_brightness(mosaic)
        warn_of_grey_scales(mosaic)
    if kind.notice:
        warn(kind.notice)
    statistics = summarize_values(values, mosaic.dtype)
    _require_single_precision(mosaic, statistics.deviation)
    return Examination(mosaic, statistics, kind.unit_m)


def _check_brightness(mosaic: Mosaic) -> None:
    """Refuse pictures whose greater values are not brighter: light would come from elsewhere."""
    for raster in mosaic.rasters:
        if raster.not_brighter is not None:
            raise MosaicError(f"{raster.path} {raster.not_brighter}")


def _require_single_precision(mosaic: Mosaic, deviation: float) -> None:
    """Refuse values whose squares single precision does not hold."""
    if _LEAST_DEVIATION < deviation < 1.0 / _LEAST_DEVIATION:
        return
    size, advice = "small", ""
    if deviation > 1.0:
        size, advice = "large", ", or name the value that means no data with --nodata"
    raise MosaicError(
        f"the values of {mosaic.name} differ by about {deviation:.1g}, which is too {size} to "
        "compute with: change their unit (gdal_calc.py -A IN.tif --outfile OUT.tif "
        f"--calc='A*1e{-math.floor(math.log10(deviation))}'){advice}"
    )


def examine_heights(
    mosaic: Mosaic,
    asked: bool | None,
    *,
    unit: str | None = None,
    wording: Wording = SEARCH,
) -> tuple[Mosaic, Float, ValueKind]:
    """Leave out values that plainly stand for no ground, and tell whether the others are heights.

    A height that lies between others is a plain, whatever its share.

    Args:
        mosaic: Mosaic to examine.
        asked: True where the user says that they are heights, False where not, None for neither.
        unit: Unit that the user names.
        wording: Advice of the command that examines the mosaic.

    Returns:
        Mosaic; a sample of its values, (n,); and what they are.

    Raises:
        MosaicError: The mosaic has no valid pixel or only one value, or none can be read, or a
            value may be a collar and shadow both.
    """
    examined, values, said = _examine_values(mosaic, heights=bool(asked))
    kind = find_heights(examined, values, asked, unit=unit, wording=wording)
    if said and not asked and kind.unit_m is not None:
        examined, values, said = _examine_values(mosaic, heights=True)
    if said:
        warn(said)
    return examined, values, kind


def _examine_values(mosaic: Mosaic, *, heights: bool) -> tuple[Mosaic, Float, str]:
    """Leave out values that plainly stand for no ground; the last item says so, or is empty."""
    values, said = sample_values(mosaic), ""
    if mosaic.nodata is None:
        mosaic, values, said = _without_undeclared_nodata(mosaic, values, heights=heights)
    if _is_constant(values) and not _has_other_value(mosaic, values[0]):
        raise MosaicError(
            f"every valid pixel of {mosaic.name} is {values[0]:g}, so there is nothing to search: "
            "give another mosaic"
        )
    return mosaic, values, said


def _without_undeclared_nodata(
    mosaic: Mosaic, values: Float, *, heights: bool
) -> tuple[Mosaic, Float, str]:
    """Leave out values that plainly stand for no ground, one after the other."""
    without, reasons = mosaic, []
    left_out: list[float] = []
    while len(left_out) < _MOST_VALUES:
        undeclared = _find_next(without, values, heights=heights)
        if undeclared is None or (heights and _is_between(undeclared[0], values)):
            break
        left_out.append(undeclared[0])
        reasons.append(undeclared[1])
        without = mosaic.with_nodata(pack_values(left_out))
        values = sample_values(without)
    if not left_out:
        return without, values, ""
    them, are = ("it", "it is") if len(left_out) == 1 else ("them", "they are")
    said = (
        f"{describe_declared(mosaic)}, but {' and '.join(reasons)}: {are} left out as no ground "
        f"(give --nodata {format_values(declared_values(mosaic))} to search {them})"
    )
    return without, values, said


def _find_next(mosaic: Mosaic, values: Float, *, heights: bool) -> tuple[float, str] | None:
    """Value that stands for no ground, and why in words; None where all may be ground."""
    if not _is_constant(values):
        return find_undeclared_nodata(mosaic, values, heights=heights)
    value = float(values[0])
    if _has_other_value(mosaic, value):
        return value, f"all but a little of it is {value:g}"
    return None


def _is_between(value: float, values: Float) -> bool:
    """Tell whether a value lies between other ones."""
    return bool(values.min() < value < values.max())


def _is_constant(values: Float) -> bool:
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
