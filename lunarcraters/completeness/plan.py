"""The plan of a measurement: regions, and the craters that are planted in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from lunarcraters.catalogue.csfd import bin_by_size
from lunarcraters.completeness.dipoles import find_clear, find_sure, measure_dipoles
from lunarcraters.completeness.plants import (
    find_north_deg,
    find_top_azimuth_deg,
    is_mirrored,
)
from lunarcraters.completeness.regions import Region, make_region, order_by_chance
from lunarcraters.completeness.sampling import (
    Circles,
    Detections,
    Sites,
    choose_counts,
    choose_sites,
    locate,
)
from lunarcraters.tiling.source import TileSource

Float = NDArray[np.float64]
Index = NDArray[np.int64]

_ERROR = 0.03
"""Standard error of the recall of a bin that is aimed at."""

_SMALL_PX, _SMALL_ERROR = 24.0, 0.018  # small craters cost little room: more of them are planted
_FEW = 0.4  # error of the recall of a bin with one crater; it falls with the root of their number
_PLANT_PX = 15000.0  # pixels that are searched in the time that a planted crater takes
_AROUND = 8  # detected craters around a place, by which its sun is told
_IDLE = 3  # regions without a place for a plant, after which an octave is given up


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of diameters in which recall is measured.

    Attributes:
        edges: Edges, km or pixels of the mosaic, (n + 1,).
        middle_px: Diameters in the middle, pixels of the mosaic, (n,).
        octave: Finest octave in which craters of each bin are searched, (n,).
        wanted: Number of craters to plant, (n,).
    """

    edges: Float
    middle_px: Float
    octave: Index
    wanted: Index


