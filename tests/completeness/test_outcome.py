"""Which detection is which planted crater, and how well it is placed and measured."""

from types import SimpleNamespace

import numpy as np
import pytest
from affine import Affine

from lunarcraters.completeness import outcome
from lunarcraters.completeness.freshness import compute_freshness
from lunarcraters.completeness.sampling import Circles
from lunarcraters.geometry.grid import Grid


def judge(monkeypatch, plants, detections, wear=0.3):
    """Judge plants and detections (x, y, diameter) in a picture; the latter have scores too."""
    *circles, scores = np.array(detections, float).T
    monkeypatch.setattr(outcome, "_merge", lambda *_: (Circles(*circles), scores))
    x, y, diameters = np.array(plants, float).T
    tile = SimpleNamespace(frame=Grid(None, Affine.identity(), 256, 256))
    region = SimpleNamespace(name="a", octave=0, tiles=(tile,))
    sites = SimpleNamespace(
        positions=np.column_stack([x, y]), diameters=diameters, wear=np.full(len(x), wear)
    )
    source = SimpleNamespace(mosaic=SimpleNamespace(meridian_pixel_size_m=None))
    planned, description = (
        SimpleNamespace(region=region, sites=sites),
        SimpleNamespace(has_crs=False),
    )
    return outcome.judge([planned], {"a": None}, source, description, None)


def test_a_plant_is_found_by_the_detection_with_the_highest_score_and_each_finds_one(monkeypatch):
    plants = [(50, 50, 20), (100, 50, 20), (150, 50, 20), (155, 50, 20)]
    detections = [(50, 50, 20, 0.5), (52, 50, 22, 0.9), (100, 58, 20, 0.8), (152, 50, 20, 0.7)]
    found = judge(monkeypatch, plants, detections)
    assert found.found.tolist() == [True, False, True, False]
    assert found.score.tolist() == [0.9, 0.0, 0.7, 0.0]
    assert found.log_ratio[[0, 2]] == pytest.approx([np.log(1.1), 0.0])
    assert found.offset[[0, 2]] == pytest.approx([0.1, 0.1])
    assert np.isnan(found.log_ratio[[1, 3]]).all()
    assert np.isnan(found.offset[[1, 3]]).all()


def test_two_plants_side_by_side_are_found_by_two_detections(monkeypatch):
    plants = [(50, 50, 20), (54, 50, 20)]
    found = judge(monkeypatch, plants, [(51, 50, 20, 0.9), (51.5, 50, 20, 0.8)])
    assert found.score.tolist() == [0.9, 0.8]


def test_pictures_without_a_scale_have_simple_craters(monkeypatch):
    found = judge(monkeypatch, [(50, 50, 90)], [(50, 50, 90, 0.9)])
    assert found.freshness == pytest.approx([compute_freshness(1.0, 0.3)])
    assert found.freshness != pytest.approx([compute_freshness(90.0, 0.3)])
