import numpy as np
import pytest

from lunarcraters.completeness.freshness import compute_freshness, compute_greatest_wear
from lunarcraters.completeness.outcome import Outcome
from lunarcraters.completeness.population import (
    Population,
    estimate_population,
    weigh_sizes,
)
from lunarcraters.completeness.sampling import Detections
from lunarcraters.completeness.score_check import check_scores
from lunarcraters.completeness.summary import MIN_SCORES, summarize_bins, summarize_freshness

EDGES = 2.0 ** np.arange(0.0, 2.1, 0.5)


def search(rng, diameter, wear):
    """A network that detects fresh craters more often, and with higher scores."""
    freshness = np.array(
        [compute_freshness(d, w) for d, w in zip(diameter, wear, strict=True)], float
    )
    found = rng.random(len(wear)) < np.clip(1.6 * freshness, 0.0, 0.98)
    score = np.where(found, 1.0 / (1.0 + np.exp(-rng.normal(8.0 * freshness - 4.0, 0.5))), 0.0)
    return freshness, found, score


def planted(rng, count=4000):
    diameter = np.exp(rng.uniform(np.log(EDGES[0]), np.log(EDGES[-1]), count))
    wear = compute_greatest_wear(2.0) * np.sqrt(rng.random(count))
    freshness, found, score = search(rng, diameter, wear)
    nothing = np.where(found, 0.0, np.nan)
    return Outcome(diameter, wear, freshness, found, score, nothing, nothing)


