from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely

from lunarcraters.api import plot_csfd
from lunarcraters.catalogue.binning import BINNINGS
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.counts.areas import AreaCount, count_on_areas
from lunarcraters.counts.binned import BinnedCount
from lunarcraters.dating.ages import (
    complete_from,
    date_areas,
    date_count,
    date_estimate,
    snap_range,
)
from lunarcraters.dating.chronology import load_system
from lunarcraters.errors import CatalogueError, CratersWarning, OptionError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import make_box_area

from .laws import PowerLaw

GROUND = shapely.box(-5, -5, 5, 5)
MOON = sphere.geographic_crs()


def catalogue(diameters, lon=None, radius_m=sphere.RADIUS_M, **columns):
    n = len(diameters)
    craters = pd.DataFrame(
        {"lon": np.zeros(n) if lon is None else lon, "lat": np.zeros(n), "diameter_km": diameters}
    )
    crs = sphere.geographic_crs(radius_m)
    return Catalogue(craters.assign(**columns), crs, GROUND, sphere.area_km2(GROUND, radius_m))


def strew(system, age_ga, seed, smallest=1.0):
    """Craters of an isochron on the ground."""
    random = np.random.default_rng(seed)
    sizes = np.geomspace(smallest, 200.0, 4000)
    per_km2 = system.cumulative(sizes, age_ga)
    n = random.poisson(per_km2[0] * sphere.area_km2(GROUND))
    return np.interp(random.uniform(0, per_km2[0], n), per_km2[::-1], sizes[::-1])


def date(craters, areas=None, edge="centre", system=None, **options):
    return date_areas(count_on_areas(craters, areas, edge), load_system(system), 0.0, **options)


@pytest.mark.parametrize("binning", BINNINGS)
@pytest.mark.parametrize("age_ga", [1.0, 3.8])
def test_ground_has_the_age_of_its_isochron(craterstats, age_ga, binning):
    craters = catalogue(strew(load_system(), age_ga, seed=4))
    (one,) = date(craters, fit_range=(1.0, np.inf), binning=binning)
    sigma = (one.raw.high_ga - one.raw.low_ga) / 2.0
    assert abs(one.raw.age_ga - age_ga) < 3.0 * sigma
    assert sigma < 0.2 * age_ga
    assert one.raw.fit_probability > 0.05
    assert one.raw.note == ""


def test_craterstats_itself_gives_the_same_density_of_the_same_file(craterstats, tmp_path):
    craters = catalogue(strew(load_system(), 3.6, seed=1))
    craters.to_file(tmp_path / "a.scc")
    (one,) = date(craters, fit_range=(1.0, 8.0))
    functions = craterstats.Functionslist().functions
    production = craterstats.Productionfn(functions, "Moon, Neukum et al. (2001)")
    chronology = craterstats.Chronologyfn(functions, "Moon, Neukum et al. (2001)")
    count = craterstats.Cratercount(str(tmp_path / "a.scc"))
    pdf = craterstats.Craterpdf(production, chronology, count, [1.0, 8.0])
    theirs = 10.0 ** chronology.a0(pdf.median1sigma())
    ours = (one.raw.n1_per_km2, one.raw.n1_low, one.raw.n1_high)
    assert one.raw.craters == pdf.k
    assert ours == pytest.approx(theirs.tolist(), rel=1e-3)
    assert one.raw.age_ga == pytest.approx(pdf.t(0.5), rel=1e-3)


def test_counted_and_craterstats_cumulative_densities_agree(craterstats, tmp_path):
    craters = catalogue(strew(load_system(), 3.6, seed=1))
    craters.to_file(tmp_path / "a.scc")
    (count,) = count_on_areas(craters)
    count = count.count(0.0)
    theirs = craterstats.Cratercount(str(tmp_path / "a.scc")).getplotdata("cumulative", "root-2")
    ours = count.cumulative[count.counts > 0]
    assert ours == pytest.approx(theirs["y"].tolist(), rel=1e-3)


