import csv
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from lunarcraters import api
from lunarcraters.catalogue.binning import BINNINGS
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.csfd import command
from lunarcraters.completeness.record import read_completeness
from lunarcraters.completeness.summary import MIN_SCORES
from lunarcraters.counts.areas import count_on_areas
from lunarcraters.counts.detections import BinnedDetections
from lunarcraters.counts.estimate import estimate_count
from lunarcraters.counts.table import estimate_on_areas
from lunarcraters.dating.isochrons import make_isochrons
from lunarcraters.detection.run import CRATERS, MASK
from lunarcraters.errors import OutputError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import make_box_area
from lunarcraters.plots.csfd import Isochron, csfd_figure
from tests.counts.surfaces import (
    EDGES,
    catalogue,
    estimate,
    expected,
    inner,
    plant,
    surface,
)
from tests.hazard.grounds import DEGREES, degrees, write_mask


def test_the_estimate_is_the_true_number_where_the_count_is_not():
    random = np.random.default_rng(0)
    result = estimate(surface(random, 60_000), plant(random, 4000))
    some = inner(result)
    true = expected(result.raw.edges, 60_000)[some]
    assert np.abs(result.values[some] / true - 1.0).max() < 0.12
    assert np.abs((result.values[some] / true - 1.0).mean()) < 0.04
    assert (result.raw.values[some] / true).min() < 0.8
    assert result.trusted[some].all()


@pytest.mark.slow
def test_the_interval_holds_the_expected_number_as_often_as_it_says():
    held = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        camera = np.exp(-0.2 * random.standard_normal())  # what planted craters do not tell
        result = estimate(surface(random, 2000, camera=camera), plant(random, 300))
        some = inner(result)
        true = expected(result.raw.edges, 2000)[some]
        held.extend((result.low90[some] <= true) & (true <= result.high90[some]))
    assert 0.8 <= np.mean(held) <= 0.98


def test_the_same_run_has_the_same_estimate():
    random = np.random.default_rng(1)
    craters, completeness = surface(random, 2000), plant(random, 300)
    one, other = (estimate(craters, completeness) for _ in range(2))
    np.testing.assert_array_equal(one.low90, other.low90)
    np.testing.assert_array_equal(one.covariance, other.covariance)


def test_detections_on_an_edge_of_a_bin_are_in_the_bin_that_counts_them():
    craters = catalogue([0.25, 0.27, 0.3], [0.9, 0.9, 0.1])
    (one,) = count_on_areas(craters)
    result = estimate_count(one, None, 0.5, "pseudo-log")
    assert result.raw.values.tolist() == [2.0]
    for binning in BINNINGS:
        (one,) = count_on_areas(catalogue([0.11, 0.3, 0.6, 1.3], np.full(4, 0.9)))
        raw = one.count_with_errors(0.5, binning)
        detections = BinnedDetections.of(one.catalogue, raw.edges, binning, None)
        assert detections.count_craters()[0].tolist() == raw.values.tolist()


def test_false_detections_with_high_scores_are_noticed():
    random = np.random.default_rng(2)
    craters, completeness = surface(random, 20_000, false_share=0.0), plant(random, 1000)
    assert estimate(craters, completeness).trusted[3]
    false = np.full(800, 1.2 * EDGES[3])
    scores = np.append(craters.scores, random.uniform(0.3, 0.45, len(false)))
    mixed = catalogue(np.append(craters.diameters, false), scores)
    result = estimate(mixed, completeness)
    bin_of_false = int(np.searchsorted(result.raw.edges, false[0])) - 1
    assert not result.trusted[bin_of_false]


def test_there_is_no_completeness_of_0_where_craters_were_counted():
    random = np.random.default_rng(4)
    craters, completeness = surface(random, 5000), plant(random, 300)
    low = tuple(s < 0.2 for s in completeness.min_scores)
    rows = [replace(row, recall_above=tuple(map(float, low))) for row in completeness.bins]
    result = estimate(craters, replace(completeness, bins=tuple(rows)))
    counted = result.raw.values > 0.0
    assert np.isfinite(result.values[counted]).any()
    assert np.isnan(result.completeness[counted]).all()
    assert (result.completeness[~counted & np.isfinite(result.values)] == 0.0).all()


def test_planted_craters_that_are_all_missed_tell_no_more_than_their_number():
    random = np.random.default_rng(4)
    craters, completeness = surface(random, 20_000), plant(random, 1000)
    *rows, last = completeness.bins
    missed = {"planted": 2, "recall": 0.0, "recall_error": 0.4}
    last = replace(last, **missed, recall_above=(0.0,) * len(MIN_SCORES))
    result = estimate(craters, replace(completeness, bins=(*rows, last)), min_score=0.3)
    largest = result.raw.edges[:-1] > 1.01 * last.min_km
    counts = result.raw.values[largest]
    np.testing.assert_allclose(result.values[largest], 6.0 * counts)  # (2 + 1) / 0.5
    assert counts.any()
    assert not result.trusted[largest].any()


