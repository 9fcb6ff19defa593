"""Means of blocks, put together from pages that are kept."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.mosaic import handles, reading, windows
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster

WIDTH, HEIGHT = 2500, 2100  # two pages a side


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """A mosaic with nodata, and its values."""
    random = np.random.default_rng(3)
    values = random.integers(1, 255, (HEIGHT, WIDTH)).astype(np.uint8)
    values[random.random((HEIGHT, WIDTH)) < 0.4] = 0
    values[1900:2090, 1700:] = 0
    path = write_raster(tmp_path_factory.mktemp("pages") / "a.tif", values, nodata=0)
    return open_mosaic(path), values


@pytest.mark.slow
@given(
    by=st.tuples(st.sampled_from([16, 32, 64, 128]), st.sampled_from([16, 64, 192])),
    first=st.tuples(st.integers(-9, 170), st.integers(-9, 140)),
    count=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_coarse_blocks_are_means_wherever_they_lie(holed, by, first, count):
    mosaic, values = holed
    left, top = first[0] * by[0], first[1] * by[1]
    means, valid = mosaic.read((left, top, count[0] * by[0], count[1] * by[1]), by)
    whole = np.zeros((count[1] * by[1], count[0] * by[0]))
    here = values[max(top, 0) : max(top + len(whole), 0), max(left, 0) :]
    here = here[:, : max(left + whole.shape[1] - max(left, 0), 0)]
    whole[max(-top, 0) :, max(-left, 0) :][: here.shape[0], : here.shape[1]] = here
    blocks = whole.reshape(count[1], by[1], count[0], by[0])
    total, share = blocks.sum(axis=(1, 3)), (blocks > 0).sum(axis=(1, 3))
    np.testing.assert_array_equal(valid, share >= 0.4999 * by[0] * by[1])
    mean = total[valid] / share[valid]
    assert np.abs(means[valid] - mean).max(initial=0.0) <= 0.501
    assert (means[~valid] == 0).all()


def test_frames_that_overlap_read_the_pixels_once(holed, monkeypatch):
    mosaic, _ = holed
    read, boxes = windows._read, []
    monkeypatch.setattr(windows, "_read", lambda *given: boxes.append(given[-1]) or read(*given))
    handles.forget_datasets()
    for left in (0, 64, 320, 0):
        for by in (16, 64, (64, 16), 256):
            mosaic.read((left, 0, 2048, 1024), by)
    assert len(boxes) == len(set(boxes)) <= 4


def test_a_wide_raster_is_read_once_by_blocks_of_any_size(tmp_path, monkeypatch):
    for name, value in (("_PAGE_PX", 64), ("_CHUNK_SIDE_PX", 64), ("_CHUNK_PX", 64**2)):
        monkeypatch.setattr(reading, name, value)
    path = write_raster(tmp_path / "wide.tif", np.ones((256, 64 * 80), np.uint8), nodata=0)
    mosaic = open_mosaic(path)
    read, boxes = windows._read, []
    monkeypatch.setattr(windows, "_read", lambda *given: boxes.append(given[-1]) or read(*given))
    for by in (4, 8, (16, 8), 16, 64):
        handles.forget_datasets()
        boxes.clear()
        mosaic.read((0, 0, 64 * 80, 256), by)
        assert len(boxes) == 4 * 80, by


def test_rasters_are_closed_before_python_ends(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.ones((8, 8), np.uint8))
    code = (
        "import atexit, sys\n"
        "from lunarcraters.mosaic.handles import Raster, get_dataset\n"
        "dataset = get_dataset(Raster(sys.argv[1], (1,), None), None)\n"
        "atexit._run_exitfuncs()\n"
        "sys.exit(not dataset.closed)"
    )
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == 0


def test_a_raster_that_was_replaced_is_read_anew(tmp_path):
    for value in (10, 20):
        path = write_raster(tmp_path / "a.tif", np.full((64, 64), value, np.uint8))
        assert (open_mosaic(path).read((0, 0, 64, 64), 16)[0] == value).all()


def test_a_block_is_valid_where_half_of_it_is(tmp_path):
    values = np.ones((8, 12), np.uint8)
    values[:4, 4:6] = values[:4, 8:11] = 0
    values[4:] = 0
    path = write_raster(tmp_path / "a.tif", values, nodata=0)
    valid = open_mosaic(path).read((0, 0, 12, 8), (4, 4))[1]
    assert valid.tolist() == [[True, True, False], [False, False, False]]


@pytest.mark.parametrize(
    ("start", "length", "limit", "blocks"),
    [
        (-5, 12, 100, (1, 3)),  # the second block has pixels of the raster, the first none
        (-8, 12, 100, (2, 3)),
        (10, 12, 15, (0, 2)),
        (0, 10, 100, (0, 3)),  # the last block is a whole one
        (-10, 9, 100, (2, 3)),
        (-12, 12, 100, (0, 0)),
        (16, 12, 16, (0, 0)),
    ],
)
def test_blocks_of_four_that_share_pixels_with_a_raster_are_found(start, length, limit, blocks):
    assert reading.blocks_inside(start, length, 4, limit) == blocks
