import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarcraters.geometry.box import (
    Box,
    clip_to_extents,
    connected_extents,
    contains_points,
    intersects,
)

BOXES = st.builds(
    Box, st.integers(-6, 12), st.integers(-6, 12), st.integers(0, 9), st.integers(0, 9)
)
FILLED = BOXES.filter(lambda box: not box.is_empty)


def pixels(box):
    """Columns and rows of a box's pixels."""
    return {(x, y) for x in range(box.left, box.right) for y in range(box.top, box.bottom)}


@given(BOXES, BOXES)
def test_an_intersection_has_the_pixels_of_both(first, second):
    shared = first.intersect(second)
    assert pixels(shared) == pixels(first) & pixels(second)
    assert shared.is_empty == (not pixels(shared))
    assert shared.width >= 0
    assert shared.height >= 0


@given(FILLED, st.integers(0, 5))
def test_a_margin_goes_round_a_box(box, margin):
    steps = range(-margin, margin + 1)
    wanted = {(x + dx, y + dy) for x, y in pixels(box) for dx in steps for dy in steps}
    assert pixels(box.pad(margin)) == wanted
    assert box.pad(margin).pad(-margin) == box


@given(BOXES, st.integers(-9, 9), st.integers(-9, 9))
def test_a_shifted_box_has_shifted_pixels(box, x, y):
    assert pixels(box.shift(x, y)) == {(left + x, top + y) for left, top in pixels(box)}
    assert Box.from_edges(box.left, box.top, box.right, box.bottom) == box


@given(BOXES, st.integers(1, 7))
def test_blocks_share_out_the_pixels_row_by_row(box, side):
    blocks = [block for block in box.blocks(side) if not block.is_empty]
    assert sum(len(pixels(block)) for block in blocks) == len(pixels(box))
    assert set().union(*map(pixels, blocks)) == pixels(box)
    assert all(max(block.width, block.height) <= side for block in blocks)
    assert blocks == sorted(blocks, key=lambda block: (block.top, block.left))


@given(BOXES)
def test_slices_index_the_pixels_of_an_array(box):
    array = np.zeros((30, 30), bool)
    inside = box.intersect(Box(0, 0, 30, 30))
    array[inside.slices] = True
    rows, columns = np.nonzero(array)
    assert set(zip(columns.tolist(), rows.tolist(), strict=True)) == pixels(inside)


@given(st.lists(FILLED, min_size=1, max_size=6), FILLED)
def test_boxes_that_intersect_share_a_pixel(boxes, other):
    wanted = [bool(pixels(box) & pixels(other)) for box in boxes]
    assert intersects(np.array(boxes), other).tolist() == wanted


@given(st.lists(FILLED, min_size=1, max_size=5), st.lists(FILLED, min_size=1, max_size=5))
def test_boxes_are_clipped_to_the_data_within_them(boxes, extents):
    data = set().union(*map(pixels, extents))
    clipped, index = clip_to_extents(np.array(boxes), tuple(extents))
    assert index.tolist() == [i for i, box in enumerate(boxes) if pixels(box) & data]
    for box, i in zip(clipped.tolist(), index, strict=True):
        columns, rows = zip(*(pixels(boxes[i]) & data), strict=True)
        edges = min(columns), min(rows), max(columns) + 1, max(rows) + 1
        assert Box(*box) == Box.from_edges(*edges)


@pytest.mark.slow
@given(
    st.lists(FILLED, min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(-8, 24), st.integers(-8, 24)), min_size=1, max_size=20),
)
def test_points_lie_in_the_extents_that_have_their_pixel(extents, points):
    data = set().union(*map(pixels, extents))
    x, y = np.array(points, float).T + 0.5
    assert contains_points(tuple(extents), x, y).tolist() == [point in data for point in points]


@settings(max_examples=60, deadline=None)
@given(st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(1, 40), st.integers(1, 40)),
    min_size=1, max_size=25,
))  # fmt: skip
def test_connected_extents_hold_their_boxes_and_keep_apart(extents):
    boxes = connected_extents(tuple(extents))
    count = np.zeros((250, 250), int)
    for box in boxes:
        count[box.slices] += 1
    assert count.max() == 1
    assert all(count[Box(*extent).slices].all() for extent in extents)


def test_boxes_at_both_ends_of_a_map_that_goes_round_are_one():
    ends = ((0, 10, 30, 20), (170, 15, 30, 5), (80, 100, 10, 10))
    assert connected_extents(ends) == [(0, 10, 30, 20), (170, 15, 30, 5), (80, 100, 10, 10)]
    assert connected_extents(ends, 200) == [(0, 10, 200, 20), (80, 100, 10, 10)]
