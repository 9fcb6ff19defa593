from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from lunarcraters.detection import merging
from lunarcraters.detection.merging import MAX_IOU, average_octaves, suppress
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import circle_iou, find_close_pairs
from lunarcraters.network.decoding import MIN_SCORE


def brute_suppress(positions, diameters, scores, max_iou):
    order = sorted(
        range(len(scores)), key=lambda i: (-scores[i], -diameters[i], *positions[i].tolist())
    )
    kept = []
    for i in order:
        distance = np.linalg.norm(positions[kept] - positions[i], axis=1)
        if not (circle_iou(distance, diameters[kept], diameters[i]) > max_iou).any():
            kept.append(i)
    return kept


def test_circle_iou_is_that_of_drawn_circles():
    y, x = np.mgrid[-3:3:600j, -3:3:600j]
    for d, d1, d2 in [(0.0, 2, 2), (0.5, 2, 2), (1.2, 2, 3), (0.3, 1, 3), (2.4, 2, 2.9)]:
        a, b = np.hypot(x, y) < d1 / 2, np.hypot(x - d, y) < d2 / 2
        drawn = (a & b).sum() / (a | b).sum()
        assert circle_iou(np.array(d), np.array(d1), np.array(d2)) == pytest.approx(drawn, abs=5e-3)


def test_circle_iou_at_its_limits():
    assert circle_iou(np.array(0.0), np.array(2.0), np.array(2.0)) == 1.0
    assert circle_iou(np.array(2.0), np.array(2.0), np.array(2.0)) == pytest.approx(0.0, abs=1e-9)
    assert circle_iou(np.array(9.0), np.array(2.0), np.array(2.0)) == pytest.approx(0.0, abs=1e-9)
    assert circle_iou(np.array(0.5), np.array(1.0), np.array(2.0)) == pytest.approx(0.25)


def test_circles_near_in_place_and_size_are_one_crater():
    # Nearer than 0.35 of the smaller diameter and within a factor of 1.3: always the same crater.
    ratio, offset = np.meshgrid(np.linspace(1, 1.3, 50), np.linspace(0, 0.35, 50))
    assert (circle_iou(offset, np.ones_like(ratio), ratio) > 0.35).all()


@pytest.mark.slow
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(0, 80),
    axes=st.sampled_from([2, 3]),
    block=st.sampled_from([1, 7, 1 << 16]),
    blocks=st.sampled_from([8, 100]),
)
def test_suppress_is_the_plain_greedy_rule(seed, n, axes, block, blocks):
    random = np.random.default_rng(seed)
    positions = random.uniform(0, 6, (n, axes)).round(1)
    diameters = np.exp(random.uniform(-1.5, 2, n)).round(1)
    scores = random.uniform(0, 1, n).round(1)
    with mock.patch.multiple(merging, _BLOCK=block, _BLOCKS=blocks):
        kept = suppress(positions, diameters, scores)
    assert kept.tolist() == brute_suppress(positions, diameters, scores, 0.35)


def test_nested_craters_both_stay():
    kept = suppress(np.zeros((2, 2)), np.array([10.0, 5.0]), np.array([0.9, 0.8]))
    assert sorted(kept.tolist()) == [0, 1]


def test_the_same_crater_of_two_octaves_is_kept_once():
    kept = suppress(
        np.array([[0.0, 0.0], [0.5, 0.0]]), np.array([10.0, 11.0]), np.array([0.7, 0.8])
    )
    assert kept.tolist() == [1]


def test_the_order_of_input_does_not_matter():
    random = np.random.default_rng(1)
    positions, diameters = random.uniform(0, 9, (200, 2)), random.uniform(1, 2, 200)
    scores = random.uniform(0, 1, 200).round(1)
    shuffled = random.permutation(200)
    kept = suppress(positions, diameters, scores)
    again = suppress(positions[shuffled], diameters[shuffled], scores[shuffled])
    assert kept.tolist() == shuffled[again].tolist()


@given(seed=st.integers(0, 10_000), reach=st.floats(0.1, 1.5), max_ratio=st.floats(1, 9))
def test_close_pairs_are_all_pairs_within_the_bounds(seed, reach, max_ratio):
    random = np.random.default_rng(seed)
    p1, p2 = random.uniform(0, 9, (40, 2)), random.uniform(0, 9, (30, 2))
    d1, d2 = np.exp(random.uniform(-2, 3, 40)), np.exp(random.uniform(-2, 3, 30))
    distance = np.linalg.norm(p1[:, None] - p2[None], axis=2)
    ratio = d1[:, None] / d2[None]
    near = distance <= reach * (d1[:, None] + d2[None]) / 2
    i, j = np.nonzero(near & (np.maximum(ratio, 1 / ratio) <= max_ratio))
    found = find_close_pairs(p1, d1, p2, d2, reach=reach, max_ratio=max_ratio)
    assert np.array_equal(found[0], i)
    assert np.array_equal(found[1], j)


@pytest.mark.slow
def test_three_hundred_thousand_circles_are_merged():
    random = np.random.default_rng(2)
    n = 150_000
    lon, lat = random.uniform(-180, 180, n), np.degrees(np.arcsin(random.uniform(-1, 1, n)))
    diameters = np.minimum(random.pareto(2.0, n) + 1, 500.0)
    positions = sphere.unit_vectors(lon, lat) * sphere.RADIUS_M / 1000
    positions = np.vstack([positions, positions * (1 + 1e-5)])
    kept = suppress(positions, np.tile(diameters, 2), random.uniform(0, 1, 2 * n))
    assert n * 0.8 < len(kept) <= n


