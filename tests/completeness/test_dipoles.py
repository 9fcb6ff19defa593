"""Dipoles of craters in a picture."""

import numpy as np
import pytest

from lunarcraters.completeness.dipoles import find_clear, measure_dipoles
from lunarcraters.completeness.sampling import Circles

SHAPE = 60, 100


def measure(values, *circles, valid=None):
    valid = np.ones(values.shape, bool) if valid is None else valid
    return measure_dipoles(values, valid, Circles(*np.array(circles, float).T))


@pytest.mark.parametrize("x", [40.0, 40.3, 40.5])
def test_even_ground_has_no_dipole_and_a_slope_of_brightness_a_fourth_of_it(x):
    even = np.full(SHAPE, 100.0)
    np.testing.assert_allclose(measure(even, (x, 30.0, 20.0)), 0.0, atol=1e-9)
    # Over a disc the mean square of an offset to the right is a fourth of the radius squared.
    slope = 100.0 + 2.0 * (np.arange(SHAPE[1]) + 0.5 - x) * np.ones(SHAPE)
    np.testing.assert_allclose(measure(slope, (x, 30.0, 20.0)), [[0.05, 0.0]], atol=3e-3)
    down = slope[:, :60].T
    np.testing.assert_allclose(measure(down, (30.0, x, 20.0)), [[0.0, 0.05]], atol=3e-3)


def test_craters_that_are_not_wholly_in_the_data_have_no_dipole():
    even, valid = np.full(SHAPE, 100.0), np.ones(SHAPE, bool)
    beyond = [(9.0, 30.0, 20.0), (92.0, 30.0, 20.0), (50.0, 9.0, 20.0), (50.0, 52.0, 20.0)]
    assert np.isnan(measure(even, *beyond)).all()
    assert np.isfinite(measure(even, (88.0, 30.0, 20.0))).all()
    valid[30, 40] = False
    dipoles = measure(even, (50.0, 30.0, 20.0), (70.0, 30.0, 20.0), valid=valid)
    assert np.isnan(dipoles).all(axis=1).tolist() == [True, False]


def test_the_highest_scores_of_craters_of_the_right_size_are_clear():
    scores = np.linspace(0.0, 1.0, 100)
    clear = find_clear(np.full(100, 20.0), scores)
    assert clear.sum() == 30
    assert clear[-30:].all()
    fitting = find_clear(np.array([13.9, 14.0, 48.0, 48.1]), np.ones(4))
    assert fitting.tolist() == [False, True, True, False]
    assert not find_clear(np.full(3, 5.0), np.ones(3)).any()
