"""A graticule: meridians and parallels over a mosaic, and how long a kilometre is."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.mosaic.mosaic import Mosaic

_STEPS_DEG = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
_LINES = 6  # at most, of a kind
_GRID = 64
_POINTS = 721
_LENGTHS_KM = tuple(n * 10.0**k for k in range(-3, 5) for n in (1, 2, 5))

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """A meridian or a parallel.

    Attributes:
        points: In pixels of the mosaic, (n, 2); NaN where it leaves it.
        label: Such as `15° W`.
        is_meridian: It has one longitude.
    """

    points: Float
    label: str
    is_meridian: bool


def graticule(mosaic: Mosaic) -> Iterator[Line]:
    """Meridians and parallels at round degrees, up to six of each or so."""
    x, y = np.meshgrid(np.linspace(0, mosaic.width, _GRID), np.linspace(0, mosaic.height, _GRID))
    lon, lat = mosaic.grid.to_lonlat(x, y)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return
    west, east = _span(lon[known])
    south, north = float(lat[known].min()), float(lat[known].max())
    step = _step(north - south)
    for parallel in _rounds(south, north, step):
        side = "" if parallel == 0 else (" N" if parallel > 0 else " S")
        points = _inside(mosaic, np.linspace(west, east, _POINTS), np.full(_POINTS, parallel))
        yield Line(points, f"{abs(parallel):g}°{side}", False)
    step = _step(east - west)
    for meridian in _rounds(west, east - 1e-9, step):
        turned = (meridian + 180.0) % 360.0 - 180.0
        side = "" if turned in (0.0, -180.0) else (" E" if turned > 0 else " W")
        points = _inside(mosaic, np.full(_POINTS, meridian), np.linspace(south, north, _POINTS))
        yield Line(points, f"{abs(turned):g}°{side}", True)


def scale_bar_km(width_km: float) -> float:
    """A round length of about a fifth of the width of a map."""
    return min(_LENGTHS_KM, key=lambda length: abs(np.log(length / (width_km / 5.0))))


def _span(lon: Float) -> tuple[float, float]:
    """West and east of longitudes, by way of the widest gap between them."""
    turns = np.unique(np.mod(lon, 360.0))
    gaps = np.diff(np.append(turns, turns[0] + 360.0))
    widest = int(np.argmax(gaps))
    if gaps[widest] < 2.0 * 360.0 / _GRID:
        return -180.0, 180.0
    east = float(turns[widest])
    west = float(turns[(widest + 1) % len(turns)])
    return (west - 360.0 if west > east else west), east


def _step(span: float) -> float:
    return next((step for step in _STEPS_DEG if span / step <= _LINES), _STEPS_DEG[-1])


def _rounds(low: float, high: float, step: float) -> Iterator[float]:
    for number in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1):
        yield round(number * step, 9)


def _inside(mosaic: Mosaic, lon: Float, lat: Float) -> Float:
    x, y = mosaic.grid.from_lonlat(lon, lat)
    off = (x < 0.0) | (x > mosaic.width) | (y < 0.0) | (y > mosaic.height)
    jumps = np.abs(np.diff(x, prepend=x[:1])) > mosaic.width / 2.0
    points: Float = np.column_stack([x, y])
    points[off | jumps] = np.nan
    return points