def test_halved_craters_date_as_half_as_many(craterstats):
    sizes = np.repeat(strew(load_system(), 3.0, seed=2), 2)
    (halves,) = date(catalogue(sizes, fraction=np.full(len(sizes), 0.5)), fit_range=(1.0, 50.0))
    (whole,) = date(catalogue(sizes[::2]), fit_range=(1.0, 50.0))
    assert halves.raw.craters == whole.raw.craters
    assert halves.raw.age_ga == pytest.approx(whole.raw.age_ga, rel=0.01)


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_more_craters_than_ground_of_any_age_has_are_not_dated(craterstats):
    ground = {"a": make_box_area(-0.01, -0.01, 0.01, 0.01)}
    (one,) = date(catalogue(np.geomspace(2.0, 20.0, 400)), ground, fit_range=(2.0, 20.0))
    assert (one.raw.age_ga, one.raw.fit_probability) == (None, None)
    assert one.raw.craters > 300
    assert one.raw.note.startswith("more craters than the oldest ground has")


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_many_areas_have_a_row_each_and_one_range(craterstats):
    sizes = strew(load_system(), 3.8, seed=3)
    lon = np.random.default_rng(0).uniform(-5, 5, len(sizes))
    areas = {
        "west": make_box_area(-5, -5, 0, 5),
        "east": make_box_area(0, -5, 5, 5),
        "elsewhere": make_box_area(40, 0, 41, 1),
    }
    west, east, elsewhere = date(catalogue(sizes, lon), areas)
    assert (west.area, west.min_km) == ("west", east.min_km)
    assert west.raw.age_ga == pytest.approx(3.8, abs=0.1)
    assert (elsewhere.raw.age_ga, elsewhere.raw.note) == (None, "not searched")


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_buffered_craters_on_narrow_ground_date_it(craterstats):
    random = np.random.default_rng(7)
    sizes = strew(load_system(), 3.9, seed=5, smallest=2.0)
    craters = pd.DataFrame({"diameter_km": sizes}).assign(
        lon=random.uniform(-5, 5, len(sizes)), lat=random.uniform(-5, 5, len(sizes))
    )
    strewn = Catalogue(craters, MOON, GROUND, sphere.area_km2(GROUND))
    graben = {"graben": make_box_area(-4, -0.01, 4, 0.01)}
    (one,) = date(strewn, graben, "buffered", fit_range=(2.0, 200.0))
    assert one.raw.craters > 5
    assert one.raw.low_ga - 0.1 < 3.9 < one.raw.high_ga + 0.1


def test_a_count_that_does_not_follow_the_isochron_says_so(craterstats):
    sizes = strew(load_system(), 3.9, seed=6)
    missed = np.random.default_rng(1).random(len(sizes)) < np.clip(sizes / 4.0, 0, 1)
    (one,) = date(catalogue(sizes[missed]), fit_range=(1.0, np.inf))
    assert one.raw.fit_probability < 0.01
    assert "fewer craters below" in one.raw.note


def test_no_craters_in_the_range_are_no_age(craterstats):
    (one,) = date(catalogue([1.0, 2.0]), fit_range=(50.0, 100.0))
    assert (one.raw.age_ga, one.raw.note) == (None, "no craters in the range")


def test_the_fit_begins_above_the_fullest_bin_of_all_areas():
    counts = count_on_areas(catalogue([1.1, 1.2, 1.3, 1.5, 3.0]))
    assert complete_from(counts, 0.0, "sqrt2") == pytest.approx(2.0**0.5)
    # Of bins with one crater each the narrowest is the fullest.
    assert complete_from(counts, 0.0, "pseudo-log") == pytest.approx(1.4)
    with pytest.raises(CatalogueError, match="no craters to date"):
        complete_from(count_on_areas(catalogue([])), 0.0, "sqrt2")


def test_craters_that_count_in_part_fill_a_bin_in_part_as_in_the_plot(tmp_path):
    craters = catalogue(np.repeat([1.05, 2.1], [10, 5]), fraction=np.repeat([0.1, 1.0], [10, 5]))
    least = complete_from(count_on_areas(craters), 0.0, "sqrt2")
    assert least == pytest.approx(8.0**0.5)
    assert least == plot_csfd(craters, tmp_path / "a.png").complete_from_km


def test_a_range_is_widened_to_edges_of_bins(craterstats):
    system = load_system()
    assert snap_range((1.5, 6.0), system, "sqrt2") == pytest.approx((2**0.5, 8.0))
    assert snap_range((2.0, 4.0), system, "sqrt2") == pytest.approx((2.0, 4.0))
    assert snap_range((1.45, 5.5), system, "pseudo-log") == pytest.approx((1.4, 6.0))
    assert snap_range((1.0, np.inf), system, "sqrt2") == pytest.approx((1.0, 300.0))
    for bad in ((2.0, 1.0), (0.0, 1.0), (-1.0, 2.0), (float("nan"), 2.0), (400.0, 500.0)):
        with pytest.raises(OptionError, match="range is"):
            snap_range(bad, system, "sqrt2")


@pytest.mark.parametrize("binning", BINNINGS)
def test_a_bin_in_which_the_production_function_ends_is_not_fitted(craterstats, binning):
    # Craters smaller than the function is defined for, in the bin in which it begins.
    system = load_system("hartmann")
    least, _ = system.range_km
    sizes = np.geomspace(least, 0.2, 4000)
    per_km2 = system.cumulative(sizes, 0.5)
    n, random = 10_000, np.random.default_rng(3)
    craters = np.interp(random.uniform(0, per_km2[0], n), per_km2[::-1], sizes[::-1])
    craters = np.append(craters, random.uniform(0.0126, least, 2000))
    ground = AreaCount("a", catalogue(craters), n / per_km2[0])
    (one,) = date_areas([ground], system, 0.0, (0.0135, 0.1), binning)
    assert one.raw.low_ga - 0.01 < 0.5 < one.raw.high_ga + 0.01
    assert one.raw.note == ""
    assert one.min_km > least
    counted = np.count_nonzero((craters >= one.min_km) & (craters < one.max_km))
    assert one.raw.craters == counted


