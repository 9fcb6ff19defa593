import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from lunarcraters import api
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.plot import command
from lunarcraters.counts.areas import count_on_areas
from lunarcraters.counts.doubt import ErrorBudget
from lunarcraters.counts.estimate import estimate_count
from lunarcraters.detection.measurements import COMPLETENESS
from lunarcraters.detection.run import CRATERS
from lunarcraters.errors import CatalogueError, OutputError, RunError
from lunarcraters.plots.errors import MOST_AREAS, errors_figure
from tests.counts.surfaces import crowded, estimate, measured, plant, surface

PARTS = "poisson", "planted", "wear", "purity", "model"


def quadrature(budget):
    return np.sqrt(sum(getattr(budget, part) ** 2 for part in PARTS))


def with_wear(completeness, planted, wear=0.04):
    """The completeness by a number of planted craters, with an error of the recall by wear."""
    rows = [
        replace(row, planted=planted, recall_error=np.hypot(
            np.sqrt(row.recall * (1.0 - row.recall) / planted), wear))
        for row in completeness.bins
    ]  # fmt: skip
    return replace(completeness, bins=tuple(rows))


def test_the_squares_of_the_parts_add_up_to_that_of_the_total():
    random = np.random.default_rng(0)
    (craters, true), completeness = crowded(random, 5000), with_wear(plant(random, 1000), 1000)
    count = count_on_areas(craters)[0]
    for purity in (None, measured(random, craters, true, 1000)):
        result = estimate_count(count, completeness, 0.26, purity=purity)
        some = (result.errors.edges[:-1] > 0.9) & (result.errors.edges[1:] < 6.0)
        budget = result.errors
        np.testing.assert_allclose(quadrature(budget)[some], budget.total[some], rtol=0.05)
        total = np.sqrt(np.diag(result.covariance)) / result.values
        np.testing.assert_allclose(budget.total[some], total[some])
        assert ((budget.purity[some] > 0.0) == (purity is not None)).all()
        without = replace(budget, planted=np.zeros_like(total), wear=np.zeros_like(total))
        assert not np.allclose(quadrature(without)[some], total[some], rtol=0.05)


def test_more_planted_craters_shrink_their_own_part_alone():
    random = np.random.default_rng(1)
    craters, completeness = surface(random, 5000), plant(random, 300)
    few, many = (estimate(craters, with_wear(completeness, n)).errors for n in (300, 4800))
    some = few.trusted
    assert some.sum() > 3
    ratio = many.planted[some] / few.planted[some]
    np.testing.assert_allclose(ratio, 0.25, atol=0.06)
    np.testing.assert_array_equal(few.poisson[some], many.poisson[some])
    np.testing.assert_array_equal(few.model[some], many.model[some])
    np.testing.assert_allclose(few.wear[some], many.wear[some], rtol=0.2)
    assert (many.total[some] < few.total[some]).all()


def test_more_ground_shrinks_the_poisson_part_alone():
    random = np.random.default_rng(2)
    completeness = plant(random, 300)
    small, large = (estimate(surface(random, n), completeness).errors for n in (2000, 32_000))
    n = min(small.trusted.sum(), 4)
    small_bins, large_bins = (np.flatnonzero(one.trusted)[:n] for one in (small, large))
    np.testing.assert_allclose(small.edges[small_bins], large.edges[large_bins])
    ratio = large.poisson[large_bins] / small.poisson[small_bins]
    np.testing.assert_allclose(ratio, 0.25, rtol=0.3)
    assert (large.raw[large_bins] < 0.35 * small.raw[small_bins]).all()
    np.testing.assert_allclose(large.planted[large_bins], small.planted[small_bins], rtol=0.1)


def test_there_are_no_errors_where_there_is_no_estimate():
    random = np.random.default_rng(3)
    result = estimate(surface(random, 5000), plant(random, 300))
    none = np.isnan(result.values)
    assert none.any()
    for name in ("total", *PARTS):
        np.testing.assert_array_equal(np.isnan(getattr(result.errors, name)), none)
    assert np.isfinite(result.errors.raw[none]).any()
    alone = estimate(surface(random, 500), None).errors
    assert np.isnan(alone.total).all()
    assert np.isfinite(alone.raw).any()


@pytest.mark.slow
def test_a_part_that_was_not_measured_has_no_line_and_areas_have_panels():
    random = np.random.default_rng(4)
    (craters, true), completeness = crowded(random, 2000), plant(random, 300)
    count = count_on_areas(craters)[0]
    without = estimate_count(count, completeness, 0.26).errors
    purity = measured(random, craters, true, 300)
    measured_too = estimate_count(count, completeness, 0.26, purity=purity).errors
    for budgets, shown in (({"a": without}, False), ({"a": without, "b": measured_too}, True)):
        figure = errors_figure(budgets)
        words = [text.get_text() for text in figure.legends[0].get_texts()]
        assert ("purity of the detections" in words) == shown
        assert len(figure.axes) == len(budgets)
    many = errors_figure({str(number): without for number in range(MOST_AREAS + 3)})
    assert len(many.axes) == MOST_AREAS
    assert f"first {MOST_AREAS} of {MOST_AREAS + 3} areas" in many.get_suptitle()


