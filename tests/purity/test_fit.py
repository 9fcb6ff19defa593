from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from lunarcraters.errors import CatalogueError
from lunarcraters.purity.fit import fit_probability, make_terms
from lunarcraters.purity.labels import Labels
from lunarcraters.purity.measure import measure_purity

TRUE = np.array([1.0, 0.8, -1.5, 0.2])
"""Coefficients of a camera on which large detections with high scores are often no craters."""


def draw(random, number, coefficients=TRUE):
    """Scores, octaves and which are craters."""
    scores, octaves = random.beta(1.2, 1.0, number), random.exponential(0.7, number) - 0.7
    true = random.random(number) < expit(make_terms(scores, octaves) @ coefficients)
    return scores, octaves, true


def measure(scores, octaves, true):
    return measure_purity(Labels("labels", "review", scores, 2.0 * 2.0**octaves, true))


def share(purity, scores, octaves):
    """Share of craters among all detections, in one bin, with the deviation of its logit."""
    ones, bins = np.ones(len(scores)), np.zeros(len(scores), int)
    shares, covariance = purity.shares(scores, 2.0 * 2.0**octaves, ones, bins, 1)
    return float(shares[0]), float(covariance[0, 0]) ** 0.5


def test_the_fit_finds_the_probability_that_labels_were_drawn_by():
    scores, octaves, true = draw(np.random.default_rng(0), 20_000)
    found, covariance = fit_probability(make_terms(scores, octaves), true)
    assert np.abs((found - TRUE) / np.sqrt(np.diag(covariance))).max() < 3.0
    assert np.abs(found - TRUE).max() < 0.15


def test_the_errors_of_the_coefficients_are_those_over_many_reviews():
    """No bias of more than the prior's, and intervals that hold the truth as often as they say."""
    held = []
    for seed in range(200):
        terms = draw(np.random.default_rng(seed), 300)
        found, covariance = fit_probability(make_terms(*terms[:2]), terms[2])
        held.append(np.abs(found - TRUE) < 1.645 * np.sqrt(np.diag(covariance)))
    assert 0.85 <= np.mean(held) <= 0.96


def test_the_share_of_craters_is_found_and_its_interval_holds_it():
    scores, octaves, _ = draw(np.random.default_rng(9), 5000)
    truth = float(expit(make_terms(scores, octaves) @ TRUE).mean())
    found, held = [], []
    for seed in range(100):
        value, deviation = share(measure(*draw(np.random.default_rng(seed), 100)), scores, octaves)
        found.append(value)
        held.append(abs(logit(value) - logit(truth)) < 1.645 * deviation)
    assert np.mean(found) == pytest.approx(truth, abs=0.02)
    assert 0.88 <= np.mean(held) <= 1.0


def test_which_scores_and_sizes_are_reviewed_does_not_matter():
    random = np.random.default_rng(1)
    scores, octaves, true = draw(random, 20_000)
    truth = float(expit(make_terms(scores, octaves) @ TRUE).mean())
    doubtful = random.random(len(scores)) < 4.0 * scores * (1.0 - scores) * expit(3.0 * octaves)
    value, _ = share(measure(scores[doubtful], octaves[doubtful], true[doubtful]), scores, octaves)
    assert true[doubtful].mean() < truth - 0.05, "the reviewed ones are the worse ones"
    assert value == pytest.approx(truth, abs=0.015)


@pytest.mark.parametrize("all_of", [True, False])
def test_labels_of_one_kind_alone_still_leave_a_doubt(all_of):
    scores, octaves, _ = draw(np.random.default_rng(2), 60)
    value, deviation = share(measure(scores, octaves, np.full(60, all_of)), scores, octaves)
    assert (value > 0.9) if all_of else (value < 0.1)
    assert 0.0 < value < 1.0
    assert deviation > 0.3