def surface(rng, share, count=6000):
    """Craters of a surface on which the square of the wear of craters of 2 km ends at a share."""
    diameter = (1.0 - rng.random(count) * (1.0 - EDGES[-1] ** -2.0)) ** -0.5
    limit = np.minimum(share * (diameter / 2.0) ** -1.0, 1.0)
    wear = compute_greatest_wear(2.0) * np.sqrt(limit * rng.random(count))
    _, found, score = search(rng, diameter, wear)
    false = rng.uniform(0.0, 0.3, count // 2)
    sizes = np.append(diameter[found], rng.choice(diameter, len(false)))
    scores = np.append(score[found], false)
    place = np.zeros(len(sizes))
    detections = Detections(np.zeros((len(sizes), 2)), sizes, scores, place, place)
    return detections, diameter, found


@pytest.mark.parametrize(("share", "within"), [(0.2, 0.05), (0.5, 0.06), (1.0, 0.09)])
def test_pooled_recall_is_that_of_the_surface_whatever_its_wear(share, within):
    rng = np.random.default_rng(5)
    outcome = planted(rng)
    detections, diameter, found = surface(rng, share)
    bins = np.digitize(outcome.diameter, EDGES) - 1
    population = estimate_population(outcome, bins, detections, EDGES, has_crs=True)
    rows = summarize_bins(outcome, bins, EDGES, population)
    for row in rows:
        true = found[(diameter >= row.min_km) & (diameter < row.max_km)].mean()
        assert row.recall == pytest.approx(true, abs=within)
        assert abs(row.recall - true) < 3.0 * row.recall_error


def test_recall_falls_with_the_score_asked_for_and_with_wear():
    rng = np.random.default_rng(6)
    outcome = planted(rng)
    bins = np.digitize(outcome.diameter, EDGES) - 1
    detections, _, _ = surface(rng, 1.0)
    population = estimate_population(outcome, bins, detections, EDGES, has_crs=True)
    for row in summarize_bins(outcome, bins, EDGES, population):
        assert len(row.recall_above) == len(MIN_SCORES)
        assert row.recall_above[0] == pytest.approx(row.recall, abs=1e-4)
        assert (np.diff(row.recall_above) <= 0.0).all()
    classes = summarize_freshness(outcome, bins, EDGES, np.ones(len(bins)))
    recalls = np.array([[row.recall for row in one.bins] for one in classes])
    assert (np.diff(recalls, axis=0) < 0.0).all(), "fresh, worn, degraded"
    assert sum(row.planted for one in classes for row in one.bins) == len(bins)


def test_a_bin_is_summed_up_over_craters_by_their_weights_and_likelihood():
    found, one = np.array([True, True, False]), np.ones(3)
    score, ratio, offset = [0.3, 0.8, 0.0], [0.1, 0.3, np.nan], [0.02, 0.06, np.nan]
    outcome = Outcome(1.5 * one, one, one, found, *map(np.array, (score, ratio, offset)))
    weights = np.array([[1.0, 1.0, 2.0], [4.0, 4.0, 0.0]])
    population = Population(weights, np.array([0.5, 0.5]))
    (row,) = summarize_bins(outcome, np.zeros(3, int), np.array([1.0, 2.0]), population)
    recalls = dict(zip(MIN_SCORES, row.recall_above, strict=True))
    assert (row.recall, recalls[0.3], recalls[0.35]) == pytest.approx((0.75, 0.75, 0.375))
    # Weights of 3/8, 3/8 and 2/8 are worth 2.91 craters; the likelihoods leave 0.5 and 1 open.
    chance = 0.648 * 0.352 / 2.91
    assert row.recall_error == pytest.approx((chance + 0.25**2) ** 0.5, rel=1e-3)
    assert row.diameter_bias == pytest.approx(0.2)
    assert row.diameter_scatter == pytest.approx(0.2 / 2.0**0.5)
    assert row.offset_median == pytest.approx(0.04)


def test_few_planted_craters_that_all_come_back_are_no_proof():
    rng = np.random.default_rng(7)
    outcome = planted(rng).rows(np.arange(4000) < 12)
    outcome.found[:], outcome.score[:] = True, 0.9
    bins = np.digitize(outcome.diameter, EDGES) - 1
    nothing = np.empty(0)
    detections = Detections(np.empty((0, 2)), nothing, nothing, nothing, nothing)
    population = estimate_population(outcome, bins, detections, EDGES, has_crs=True)
    for row in summarize_bins(outcome, bins, EDGES, population):
        assert row.recall == 1.0
        assert row.recall_error > 0.1


@pytest.mark.parametrize(
    ("km", "least", "most"), [(0.02, 0.9, 1.0), (1.0, 0.6, 1.0), (10.0, 0.0, 0.4)]
)
def test_what_scores_leave_open_is_as_craters_of_such_sizes_are_worn(km, least, most):
    rng = np.random.default_rng(8)
    wear = compute_greatest_wear(km) * np.sqrt(rng.random(2000))
    one = np.ones(len(wear))
    outcome = Outcome(km * one, wear, one, one > 0.0, 0.5 * one, 0.0 * one, 0.0 * one)
    nothing = np.empty(0)
    detections = Detections(np.empty((0, 2)), nothing, nothing, nothing, nothing)
    bins, edges = np.zeros(len(wear), np.int64), np.array([0.9 * km, 1.1 * km])
    population = estimate_population(outcome, bins, detections, edges, has_crs=True)
    shares = population.weights / population.weights.sum(axis=1, keepdims=True)
    mean = float(population.probability @ shares @ wear**2)
    assert least <= mean / np.mean(wear**2) <= most


def test_scores_far_from_the_share_of_craters_are_told():
    rng = np.random.default_rng(8)
    outcome = planted(rng)
    bins = np.digitize(outcome.diameter, EDGES) - 1
    detections, _, _ = surface(rng, 1.0, count=12000)
    false = (detections.diameters, detections.scores)
    between = (detections.scores > 0.1) & (detections.scores < 0.7)
    many = 9 * np.count_nonzero(between)
    sizes = np.append(false[0], rng.choice(detections.diameters, many))
    scores = np.append(false[1], rng.uniform(0.3, 0.7, many))
    place = np.zeros(len(sizes))
    flooded = Detections(np.zeros((len(sizes), 2)), sizes, scores, place, place)
    population = estimate_population(outcome, bins, detections, EDGES, has_crs=True)
    check = check_scores(outcome, bins, flooded, EDGES, population)
    assert check.crater_share < 0.12
    assert 0.4 < check.mean_score < 0.6
    assert check.is_wrong
    assert check_scores(outcome, bins, detections, EDGES, population).crater_share > 0.5


def test_scores_are_not_checked_by_few_craters():
    rng = np.random.default_rng(9)
    outcome = planted(rng, 40)
    bins = np.digitize(outcome.diameter, EDGES) - 1
    detections, _, _ = surface(rng, 1.0)
    population = estimate_population(outcome, bins, detections, EDGES, has_crs=True)
    assert check_scores(outcome, bins, detections, EDGES, population) is None


@pytest.mark.parametrize(
    ("counts", "slope"),
    [
        ((160, 40, 10), -2.0),
        ((10, 40, 160), 0.0),  # small craters are missed, and are not fewer
        ((160, 40, 0), -2.0),
        ((160, 4, 4), 0.0),  # of too few bins
    ],
)
def test_sizes_in_a_bin_weigh_as_they_occur_in_the_run(counts, slope):
    edges = np.array([1.0, 2.0, 4.0, 8.0])
    middles = np.sqrt(edges[1:] * edges[:-1])
    sizes = np.repeat(middles, counts)
    nothing = np.zeros(len(sizes))
    detections = Detections(np.zeros((len(sizes), 2)), sizes, nothing, nothing, nothing)
    diameter, one = np.array([1.1, 1.9, 3.0]), np.ones(3)
    outcome = Outcome(diameter, one, one, one > 0.0, one, one, one)
    bins = np.array([0, 0, 1])
    weights = weigh_sizes(outcome, bins, detections, edges)
    assert weights == pytest.approx((diameter / middles[bins]) ** slope)


def test_many_detections_do_not_tell_more_than_the_few_craters_that_were_planted():
    rng = np.random.default_rng(10)
    outcome = planted(rng, 100)
    bins = np.digitize(outcome.diameter, EDGES) - 1
    few, _, _ = surface(rng, 0.5, count=600)
    many = Detections(*(np.repeat(part, 50, axis=0) for part in vars(few).values()))
    surest = [
        estimate_population(outcome, bins, one, EDGES, has_crs=True).probability.max()
        for one in (few, many)
    ]
    assert surest[1] < 2.0 * surest[0]
