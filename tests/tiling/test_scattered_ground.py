from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarcraters.geometry.box import Box
from lunarcraters.tiling.plan import plan_tiles

from ..paper import count_cores, frame_pixels, make_paper_mosaic


def test_scattered_ground_is_tiled_by_itself():
    far = ((0, 0, 60, 60), (61, 0, 60, 60), (400, 300, 50, 40), (1000, 700, 30, 30))
    mosaic = make_paper_mosaic("simple cylindrical", far)
    tiles = plan_tiles(mosaic, max_size=256, halo=24, levels=1, frames="native")
    assert sorted(tile.core for tile in tiles) == [
        (0, 0, 121, 60), (400, 300, 50, 40), (1000, 700, 30, 30),
    ]  # fmt: skip
    assert sorted({tile.size for tile in tiles}) == [80, 96, 160]


def test_cores_without_an_extent_are_left_out():
    corner = ((0, 0, 700, 60), (640, 60, 60, 600))
    tiles = plan_tiles(make_paper_mosaic("Mercator", corner), max_size=128, halo=16, levels=1)
    count = count_cores(make_paper_mosaic("Mercator"), tiles)
    assert count[:60, :700].all()
    assert count[60:660, 640:700].all()
    assert not count[300:600, :500].any()


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 21), st.integers(0, 11), st.integers(1, 3), st.integers(1, 2)),
        min_size=2, max_size=12, unique_by=lambda box: box[:2],
    ),
    st.sampled_from(["simple cylindrical", "Mercator", "polar"]),
    st.sampled_from(["native", "local"]),
)  # fmt: skip
def test_scattered_ground_has_cores_and_halos_and_little_else(slots, name, frames):
    extents = tuple(Box(*(40 * number for number in box)) for box in slots)
    mosaic = make_paper_mosaic(name)
    extents = tuple(e for e in extents if e.right <= mosaic.width and e.bottom <= mosaic.height)
    if not extents:
        return
    mosaic = replace(mosaic, extents=extents)
    tiles = plan_tiles(mosaic, max_size=256, halo=24, levels=1, frames=frames)
    there = np.zeros((mosaic.height, mosaic.width), bool)
    for extent in extents:
        there[extent.slices] = True
    count = count_cores(mosaic, tiles)
    assert (count[there] == 1).all()
    assert count.max() == 1
    rows, columns = (numbers + 0.5 for numbers in np.nonzero(there))
    for tile in tiles:
        u, v = frame_pixels(mosaic, tile, columns, rows)
        left, top, width, height = tile.core
        inside = (columns > left) & (columns < left + width) & (rows > top) & (rows < top + height)
        # Ground that fits one local frame is shown by itself.
        halo = 20 if frames == "native" else 0
        near = (np.abs(u - np.clip(u, u[inside].min(), u[inside].max())) <= halo) & (
            np.abs(v - np.clip(v, v[inside].min(), v[inside].max())) <= halo
        )
        assert np.abs(u[near] - tile.size / 2).max() <= tile.size / 2
        assert np.abs(v[near] - tile.size / 2).max() <= tile.size / 2
        if len(extents) == 1:
            assert tile.size < 1.4 * max(np.ptp(u), np.ptp(v)) + 64
