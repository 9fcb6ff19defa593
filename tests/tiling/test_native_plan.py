from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.tiling.native_plan import cut_axis


@given(st.integers(1, 20_000), st.integers(48, 1024), st.integers(0, 20), st.booleans())
def test_cores_fill_an_axis_and_leave_room_for_halos(length, limit, halo, wraps):
    edges = cut_axis(length, limit, halo, wraps=wraps)
    assert (edges[0], edges[-1]) == (0, length)
    cores = list(pairwise(edges))
    for index, (start, end) in enumerate(cores):
        before = halo if wraps or index else 0
        after = halo if wraps or index < len(cores) - 1 else 0
        assert start < end
        assert end - start + before + after <= limit + 1e-6
