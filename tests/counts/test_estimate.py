import csv
import json
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from lunarcraters import api
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.csfd import command
from lunarcraters.completeness.record import (
    read_completeness,
)
from lunarcraters.counts.areas import count_on_areas
from lunarcraters.counts.estimate import estimate_count
from lunarcraters.counts.table import estimate_on_areas
from lunarcraters.dating.isochrons import make_isochrons
from lunarcraters.detection.run import CRATERS, read_run
from lunarcraters.errors import OutputError
from lunarcraters.geometry.area import make_box_area
from lunarcraters.plots.csfd import Isochron, csfd_figure
from lunarcraters.purity.record import PURITY
from tests.counts.surfaces import (
    EDGES,
    SLOPE,
    catalogue,
    crowded,
    estimate,
    measured,
    plant,
    surface,
)


def expected(edges, number):
    return -np.diff(number * (edges / 0.5) ** SLOPE)


def inner(result):
    """The bins of the planted craters with some craters each."""
    edges = result.raw.edges
    return (edges[:-1] > 0.9) & (edges[1:] < 6.0)


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
        camera = np.exp(-0.08 * random.standard_normal())  # what planted craters do not tell
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


def test_where_purity_was_measured_false_detections_do_not_count():
    random = np.random.default_rng(8)
    (craters, true), completeness = crowded(random, 100_000), plant(random, 4000)
    purity = measured(random, craters, true, 20_000)
    count = count_on_areas(craters)[0]
    before, after = (estimate_count(count, completeness, 0.26, purity=p) for p in (None, purity))
    some = inner(after)
    expect = expected(after.raw.edges, 100_000)[some]
    assert (before.values[some] / expect).min() > 1.3
    assert np.abs(after.values[some] / expect - 1.0).max() < 0.12
    assert after.trusted[some].all()
    np.testing.assert_array_equal(before.raw.values, after.raw.values)
    assert np.isnan(before.purity).all()
    sizes, edges = craters.diameters[craters.scores >= 0.26], after.raw.edges
    every, real = (
        np.histogram(one, edges)[0] for one in (sizes, sizes[true[craters.scores >= 0.26] > 0.0])
    )
    assert np.abs(after.purity[some] - real[some] / every[some]).max() < 0.06


@pytest.mark.slow
def test_the_interval_holds_the_expected_number_with_few_labels_too():
    held = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        (craters, true), completeness = crowded(random, 2000), plant(random, 300)
        purity = measured(random, craters, true, 300)
        result = estimate_count(count_on_areas(craters)[0], completeness, 0.26, purity=purity)
        some = inner(result)
        true = expected(result.raw.edges, 2000)[some]
        held.extend((result.low90[some] <= true) & (true <= result.high90[some]))
    assert 0.85 <= np.mean(held) <= 1.0


def test_less_sure_labels_make_a_wider_interval():
    widths = []
    for number in (60, 3000):
        random = np.random.default_rng(9)
        (craters, true), completeness = crowded(random, 5000), plant(random, 2000)
        purity = measured(random, craters, true, number)
        result = estimate_count(count_on_areas(craters)[0], completeness, 0.26, purity=purity)
        widths.append(np.log(result.high90 / result.low90)[inner(result)])
    assert (widths[0] > widths[1]).all()


def test_labels_of_other_sizes_alone_do_not_make_a_bin_trusted():
    random = np.random.default_rng(10)
    craters, completeness = surface(random, 20_000, false_share=0.0), plant(random, 1000)
    false = np.full(800, 1.2 * EDGES[3])
    scores = np.append(craters.scores, random.uniform(0.3, 0.45, len(false)))
    mixed = catalogue(np.append(craters.diameters, false), scores)
    true = (mixed.diameters != false[0]).astype(float)
    count, small = count_on_areas(mixed)[0], mixed.diameters < EDGES[2]
    for which, trusted in ((small, False), (np.ones(len(mixed), bool), True)):
        purity = measured(random, mixed.rows(which), true[which], 3000)
        result = estimate_count(count, completeness, 0.26, purity=purity)
        in_bin = int(np.searchsorted(result.raw.edges, false[0])) - 1
        assert result.trusted[in_bin] == trusted


def test_purity_alone_makes_no_estimate():
    random = np.random.default_rng(11)
    craters, true = crowded(random, 2000)
    purity = measured(random, craters, true)
    result = estimate_count(count_on_areas(craters)[0], None, 0.26, purity=purity)
    assert np.isnan(result.values).all()
    assert not result.trusted.any()
    assert ((result.purity > 0.2) & (result.purity < 0.9)).any()


@pytest.fixture
def reviewed(run, tmp_path):
    """A review of some craters of the run, half of which are none."""
    craters, random = read_run(run), np.random.default_rng(12)
    states = np.where(random.random(len(craters)) < 0.5, "accepted", "rejected")
    seen = random.permutation(len(craters)) < 600
    marked = craters.craters.assign(review=np.where(seen, states, "unseen"))
    Catalogue.from_table(marked, craters.info).to_file(tmp_path / "reviewed.parquet")
    return tmp_path / "reviewed.parquet"


def test_the_command_uses_the_purity_of_a_run_until_it_is_removed(run, reviewed, tmp_path):
    before = CliRunner().invoke(command, [str(run)]).output
    raw = api.csfd(run).bins
    api.measure_purity(run, reviewed)
    told = api.csfd(run, out=tmp_path / "counts.csv").bins
    assert [row.raw for row in told] == [row.raw for row in raw]
    pairs = [(a.estimate, b.estimate) for a, b in zip(told, raw, strict=True) if b.trusted]
    assert max(after / true for after, true in pairs) < 0.75
    assert list(pd.read_csv(tmp_path / "counts.csv").columns)[-2:] == ["trusted", "purity"]
    assert all(0.4 < row.purity < 0.6 for row in told if row.raw > 50)
    assert "purity" in CliRunner().invoke(command, [str(run)]).output
    (run / PURITY).unlink()
    assert CliRunner().invoke(command, [str(run)]).output == before
    assert "purity" not in before


def can_date():
    """Whether ages can be fitted here."""
    return sys.version_info >= (3, 12) and find_spec("craterstats") is not None


@pytest.mark.slow
def test_plots_and_ages_use_the_purity_too(run, reviewed, tmp_path):
    api.plot_csfd(run, tmp_path / "without.png")
    raw = api.date(run, fit_range=(1.0, 5.0)).areas[0] if can_date() else None
    api.measure_purity(run, reviewed)
    api.plot_csfd(run, tmp_path / "with.png")
    assert (tmp_path / "with.png").read_bytes() != (tmp_path / "without.png").read_bytes()
    if raw is not None:
        (one,) = api.date(run, fit_range=(1.0, 5.0)).areas
        assert one.raw == raw.raw
        assert one.estimated.craters == pytest.approx(0.5 * raw.estimated.craters, rel=0.15)
