"""Scores against the share of craters that planted ones imply."""

import numpy as np
import pytest

from lunarcraters.completeness.outcome import Outcome
from lunarcraters.completeness.population import Population
from lunarcraters.completeness.sampling import Detections
from lunarcraters.completeness.score_check import check_scores


@pytest.mark.parametrize(("between", "share"), [(60, 0.25), (12, 1.0)])
def test_the_share_of_craters_is_that_of_planted_ones_of_such_scores(between, share):
    """Of the planted craters half as many score from 0.1 to 0.7 as score higher."""
    score, weights = np.repeat([0.5, 0.7], 20), np.repeat([0.5, 1.0], 20)[None, :]
    one = np.ones(40)
    outcome = Outcome(one, one, one, one > 0.0, score, one, one)
    scores = np.repeat([0.05, 0.1, 0.7, 0.9], [500, between, 10, 20])
    place = np.zeros(len(scores))
    detections = Detections(np.zeros((len(scores), 2)), place + 1.0, scores, place, place)
    population = Population(weights, np.ones(1))
    bins, edges = np.zeros(40, int), np.array([0.9, 1.1])
    check = check_scores(outcome, bins, detections, edges, population)
    assert (check.mean_score, check.crater_share) == pytest.approx((0.1, share))
