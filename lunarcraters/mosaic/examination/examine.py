"""Examination: what the values of a mosaic show before it is searched."""

import warnings

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import CratersWarning, MosaicError
from lunarcraters.mosaic.examination.elevation import describe_elevation
from lunarcraters.mosaic.examination.undeclared_nodata import find_undeclared_nodata
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.statistics import ValueStatistics, sample_values, summarize_values

_BLOCK_PX = 1024


def examine_mosaic(mosaic: Mosaic) -> tuple[Mosaic, ValueStatistics]:
    """Measure the values of a mosaic, and leave out a value that plainly stands for no ground.

    A `CratersWarning` says so, and also where the values are elevations. A nodata value of the
    user always decides: with NaN every value is ground.

    Args:
        mosaic: Mosaic that is to be searched.

    Returns:
        Mosaic, and the statistics of its values.

    Raises:
        MosaicError: The mosaic has no valid pixel or only one value, or none can be read, or a
            value may be a collar and shadow both.
    """
    values = sample_values(mosaic)
    if mosaic.nodata is None:
        mosaic, values = _without_undeclared_nodata(mosaic, values)
    if _is_constant(values) and not _has_other_value(mosaic, values[0]):
        raise MosaicError(
            f"every valid pixel of {mosaic.name} is {values[0]:g}, so there is nothing to search: "
            "give another mosaic"
        )
    notice = describe_elevation(mosaic, values)
    if notice is not None:
        warnings.warn(notice, CratersWarning, stacklevel=2)
    return mosaic, summarize_values(values, mosaic.dtype)


def _without_undeclared_nodata(
    mosaic: Mosaic, values: NDArray[np.float64]
) -> tuple[Mosaic, NDArray[np.float64]]:
    """Leave out a value that plainly stands for no ground."""
    if not _is_constant(values):
        undeclared = find_undeclared_nodata(mosaic, values)
    elif _has_other_value(mosaic, values[0]):
        undeclared = values[0], f"all but a little of it is {values[0]:g}"
    else:
        return mosaic, values
    if undeclared is None:
        return mosaic, values
    value, reason = undeclared
    warnings.warn(
        f"{mosaic.name} declares no nodata value, but {reason}: it is left out as no ground (give "
        f"--nodata {mosaic.declared_nodata:g} to search it)",
        CratersWarning,
        stacklevel=3,
    )
    without = mosaic.with_nodata(value)
    return without, sample_values(without)


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
