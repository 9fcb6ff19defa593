"""Circles: overlap, pairs of similar position and size, outlines and diameters in pixels."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from lunarcraters.geometry import sphere
from lunarcraters.geometry.grid import Grid

Float = NDArray[np.float64]
Index = NDArray[np.int64]

_OUTLINE_POINTS = 48


def compute_diameters_px(
    positions: Float, diameters: Float, grid: Grid, default_pixel_size_m: float | None
) -> Float:
    """Compute diameters in pixels by the north-south size of a pixel at each crater.

    Args:
        positions: Longitude and latitude in degrees, or x and y in pixels, (n, 2).
        diameters: Diameters in km, or pixels, (n,).
        grid: Grid of the mosaic.
        default_pixel_size_m: Pixel size where the grid has none, metres; None without a
            coordinate system.

    Returns:
        Diameters in pixels of the grid, (n,).
    """
    if not grid.has_crs:
        return diameters
    pixel_size_m = grid.meridian_pixel_size_m(*grid.from_lonlat(*positions.T))
    default_m = default_pixel_size_m or np.nan
    return 1000.0 * diameters / np.where(np.isfinite(pixel_size_m), pixel_size_m, default_m)


def circle_iou(distance: Float, diameter1: Float, diameter2: Float) -> Float:
    """Compute the intersection over union of circles in a plane.

    Args:
        distance: Distance of the centres, in the unit of the diameters, any shape.
        diameter1: Diameters of the first circles, broadcast with `distance`.
        diameter2: Diameters of the second circles, broadcast with `distance`.

    Returns:
        Common area over joint area, 0 to 1.
    """
    small = np.minimum(diameter1, diameter2) / 2.0
    large = np.maximum(diameter1, diameter2) / 2.0
    # Between touching from inside and from outside; clipping makes both limits exact.
    d = np.clip(distance, large - small, large + small)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_small = (d**2 + small**2 - large**2) / (2.0 * d * small)
        to_large = (d**2 + large**2 - small**2) / (2.0 * d * large)
    kite = (-d + small + large) * (d + small - large) * (d - small + large) * (d + small + large)
    lens = (
        small**2 * np.arccos(np.clip(to_small, -1.0, 1.0))
        + large**2 * np.arccos(np.clip(to_large, -1.0, 1.0))
        - 0.5 * np.sqrt(np.maximum(kite, 0.0))
    )
    shared = np.where(distance <= large - small, np.pi * small**2, lens)
    return np.asarray(shared / (np.pi * (small**2 + large**2) - shared))


def find_close_pairs(
    positions1: Float,
    diameters1: Float,
    positions2: Float,
    diameters2: Float,
    *,
    reach: float,
    max_ratio: float,
) -> tuple[Index, Index]:
    """Find all pairs of circles of similar position and size.

    Circles are grouped by size, and only groups of similar size are searched, each with a reach of
    its own. Large craters therefore do not make the search quadratic.

    Args:
        positions1: Centres of the first set, in the unit of the diameters, (n, 2) or (n, 3).
        diameters1: Diameters of the first set, (n,).
        positions2: Centres of the second set, (m, 2) or (m, 3).
        diameters2: Diameters of the second set, (m,).
        reach: Largest distance of centres, in units of the sum of the radii.
        max_ratio: Largest ratio of diameters, either way; at least 1.

    Returns:
        Indices into the first and into the second set, sorted, each (k,).
    """
    groups1 = groups2 = _by_size(positions1, diameters1)
    if positions2 is not positions1 or diameters2 is not diameters1:
        groups2 = _by_size(positions2, diameters2)
    # Size groups are factors of two wide; circles within `max_ratio` are this many groups apart.
    steps = int(np.ceil(np.log2(max(max_ratio, 1.0)) - 1e-12))
    pairs1, pairs2 = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for size, step in product(groups1, range(-steps, steps + 1)):
        if size + step not in groups2:
            continue
        (rows1, tree1), (rows2, tree2) = groups1[size], groups2[size + step]
        largest = (diameters1[rows1].max() + diameters2[rows2].max()) / 2.0
        near = tree1.sparse_distance_matrix(tree2, reach * largest, output_type="ndarray")
        i, j = rows1[near["i"]], rows2[near["j"]]
        ratio = diameters1[i] / diameters2[j]
        alike = near["v"] <= reach * (diameters1[i] + diameters2[j]) / 2.0
        alike &= (ratio <= max_ratio) & (ratio >= 1.0 / max_ratio)
        pairs1.append(i[alike])
        pairs2.append(j[alike])
    first, second = np.concatenate(pairs1), np.concatenate(pairs2)
    order = np.lexsort((second, first))
    return first[order], second[order]


def _by_size(positions: Float, diameters: Float) -> dict[int, tuple[Index, KDTree]]:
    """Rows and a tree of their centres for each factor of two in diameter."""
    sizes = np.floor(np.log2(diameters)).astype(np.int64)
    groups = {}
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size)
        groups[size] = (rows, KDTree(positions[rows]))
    return groups


def circle_outlines_px(
    positions: Float, diameters: Float, radius_m: float | None, grid: Grid
) -> Float:
    """Draw circles as closed lines in pixels.

    Args:
        positions: Longitude and latitude in degrees, or x and y in pixels, (n, 2).
        diameters: Diameters in km, or pixels, (n,).
        radius_m: Radius of the sphere, metres; None for pixels.
        grid: Grid of the mosaic.

    Returns:
        x and y in pixels of the grid, (n, 49, 2); NaN outside the projection. Where columns are
        meridians, a line goes on past the edge of the grid, with its middle within half a turn of
        the centre's column; one round a pole ends a turn beside its start.
    """
    if radius_m is None:
        angles = np.linspace(0.0, 2.0 * np.pi, _OUTLINE_POINTS, endpoint=False)
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=-1) / 2.0
        points = positions[:, None] + diameters[:, None, None] * ring
    else:
        lon, lat = positions.T
        rim = sphere.circle_points(lon, lat, diameters, _OUTLINE_POINTS, radius_m)
        points = np.stack(grid.from_lonlat(*rim), axis=-1)
    outlines = np.concatenate([points, points[:, :1]], axis=1)
    if radius_m is not None and grid.period_px is not None:
        x = np.unwrap(outlines[..., 0], axis=1, period=grid.period_px)
        away = (x.min(axis=1) + x.max(axis=1)) / 2.0 - grid.from_lonlat(lon, lat)[0]
        outlines[..., 0] = x - grid.period_px * np.rint(away / grid.period_px)[:, None]
    return outlines


def repeat_outlines_px(outlines: Float, grid: Grid) -> tuple[Float, Index]:
    """Repeat outlines a turn to the west and to the east, where a grid shows them there as well.

    Args:
        outlines: Lines of `circle_outlines_px`, (n, points, 2).
        grid: Grid of the mosaic.

    Returns:
        Lines that reach a column of the grid, (m, points, 2), and the number of the circle that
        each belongs to, (m,); the lines as they are where columns are not meridians.
    """
    if grid.period_px is None:
        return outlines, np.arange(len(outlines))
    west, east = outlines[..., 0].min(axis=1), outlines[..., 0].max(axis=1)
    shifts = np.array([0.0, -1.0, 1.0]) * grid.period_px
    numbers = [np.flatnonzero((east + by > 0.0) & (west + by < grid.width)) for by in shifts]
    lines = [outlines[of] + [by, 0.0] for of, by in zip(numbers, shifts, strict=True)]
    return np.concatenate(lines), np.concatenate(numbers)
