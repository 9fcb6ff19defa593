"""Comparison by size where one side has no positions."""

import json

import numpy as np
import pandas as pd
import pytest

from lunarcraters import api
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.evaluate import evaluate_catalogue
from lunarcraters.evaluation.reference import from_catalogue
from lunarcraters.evaluation.sizes import SizeComparison
from lunarcraters.geometry import sphere
from lunarcraters.records import to_json


def count(diameters, area, *, has_positions=False, **columns):
    table = pd.DataFrame({"diameter_km": diameters, **columns})
    if has_positions:
        table = table.assign(lon=np.arange(len(table)), lat=0.0)
    return Catalogue(
        table,
        sphere.geographic_crs(),
        footprint_area_km2=area,
        thresholds={"balanced": 0.3} if "score" in columns else None,
        has_positions=has_positions,
    )


@pytest.fixture
def run():
    scores = [0.9, 0.8, 0.5, 0.1, 0.9]
    return count([1.1, 1.2, 1.5, 1.6, 4.0], 200.0, has_positions=True, score=scores)


def test_densities_are_compared_bin_by_bin(run):
    reference = count([1.1, 1.3, 1.9, 9.0], 100.0, fraction=[1.0, 1.0, 0.5, 1.0])
    compared = api.evaluate(run, reference)
    assert isinstance(compared, SizeComparison)
    assert (compared.references, compared.detections) == (3.5, 4.0)
    assert (compared.reference_km2, compared.detection_km2) == (100.0, 200.0)
    assert compared.min_score == "balanced"
    first, second = compared.bins[:2]
    assert (first.low, first.high) == pytest.approx((1.0, 2.0**0.5))
    assert (first.references, first.detections) == (2.0, 2.0)
    assert first.ratio == pytest.approx(0.5)
    assert first.ratio_error == pytest.approx(0.5)
    assert (second.references, second.detections) == (0.5, 1.0)
    assert (second.ratio, second.ratio_error) == pytest.approx((1.0, 3.0**0.5))
    assert {one.ratio for one in compared.bins if not one.references} == {None}
    assert sum(one.references for one in compared.bins) == compared.references


def test_craters_on_the_edge_of_a_bin_but_for_rounding_are_counted():
    sizes = [np.nextafter(4.0, 0.0), 6.0]
    run = count(sizes, 100.0, has_positions=True)
    compared = api.evaluate(run, count([*sizes, 3.9999999999], 100.0))
    assert (compared.references, compared.detections) == (3.0, 2.0)
    assert (compared.bins[0].low, compared.bins[0].references) == (4.0, 2.0)


def test_craters_on_an_edge_that_is_given_but_for_rounding_are_counted():
    sizes = [4.0 * (1.0 - 1e-10), np.nextafter(8.0, 0.0)]
    run = count(sizes, 100.0, has_positions=True)
    compared = api.evaluate(run, count([*sizes, 3.99], 100.0), bins=[4.0, 8.0])
    assert [(one.references, one.detections) for one in compared.bins] == [(1.0, 1.0), (1.0, 1.0)]


def test_limits_and_bins_are_those_asked_for(run):
    compared = api.evaluate(
        run, count([1.1, 3.0], 100.0), min_diameter=1.2, max_diameter=3.5, bins=[1.0, 2.0],
        min_score=0.0,
    )  # fmt: skip
    counts = [(one.low, one.high, one.references, one.detections) for one in compared.bins]
    assert counts == [(1.0, 2.0, 0.0, 3.0), (2.0, None, 1.0, 0.0)]
    assert json.loads(to_json(compared.record()))["max_diameter"] == 3.5


def test_the_limits_themselves_are_within_and_parts_stay_with_their_craters(run):
    parts = run.with_fractions(np.linspace(0.2, 1.0, 5))  # the largest crater first
    compared = api.evaluate(
        parts, count([1.1, 1.6, 1.7], 100.0), min_diameter=1.1, max_diameter=1.6, min_score=0.5
    )
    assert (compared.references, compared.detections) == (2.0, pytest.approx(0.6 + 0.8 + 1.0))


def test_either_side_may_lack_positions_and_an_area(run):
    compared = api.evaluate(count([1.1, 3.0], 100.0), run)
    assert (compared.detections, compared.references) == (2.0, 5.0)
    unknown = api.evaluate(count([1.1, 3.0], None), run)
    assert {one.ratio for one in unknown.bins} == {None}


@pytest.mark.parametrize("options", [{"rule": "circle"}, {"figures": "figures"}])
def test_what_matches_craters_says_that_positions_are_missing(run, options):
    with pytest.raises(CatalogueError, match="does not say where its craters are"):
        api.evaluate(run, count([1.1], 100.0), **options)
    with pytest.raises(CatalogueError, match="does not say where its craters are"):
        evaluate_catalogue(run, from_catalogue(count([1.1], 100.0)))


def test_pixels_are_not_compared_with_an_area():
    pixels = Catalogue(pd.DataFrame({"x": [1.0], "y": [2.0], "diameter_px": [9.0]}), None)
    with pytest.raises(CatalogueError, match="pixels"):
        api.evaluate(pixels, count([1.1], 100.0))


def test_nothing_to_compare_is_said(run):
    with pytest.raises(CatalogueError, match="--min-diameter"):
        api.evaluate(run, count([1.1], 100.0), min_diameter=100.0)


def test_craters_of_another_body_are_not_matched(run):
    mars = run.with_info(crs=sphere.geographic_crs(3_396_190.0))
    with pytest.raises(CatalogueError, match="bodies of other radii"):
        api.evaluate(run, mars)
