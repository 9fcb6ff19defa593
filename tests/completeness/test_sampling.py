"""How many craters are planted, of which sizes, and where there is room for them."""

from types import SimpleNamespace

import numpy as np
import pytest
from affine import Affine

from lunarcraters.completeness.freshness import compute_greatest_wear
from lunarcraters.completeness.regions import Region
from lunarcraters.completeness.sampling import Circles, choose_counts, choose_sites
from lunarcraters.detection.merging import MAX_IOU
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.tiling.plan import Tile

SIDE = 512
CORE = Box(64, 64, 384, 384)
EDGES = np.array([8.0, 16.0, 32.0, 64.0])
COUNTS = np.array([60, 20, 4])
NONE = Circles(*np.empty((3, 0)))


def choose(valid=None, detections=NONE, counts=COUNTS, core=CORE):
    """Sites in a picture without a coordinate system."""
    grid = Grid(None, Affine.identity(), SIDE, SIDE)
    region = Region("a", 0, (Tile("a", 0, grid, core, Box(0, 0, SIDE, SIDE)),))
    source = SimpleNamespace(mosaic=SimpleNamespace(grid=grid, width=SIDE))
    valid = np.ones((SIDE, SIDE), bool) if valid is None else valid
    rng = np.random.default_rng(4)
    return choose_sites(region, source, valid, detections, counts, EDGES, rng)


def test_as_many_are_planted_as_cover_a_fifth_of_the_ground():
    wanted, diameters_px = np.array([100.0, 10.0]), np.array([20.0, 40.0])
    area = (100.0 * 20.0**2 + 10.0 * 40.0**2) * np.pi / 4.0
    assert choose_counts(wanted, diameters_px, 50.0 * area).tolist() == [100, 10]
    assert choose_counts(wanted, diameters_px, 2.5 * area).tolist() == [50, 5]
    assert choose_counts(wanted, diameters_px, 1e-3 * area).tolist() == [1, 1]


def test_sizes_are_those_of_the_bins_the_largest_first_and_wear_is_even_in_its_square():
    sites = choose()
    assert np.histogram(sites.diameters, EDGES)[0].tolist() == COUNTS.tolist()
    assert (np.diff(sites.diameters) <= 0.0).all()
    share = (sites.wear / compute_greatest_wear(1.0)) ** 2
    assert share.max() <= 1.0
    assert share.mean() == pytest.approx(0.5, abs=0.1)


def test_craters_lie_in_the_core_off_its_edge_and_clear_of_each_other():
    sites = choose()
    (x, y), radius = sites.positions.T, sites.diameters / 2.0
    for place, low, high in ((x, CORE.left, CORE.right), (y, CORE.top, CORE.bottom)):
        assert (place - 0.6 * radius >= low).all()
        assert (place + 0.6 * radius <= high).all()
    distance = np.hypot(x[:, None] - x, y[:, None] - y) + np.diag(np.full(len(x), np.inf))
    assert (distance >= 1.6 * (radius[:, None] + radius)).all()


def test_craters_lie_wholly_on_data():
    valid = np.zeros((SIDE, SIDE), bool)
    valid[80:200, 200:400] = True
    sites = choose(valid)
    (x, y), radius = sites.positions.T, sites.diameters / 2.0
    assert len(x) >= 8
    assert ((x - radius > 199.0) & (x + radius < 401.0)).all()
    assert ((y - radius > 79.0) & (y + radius < 201.0)).all()
    assert (np.minimum.reduce([x - 200.0, 400.0 - x, y - 80.0, 200.0 - y]) < 2.0 * radius).any()


def test_craters_do_not_reach_beyond_the_tile():
    valid = np.ones((SIDE, SIDE), bool)
    valid[20:-20, 20:-20] = False
    sites = choose(valid, counts=np.array([60, 0, 0]), core=Box(0, 0, SIDE, SIDE))
    around = sites.positions.T[:, None] + np.array([[-0.5], [0.5]]) * sites.diameters
    assert len(sites.diameters) >= 40
    assert (around >= 0.0).all()
    assert (around <= SIDE).all()


def test_a_crater_is_not_planted_where_a_detection_could_be_taken_for_it():
    side = np.arange(CORE.left, CORE.right, 4.0)
    x, y = (axis.ravel() for axis in np.meshgrid(side[: len(side) // 2], side))
    alike, larger = (
        choose(detections=Circles(x, y, np.full(len(x), diameter)), counts=np.array([30, 8, 0]))
        for diameter in (12.0, 200.0)
    )
    free = alike.positions[:, 0] > x.max()
    held = np.sqrt(MAX_IOU)
    small = (alike.diameters > 12.0 * held * 1.1) & (alike.diameters < 12.0 / held / 1.1)
    assert small.sum() > 10
    assert free[small].all()
    assert not free[alike.diameters > 24.0].all()
    assert (larger.positions[:, 0] < x.max()).sum() > 8
