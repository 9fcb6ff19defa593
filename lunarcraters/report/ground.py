"""The lattice by which the page turns points of its map into places on the Moon.

A browser has no PROJ. The page holds the unit vectors of a lattice of pixels and interpolates them
by cubics, which works in every projection, at a pole and across the antimeridian.
"""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere
from lunarcraters.geometry.grid import Grid

Float = NDArray[np.float64]

_LATTICE_POINTS = (9, 17, 33, 65, 129)
_MAX_ERROR_PX = 0.01


@dataclass(frozen=True)
class GroundLattice:
    """A lattice of points of a mosaic and their places on the Moon.

    Attributes:
        vectors: Unit vectors from the Moon's centre, row by row, float64 as base64; NaN off it.
        columns: Number of columns of the lattice.
        rows: Number of rows of the lattice.
        left: Pixel coordinate of the first column.
        top: Pixel coordinate of the first row.
        step_x: Distance of columns, pixels.
        step_y: Distance of rows, pixels.
        period: Number of pixels in 360 degrees of longitude; None where columns are not meridians.
        longest: Largest axis of an ellipse, pixels.
        pixel_km: Side of a pixel where the projection does not tell it, km.
        radius_km: Radius of the sphere, km.
    """

    vectors: str
    columns: int
    rows: int
    left: float
    top: float
    step_x: float
    step_y: float
    period: float | None
    longest: float
    pixel_km: float
    radius_km: float


def make_lattice(grid: Grid, pixel_size_m: float | None) -> GroundLattice:
    """Make the coarsest lattice that is right within a hundredth of a pixel.

    Args:
        grid: Grid of the mosaic.
        pixel_size_m: Side of a pixel, metres.
    """
    for points in _LATTICE_POINTS:
        x = np.linspace(0.5, max(grid.width - 0.5, 1.0), points)
        y = np.linspace(0.5, max(grid.height - 0.5, 1.0), points)
        vectors = _compute_vectors(grid, x, y)
        if _measure_error_px(grid, x, y, vectors) <= _MAX_ERROR_PX:
            break
    return GroundLattice(
        base64.b64encode(vectors.astype("<f8").tobytes()).decode(),
        *(points, points),
        *(float(x[0]), float(y[0])),
        *(float(x[1] - x[0]), float(y[1] - y[0])),
        period=grid.period_px,
        longest=float(np.hypot(grid.width, grid.height)),
        pixel_km=(pixel_size_m or 1.0) / 1000.0,
        radius_km=grid.radius_m / 1000.0,
    )


def _compute_vectors(grid: Grid, x: Float, y: Float) -> Float:
    return sphere.unit_vectors(*grid.to_lonlat(*np.meshgrid(x, y)))


def _measure_error_px(grid: Grid, x: Float, y: Float, vectors: Float) -> float:
    """Measure the largest error in the middle of the lattice's cells, where it is largest."""
    middle_x, middle_y = (x[1:] + x[:-1]) / 2.0, (y[1:] + y[:-1]) / 2.0
    across, along = _cubic_weights(len(x)), _cubic_weights(len(y))
    between = along @ np.moveaxis(np.nan_to_num(vectors), -1, 0) @ across.T
    off = np.abs(along) @ np.isnan(vectors[..., 0]) @ np.abs(across.T) > 0.0
    differences = np.moveaxis(between, 0, -1) - _compute_vectors(grid, middle_x, middle_y)
    errors_m = grid.radius_m * np.linalg.norm(differences, axis=-1).ravel()
    middles = (axis.ravel() for axis in np.meshgrid(middle_x, middle_y))
    steps_m = grid.pixel_sizes_m(*middles).max(axis=-1)
    known = np.isfinite(errors_m) & np.isfinite(steps_m) & ~off.ravel()
    return float((errors_m[known] / steps_m[known]).max(initial=0.0))


def _cubic_weights(points: int) -> Float:
    """Compute the weights of n points in the cubics at the n - 1 middles, (n - 1, n)."""
    weights = np.zeros((points - 1, points))
    for middle in range(points - 1):
        first = min(max(middle - 1, 0), points - 4)
        t = middle + 0.5 - first
        for k in range(4):
            others = np.delete(np.arange(4.0), k)
            weights[middle, first + k] = np.prod((t - others) / (k - others))
    return weights
