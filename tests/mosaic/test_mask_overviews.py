"""Masks, and the overviews that were made before or after them."""

from contextlib import ExitStack

import numpy as np
import pytest
import rasterio

from lunarcraters.mosaic.handles import forget_datasets, get_dataset
from lunarcraters.mosaic.mask_overviews import shows_mask
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.remote import access

from ..rasters import write_raster
from ..servers import serve

SIDE = 512
BLOCKS = {"tiled": True, "blockxsize": 128, "blockysize": 128}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(access, "_PAUSES_S", ())
    monkeypatch.setattr(access, "_given_up", [False])


def write_masked(path, steps, *, is_internal=True, are_beside=False):
    """A TIFF whose left quarter is masked, and that has overviews."""
    write_raster(path, np.full((SIDE, SIDE), 7, np.uint8), **BLOCKS)
    valid = np.ones((SIDE, SIDE), bool)
    valid[:, : SIDE // 4] = False
    for step in steps:
        options = {"GDAL_TIFF_INTERNAL_MASK": is_internal, "TIFF_USE_OVR": are_beside}
        with rasterio.Env(**options), rasterio.open(path, "r+") as raster:
            if step == "mask":
                raster.write_mask(valid)
            else:
                raster.build_overviews([2, 4])
    return path


def list_shares(name):
    """Valid shares of a mosaic at full resolution and of its blocks of 2 and 4 pixels."""
    mosaic = open_mosaic(name)
    return [mosaic.read(mosaic.grid.box, by)[1].mean() for by in (1, 2, 4)]


@pytest.mark.parametrize("is_served", [False, True])
@pytest.mark.parametrize("is_internal", [True, False])
@pytest.mark.parametrize("are_beside", [False, True])
@pytest.mark.parametrize("steps", [("overviews", "mask"), ("mask", "overviews")])
def test_masked_ground_is_masked_in_all_octaves(
    tmp_path, steps, is_internal, are_beside, is_served
):
    path = write_masked(tmp_path / "a.tif", steps, is_internal=is_internal, are_beside=are_beside)
    with ExitStack() as stack:
        name = f"{stack.enter_context(serve(tmp_path)).url}/a.tif" if is_served else path
        assert list_shares(name) == [0.75, 0.75, 0.75]


@pytest.mark.parametrize("steps", [("overviews", "mask"), ("mask", "overviews")])
def test_an_overview_shows_the_mask_that_it_has(tmp_path, steps):
    mosaic = open_mosaic(write_masked(tmp_path / "a.tif", steps))
    dataset = get_dataset(mosaic.raster, None)
    assert [shows_mask(dataset, 1, index) for index in (0, 1)] == [steps[0] == "mask"] * 2


def test_an_alpha_band_on_a_server_is_read(tmp_path):
    values = np.full((2, SIDE, SIDE), 255, np.uint8)
    values[1, :, : SIDE // 4] = 0
    write_raster(tmp_path / "a.tif", values, alpha="YES", photometric="MINISBLACK", **BLOCKS)
    with rasterio.open(tmp_path / "a.tif", "r+") as raster:
        raster.build_overviews([2, 4])
    with serve(tmp_path) as server:
        assert list_shares(f"{server.url}/a.tif") == [0.75, 0.75, 0.75]


def test_a_served_raster_that_is_replaced_is_read_by_its_own_directories(tmp_path):
    with serve(tmp_path) as server:
        for steps in (("overviews", "mask"), ("mask",)):
            (tmp_path / "a.tif").unlink(missing_ok=True)
            write_masked(tmp_path / "a.tif", steps)
            forget_datasets()
            assert list_shares(f"{server.url}/a.tif") == [0.75, 0.75, 0.75]
