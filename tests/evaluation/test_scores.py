import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.catalogue.csfd import bin_by_size
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.matching import Matches
from lunarcraters.evaluation.scores import compute_scores, precision_recall_curve
from lunarcraters.plots.scores import (
    precision_recall_figure,
    reliability_figure,
    write_figures,
)


def matches(score, reference_of, references, *, detected=None, ignored=(), lost=(), offset=None):
    """Detections that all count but `ignored`, references of diameter 2 that count but `lost`."""
    n = len(score)
    reference_of = np.array(reference_of, int).reshape(n)
    return Matches(
        score=np.array(score, float),
        detected=np.full(n, 2.0) if detected is None else np.array(detected, float),
        deviation=np.full(n, np.nan),
        reference_of=reference_of,
        counted=~np.isin(np.arange(n), ignored),
        offset=np.zeros((n, 2)) if offset is None else np.array(offset, float),
        reference=np.array(references, float),
        reference_counted=~np.isin(np.arange(len(references)), lost),
    )


def test_average_precision_by_hand():
    # True, false, true, true, false of 4 references:
    # precision 1, 1/2, 2/3, 3/4, 3/5 at recall 1/4, 1/4, 1/2, 3/4, 3/4;
    # envelope 1 up to 1/4, then 3/4 up to 3/4.
    found = compute_scores(matches([0.9, 0.8, 0.7, 0.6, 0.5], [0, -1, 1, 2, -1], [2, 2, 2, 2]))
    assert found.average_precision == pytest.approx(0.25 * 1 + 0.25 * 0.75 + 0.25 * 0.75)
    assert found.best.threshold == 0.6
    assert (found.best.true, found.best.false, found.best.missed) == (3, 1, 1)
    assert found.best.precision == found.best.recall == found.best.f1 == 0.75
    assert found.chosen == found.best


def test_ignored_craters_are_on_neither_side():
    plain = compute_scores(matches([0.9, 0.8], [0, -1], [2, 2]))
    more = compute_scores(
        matches([0.9, 0.85, 0.8, 0.7], [0, 2, -1, -1], [2, 2, 2], ignored=[1, 3], lost=[2])
    )
    assert more.average_precision == plain.average_precision == 0.5
    assert more.best == plain.best
    assert (more.references, more.references_ignored) == (2, 1)
    assert (more.detections, more.detections_ignored) == (2, 2)


def test_a_threshold_is_inclusive():
    found = compute_scores(matches([0.9, 0.8, 0.7], [0, -1, 1], [2, 2]), threshold=0.8)
    assert (found.chosen.true, found.chosen.false, found.chosen.missed) == (1, 1, 1)
    assert found.chosen.threshold == 0.8
    assert found.chosen.f1 == 0.5
    assert found.best.threshold == 0.7


def test_equal_scores_are_one_point_of_the_curve():
    thresholds, precision, recall = precision_recall_curve(
        matches([0.5, 0.5, 0.5], [-1, 0, -1], [2])
    )
    assert (thresholds.tolist(), precision.tolist(), recall.tolist()) == ([0.5], [1 / 3], [1.0])


def test_a_perfect_catalogue_scores_one():
    found = compute_scores(matches([0.9, 0.2], [1, 0], [2, 2]))
    assert found.average_precision == found.best.f1 == 1.0
    assert found.diameter_ratio.median == 1.0
    assert found.offset.median == 0.0


def test_nothing_found_scores_zero():
    found = compute_scores(matches([], [], [2, 2]))
    assert found.average_precision is None
    assert (found.best.precision, found.best.recall, found.best.f1) == (0, 0, 0)
    assert found.offset.median is None
    assert found.complete_above is None


def test_catalogues_without_scores_have_no_average_precision():
    found = compute_scores(matches([np.nan, np.nan], [0, -1], [2, 2]))
    assert found.average_precision is None
    assert found.best.threshold is None
    assert found.best.f1 == 0.5


def test_detections_without_a_score_come_before_those_with_one():
    found = compute_scores(matches([0.5, np.nan], [-1, 0], [2]))
    assert found.average_precision == 1.0
    assert (found.best.threshold, found.best.f1) == (1.0, 1.0)


def test_no_reference_to_find_is_an_error():
    with pytest.raises(CatalogueError, match="no reference crater"):
        compute_scores(matches([0.5], [-1], [2], lost=[0]))


def test_bins_are_root_two_wide_and_count_each_side_by_its_own_diameter():
    found = compute_scores(
        matches([0.9, 0.8, 0.7], [0, 1, -1], [1.0, 1.5, 2.9], detected=[1.42, 1.5, 2.0]), 0.0
    )
    assert [one.low for one in found.bins] == pytest.approx([1, 2**0.5, 2, 8**0.5])
    assert [(one.references, one.found) for one in found.bins] == [(1, 1), (1, 1), (0, 0), (1, 0)]
    assert [(one.detections, one.true) for one in found.bins] == [(0, 0), (2, 2), (1, 0), (0, 0)]
    assert [one.recall for one in found.bins] == [1, 1, None, 0]
    assert [one.precision for one in found.bins] == [None, 1, 0, None]


