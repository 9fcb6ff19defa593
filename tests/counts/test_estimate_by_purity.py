import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from lunarcraters import api
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.csfd import command
from lunarcraters.counts.areas import count_on_areas
from lunarcraters.counts.estimate import estimate_count
from lunarcraters.detection.measurements import PURITY
from lunarcraters.detection.run import read_run
from tests.counts.surfaces import (
    EDGES,
    catalogue,
    crowded,
    expected,
    inner,
    measured,
    plant,
    surface,
)


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
        random = np.random.default_rng(14)
        (craters, true), completeness = crowded(random, 5000), plant(random, 2000)
        purity = measured(random, craters, true, number)
        result = estimate_count(count_on_areas(craters)[0], completeness, 0.26, purity=purity)
        widths.append(np.log(result.high90 / result.low90)[inner(result)])
    assert (widths[0] > widths[1]).all()


def test_what_planted_craters_do_not_tell_is_less_where_purity_was_measured():
    random = np.random.default_rng(11)
    (craters, true), completeness = crowded(random, 5000), plant(random, 2000)
    small = craters.diameters < EDGES[2]
    purity = measured(random, craters.rows(small), true[small], 3000)
    result = estimate_count(count_on_areas(craters)[0], completeness, 0.26, purity=purity)
    model = result.errors.model[inner(result)]
    assert model.min() == pytest.approx(0.08, rel=0.1)
    assert model.max() == pytest.approx(0.2, rel=0.1)
    assert (np.diff(model) >= 0.0).all(), "larger craters have no labels"


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