def test_few_planted_craters_or_a_low_recall_are_not_trusted():
    random = np.random.default_rng(3)
    craters, completeness = surface(random, 5000), plant(random, 300)
    few = replace(completeness, bins=tuple(replace(r, planted=10) for r in completeness.bins))
    assert not estimate(craters, few).trusted.any()
    poor = tuple(
        replace(r, recall=0.3 * r.recall, recall_above=tuple(0.3 * x for x in r.recall_above))
        for r in completeness.bins
    )
    assert not estimate(craters, replace(completeness, bins=poor)).trusted.any()


def test_a_bin_into_which_nothing_was_planted_is_not_trusted():
    random = np.random.default_rng(14)
    craters, completeness = surface(random, 20_000, false_share=0.0), plant(random, 1000)
    sure = estimate(craters, completeness)
    gap = slice(3, 5)  # rows of bins without planted craters are left out
    rows = [row for row in completeness.bins if row not in completeness.bins[gap]]
    result = estimate(craters, replace(completeness, bins=tuple(rows)))
    lows = sure.raw.edges[:-1]
    inside = (lows > 0.99 * EDGES[gap.start]) & (lows < 0.99 * EDGES[gap.stop])
    assert inside.sum() == 2
    assert sure.trusted[inside].all()
    assert not result.trusted[inside].any()
    np.testing.assert_array_equal(result.trusted[~inside], sure.trusted[~inside])


def test_an_estimate_by_scores_that_are_hardly_craters_is_not_trusted():
    random = np.random.default_rng(12)
    craters, completeness = surface(random, 20_000, false_share=0.0), plant(random, 1000)
    sure = estimate(craters, completeness).trusted
    low = catalogue(craters.diameters, 0.09 * craters.scores)
    scores = np.interp(MIN_SCORES, 0.09 * np.array(MIN_SCORES), MIN_SCORES, right=1.0)
    bins = tuple(
        replace(row, recall_above=tuple(np.interp(scores, MIN_SCORES, row.recall_above)))
        for row in completeness.bins
    )
    assert sure[2:8].all()
    assert not estimate(low, replace(completeness, bins=bins)).trusted.any()


def test_an_estimate_by_an_uncertain_recall_is_not_trusted_but_one_of_few_craters_is():
    random = np.random.default_rng(13)
    completeness = plant(random, 1000)
    few = estimate(surface(random, 100), completeness)
    some = inner(few)
    assert few.errors.poisson[some].max() > 0.5
    assert few.trusted[some].all()
    bins = tuple(replace(row, recall_error=0.3) for row in completeness.bins)
    assert not estimate(surface(random, 20_000), replace(completeness, bins=bins)).trusted.any()


def test_there_is_no_estimate_below_the_planted_craters():
    random = np.random.default_rng(4)
    result = estimate(surface(random, 5000), plant(random, 300))
    below = result.raw.edges[1:] < EDGES[0] * 1.01
    assert below.any()
    assert np.isnan(result.values[below]).all()
    assert np.isfinite(result.values[~below]).all()
    assert not result.trusted[below].any()


def test_the_error_of_the_total_is_more_than_that_of_the_count():
    random = np.random.default_rng(5)
    result = estimate(surface(random, 5000), plant(random, 300))
    within = result.binned.within(1.0, 5.0)
    assert 10 < within.events < within.total


def test_the_command_writes_counts_alone_where_completeness_is_not_known(tmp_path):
    path, out = tmp_path / "a.gpkg", tmp_path / "counts.csv"
    surface(np.random.default_rng(6), 500).to_file(path)
    told = CliRunner().invoke(command, [str(path), "-o", str(out), "--min-score", "0.3"])
    assert told.exit_code == 0, told.output
    assert "which craters completeness RUN does" in told.output
    rows = list(csv.DictReader(out.open()))
    assert {row["estimate"] for row in rows} == {""}
    told = CliRunner().invoke(command, [str(path), "--min-score", "0.3", "--json"])
    record = json.loads(told.output)
    assert [b["raw"] for b in record["bins"]] == [float(row["raw"]) for row in rows]
    assert record["bins"][0]["estimate"] is None
    again = CliRunner().invoke(command, [str(path), "-o", str(out)])
    assert isinstance(again.exception, OutputError)


