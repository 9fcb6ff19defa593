import numpy as np
import pytest

from lunarcraters.dating.goodness import compare_estimate, compare_with_isochron

ISOCHRON = 1000.0 * 3.0 ** -np.arange(8.0)


def test_counts_of_the_isochron_fit_and_others_do_not():
    assert compare_with_isochron(np.round(ISOCHRON), ISOCHRON) > 0.9
    flatter = np.round(1000.0 * 2.0 ** -np.arange(8.0))
    assert compare_with_isochron(flatter, ISOCHRON) < 0.001
    assert compare_with_isochron(flatter / 200.0, ISOCHRON) > 0.05, "few craters cannot tell"


def test_the_probability_is_uniform_for_craters_of_the_isochron():
    random = np.random.default_rng(5)
    expected = 40.0 * ISOCHRON / ISOCHRON.sum()
    p = [compare_with_isochron(random.poisson(expected).astype(float), expected)
         for _ in range(300)]  # fmt: skip
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.035)
    assert np.mean(p) == pytest.approx(0.5, abs=0.06)


def test_one_crater_or_one_bin_says_nothing():
    assert compare_with_isochron(np.array([1.0, 0.0]), np.array([3.0, 1.0])) is None
    assert compare_with_isochron(np.array([9.0]), np.array([3.0])) is None


def test_counts_that_could_not_fit_better_fit_and_none_is_impossible():
    even = np.ones(2)
    assert compare_with_isochron(np.array([5.0, 5.0]), even) == 1.0
    assert 0.0 < compare_with_isochron(np.array([90.0, 0.0]), even) < 1e-3
    # Of 4 craters, in parts: all are in one bin in 2 of 16 cases.
    assert compare_with_isochron(np.array([4.4, 0.0]), even) == pytest.approx(0.125, abs=0.02)


def estimate(expected, random, *, shared=0.2, lost=0.0):
    """Draw an estimate whose bins share an error; its smallest craters may be lost in part."""
    wanted = expected.copy()
    wanted[0] *= 1.0 - lost
    values = random.poisson(wanted) * np.exp(random.normal(0.0, shared))
    return values, np.diag(values) + shared**2 * np.outer(values, values)


def test_an_error_that_bins_share_is_no_poor_fit_and_hides_none():
    random = np.random.default_rng(3)
    good = [compare_estimate(*estimate(ISOCHRON, random), ISOCHRON) for _ in range(400)]
    assert np.mean(np.array(good) < 0.05) == pytest.approx(0.05, abs=0.035)
    assert np.mean(good) == pytest.approx(0.5, abs=0.06)
    poor = [compare_estimate(*estimate(ISOCHRON, random, lost=0.5), ISOCHRON) for _ in range(40)]
    assert max(poor) < 0.001


def test_large_errors_of_single_bins_are_no_poor_fit():
    values, covariance = estimate(ISOCHRON, np.random.default_rng(4), lost=0.3)
    covariance[0, 0] += (0.5 * values[0]) ** 2
    assert compare_estimate(values, covariance, ISOCHRON) > 0.2


def test_bins_of_few_craters_count_together():
    expected = np.array([50.0, 4.0, 0.1, 0.1])
    values = np.array([50.0, 4.0, 0.0, 1.0])
    assert compare_estimate(values, np.diag(values), expected) > 0.5
    assert compare_estimate(values[1:], np.diag(values[1:]), expected[1:]) is None
    assert compare_estimate(np.zeros(3), np.zeros((3, 3)), expected[1:]) is None
