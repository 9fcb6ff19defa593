"""Elevation models of a training as raster files: what is read of them, and which are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray

from lunarcraters.datasets.grey_values import open_image
from lunarcraters.elevation.units import METRES, NO_UNIT
from lunarcraters.errors import CoordinateSystemError, DatasetError
from lunarcraters.geometry.elevations import choose_unit_m
from lunarcraters.geometry.sphere import RADIUS_M, lunar_crs

_ROWS = 256  # by which the unit of heights is judged

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class ElevationRaster:
    """An elevation model in longitude and latitude, north up, with square pixels.

    Attributes:
        metres: Elevations, metres, any type, (height, width).
        valid: Validity mask, False where there is no data, (height, width).
        west: Western edge, degrees.
        north: Northern edge, degrees.
        step: Side of a pixel, degrees.
    """

    metres: NDArray[Any]
    valid: Bool
    west: float
    north: float
    step: float


@lru_cache(maxsize=8)
def read_elevation(path: Path) -> ElevationRaster:
    """Read an elevation model, in a cache until its `cache_clear()` is called.

    Values become metres by the scale, the offset and the unit of the file; without a unit, they
    are metres unless that would be too flat, as for a search (`choose_unit_m`).

    Raises:
        DatasetError: It cannot be read, is not in longitude and latitude of the Moon, or has a unit
            that is none of heights.
    """
    with _opened(path) as raster:
        metres, valid = raster.read(1), raster.read_masks(1) > 0
        scale, offset = raster.scales[0], raster.offsets[0]
        unit_m = _read_unit_m(path, raster)
        if unit_m is None:
            known = valid & np.isfinite(metres)
            unit_m = _judge_unit_m(metres, known, scale, offset, raster.transform.a)
        scale, offset = scale * unit_m, offset * unit_m
        if (scale, offset) != (1.0, 0.0):
            metres = (metres * scale + offset).astype(np.float32)
        valid &= np.isfinite(metres)
        grid = raster.transform
    return ElevationRaster(metres, valid, grid.c, grid.f, grid.a)


def check_elevation(path: Path) -> None:
    """Check that an elevation model can be read by `read_elevation`, without reading its heights.

    Raises:
        DatasetError: It cannot be opened, is not in longitude and latitude of the Moon, or has a
            unit that is none of heights.
    """
    with _opened(path) as raster:
        _read_unit_m(path, raster)


def fill_gaps(heights: Float32, valid: Bool) -> Float32:
    """Give pixels without data the height of the nearest pixel that has data.

    Args:
        heights: Heights, any unit, (height, width).
        valid: Validity mask, False where there is no data, (height, width).

    Returns:
        Heights, (height, width); 0 where there is no data at all.
    """
    if valid.all():
        return heights
    if not valid.any():
        return np.zeros_like(heights)
    gaps = (~valid).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        gaps, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    by_label = np.zeros(int(nearest.max()) + 1, np.float32)
    by_label[nearest[valid]] = heights[valid]
    return np.asarray(by_label[nearest], np.float32)


@contextmanager
def _opened(path: Path) -> Iterator[rasterio.DatasetReader]:
    """Open an elevation model, and check its coordinates."""
    try:
        with open_image(path) as raster:
            _check_coordinates(path, raster)
            yield raster
    except rasterio.RasterioIOError as error:
        raise DatasetError(f"{path} is not an elevation raster: {error}") from error


def _read_unit_m(path: Path, raster: rasterio.DatasetReader) -> float | None:
    """Read the metres of the unit that a raster declares; None where it declares none."""
    unit = (raster.units[0] or "").strip().lower()
    if unit not in METRES and unit not in NO_UNIT:
        raise DatasetError(
            f"{path} declares the unit {unit!r}, which is none of heights: set it with "
            "gdal_edit.py -units m if its values are metres"
        )
    return METRES.get(unit)


def _judge_unit_m(
    values: NDArray[Any], valid: Bool, scale: float, offset: float, step_deg: float
) -> float:
    """Judge by some rows, and those below them, how many metres a unit of the values has."""
    every = max(len(values) // _ROWS, 1)
    rows, below = (
        np.where(valid[part], values[part] * scale + offset, np.nan).astype(np.float64)
        for part in (np.s_[:-1:every], np.s_[1::every])
    )
    sample = rows[np.isfinite(rows)]
    if not sample.size:
        return 1.0
    steps = [np.abs(step) for step in (np.diff(rows, axis=1), below - rows)]
    means = [float(step[np.isfinite(step)].mean()) for step in steps if np.isfinite(step).any()]
    pixel_size_m = float(np.radians(step_deg)) * RADIUS_M
    return choose_unit_m(sample, max(means, default=0.0), pixel_size_m, named=True)


def _check_coordinates(path: Path, raster: rasterio.DatasetReader) -> None:
    """Refuse a raster that is not in longitude and latitude, north up, with square pixels."""
    if not raster.crs:
        raise DatasetError(
            f"{path} has no coordinate system: where it is in degrees of longitude and latitude, "
            "say so with gdal_edit.py -a_srs IAU_2015:30100"
        )
    grid = raster.transform
    upright = not grid.b and not grid.d and grid.a > 0.0 and np.isclose(grid.e, -grid.a, rtol=1e-4)
    try:
        if upright and lunar_crs(raster.crs, str(path)).is_geographic:
            return
    except CoordinateSystemError:
        pass  # one of another body is refused in the same words
    raise DatasetError(
        f"{path} is not in degrees of longitude and latitude of the Moon, north up with square "
        "pixels, as elevation models to train on are: convert it with gdalwarp -t_srs "
        "IAU_2015:30100"
    )
