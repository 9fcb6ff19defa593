"""What can be read of a mosaic whose file is damaged, and what cannot holds no data."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.damage import leave_out_damage
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.preview import read_preview
from lunarcraters.mosaic.remote.access import RemoteReading
from lunarcraters.mosaic.statistics import sample_values

from ..rasters import damage_block, write_raster

SIDE = 700
TILED = {"tiled": True, "blockxsize": 128, "blockysize": 128, "compress": "deflate"}
STRIPS = {"blockysize": 64, "compress": "deflate"}


@pytest.fixture
def values():
    return np.random.default_rng(0).integers(1, 250, (SIDE, SIDE)).astype(np.uint8)


@pytest.mark.parametrize("by", [1, 2, 4, 8])
@pytest.mark.parametrize(
    ("options", "block", "lost"),
    [
        (TILED, "3_2", Box(384, 256, 128, 128)),
        (TILED, "5_5", Box(640, 640, 60, 60)),
        (STRIPS, "0_3", Box(0, 192, SIDE, 64)),
    ],
)
def test_only_damaged_blocks_hold_no_data(tmp_path, values, options, block, lost, by):
    whole = write_raster(tmp_path / "whole.tif", values, **options)
    path = write_raster(tmp_path / "a.tif", values, **options)
    damage_block(path, block)
    mosaic = open_mosaic(path)
    box = Box(0, 0, SIDE - SIDE % by, SIDE - SIDE % by)
    with pytest.raises(MosaicError, match="damaged"):
        mosaic.read(box, by)
    grey, valid = leave_out_damage(mosaic).read(box, by)
    there = np.ones((SIDE, SIDE), np.bool_)
    there[lost.slices] = False
    expected = there[by // 2 :: by, by // 2 :: by][: valid.shape[0], : valid.shape[1]]
    np.testing.assert_array_equal(valid, expected)
    np.testing.assert_array_equal(grey, np.where(valid, open_mosaic(whole).read(box, by)[0], 0))


def test_a_file_that_is_not_there_holds_no_data(tmp_path, values):
    """One of several that make up a mosaic."""
    folder = tmp_path / "images"
    folder.mkdir()
    write_raster(folder / "a.tif", values)
    affine = rasterio.Affine(100, 0, -10_000 + 100 * SIDE, 0, -100, 10_000)
    write_raster(folder / "b.tif", values, affine=affine)
    mosaic = open_mosaic(folder)
    (folder / "b.tif").unlink()
    _, valid = leave_out_damage(mosaic).read(mosaic.grid.box)
    assert valid[:, :SIDE].all()
    assert not valid[:, SIDE:].any()


def test_a_mosaic_on_the_network_is_read_whole_or_not(tmp_path, values):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    served = replace(mosaic, remote=RemoteReading(""))
    assert leave_out_damage(served) is served
    assert leave_out_damage(mosaic).raster.leaves_out_damage


def test_a_preview_leaves_out_damage(tmp_path, values):
    path = write_raster(tmp_path / "a.tif", values, **TILED)
    damage_block(path, "3_2")
    _, valid = read_preview(open_mosaic(path), SIDE)
    assert not valid[256:384, 384:512].any()
    assert valid.sum() == SIDE**2 - 128**2


def test_a_preview_of_what_cannot_be_read_at_all_tells_why(tmp_path, values):
    path = write_raster(tmp_path / "a.tif", values, blockysize=SIDE, compress="deflate")
    damage_block(path, "0_0")
    mosaic = open_mosaic(path)
    for read in (sample_values, lambda mosaic: read_preview(mosaic, SIDE)):
        with pytest.raises(MosaicError, match=r"cannot be read at column 0, row 0.*damaged"):
            read(mosaic)
