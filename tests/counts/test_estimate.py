import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.csfd import command
from lunarcraters.completeness.record import Completeness, CompletenessBin, Sun
from lunarcraters.completeness.summary import MIN_SCORES
from lunarcraters.counts.areas import count_on_areas
from lunarcraters.counts.estimate import estimate_count
from lunarcraters.errors import OutputError
from lunarcraters.geometry import sphere

GROUND = shapely.box(-5, -5, 5, 5)
EDGES = np.exp2(0.5 * np.arange(-1, 9))  # from 0.71 km
SLOPE = -2.0  # of the cumulative number
BIAS, SCATTER = 0.06, 0.09


def catalogue(diameters, scores):
    n = len(diameters)
    table = {"lon": np.zeros(n), "lat": np.zeros(n), "diameter_km": diameters, "score": scores}
    area_km2 = sphere.area_km2(GROUND)
    return Catalogue(pd.DataFrame(table), sphere.geographic_crs(), GROUND, area_km2)


def detect(random, sizes, camera=1.0):
    """Detected diameters, and scores, 0 for those missed, on a camera with low scores."""
    found = random.random(len(sizes)) < camera * np.clip(0.75 + 0.1 * np.log(sizes), 0, 0.97)
    scores = found * random.beta(1.6, 1.4, len(sizes))
    return sizes * np.exp(random.normal(BIAS, SCATTER, len(sizes))), scores


def plant(random, number):
    """The record of planted craters, those of a bin as frequent as on the surface."""
    rows = []
    for low, high in zip(EDGES[:-1], EDGES[1:], strict=True):
        part = random.random(number) * (1.0 - (high / low) ** SLOPE)
        sizes = low * (1.0 - part) ** (1.0 / SLOPE)
        measured, scores = detect(random, sizes)
        above = [(scores > max(score, 1e-9)).mean() for score in MIN_SCORES]
        recall = above[0]
        ratio = np.log(measured / sizes)[scores > 0.0]
        error = np.sqrt(recall * (1.0 - recall) / number)
        rows.append(
            CompletenessBin(
                low, high, number, len(ratio), recall, error, tuple(above), ratio.mean(),
                ratio.std(), 0.05,
            )
        )  # fmt: skip
    sun = Sun(280.0, 25.0, "image")
    return Completeness(tuple(rows), (), MIN_SCORES, sun, number * len(rows), 0.2, 0)


def surface(random, number, false_share=0.3, camera=1.0):
    """A catalogue of a surface with an expected number of craters above 0.5 km."""
    sizes = 0.5 * random.random(random.poisson(number)) ** (1.0 / SLOPE)
    measured, scores = detect(random, sizes, camera)
    false = 0.5 * random.random(random.poisson(false_share * number)) ** (1.0 / SLOPE)
    measured = np.append(measured, false)
    scores = np.append(scores, random.beta(1.0, 15.0, len(false)))
    return catalogue(measured[scores > 0.0], scores[scores > 0.0])


def expected(edges, number):
    return -np.diff(number * (edges / 0.5) ** SLOPE)


def estimate(craters, completeness, min_score=0.26):
    return estimate_count(count_on_areas(craters)[0], completeness, min_score)


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
