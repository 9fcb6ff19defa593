"""Grey scales: whether files of a mosaic that differ in type store grey values on one scale."""

from contextlib import suppress

import numpy as np

from lunarcraters.errors import CoordinateSystemError, MosaicError, warn
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.statistics import sample_values

_MOST_RATIO = 8.0
"""Ratio of the greatest values that light and ground may explain on one scale."""


def warn_of_grey_scales(mosaic: Mosaic) -> None:
    """Warn where types of files differ in their greatest grey values as different scales do."""
    if len({raster.dtype for raster in mosaic.rasters}) < 2:
        return
    names = {raster.dtype: raster.path for raster in reversed(mosaic.rasters)}
    greatest = _measure_greatest(mosaic)
    if len(greatest) < 2:
        return
    low, high = min(greatest, key=greatest.__getitem__), max(greatest, key=greatest.__getitem__)
    if greatest[high] > _MOST_RATIO * greatest[low]:
        warn(
            f"the grey values of {names[low]} ({low}) reach about {greatest[low]:.5g} and those of "
            f"{names[high]} ({high}) {greatest[high]:.5g}: if that is not the ground, craters are "
            "missed, so write all on one scale first (gdal_translate -ot Float32 -scale)"
        )


def _measure_greatest(mosaic: Mosaic) -> dict[str, float]:
    """Greatest size of the values of each type of files, without outliers.

    The files of each type are read alone: in the mosaic those of other types may lie on top.
    """
    greatest = {}
    for dtype in dict.fromkeys(raster.dtype for raster in mosaic.rasters):
        rasters = [raster for raster in mosaic.rasters if raster.dtype == dtype]
        # Files without a valid pixel, or with few pixels, or off the Moon, tell nothing.
        with suppress(MosaicError, CoordinateSystemError):
            values = sample_values(mosaic.of_rasters(rasters))
            greatest[dtype] = float(np.percentile(np.abs(values), 99.5))
    return greatest
