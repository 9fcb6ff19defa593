"""Polar samples: the heights around a crater by azimuth and distance, at any place on the Moon."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid, wrap_columns
from lunarcraters.mosaic.interpolation import CUBIC, sample_sharp

AZIMUTHS = 72
"""Number of profiles of a crater, evenly spaced clockwise from north."""

STEPS = 32
"""Number of samples of a profile from the centre to the rim."""

REACH = 2.5
"""Distance that the profiles reach, crater radii."""

RATIOS = np.arange(round(REACH * STEPS) + 1) / STEPS
"""Distances of the samples of a profile, crater radii."""

_DEGREE = 4  # of the polynomial that stands for the projection around a crater
_TOLERANCE_PX = 0.05

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]


def make_bearings(azimuths: int) -> Float:
    """Make the bearings of profiles, radians clockwise from north, (azimuths,)."""
    return np.linspace(0.0, 2.0 * np.pi, azimuths, endpoint=False, dtype=np.float64)


class Circles(NamedTuple):
    """Circles on the sphere.

    Attributes:
        lon: Longitudes of the centres, degrees, (n,).
        lat: Latitudes of the centres, degrees, (n,).
        arc: Radii, radians of arc, (n,).
    """

    lon: Float
    lat: Float
    arc: Float

    def take(self, which: NDArray[np.generic]) -> "Circles":
        """Take some of the circles."""
        return Circles(self.lon[which], self.lat[which], self.arc[which])


class Window(NamedTuple):
    """Heights in a box of an elevation model.

    Attributes:
        grid: Grid of the elevation model.
        box: Box, pixels of the grid.
        by: Pixels of the grid that a value is the mean of, along x and along y.
        heights_m: Heights, metres, (height, width).
        valid: Validity, (height, width).
    """

    grid: Grid
    box: Box
    by: tuple[int, int]
    heights_m: Float32
    valid: NDArray[np.bool_]


def sample_polar(window: Window, circles: Circles, azimuths: int) -> Float32:
    """Sample the heights around circles, bicubically.

    Args:
        window: Heights that hold the ground around the circles.
        circles: Circles.
        azimuths: Number of profiles.

    Returns:
        Heights, metres, (n, azimuths, radii); NaN where there is no ground.
    """
    x, y = _find_positions(window, circles, azimuths)
    heights, valid = sample_sharp(window.heights_m, window.valid, x, y, CUBIC)
    if not valid.all():
        heights[~valid] = np.nan
    return heights.reshape(-1, azimuths, len(RATIOS))


def project(grid: Grid, circles: Circles, bearing: Float, ratio: Float) -> tuple[Float, Float]:
    """Compute where points around circles lie in a grid.

    Args:
        grid: Grid; where its columns are meridians, x is within half a turn of the centre's.
        circles: Circles.
        bearing: Bearings of the points of every circle, radians clockwise from north, (...).
        ratio: Distances of the points, radii of the circle, of a shape that broadcasts.

    Returns:
        x and y in pixels, (n, ...); NaN outside the projection.
    """
    bearing, ratio = np.broadcast_arrays(bearing, ratio)
    lon, lat, arc = (values.reshape(-1, *[1] * bearing.ndim) for values in circles)
    x, y = grid.from_lonlat(*sphere.destination(lon, lat, bearing[None], arc * ratio[None]))
    if grid.period_px is not None:
        centre_x = grid.from_lonlat(circles.lon, circles.lat)[0].reshape(lon.shape)
        x = centre_x + wrap_columns(x - centre_x, 0.0, grid.period_px)
    return x, y


def _find_positions(window: Window, circles: Circles, azimuths: int) -> tuple[Any, Any]:
    """Positions of all samples in a window, (n * azimuths, radii), in single precision."""
    basis = _make_basis(azimuths)
    corner = np.array([window.box.left, window.box.top])
    nodes = np.stack(project(window.grid, circles, *basis.nodes), axis=-1)
    nodes = (nodes - corner) / window.by
    middle = nodes[:, :1]
    centred = nodes - middle
    fitted = basis.solve @ centred[:, : basis.solve.shape[1]]
    errors = np.abs(basis.test @ fitted - centred[:, basis.solve.shape[1] :])
    smooth = (errors <= _TOLERANCE_PX).all(axis=(1, 2))
    fitted[:, :1] += middle  # the first term is constant
    terms = np.moveaxis(np.where(smooth[:, None, None], fitted, 0.0), -1, 0).astype(np.float32)
    x, y = (terms @ basis.samples).reshape(2, -1, azimuths, len(RATIOS))
    # At a pole, and at the edge of a projection, every sample is projected.
    rough = np.flatnonzero(~smooth)
    if len(rough):
        bearings = make_bearings(azimuths)[:, None]
        places = project(window.grid, circles.take(rough), bearings, RATIOS[None, :])
        x[rough], y[rough] = (
            (place - start) / by for place, start, by in zip(places, corner, window.by, strict=True)
        )
    if window.grid.period_px is not None:
        # The centre of a circle that was moved may lie a turn away from the window.
        period = window.grid.period_px / window.by[0]
        x -= period * np.rint((x - window.box.width / window.by[0] / 2.0) / period)
    return x.reshape(-1, len(RATIOS)), y.reshape(-1, len(RATIOS))


class _Basis(NamedTuple):
    """Polynomials on a disk of radius `REACH`.

    Attributes:
        nodes: Bearings and distances of the points at which they are fitted, and then tested.
        solve: Matrix from values at the nodes to coefficients, (terms, nodes).
        test: Terms at the points of the test, (points, terms).
        samples: Terms at all samples, (terms, azimuths * radii).
    """

    nodes: tuple[Float, Float]
    solve: Float
    test: Float
    samples: Float32


@lru_cache(maxsize=4)
def _make_basis(azimuths: int) -> _Basis:
    def terms(bearing: Float, ratio: Float) -> Float:
        x, y = ratio / REACH * np.sin(bearing), ratio / REACH * np.cos(bearing)
        powers = [(i, j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)]
        return np.stack([x**i * y**j for i, j in powers], axis=-1)

    turns = make_bearings(10)
    rings = [(turns + k * np.pi / 10.0, np.full(10, r)) for k, r in enumerate((0.4, 0.8, 1.0))]
    bearing = np.concatenate([np.zeros(1), *(ring[0] for ring in rings)])
    ratio = np.concatenate([np.zeros(1), *(ring[1] for ring in rings)]) * REACH
    test = turns + np.pi / 20.0, np.full(10, 0.9 * REACH)
    nodes = np.concatenate([bearing, test[0]]), np.concatenate([ratio, test[1]])
    solve = np.asarray(np.linalg.pinv(terms(bearing, ratio)), np.float64)
    everywhere = np.meshgrid(make_bearings(azimuths), RATIOS, indexing="ij")
    samples = terms(everywhere[0], everywhere[1])
    flat = np.ascontiguousarray(samples.reshape(-1, samples.shape[-1]).T, np.float32)
    return _Basis(nodes, solve, terms(*test), flat)
