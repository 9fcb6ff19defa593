"""Random draws of what estimates are off by."""

import numpy as np
import pytest

from lunarcraters.completeness.record import CompletenessBin
from lunarcraters.counts.doubt import DRAWS, Doubt


def draw(rows, recall):
    n = len(rows)
    return Doubt.draw(rows, np.arange(n), np.array(recall), np.ones((DRAWS, n)),
                      np.zeros(n, bool), np.random.default_rng(0))  # fmt: skip


def row(planted, recall, error):
    return CompletenessBin(1.0, 1.4, planted, 1, recall, error, (recall,), None, None, None)


def test_a_recall_is_not_taken_to_be_less_than_a_third_of_what_was_measured():
    none = np.zeros((2, 1))
    doubt = Doubt(np.array([0.5]), np.array([[-5.0], [0.0]]), none, none + 1.0, none + 1.0)
    assert doubt.factors().tolist() == [[3.0], [1.0]]


def test_recalls_of_0_and_1_are_in_doubt_too():
    doubt = draw([row(50, 0.0, 0.03), row(50, 1.0, 0.03)], [0.0, 1.0])
    assert doubt.recall.tolist() == [0.001, 0.999]
    assert np.isfinite(doubt.factors()).all()


def test_an_error_is_of_chance_as_far_as_the_number_of_plants_tells_and_else_of_wear():
    # Of 100 plants a recall of a half has an error of 0.05 by chance, 0.2 of its logit.
    by_chance, by_both = draw([row(100, 0.5, 0.05)], [0.5]), draw([row(100, 0.5, 0.1)], [0.5])
    assert by_chance.planted.std() == pytest.approx(0.2, rel=0.05)
    assert by_chance.wear.std() < 0.05
    assert by_both.planted.std() == pytest.approx(0.2, rel=0.05)
    assert by_both.wear.std() == pytest.approx((0.4**2 - 0.2**2) ** 0.5, rel=0.1)


def test_a_recall_is_as_sure_as_is_said_but_no_surer_than_its_plants():
    sure = draw([row(100, 0.5, 0.03), row(20, 0.95, 0.005)], [0.5, 0.95])
    # On the scale of logits errors are over p (1 - p), and 19 of 20 are taken for 20 of 22.
    expected = [0.03 / 0.25, 0.005 / (20 * 2 / 22**2)]
    assert sure.planted.std(axis=0) == pytest.approx(expected, rel=0.05)
    assert (sure.wear == 0.0).all()


def test_wear_is_off_in_all_bins_together_and_chance_in_each_by_itself():
    doubt = draw([row(100, 0.5, 0.1), row(100, 0.6, 0.1)], [0.5, 0.6])
    assert np.corrcoef(doubt.wear.T)[0, 1] == pytest.approx(1.0)
    assert abs(np.corrcoef(doubt.planted.T)[0, 1]) < 0.1
    assert np.ptp(doubt.model, axis=1).max() == 0.0
