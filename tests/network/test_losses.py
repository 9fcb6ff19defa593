import numpy as np
import pytest

from lunarcraters.network import losses, metrics
from lunarcraters.network.presets import get_preset
from lunarcraters.network.targets import make_targets


@pytest.fixture
def truth():
    circles = np.array([[20.0, 20.0, 14.0], [44.0, 40.0, 24.0]])
    valid = np.ones((64, 64), bool)
    return make_targets((64, 64), circles, np.empty((0, 4)), valid, get_preset("compact"))[None]


def answer(truth, *, size_error=0.0):
    mask, centre, size = truth[..., 0:1], truth[..., 2:3], truth[..., 4:5] + size_error
    return np.concatenate([mask, centre == 1.0, size], axis=-1).astype(np.float32)


def test_baseline_loss_by_hand():
    y_true = np.array([1.0, 1.0, 0.0, 0.0], np.float32).reshape(1, 2, 2, 1)
    y_pred = np.full((1, 2, 2, 1), 0.5, np.float32)
    dice = (2 * 1.0 + 1) / (2 + 2 + 1)
    expected = 0.5 * np.log(2) + 0.5 * (1 - dice)
    assert float(losses.bce_dice(y_true, y_pred)) == pytest.approx(expected, rel=1e-5)


def test_the_right_answer_costs_nearly_nothing_and_wrong_ones_more(truth):
    right = float(losses.centre_size_mask(truth, answer(truth)))
    wrong_size = float(losses.centre_size_mask(truth, answer(truth, size_error=0.5)))
    nothing = float(losses.centre_size_mask(truth, np.full((1, 64, 64, 3), 0.01, np.float32)))
    assert right < 0.01
    assert wrong_size == pytest.approx(right + 2 * 0.5, abs=0.05)
    assert nothing > 3


def test_ignored_ground_costs_nothing(truth):
    truth = truth.copy()
    truth[..., [1, 3, 5]] = 0.0
    guess = np.random.default_rng(0).random((1, 64, 64, 3)).astype(np.float32)
    # Of an empty mask Dice is perfect; nothing else is left.
    assert float(losses.centre_size_mask(truth, guess)) == pytest.approx(0.0, abs=1e-5)


def test_metrics_by_hand():
    y_true = np.array([1.0, 1.0, 0.0, 0.0], np.float32).reshape(1, 2, 2, 1)
    y_pred = np.array([0.8, 0.4, 0.2, 0.6], np.float32).reshape(1, 2, 2, 1)
    assert float(metrics.accuracy(y_true, y_pred)) == pytest.approx(0.5)
    assert float(metrics.precision(y_true, y_pred)) == pytest.approx(1.2 / 2.0, rel=1e-5)
    assert float(metrics.recall(y_true, y_pred)) == pytest.approx(1.2 / 2.0, rel=1e-5)
    assert float(metrics.f1(y_true, y_pred)) == pytest.approx(0.6, rel=1e-5)
    assert float(metrics.dice(y_true, y_pred)) == pytest.approx((2.4 + 1) / 5.0, rel=1e-5)


def test_a_teacher_is_agreed_with_at_least_cost(truth):
    rng = np.random.default_rng(0)
    teacher = np.clip(answer(truth) + rng.normal(0.1, 0.05, (1, 64, 64, 3)), 0.01, 0.99)
    taught = np.concatenate([truth, teacher], axis=-1).astype(np.float32)

    def cost(guess):
        guess = guess.astype(np.float32)
        alone = losses.centre_size_mask(truth, guess)
        return float(losses.centre_size_mask(taught, guess) - alone)

    agreed = cost(teacher)
    for channel, change in ((0, 0.05), (1, 0.05), (2, 0.3)):
        for sign in (-1, 1):
            other = teacher.copy()
            other[..., channel] += sign * change
            assert cost(other) > agreed
    # Looks are moved, so that edges are not of the same ground.
    other = teacher.copy()
    other[:, :24] = other[:, :, :24] = other[:, -24:] = other[:, :, -24:] = 0.5
    assert cost(other) == pytest.approx(agreed, rel=1e-5)