@pytest.mark.parametrize("number", [1, 2, 4, 5, 7])
def test_a_figure_has_a_panel_for_each_area_and_a_scale_below_each_column(number):
    some = np.ones(2)
    budget = ErrorBudget(np.array([1.0, 2.0, 4.0]), *[some] * 7, some > 0)
    figure = errors_figure({str(area): budget for area in range(number)})
    assert len(figure.axes) == number
    labelled = [axes for axes in figure.axes if axes.get_xlabel()]
    assert labelled == figure.axes[-min(number, 3) :]
    for axes in figure.axes:
        assert axes.xaxis.get_tick_params()["labelbottom"] == (axes in labelled)


def test_the_panels_show_the_bins_of_all_areas():
    some, none = np.ones(2), np.full(2, np.nan)
    wide = ErrorBudget(np.array([1.0, 4.0, 16.0]), *[some] * 7, some > 0)
    narrow = ErrorBudget(np.array([2.0, 3.0, 4.0]), *[some] * 7, some > 0)
    empty = ErrorBudget(np.array([0.1, 0.2, 0.4]), *[none] * 7, some < 0)
    for budgets in ((wide, narrow, empty), (narrow, wide), (empty, wide)):
        figure = errors_figure(dict(zip("abc", budgets, strict=False)))
        assert [axes.get_xlim() for axes in figure.axes] == [(1.0, 16.0)] * len(budgets)


def test_every_bin_that_is_not_to_be_trusted_is_hatched():
    """A bin whose estimate is zero has no error, and is hatched as well."""
    random = np.random.default_rng(5)
    budget = estimate(surface(random, 2000), plant(random, 300)).errors
    i = int(np.flatnonzero(budget.trusted)[1])
    trusted, total = budget.trusted.copy(), budget.total.copy()
    trusted[i], total[i] = False, np.nan
    axes = errors_figure({"a": replace(budget, trusted=trusted, total=total)}).axes[0]
    lefts = [patch.get_x() for patch in axes.patches]
    np.testing.assert_allclose(lefts, budget.edges[:-1][~trusted])
    assert budget.edges[i] in lefts


def plot(*arguments):
    return CliRunner().invoke(command, ["errors", *map(str, arguments)])


def test_the_command_draws_the_errors_and_prints_them(run, tmp_path):
    out = tmp_path / "errors.png"
    told = plot(run, out)
    assert told.exit_code == 0, told.output
    assert "bins to be trusted, drawn in" in told.output
    assert out.stat().st_size > 10_000
    record = json.loads(plot(run, out, "--json").output)
    rows = [row for row in record["bins"] if row["trusted"]]
    assert len(rows) > 3
    for row in rows:
        parts = np.sqrt(sum(row[part] ** 2 for part in PARTS))
        assert parts == pytest.approx(row["total"], rel=0.1)
    assert record["bins"][0]["total"] is None
    estimates = {row.min_km: row for row in api.csfd(run).bins}
    assert all(estimates[row["min_km"]].trusted for row in rows)


def test_a_name_that_is_not_of_a_png_is_refused(run, tmp_path):
    refused = plot(run, tmp_path / "errors.jpg")
    assert isinstance(refused.exception, OutputError)
    assert ".png" in str(refused.exception)
    assert not (tmp_path / "errors.jpg").exists()


def test_without_a_completeness_the_command_says_how_to_measure_it(run, tmp_path):
    (run / COMPLETENESS).unlink()
    refused = plot(run, tmp_path / "errors.png")
    assert isinstance(refused.exception, RunError)
    assert f"craters completeness {run}" in str(refused.exception)
    for other in (run / CRATERS, tmp_path / "no run"):
        assert "give the directory that craters detect wrote" in str(
            plot(other, tmp_path / "errors.png").exception
        )


def test_craters_smaller_than_all_planted_ones_have_no_errors_to_draw(run, tmp_path):
    craters = api.read_catalogue(run / CRATERS)
    small = Catalogue.from_table(craters.craters[craters.diameters < 0.65], craters.info)
    small.to_file(run / CRATERS, overwrite=True)
    refused = plot(run, tmp_path / "errors.png")
    assert isinstance(refused.exception, CatalogueError)
    assert "as large as those that were planted" in str(refused.exception)
    assert not (tmp_path / "errors.png").exists()