def alone(kept):
    """No octave answers for any crater but the one that saw it best."""
    return np.zeros((len(kept), 3))


def test_a_crater_that_only_one_octave_answers_for_stays_as_it_is():
    positions, diameters = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([10.0, 11.0])
    scores, levels = np.array([0.8, 0.6]), np.array([1, 1])
    kept = np.array([0])
    place, diameter, score = average_octaves(
        kept, positions, diameters, scores, levels, alone(kept)
    )
    assert place[0] == pytest.approx(positions[0])
    assert diameter[0] == pytest.approx(10.0)
    assert score[0] == pytest.approx(0.8)


def test_another_octave_mends_place_and_score_by_hand():
    positions, diameters = np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([10.0, 10.0])
    scores, levels = np.array([0.8, 0.4]), np.array([0, 1])
    overlap = float(circle_iou(np.array(2.0), np.array(10.0), np.array(10.0)))
    heard = np.array([[0.3, 0.5, 0.0]])
    place, diameter, score = average_octaves(
        np.array([0]), positions, diameters, scores, levels, heard
    )
    weight = overlap * 0.4**2 / (0.8**2 + overlap * 0.4**2)
    assert place[0] == pytest.approx([2.0 * weight, 0.0])
    assert diameter[0] == pytest.approx(10.0)
    assert logit(score[0]) == pytest.approx((logit(0.8) + 0.5 * logit(0.4)) / 1.5)


def test_sizes_are_averaged_as_logarithms():
    positions, diameters = np.zeros((2, 2)), np.array([10.0, 12.0])
    heard = np.array([[1.0, 1.0, 0.0]])
    scores = np.array([0.8, 0.4])
    _, diameter, _ = average_octaves(
        np.array([0]), positions, diameters, scores, np.array([0, 1]), heard
    )
    weight = (10 / 12) ** 2 * 0.4**2 / (0.8**2 + (10 / 12) ** 2 * 0.4**2)
    assert diameter[0] == pytest.approx(10.0 * 1.2**weight, rel=1e-9)


def test_a_score_of_one_does_not_silence_the_octaves_that_do_not_see_the_crater():
    kept, levels, one = np.array([0]), np.array([0]), np.array([10.0])
    heard = np.array([[1.0, 1.0, 0.0]])
    score = average_octaves(kept, np.zeros((1, 2)), one, np.array([1.0]), levels, heard)[2]
    assert MIN_SCORE < score[0] < 0.999


def test_an_octave_that_should_see_a_crater_and_does_not_makes_it_less_sure():
    kept, levels, one = np.array([0]), np.array([0]), np.array([10.0])
    heard = np.array([[1.0, 0.5, 1.0]])
    score = average_octaves(kept, np.zeros((1, 2)), one, np.array([0.8]), levels, heard)[2]
    assert logit(score[0]) == pytest.approx((logit(0.8) + 1.5 * logit(MIN_SCORE)) / 2.5)


def test_a_view_between_two_craters_belongs_to_the_one_it_overlaps_most():
    positions = np.array([[0.0, 0.0], [6.0, 0.0], [2.9, 0.0]])
    diameters, scores, levels = np.full(3, 10.0), np.array([0.9, 0.8, 0.5]), np.array([0, 0, 1])
    kept = suppress(positions, diameters, scores)
    assert sorted(kept.tolist()) == [0, 1]
    heard = np.array([[1.0, 1.0], [1.0, 0.0]])
    place, _, score = average_octaves(kept, positions, diameters, scores, levels, heard)
    assert place[0, 0] > 0.1
    assert score[0] == pytest.approx(0.75)  # odds of 9 and 1
    assert place[1] == pytest.approx([6.0, 0.0])
    assert score[1] == pytest.approx(0.8)


@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), axes=st.sampled_from([2, 3]))
def test_averaged_craters_lie_among_what_was_seen_or_might_have_been(seed, n, axes):
    random = np.random.default_rng(seed)
    positions = random.uniform(0, 4, (n, axes))
    diameters, scores = np.exp(random.uniform(-1, 1, n)), random.uniform(MIN_SCORE, 1, n)
    levels = random.integers(0, 3, n)
    kept = suppress(positions, diameters, scores)
    heard = random.uniform(0, 1, (len(kept), 3))
    place, diameter, score = average_octaves(kept, positions, diameters, scores, levels, heard)
    for k, index in enumerate(kept):
        distance = np.linalg.norm(positions - positions[index], axis=1)
        same = circle_iou(distance, np.full(n, diameters[index]), diameters) > MAX_IOU
        seen = np.flatnonzero((same & (levels != levels[index])) | (np.arange(n) == index))
        assert (place[k] >= positions[seen].min(axis=0) - 1e-9).all()
        assert (place[k] <= positions[seen].max(axis=0) + 1e-9).all()
        assert diameters[seen].min() * (1 - 1e-9) <= diameter[k]
        assert diameter[k] <= diameters[seen].max() * (1 + 1e-9)
        assert MIN_SCORE - 1e-9 <= score[k] <= scores[seen].max() + 1e-9


@given(ratio=st.floats(0.05, 1.0), apart=st.floats(0.0, 1.0), least=st.floats(0.01, 0.99))
def test_circles_that_overlap_are_within_the_reach_of_the_search(ratio, apart, least):
    distance = np.array(apart * (1.0 + ratio) / 2.0)
    if circle_iou(distance, np.array(1.0), np.array(ratio)) > least:
        assert apart <= (1.0 - least) / (1.0 + least) + 1e-7
