import numpy as np
import pytest

from lunarcraters.evaluation.matching import Matches
from lunarcraters.evaluation.reliability import (
    compute_reliability,
    expected_calibration_error,
    within_deviation,
)


def matches(score, true, detected=None, deviation=None):
    """Detections of which those that are true match references of diameter 10."""
    n, true = len(score), np.array(true, bool)
    return Matches(
        score=np.array(score, float),
        detected=np.full(n, 10.0) if detected is None else np.array(detected, float),
        deviation=np.full(n, np.nan) if deviation is None else np.array(deviation, float),
        reference_of=np.where(true, np.arange(n), -1),
        counted=np.ones(n, bool),
        offset=np.zeros((n, 2)),
        reference=np.full(n, 10.0),
        reference_counted=true,
    )


def test_calibration_error_by_hand():
    bins = compute_reliability(matches([0.9, 0.9, 0.9, 0.3, 0.3, 0.01], [1, 1, 0, 1, 0, 0]))
    assert [(one.score, one.precision, one.count) for one in bins] == [
        (pytest.approx(0.3), 0.5, 2),
        (pytest.approx(0.9), pytest.approx(2 / 3), 3),
    ]
    error = expected_calibration_error(bins)
    assert error == pytest.approx((2 * 0.2 + 3 * (0.9 - 2 / 3)) / 5)


def test_honest_scores_have_no_error_and_overconfident_ones_do():
    rng = np.random.default_rng(0)
    score = rng.uniform(0.05, 1.0, 20_000)
    honest = matches(score, rng.random(score.size) < score)
    boasting = matches(np.sqrt(score), rng.random(score.size) < score)
    assert expected_calibration_error(compute_reliability(honest)) < 0.02
    assert expected_calibration_error(compute_reliability(boasting)) > 0.1


def test_a_score_of_one_and_none_at_all():
    assert compute_reliability(matches([1.0], [1]))[0].count == 1
    assert expected_calibration_error(compute_reliability(matches([], []))) is None


def test_diameters_within_their_deviation():
    found = matches([0.9] * 4, [1, 1, 1, 0], [10.5, 12.0, 10.5, 10.0], [1.0, 1.0, np.nan, 1.0])
    assert within_deviation(found, np.ones(4, bool)) == 0.5
    assert within_deviation(found, np.array([True, False, True, True])) == 1.0
    assert within_deviation(matches([0.9], [1]), np.ones(1, bool)) is None