def test_the_command_prints_and_writes_estimates_of_a_run(run, tmp_path):
    out = tmp_path / "counts.csv"
    told = CliRunner().invoke(command, [str(run), "-o", str(out), "--min-score", "0.3"])
    assert told.exit_code == 0, told.output
    assert "completeness" in told.output
    rows = pd.read_csv(out)
    assert list(rows.columns[2:]) == [
        "min_km", "max_km", "raw", "estimate", "low90", "high90", "completeness", "trusted",
        "purity",
    ]  # fmt: skip
    some = rows[rows.trusted]
    assert len(some) > 3
    assert ((some.low90 < some.estimate) & (some.estimate < some.high90)).all()
    assert (some.completeness.between(0.3, 1.0)).all()


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_areas_have_the_same_bins_and_one_not_searched_no_estimate(run):
    here, elsewhere = make_box_area(-1, -1, 1, 1), make_box_area(40, 0, 41, 1)
    craters = api.read_catalogue(run / CRATERS)
    counts = count_on_areas(craters, {"here": here, "elsewhere": elsewhere})
    found = estimate_on_areas(counts, read_completeness(run), 0.3)
    np.testing.assert_array_equal(found["here"].raw.edges, found["elsewhere"].raw.edges)
    assert np.isfinite(found["here"].values).any()
    assert np.isnan(found["elsewhere"].values).all()


def test_the_plot_shows_counts_and_estimates(run):
    (one,) = count_on_areas(run)
    result = estimate_count(one, read_completeness(run), 0.3)
    figure = csfd_figure(one.count(0.3), estimates={"all": result.points()})
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["counted", "estimated"]


def test_the_isochron_of_an_estimate_has_the_colour_of_its_points(run):
    (one,) = count_on_areas(run)
    result = estimate_count(one, read_completeness(run), 0.3)
    sizes = np.array([1.0, 4.0])
    line = Isochron("3.5 Ga", sizes, sizes**-2, sizes**-3, one.name)
    lines = [line, replace(line, label="estimated 3.7 Ga", estimated=True)]
    series = {one.name: one.count(0.3)}
    figure = csfd_figure(series, lines, estimates={one.name: result.points()})
    for axes in figure.axes:
        drawn = {part.get_label(): part for part in axes.get_lines()}
        counted, estimated = drawn["3.5 Ga"], drawn["estimated 3.7 Ga"]
        assert (counted.get_color(), counted.get_linestyle()) == ("black", "-")
        assert (estimated.get_color(), estimated.get_linestyle()) == ("tab:blue", "--")


def test_the_age_of_an_estimate_has_an_isochron_too(craterstats, run, tmp_path):
    (one,) = counts = count_on_areas(run)
    options = "fit", 2.0, None, 0.3, (1.0, 5.0), "sqrt2"
    ages, options = options[:2], options[2:]
    reference, counted = make_isochrons(counts, ages, *options)
    again = make_isochrons(counts, ages, *options, read_completeness(run))
    assert [line.label for line in again[:2]] == [reference.label, counted.label]
    assert [line.estimated for line in again] == [False, False, True]
    assert again[2].label.startswith("estimated ")
    assert again[2].area == one.name
    (age,) = api.date(run, fit_range=(1.0, 5.0), min_score=0.3).areas
    assert f"{age.estimated.age_ga:.3g}"[:3] in again[2].label
    api.plot_csfd(run, tmp_path / "a.png", isochrons=["fit"], fit_range=(1.0, 5.0))
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_an_area_whose_age_is_estimated_without_a_count_is_not_drawn(craterstats, run, tmp_path):
    craters = api.read_catalogue(run / CRATERS)
    few = craters.craters[craters.scores < 0.85].assign(lon=3.0)
    both = pd.concat([craters.craters, few], ignore_index=True)
    Catalogue.from_table(both, craters.info).to_file(run / CRATERS, overwrite=True)
    write_mask(run / MASK, DEGREES, degrees(-5, 5, 0.1), np.ones((100, 100), bool))
    boxes = {"a": shapely.box(-1, -1, 1, 1), "b": shapely.box(2, -1, 4, 1)}
    areas = gpd.GeoDataFrame(
        {"name": list(boxes)}, geometry=list(boxes.values()), crs=sphere.geographic_crs()
    )
    areas.to_file(tmp_path / "areas.gpkg")
    options = {"area": tmp_path / "areas.gpkg", "min_score": 0.85, "fit_range": (1.5, 5.0)}
    _, uncounted = api.date(run, **options).areas
    assert uncounted.raw.age_ga is None
    assert uncounted.estimated.age_ga is not None
    api.plot_csfd(run, tmp_path / "a.png", isochrons=["fit"], **options)
    assert (tmp_path / "a.png").is_file()


def test_ages_of_counts_and_estimates_stand_side_by_side(craterstats, run):
    (one,) = api.date(run, fit_range=(1.0, 5.0)).areas
    true = expected(np.array([1.0, one.max_km]), 5000)[0]
    assert one.estimated.craters == pytest.approx(true, rel=0.08)
    assert one.raw.craters > 1.15 * true  # at any score, with the false ones
    assert one.estimated.age_ga < one.raw.age_ga
    assert one.estimated.high_ga - one.estimated.low_ga > one.raw.high_ga - one.raw.low_ga
    (low,) = api.date(run, fit_range=(0.6, 5.0)).areas
    assert low.estimated.age_ga is None
    assert "no craters were planted below 0.707 km" in low.estimated.note
