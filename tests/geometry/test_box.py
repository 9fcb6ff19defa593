from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarcraters.geometry.box import components
from lunarcraters.tiling.tile_grid import cut


@settings(max_examples=60, deadline=None)
@given(st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(1, 40), st.integers(1, 40)),
    min_size=1, max_size=25,
))  # fmt: skip
def test_components_hold_their_extents_and_keep_apart(extents):
    found = components(tuple(extents))
    count = np.zeros((250, 250), int)
    for x, y, width, height in found:
        count[y : y + height, x : x + width] += 1
    assert count.max() == 1
    assert all(count[y : y + h, x : x + w].all() for x, y, w, h in extents)


def test_boxes_at_both_ends_of_a_map_that_goes_round_are_one():
    ends = ((0, 10, 30, 20), (170, 15, 30, 5), (80, 100, 10, 10))
    assert components(ends) == [(0, 10, 30, 20), (170, 15, 30, 5), (80, 100, 10, 10)]
    assert components(ends, 200) == [(0, 10, 200, 20), (80, 100, 10, 10)]


@given(st.integers(1, 20_000), st.integers(48, 1024), st.integers(0, 20), st.booleans())
def test_cuts_follow_each_other_and_leave_room_for_halos(length, limit, halo, goes_on):
    cuts = cut(length, limit, halo, goes_on=goes_on)
    assert cuts[0][0] == 0
    assert cuts[-1][1] == length
    for (_, end), (start, _) in pairwise(cuts):
        assert end == start
    for index, (start, end) in enumerate(cuts):
        before = halo if goes_on or index else 0
        after = halo if goes_on or index < len(cuts) - 1 else 0
        assert end - start + before + after <= limit + 1e-6
