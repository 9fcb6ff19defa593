import numpy as np
import pytest

from lunarcraters.errors import DatasetError
from lunarcraters.evaluation.matching import Matches
from lunarcraters.execution.calibration import calibrate, diameter_errors, operating_points


def test_operating_points_by_hand():
    thresholds = np.array([0.9, 0.7, 0.5, 0.3, 0.1])
    precision = np.array([1.0, 0.95, 0.8, 0.6, 0.4])
    recall = np.array([0.1, 0.3, 0.6, 0.7, 0.8])
    # F1: 0.18, 0.46, 0.69, 0.65, 0.53
    found = operating_points(thresholds, precision, recall)
    assert found == {"balanced": 0.5, "complete": 0.3, "pure": 0.7}


def test_a_precision_that_is_never_reached_gives_the_highest():
    found = operating_points(np.array([0.8, 0.2]), np.array([0.4, 0.3]), np.array([0.2, 0.5]))
    assert found["pure"] == found["complete"] == 0.8


def matches(ratio):
    count = len(ratio)
    return Matches(
        score=np.full(count, 0.5),
        detected=10.0 * ratio,
        reference_of=np.arange(count),
        counted=np.ones(count, bool),
        offset=np.zeros((count, 2)),
        reference=np.full(count, 10.0),
        reference_counted=np.ones(count, bool),
    )


def test_diameter_errors_are_told_by_size():
    rng = np.random.default_rng(0)
    small, large = np.exp(rng.normal(0, 0.2, 2000)), np.exp(rng.normal(0, 0.05, 2000))
    sizes = np.repeat([9.0, 60.0], 2000)
    found = diameter_errors(matches(np.concatenate([small, large])), sizes)
    assert found["relative_sd"] == pytest.approx([0.2, 0.05], rel=0.1)
    assert found["diameter_px"] == pytest.approx([9.4, 58.8], abs=0.1)


def test_a_few_matches_give_one_error_for_all_sizes():
    found = diameter_errors(matches(np.array([0.9, 1.0, 1.1])), np.array([9.0, 20.0, 60.0]))
    assert len(found["relative_sd"]) == 1


def test_a_split_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatasetError):
        calibrate(tmp_path / "model.keras", tmp_path, "valid")
