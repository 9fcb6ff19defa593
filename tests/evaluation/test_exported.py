"""Exports of a run are evaluated as what they are: a part of its craters."""

import warnings

import pytest

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.errors import CratersWarning

from .conftest import lunar_catalogue

SIZES = 0.5, 1.0, 1.5, 2.0, 2.5, 4.0


@pytest.fixture
def run(tmp_path):
    """A run with a crater of each size and score."""
    rows = [(i, 0.0, size, 0.3 + 0.1 * i) for i, size in enumerate(SIZES)]
    points = {"complete": 0.1, "balanced": 0.3, "pure": 0.6}
    write_catalogue(lunar_catalogue(rows, thresholds=points), tmp_path / "run.parquet")
    return tmp_path / "run.parquet"


@pytest.fixture
def reference():
    return lunar_catalogue([(i, 0.0, size, 1.0) for i, size in enumerate(SIZES)])


@pytest.mark.parametrize(
    ("exported", "missing"),
    [
        ({"min_diameter": 2.0}, "from 2 km only, and 3 references .*: give --min-diameter 2$"),
        ({"max_diameter": 2.0}, "from 0 to 2 km only, and 2 ref.*: give --max-diameter 2$"),
        (
            {"min_diameter": 1.0, "max_diameter": 2.0},
            "from 1 to 2 km only, and 3 ref.*: give --min-diameter 1 and --max-diameter 2$",
        ),
    ],
)
def test_references_of_sizes_that_an_export_left_out_are_warned_of(
    run, reference, tmp_path, exported, missing
):
    lc.export(run, tmp_path / "a.gpkg", **exported)
    for catalogue in (tmp_path / "a.gpkg", lc.read_catalogue(run).filter(**exported)):
        with pytest.warns(CratersWarning, match=missing):
            lc.evaluate(catalogue, reference)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scores = lc.evaluate(catalogue, reference, **exported)
            lc.evaluate(run, reference)
        assert scores.best.recall == 1.0


def test_sizes_that_an_export_left_out_are_warned_of_in_a_comparison_by_size(
    run, reference, tmp_path
):
    lc.export(run, tmp_path / "a.gpkg", min_diameter=2.0)
    with pytest.warns(CratersWarning, match="from 2 km only, and 3 references"):
        lc.evaluate(tmp_path / "a.gpkg", reference.with_info(has_positions=False))


@pytest.mark.parametrize(
    ("min_score", "named", "detected"),
    [("complete", "balanced", 6), ("pure", "pure", 3), (0.45, "0.45", 4)],
)
def test_an_export_is_scored_at_its_own_score_where_that_is_higher_than_balanced(
    run, reference, tmp_path, min_score, named, detected
):
    lc.export(run, tmp_path / "a.gpkg", min_score=min_score)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = lc.evaluate(tmp_path / "a.gpkg", reference)
        by_size = lc.evaluate(tmp_path / "a.gpkg", reference.with_info(has_positions=False))
    assert scores.terms.min_score == by_size.min_score == named
    assert scores.chosen.threshold == lc.read_catalogue(run).threshold(named)
    assert scores.chosen.true == by_size.detections == detected


def test_a_lower_score_that_is_asked_for_is_warned_of(run, reference, tmp_path):
    lc.export(run, tmp_path / "a.gpkg", min_score="pure")
    with pytest.warns(CratersWarning, match=r"less than 0\.600 were left out .* 0\.300 is asked"):
        scores = lc.evaluate(tmp_path / "a.gpkg", reference, min_score="balanced")
    assert scores.terms.min_score == "balanced"