@pytest.mark.parametrize("diameter", [4.0 * (1.0 - 1e-10), 2.0**1.5 * (1.0 - 1e-11)])
def test_a_diameter_on_an_edge_but_for_rounding_is_counted_in_the_bin_above(diameter):
    sizes = [diameter, 6.0]
    first = compute_scores(matches([0.9, 0.8], [0, 1], sizes, detected=sizes), 0.0).bins[0]
    assert [first.low, first.high] == bin_by_size(np.array(sizes))[0][:2].tolist()
    assert (first.references, first.found, first.detections, first.true) == (1, 1, 1, 1)
    edges = [first.low, 5.0]
    given = compute_scores(matches([0.9, 0.8], [0, 1], sizes, detected=sizes), 0.0, edges).bins
    assert [(one.references, one.detections) for one in given] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("found", "complete"),
    [([5, 5, 5], 1.0), ([0, 5, 5], 2.0), ([5, 2, 3], 4.0), ([5, 5, 2], None), ([3, 3, 3], 1.0)],
)
def test_completeness_is_where_recall_stays_up(found, complete):
    references = np.repeat([1.0, 2.0, 4.0], 5)
    reference_of = np.concatenate([np.arange(k) + 5 * i for i, k in enumerate(found)])
    n = len(reference_of)
    result = compute_scores(matches(np.full(n, 0.5), reference_of, references))
    assert result.complete_above == complete


def test_a_bin_is_complete_from_half_of_its_references_on():
    assert compute_scores(matches([0.5] * 3, range(3), [1.0] * 6)).complete_above == 1.0
    assert compute_scores(matches([0.5] * 3, range(3), [1.0] * 7)).complete_above is None


def test_bins_of_few_references_do_not_break_completeness():
    references = [*np.repeat(1.0, 5), 90.0]
    found = compute_scores(matches([0.5] * 5, range(5), references))
    assert found.complete_above == 1.0


def test_a_count_is_not_complete_below_its_smallest_crater():
    craters = matches([0.5] * 5, range(5), [1.2] * 5)
    assert compute_scores(craters, min_diameter=1.1).complete_above == 1.1


def test_bias_is_in_reference_diameters():
    found = compute_scores(
        matches(
            [0.9, 0.8, 0.7],
            [0, 1, 2],
            [10, 10, 10],
            detected=[11, 12, 9],
            offset=[[3, 4], [-1, 0], [0, -2]],
        )
    )
    assert found.offset.median == pytest.approx(0.2)
    assert found.offset_east.median == 0
    assert found.offset_north.median == 0
    assert found.diameter_ratio.median == pytest.approx(1.1)
    assert found.diameter_ratio.low == pytest.approx(1.0)
    assert found.diameter_ratio.high == pytest.approx(1.15)


@given(seed=st.integers(0, 10_000))
def test_scores_are_those_of_counting_at_every_threshold(seed):
    random = np.random.default_rng(seed)
    n, m = int(random.integers(1, 30)), int(random.integers(1, 20))
    k = int(random.integers(0, min(n, m) + 1))
    reference_of = np.full(n, -1)
    reference_of[random.permutation(n)[:k]] = random.permutation(m)[:k]
    values = random.uniform(0, 1, n).round(1)
    result = compute_scores(matches(values, reference_of, np.full(m, 2.0)))
    points = []
    for threshold in sorted(set(values), reverse=True):
        above = values >= threshold
        true = int((above & (reference_of >= 0)).sum())
        points.append((true / m, true / above.sum(), 2 * true / (above.sum() + m)))
    assert result.best.f1 == pytest.approx(max(f1 for _, _, f1 in points))
    area, before = 0.0, 0.0
    for i, (recall, _, _) in enumerate(points):
        area += (recall - before) * max(precision for _, precision, _ in points[i:])
        before = recall
    assert result.average_precision == pytest.approx(area)


@pytest.mark.slow
def test_figures_are_drawn_even_of_nothing(tmp_path):
    some = matches([0.9, 0.8, 0.7], [0, -1, 1], [2, 2])
    for name, found in {"some": some, "none": matches([], [], [2.0])}.items():
        paths = write_figures(found, compute_scores(found), "box IoU >= 0.5", "km", tmp_path / name)
        assert {path.name for path in paths} == {
            "precision_recall.png",
            "reliability.png",
            "recall_by_diameter.png",
            "offsets_and_sizes.png",
        }
        assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_a_low_threshold_is_no_zero_in_the_legend():
    some = matches([0.0033, 0.0032], [0, -1], [2])
    legend = precision_recall_figure(some, compute_scores(some, 0.226), "IoU").axes[0].get_legend()
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["best F1 at 0.003: F1 1.000", "chosen at 0.226: F1 0.000"]


def test_counts_of_the_reliability_diagram_begin_at_zero_and_are_plain_numbers():
    scores = np.repeat(np.arange(0.05, 1.0, 0.1), 100)
    figure = reliability_figure(compute_scores(matches(scores, [-1] * 1000, [2])), "IoU")
    figure.draw_without_rendering()
    lower = figure.axes[1]
    assert lower.get_ylim()[0] == 0
    assert lower.get_ylim()[1] > 100
    texts = [label.get_text() for label in lower.get_yticklabels(which="both")]
    assert [text for text in texts if text][:4] == ["0", "1", "10", "100"]
