"""Circles: overlap, pairs of like place and size, outlines and diameters in pixels."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from lunarcraters.geometry import sphere
from lunarcraters.geometry.grid import Grid

Float = NDArray[np.float64]
Index = NDArray[np.int64]

_POINTS = 48  # of an outline


def diameters_in_pixels(
    positions: Float, diameters: Float, grid: Grid, elsewhere_m: float | None
) -> Float:
    """Diameters in pixels of the mosaic, by their north-south size where each crater is.

    Args:
        positions: Longitude and latitude in degrees, or x and y in pixels, (n, 2).
        diameters: Kilometres, or pixels, (n,).
        grid: Grid whose pixels are meant.
        elsewhere_m: Pixel size where the grid does not tell one, metres; None without a
            coordinate system.
    """
    if not grid.has_crs:
        return diameters
    pixel_size_m = grid.meridian_pixel_size_m(*grid.from_lonlat(*positions.T))
    return (
        1000.0
        * diameters
        / np.where(np.isfinite(pixel_size_m), pixel_size_m, elsewhere_m or np.nan)
    )


def circle_iou(distance: Float, diameter1: Float, diameter2: Float) -> Float:
    """Intersection over union of circles whose centres are `distance` apart (plane geometry)."""
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


def close_pairs(
    positions1: Float,
    diameters1: Float,
    positions2: Float,
    diameters2: Float,
    *,
    reach: float,
    max_ratio: float,
) -> tuple[Index, Index]:
    """Indices of all pairs of circles alike in place and size.

    Circles are grouped by size, and only groups of like size are searched, each with a reach of
    its own: large craters do not make the search quadratic.

    Args:
        positions1: Centres in the unit of the diameters, (n, 2) or (n, 3).
        diameters1: (n,).
        positions2: Centres, (m, 2) or (m, 3).
        diameters2: (m,).
        reach: Largest distance of centres, in units of the sum of the radii.
        max_ratio: Largest ratio of diameters, either way; at least 1.

    Returns:
        Indices into the first and into the second set, sorted.
    """
    groups1 = groups2 = _by_size(positions1, diameters1)
    if positions2 is not positions1 or diameters2 is not diameters1:
        groups2 = _by_size(positions2, diameters2)
    # Size groups are factors of two wide; circles within `max_ratio` are this many groups apart.
    steps = int(np.ceil(np.log2(max(max_ratio, 1.0)) - 1e-12))
    found1, found2 = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
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
        found1.append(i[alike])
        found2.append(j[alike])
    first, second = np.concatenate(found1), np.concatenate(found2)
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


def outlines_in_pixels(
    positions: Float, diameters: Float, radius_m: float | None, grid: Grid
) -> Float:
    """Closed circles in mosaic pixels, (n, points, 2); NaN where the mosaic's projection ends.

    Args:
        positions: Longitude and latitude in degrees, or x and y in pixels, (n, 2).
        diameters: In km, or pixels, (n,).
        radius_m: Of the sphere; None for pixels.
        grid: Grid whose pixels are meant.
    """
    if radius_m is None:
        turn = np.linspace(0.0, 2.0 * np.pi, _POINTS, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1) / 2.0
        points = positions[:, None] + diameters[:, None, None] * ring
    else:
        lon, lat = positions.T
        around = sphere.circle_points(lon, lat, diameters, _POINTS, radius_m)
        points = np.stack(grid.from_lonlat(*around), axis=-1)
    return np.concatenate([points, points[:, :1]], axis=1)