def test_few_labels_are_refused_with_the_number_that_is_needed():
    scores, octaves, true = draw(np.random.default_rng(3), 30)
    with pytest.raises(CatalogueError, match=r"of 29 detections .* needs 30 or more: review more"):
        measure(scores[:29], octaves[:29], true[:29])
    assert measure(scores, octaves, true).labelled == 30


def test_without_labels_a_score_is_the_probability_within_the_prior():
    found, covariance = fit_probability(np.empty((0, 4)), np.empty(0, bool))
    assert found == pytest.approx([0.0, 1.0, 0.0, 0.0])
    assert covariance == pytest.approx(np.diag([2.0, 0.5, 1.0, 0.5]) ** 2.0)


def test_scores_of_0_and_1_are_no_certainty():
    terms = make_terms(np.array([0.0, 1.0]), np.array([2.0, 0.0]))
    assert terms == pytest.approx(
        np.array([[1.0, -6.907, 2.0, -13.81], [1.0, 6.907, 0.0, 0.0]]), abs=0.01
    )


def test_beyond_the_labelled_diameters_the_probability_stays():
    scores, octaves, true = draw(np.random.default_rng(4), 500)
    purity = measure(scores, octaves, true)
    low, high = purity.probability(np.full(2, 0.5), [purity.max_km, 100.0 * purity.max_km])
    assert low == high
    low, high = purity.probability(np.full(2, 0.5), [0.01 * purity.min_km, purity.min_km])
    assert low == high
    assert purity.probability([np.nan], [1.0]).tolist() == [1.0], "without a score it counts"


def test_bins_count_the_labels():
    scores, octaves, true = draw(np.random.default_rng(5), 400)
    purity = measure(scores, octaves, true)
    assert sum(row.labelled for row in purity.bins) == purity.labelled == 400
    assert sum(row.craters for row in purity.bins) == purity.craters == int(true.sum())
    scored = sum(row.labelled * row.mean_score for row in purity.bins)
    assert scored == pytest.approx(400 * purity.mean_score)
    row = max(purity.bins, key=lambda row: row.labelled)
    beyond = 2.0 * purity.bins[-1].max_km
    counts = purity.count_labelled(np.array([(row.min_km * row.max_km) ** 0.5, 0.01, beyond]))
    assert counts.tolist() == [row.labelled, 0, 0]
    apart = measure(scores, np.where(octaves < 0.0, -3.0, 3.0), true)
    assert {one.mean_score for one in apart.bins if not one.labelled} == {0.0}


def test_shares_are_weighted_and_bins_differ_from_the_curve_each_for_itself():
    purity = measure(*draw(np.random.default_rng(6), 400))
    purity = replace(purity, covariance=tuple(map(tuple, np.diag([0.25, 0.0, 0.0, 0.0]))))
    scores, diameters = np.array([0.9, 0.3, 0.6, 0.6]), np.full(4, 2.0)
    weights, bins = np.array([1.0, 0.25, 1.0, 0.5]), np.array([0, 0, 1, 1])
    shares, covariance = purity.shares(scores, diameters, weights, bins, 2)
    true = purity.probability(scores, diameters)
    assert shares == pytest.approx([(true[0] + 0.25 * true[1]) / 1.25, true[2]])
    # Detections that are alike share the error of the constant, 0.5; the curve is off by 0.3.
    assert covariance[1, 1] == pytest.approx(0.5**2 + 0.3**2)
    assert 0.0 < covariance[0, 1] < 0.5**2
    shares, covariance = purity.shares(np.full(2, np.nan), diameters[:2], weights[:2], bins[1:3], 3)
    assert np.isnan(shares).tolist() == [False, False, True]
    assert shares[:2].tolist() == [1.0, 1.0], "of detections without a score"
    assert covariance == pytest.approx(0.3**2 * np.eye(3))


def test_the_record_of_a_purity_names_its_labels_without_a_password():
    scores, octaves, true = draw(np.random.default_rng(0), 200)
    labels = Labels("postgresql://me:SECRET@host/db?table=a", "review", scores, 2.0**octaves, true)
    assert measure_purity(labels).labels == "postgresql://me@host/db?table=a"
