"""A model before and after it was tuned."""

from types import SimpleNamespace

import numpy as np
import pytest

from lunarcraters.calibration import comparison
from lunarcraters.calibration.comparison import ModelScores, compare_models
from lunarcraters.evaluation.matching import Matches
from lunarcraters.network.model_file import read_info, shipped_model


@pytest.mark.parametrize(("thresholds", "f1"), [({"balanced": 0.7}, 2 / 3), ({}, None)])
def test_f1_is_at_the_operating_point_of_the_weights_that_searched(thresholds, f1):
    matches = Matches(
        score=np.array([0.9, 0.6]),
        detected=np.full(2, 10.0),
        deviation=np.full(2, np.nan),
        reference_of=np.arange(2),
        counted=np.ones(2, bool),
        offset=np.zeros((2, 2)),
        reference=np.full(2, 10.0),
        reference_counted=np.ones(2, bool),
    )
    trial = SimpleNamespace(
        detections=SimpleNamespace(thresholds=thresholds), match_labels=lambda: matches
    )
    trials = SimpleNamespace(search=lambda *_, **__: trial)
    assert read_info(shipped_model()).thresholds["balanced"] < 0.6  # where F1 would be 1
    scores = comparison._score(shipped_model(), trials)
    assert scores.f1 == (None if f1 is None else pytest.approx(f1))


@pytest.mark.parametrize(("rendered", "has_forgotten"), [(0.84, True), (0.86, False)])
def test_scores_before_and_after_are_compared_on_the_same_images(
    monkeypatch, tmp_path, rendered, has_forgotten
):
    precisions = iter([0.5, 0.6, 0.9, rendered])
    dataset = SimpleNamespace(find_pairs=lambda split: [])
    monkeypatch.setattr(comparison, "open_dataset", lambda *_: dataset)
    monkeypatch.setattr(comparison, "_write_rendered", lambda folder: [])
    monkeypatch.setattr(
        comparison, "_score", lambda *_: ModelScores(next(precisions), f1=None, best_f1=0.5)
    )
    found = compare_models(tmp_path / "before.keras", tmp_path / "after.keras", tmp_path)
    assert found.is_better
    assert found.has_forgotten == has_forgotten
