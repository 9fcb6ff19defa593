import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import kstest

from benchmarks.strewn_craters import GROUNDS, at_random, catalogue, in_clusters
from lunarcraters.catalogue.randomness import assess_randomness, measure_second_closest
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.plots.randomness import draw_randomness, randomness_figure


@pytest.fixture(autouse=True)
def few_trials(monkeypatch):
    monkeypatch.setattr("lunarcraters.catalogue.randomness._TRIALS", (40, 150))


def assess(vectors, ground):
    (row,) = assess_randomness({"all": catalogue(vectors, ground)})
    return row


def test_the_second_closest_is_found_along_the_sphere():
    lon = np.array([179.0, 180.0, -178.0, -175.0])
    vectors = sphere.unit_vectors(lon, np.zeros(4))
    # Second-closest: 3, 2, 3 and 5 degrees away.
    assert np.degrees(measure_second_closest(vectors)) == pytest.approx((3 + 2 + 3 + 5) / 4)


@pytest.mark.slow
@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_random_craters_are_random_wherever_they_lie(ground, monkeypatch):
    values = []
    for seed in range(60):
        monkeypatch.setattr("lunarcraters.catalogue.randomness._SEED", seed)
        values.append(assess(at_random(ground, 60, 1000 + seed), ground).p_value)
    # p-values are as likely everywhere between 0 and 1: there is no effect of edges and holes.
    assert kstest(values, "uniform").pvalue > 1e-3
    assert min(values) > 1e-4


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_clusters_are_told_from_random_craters(ground):
    random, clusters = at_random(ground, 100, 1), in_clusters(ground, 8, 8, 0.08, 2)
    row = assess(np.concatenate([random, clusters]), ground)
    assert row.verdict == "clustered"
    assert row.sigmas < -3.0
    assert row.distance_km < row.expected_km
    assert row.p_value < 0.0027


def test_craters_whose_centre_lies_off_the_ground_are_not_compared():
    ground = GROUNDS["the equator"]
    craters = catalogue(at_random(ground, 60, 3), ground)
    (expected,) = assess_randomness({"all": craters})
    beyond = craters.craters.assign(lon=craters.craters["lon"] + 40.0, fraction=0.5)
    both = pd.concat([craters.craters.assign(fraction=1.0), beyond]).drop(columns="crater_id")
    (row,) = assess_randomness({"all": Catalogue.from_table(both, craters.info)})
    assert row == expected


def test_a_lattice_is_ordered():
    ground = GROUNDS["the equator"]
    lon, lat = np.meshgrid(np.arange(-4.5, 5.0), np.arange(-4.5, 5.0))
    row = assess(sphere.unit_vectors(lon.ravel(), lat.ravel()), ground)
    assert (row.craters, row.verdict) == (100, "ordered")
    assert row.sigmas > 3.0


@pytest.mark.slow
def test_craters_that_erase_those_below_them_are_no_order():
    # So dense that a random crater often erases one; those left are farther apart than points.
    ground = shapely.box(0, 0, 1, 1)
    random = np.random.default_rng(5)
    left = np.empty((0, 3))
    for crater in at_random(ground, 900, 4):
        away = np.arccos(np.clip(left @ crater, -1, 1)) * 1737.4
        left = np.vstack([left[away > 0.5], crater])
    spaced = catalogue(left, ground, 1.0 + 1e-6 * random.random(len(left)))
    (row,) = assess_randomness({"all": spaced})
    assert row.verdict == "random"
    assert row.craters < 860


def test_a_bin_with_few_craters_is_not_tested():
    ground = GROUNDS["the equator"]
    sizes = np.array([1.0] * 10 + [3.0] * 9)
    rows = assess_randomness({"a": catalogue(at_random(ground, 19, 1), ground, sizes)})
    assert [row.craters for row in rows] == [10, 0, 0, 9]
    assert [row.verdict is None for row in rows] == [False, True, True, True]
    assert rows[3].note == "fewer than 10 craters"
    assert rows[3].sigmas is None


def test_areas_have_the_same_bins_and_one_that_was_not_searched_says_so():
    ground = GROUNDS["the equator"]
    here = catalogue(at_random(ground, 20, 1), ground, np.repeat([1.0, 2.0], 10))
    none = here.rows(slice(0, 0)).with_info(footprint=None, footprint_area_km2=0.0)
    told = []
    rows = assess_randomness({"here": here, "there": none}, progress=lambda *at: told.append(at))
    assert told == [(1, 2), (2, 2)]
    assert [(row.area, row.min_km) for row in rows[3:]] == [
        ("there", row.min_km) for row in rows[:3]
    ]
    assert {row.note for row in rows[3:]} == {"not searched"}


@pytest.mark.slow
def test_the_numbers_of_a_bin_do_not_depend_on_other_bins_and_areas():
    ground = GROUNDS["nodata"]
    small, large = at_random(ground, 40, 1), at_random(ground, 30, 2)
    both = catalogue(np.concatenate([small, large]), ground, np.repeat([1.0, 2.0], [40, 30]))
    (alone,) = assess_randomness({"all": catalogue(large, ground, 2.0)})
    assert assess_randomness({"all": both})[2] == alone
    assert assess_randomness({"other": both, "all": both})[5] == alone


def test_without_positions_or_ground_the_reason_is_said():
    ground = GROUNDS["the equator"]
    craters = catalogue(at_random(ground, 20, 1), ground)
    with pytest.raises(CatalogueError, match=r"--area.* or \*_CRATER.shp"):
        assess_randomness({"all": craters.with_info(footprint=None)})
    with pytest.raises(CatalogueError, match="--min-score"):
        assess_randomness({"all": craters.rows(slice(0, 0))})
    count = Catalogue(
        craters.craters[["diameter_km"]], craters.crs, None, 10.0, has_positions=False
    )
    with pytest.raises(CatalogueError, match="does not say where"):
        assess_randomness({"all": count})


def test_every_bin_that_was_tested_has_its_point_in_the_figure(tmp_path):
    ground = GROUNDS["the equator"]
    sizes = np.repeat([1.0, 2.0, 4.0], [30, 30, 5])
    craters = catalogue(at_random(ground, 65, 3), ground, sizes)
    rows = assess_randomness({"a": craters, "b": craters})
    (axes,) = randomness_figure(rows).axes
    tested = [row for row in rows if row.area == "a" and row.sigmas is not None]
    assert len(tested) == 2
    for line in axes.get_lines()[1:]:
        assert line.get_ydata() == pytest.approx([row.sigmas for row in tested])
    draw_randomness(rows, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000