def choose_bins(
    detections: Detections, source: TileSource, diameters_px: tuple[float, float]
) -> Bins:
    """Choose the bins of diameters, from the smallest crater searched to the largest detected.

    Args:
        detections: Detections of the run.
        source: Source of the run.
        diameters_px: Smallest and largest diameter that one octave detects, pixels.
    """
    finest = source.settings.finest
    pixel_size_m = source.mosaic.meridian_pixel_size_m
    unit = 1.0 if pixel_size_m is None else pixel_size_m / 1000.0
    least_px = source.settings.diameter_range_px(finest, diameters_px)[0] * 2.0**finest
    smallest = least_px * unit
    largest = max(float(detections.diameters.max(initial=smallest)), smallest)
    edges, _ = bin_by_size(np.array([smallest, largest]))
    sizes = np.digitize(detections.diameters, edges) - 1
    inside = (sizes >= 0) & (sizes < len(edges) - 1)
    expected = np.bincount(sizes[inside], detections.scores[inside], len(edges) - 1)
    middle_px = np.sqrt(edges[1:] * edges[:-1]) / unit
    octave = np.ceil(np.log2(middle_px / diameters_px[1]) - 1e-9).astype(np.int64)
    octave = np.clip(octave, finest, source.settings.levels - 1)
    least = np.where(middle_px / 2.0**octave < _SMALL_PX, _SMALL_ERROR, _ERROR)
    error = np.maximum(least, _FEW / np.sqrt(1.0 + expected))
    return Bins(edges, middle_px, octave, np.ceil(0.25 / error**2).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Planned:
    """A region with the craters to plant in it, and what its picture shows already.

    Attributes:
        region: Region.
        sites: Craters to plant.
        dipoles: Dipoles of detected craters, to the right and down, (n, 2); to the left and down
            in a picture that is mirrored, as all directions are then those of its mirror image.
        north_deg: Directions of north at these craters, degrees clockwise from up, (n,).
        top_deg: Directions of the top of the mosaic at these craters, likewise, (n,).
        diameters: Diameters of these craters, km or pixels of the mosaic, (n,).
        sure: True for those that are sure to be craters, (n,).
        around_sites: The sure ones nearest to each crater to plant, (m, 8); (m, 0) if there are
            fewer.
        around_craters: Likewise those nearest to each detected crater, (n, 8) or (n, 0).
    """

    region: Region
    sites: Sites
    dipoles: Float
    north_deg: Float
    top_deg: Float
    diameters: Float
    sure: NDArray[np.bool_]
    around_sites: Index
    around_craters: Index


def plan_regions(
    source: TileSource, detections: Detections, bins: Bins, budget_px: float, seed: int
) -> Iterator[Planned]:
    """Plan regions and the craters in them, until enough are planted or the budget is spent.

    The octave that lacks most comes next. At least one region of each octave is planned.

    Args:
        source: Source of the run.
        detections: Detections of the run.
        bins: Bins of diameters.
        budget_px: Largest number of pixels to search, with those that take as long as planting.
        seed: Seed.
    """
    octaves = sorted(set(bins.octave.tolist()))
    tiles = {octave: cycle(order_by_chance(source.tiles, octave, seed)) for octave in octaves}
    idle, begun = dict.fromkeys(octaves, 0), set[int]()
    planted, spent, number = np.zeros(len(bins.wanted)), 0.0, 0
    while octaves:
        lack = 1.0 - planted / bins.wanted
        octave = max(octaves, key=lambda k: (lack[bins.octave == k].max(), -k))
        left = np.where(bins.octave == octave, np.maximum(bins.wanted - planted, 0.0), 0.0)
        region = make_region(number, next(tiles[octave]), source)
        is_over = spent + region.pixels > budget_px and octave in begun
        if not left.any() or is_over or idle[octave] >= _IDLE:
            octaves.remove(octave)
            continue
        rng = np.random.default_rng([seed, number])
        planned = _plan_region(region, source, detections, bins, left, rng)
        begun.add(octave)
        number += 1
        placed = np.histogram(planned.sites.diameters, bins.edges)[0]
        idle[octave] = 0 if placed.any() else idle[octave] + 1
        planted += placed
        if placed.any():
            spent += region.pixels + _PLANT_PX * float(placed.sum())
            yield planned


def _plan_region(
    region: Region,
    source: TileSource,
    detections: Detections,
    bins: Bins,
    left: Float,
    rng: np.random.Generator,
) -> Planned:
    """Read the picture of a region, and choose the craters to plant in it."""
    tile = region.tiles[0]
    values, valid = source.read(tile)
    inside = detections.within(region, source)
    circles = locate(inside.positions, inside.diameters, region, source)
    counts = choose_counts(left, bins.middle_px / 2.0**region.octave, region.core_px)
    sites = choose_sites(region, source, valid, circles, counts, bins.edges, rng)
    clear = np.flatnonzero(find_clear(circles.diameter, inside.scores))
    dipoles = measure_dipoles(values, valid, circles.rows(clear))
    in_data = np.isfinite(dipoles).all(axis=1)
    clear, dipoles = clear[in_data], dipoles[in_data]
    north_deg = find_north_deg(inside.positions[clear], tile.frame)
    if is_mirrored(tile.frame):
        dipoles, north_deg = dipoles * [-1.0, 1.0], -north_deg
    top_deg = north_deg + find_top_azimuth_deg(inside.positions[clear], source.mosaic.grid)
    seen, sure = circles.rows(clear), find_sure(inside.scores[clear])
    places = locate(sites.positions, sites.diameters, region, source)
    return Planned(
        region, sites, dipoles, north_deg, top_deg, inside.diameters[clear], sure,
        _find_nearest(places, seen, sure), _find_nearest(seen, seen, sure),
    )  # fmt: skip


def _find_nearest(places: Circles, seen: Circles, sure: NDArray[np.bool_]) -> Index:
    """Find the sure craters nearest to some places, (m, 8); (m, 0) if there are fewer."""
    if np.count_nonzero(sure) < _AROUND:
        return np.empty((len(places.x), 0), np.int64)
    centres = np.column_stack([seen.x, seen.y])
    _, nearest = KDTree(centres[sure]).query(np.column_stack([places.x, places.y]), _AROUND)
    return np.flatnonzero(sure)[nearest]
