"""Batches: craters whose ground is read from an elevation model at once."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.morphometry.polar import Circles, project
from lunarcraters.morphometry.profiles import REACH_OF_SEARCH

_DIAMETER_PX = 48.0
"""Diameter from which a crater is measured at half the resolution, pixels."""

_BLOCK_PX = 1024
"""Side of the blocks in which centres are gathered, pixels of the resolution that is read."""

_CRATERS = 128
"""Largest number of craters of a batch."""

_OUTLINE_POINTS = 24
_MARGIN_PX = 4  # for the kernel of the interpolation
_POLE_RATIO = 1e-3  # smallest east-west size of a pixel over its north-south size that counts

Float = NDArray[np.float64]
Index = NDArray[np.int64]


class Batch(NamedTuple):
    """Craters of one piece of ground and of similar size.

    Attributes:
        craters: Numbers of the craters, (n,).
        box: Box that holds the ground around them, pixels of the elevation model.
        by: Pixels that a height is the mean of, along x and along y.
        radius_px: Radii of the craters, in pixels of this resolution, (n,).
    """

    craters: Index
    box: Box
    by: tuple[int, int]
    radius_px: Float


class Sizes(NamedTuple):
    """Sizes of craters on a grid.

    Attributes:
        x: Columns of the centres, pixels, (n,); NaN outside the projection.
        y: Rows of the centres, pixels, (n,).
        pixel_m: Ground sizes of a pixel along x and along y, metres, (n, 2).
        diameter_px: Diameters along the larger side of a pixel, pixels, (n,).
    """

    x: Float
    y: Float
    pixel_m: Float
    diameter_px: Float


def compute_sizes(grid: Grid, circles: Circles) -> Sizes:
    """Compute where craters lie on a grid, and how many pixels they have."""
    x, y = grid.from_lonlat(circles.lon, circles.lat)
    pixel_m = np.zeros((len(x), 2))
    # North and south rim too: at a pole the columns meet.
    for bearing in (None, 0.0, np.pi):
        lon, lat = circles.lon, circles.lat
        if bearing is not None:
            lon, lat = sphere.destination(lon, lat, bearing, circles.arc)
        jacobian = grid.jacobian_m(*grid.from_lonlat(lon, lat))
        pixel_m = np.fmax(pixel_m, np.linalg.norm(jacobian, axis=1))
    pixel_m = np.maximum(pixel_m, _POLE_RATIO * pixel_m.max(axis=1, keepdims=True))
    with np.errstate(divide="ignore"):
        diameter_px = 2.0 * circles.arc * grid.radius_m / pixel_m.max(axis=1)
    return Sizes(x, y, pixel_m, diameter_px)


def find_on_grid(grid: Grid, circles: Circles, sizes: Sizes) -> NDArray[np.bool_]:
    """Find the craters that lie on a grid, in part at least, (n,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        reach = circles.arc[:, None] * grid.radius_m / sizes.pixel_m
        across = np.zeros(len(sizes.x), bool)
        for turns in (-1.0, 0.0, 1.0) if grid.period_px else (0.0,):
            x = sizes.x + turns * (grid.period_px or 0.0)
            across |= (x > -reach[:, 0]) & (x < grid.width + reach[:, 0])
        return across & (sizes.y > -reach[:, 1]) & (sizes.y < grid.height + reach[:, 1])


def plan_batches(grid: Grid, circles: Circles, sizes: Sizes, which: Index) -> Iterator[Batch]:
    """Gather craters by resolution and place.

    Large craters are read at reduced resolution, such that a diameter has 48 to 96 pixels; the
    resolutions along x and y differ where the projection stretches the ground.

    Args:
        grid: Grid of the elevation model.
        circles: All craters.
        sizes: Their sizes on the grid.
        which: Numbers of the craters to measure, (m,).
    """
    diameters = 2.0 * circles.arc[which, None] * grid.radius_m / sizes.pixel_m[which]
    halvings = np.floor(np.log2(np.maximum(diameters / _DIAMETER_PX, 1.0))).astype(np.int64)
    by = 1 << halvings
    centres = np.column_stack([sizes.x[which], sizes.y[which]])
    blocks = np.floor(centres / (by * _BLOCK_PX)).astype(np.int64)
    keys = np.column_stack([halvings, blocks[:, ::-1]])
    _, group = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    for some in np.split(order, starts[1:]):
        for start in range(0, len(some), _CRATERS):
            part = some[start : start + _CRATERS]
            scale = (int(by[part[0], 0]), int(by[part[0], 1]))
            radius_px = (diameters[part] / scale).min(axis=1) / 2.0
            box = _enclose(grid, circles.take(which[part]), scale)
            yield Batch(which[part], box, scale, radius_px)


def _enclose(grid: Grid, circles: Circles, by: tuple[int, int]) -> Box:
    """Box around all that may be sampled around circles, in whole pixels of the resolution."""
    bearings = np.arange(_OUTLINE_POINTS) * (2.0 * np.pi / _OUTLINE_POINTS)
    x, y = project(
        grid,
        circles,
        np.append(bearings, 0.0),
        np.append(np.full(_OUTLINE_POINTS, REACH_OF_SEARCH * 1.05), 0.0),
    )
    edges = [float(np.nanmin(x)), float(np.nanmin(y)), float(np.nanmax(x)), float(np.nanmax(y))]
    poles = np.abs(circles.lat) + np.degrees(circles.arc) * REACH_OF_SEARCH * 1.05 > 90.0
    if grid.period_px is not None and poles.any():
        # The ground all round the pole lies in all columns, up to the row of the pole.
        edges[0] = min(edges[0], float((x[:, -1] - grid.period_px / 2.0).min()))
        edges[2] = max(edges[2], float((x[:, -1] + grid.period_px / 2.0).max()))
        _, rows = grid.from_lonlat(np.zeros(poles.sum()), np.copysign(90.0, circles.lat[poles]))
        edges[1] = min(edges[1], float(rows.min()))
        edges[3] = max(edges[3], float(rows.max()))
    low = [
        int(np.floor(edge / step)) - _MARGIN_PX for edge, step in zip(edges[:2], by, strict=True)
    ]
    high = [
        int(np.ceil(edge / step)) + _MARGIN_PX for edge, step in zip(edges[2:], by, strict=True)
    ]
    return Box.from_edges(low[0] * by[0], low[1] * by[1], high[0] * by[0], high[1] * by[1])
