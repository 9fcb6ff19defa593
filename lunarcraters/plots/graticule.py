"""A graticule: meridians and parallels over a mosaic, and the length of its scale bar."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.seam import bound_longitudes
from lunarcraters.geometry.sphere import wrap_longitude
from lunarcraters.mosaic.mosaic import Mosaic

_STEPS_DEG = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0
)  # fmt: skip
_MAX_LINES = 6  # meridians, and parallels
_GRID = 64
_POINTS = 721
_LENGTHS_KM = tuple(n * 10.0**k for k in range(-3, 5) for n in (1, 2, 5))

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """A meridian or a parallel.

    Attributes:
        points: Points in pixels of the mosaic, (n, 2); NaN outside the mosaic.
        label: Label, such as `15° W`.
        is_meridian: True for a meridian, False for a parallel.
    """

    points: Float
    label: str
    is_meridian: bool


def graticule_lines(mosaic: Mosaic) -> Iterator[Line]:
    """Compute meridians and parallels at round degrees, up to about six of each."""
    x, y = np.meshgrid(np.linspace(0, mosaic.width, _GRID), np.linspace(0, mosaic.height, _GRID))
    lon, lat = mosaic.grid.to_lonlat(x, y)
    valid = np.isfinite(lon) & np.isfinite(lat)
    if not valid.any():
        return
    west, east = _span(lon[valid])
    south, north = float(lat[valid].min()), float(lat[valid].max())
    step = _step(north - south)
    for parallel in _round_degrees(south, north, step):
        side = "" if parallel == 0 else (" N" if parallel > 0 else " S")
        points = _points_inside(
            mosaic, np.linspace(west, east, _POINTS), np.full(_POINTS, parallel)
        )
        yield Line(points, f"{abs(parallel):g}°{side}", False)
    step = _step(east - west)
    for meridian in _round_degrees(west, east - 1e-9, step):
        lon_180 = float(wrap_longitude(meridian))
        side = "" if lon_180 in (0.0, -180.0) else (" E" if lon_180 > 0 else " W")
        points = _points_inside(
            mosaic, np.full(_POINTS, meridian), np.linspace(south, north, _POINTS)
        )
        yield Line(points, f"{abs(lon_180):g}°{side}", True)


def scale_bar_km(width_km: float) -> float:
    """Choose a round length of about a fifth of the width of a map, km."""
    return min(_LENGTHS_KM, key=lambda length: abs(np.log(length / (width_km / 5.0))))


def _span(lon: Float) -> tuple[float, float]:
    """Find the west and east of longitudes; all round where no gap between them is wide."""
    west, east = bound_longitudes(lon)
    return (-180.0, 180.0) if west + 360.0 - east < 2.0 * 360.0 / _GRID else (west, east)


def _step(span: float) -> float:
    return next((step for step in _STEPS_DEG if span / step <= _MAX_LINES), _STEPS_DEG[-1])


def _round_degrees(low: float, high: float, step: float) -> Iterator[float]:
    for number in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1):
        yield round(number * step, 9)


def _points_inside(mosaic: Mosaic, lon: Float, lat: Float) -> Float:
    x, y = mosaic.grid.from_lonlat(lon, lat)
    off = (x < 0.0) | (x > mosaic.width) | (y < 0.0) | (y > mosaic.height)
    jumps = np.abs(np.diff(x, prepend=x[:1])) > mosaic.width / 2.0
    points: Float = np.column_stack([x, y])
    points[off | jumps] = np.nan
    return points