def test_the_range_of_an_age_is_that_of_the_bins_that_were_fitted(craterstats):
    craters = catalogue(np.array([0.5, 1.0, 2.0, 280.0]))
    (one,) = date(craters, fit_range=(0.005, np.inf))
    assert (one.min_km, one.max_km) == pytest.approx((2**-6.5, 256.0))
    assert one.raw.craters == 3.0
    (one,) = date(craters, fit_range=(0.005, np.inf), binning="pseudo-log")
    assert (one.min_km, one.max_km) == pytest.approx((0.01, 300.0))
    with pytest.raises(OptionError, match="no whole bin is left"):
        date(craters, fit_range=(0.0085, 0.0105))


def test_craters_of_mars_are_not_dated_as_lunar_ones(craterstats):
    with pytest.raises(CatalogueError, match="name a chronology system of that body"):
        date(catalogue([3.0, 4.0], radius_m=3396190.0))


def test_lunar_craters_are_dated_by_a_system_of_mars_with_a_warning(craterstats):
    with pytest.warns(CratersWarning, match="the craters are on the Moon"):
        (one,) = date(catalogue([3.0, 4.0]), system="Mars, Ivanov (2001)")
    assert one.raw.age_ga is not None


EDGES = np.array([1.0, 2.0, 4.0, 8.0])
ISOCHRON = -np.diff(PowerLaw().cumulative(EDGES, 1.0))


def make_count(values, areas_km2=1e4):
    areas_km2 = np.broadcast_to(areas_km2, len(EDGES) - 1).astype(float)
    return BinnedCount(EDGES, np.asarray(values, float), np.diag(values), areas_km2)


def make_estimate(values, trusted=(True, True, True), areas_km2=1e4):
    count = make_count(np.nan_to_num(values), areas_km2)
    return SimpleNamespace(
        raw=count, values=np.asarray(values, float), trusted=np.array(trusted), binned=count
    )


def test_bins_that_were_counted_on_more_ground_weigh_by_it():
    areas_km2 = np.array([1e4, 2e4, 8e4])
    age = date_count(make_count(3.0 * ISOCHRON * areas_km2, areas_km2), PowerLaw(), 1.0, 8.0)
    assert age.age_ga == pytest.approx(3.0, rel=1e-3)
    assert (age.n1_low, age.n1_high) == pytest.approx((0.9 * 0.03, 1.1 * 0.03), rel=1e-3)
    assert age.note == ""


@pytest.mark.parametrize(
    ("shares", "note"),
    [
        ((1.5, 1.0, 1.0), "poor fit: 9% more craters below 2 km than the isochron has"),
        ((0.5, 1.0, 1.0), "poor fit: 19% fewer craters below 2 km than the isochron has"),
        ((1.0, 2.0, 0.1), "poor fit: 13% fewer craters below 2 km than the isochron has"),
        ((1.0, 0.6, 2.6), "poor fit: the counts do not follow the isochron"),
    ],
)
def test_a_poor_fit_tells_which_half_of_the_craters_is_too_many(shares, note):
    counts = np.round(1e4 * ISOCHRON * np.array(shares) * 10.0)
    count = make_count(counts)
    assert date_count(count, PowerLaw(), 1.0, 8.0).note == note
    unsure = replace(count, covariance=400.0 * count.covariance)
    assert date_count(unsure, PowerLaw(), 1.0, 8.0).note == "", "large errors explain it"


def test_estimated_craters_that_are_not_trusted_are_told_from_a_tenth_on():
    values, first, last = 1e4 * ISOCHRON, (False, True, True), (True, True, False)
    dated = [date_estimate(make_estimate(values, one), PowerLaw(), 1.0, 8.0).note
             for one in (first, last)]  # fmt: skip
    assert dated == ["76% of these craters are in bins that are not trusted", ""]
    poor = make_estimate(1e5 * ISOCHRON * [0.5, 1.0, 1.0], first)
    note = date_estimate(poor, PowerLaw(), 1.0, 8.0).note
    assert note.startswith("poor fit: ")
    assert note.endswith("; 62% of these craters are in bins that are not trusted")
    none = make_estimate(np.zeros(3), first)
    assert date_estimate(none, PowerLaw(), 1.0, 8.0).note == "no craters in the range"


def test_a_range_of_an_estimate_begins_where_craters_were_planted():
    unplanted = [np.nan, np.nan, 5.0]
    note = "no craters were planted below 4 km: begin the range there"
    assert date_estimate(make_estimate(unplanted), PowerLaw(), 1.0, 8.0).note == note
    assert date_estimate(make_estimate(unplanted), PowerLaw(), 4.0, 8.0).age_ga is not None
    outside = make_estimate([np.nan, np.nan, 0.0], areas_km2=0.0)
    assert date_estimate(outside, PowerLaw(), 1.0, 8.0).note == "not searched"
