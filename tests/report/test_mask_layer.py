"""The mask of a run lies over its own ground alone."""

import re
import shutil
import warnings

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine

import lunarcraters as lc
from lunarcraters import api
from lunarcraters.detection.run import MASK, read_run
from lunarcraters.errors import CratersWarning
from lunarcraters.geometry.box import Box
from lunarcraters.mask.cog import open_mask_over, write_mask
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster


def write(path, like, window, step=1):
    """Write grey pixels on a window of the grid of a scene, `step` of its pixels wide."""
    left, top, width, height = window
    with rasterio.open(like) as scene:
        transform = scene.transform @ Affine.translation(left, top) @ Affine.scale(step)
        crs = scene.crs
    grey = np.random.default_rng(0).integers(1, 250, (height // step, width // step), np.uint8)
    return write_raster(path, grey, crs, transform)


@pytest.fixture
def masked(run, scene, tmp_path):
    """A run with a mask, and its mosaic: all of it, a part, and one of other pixels."""
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    with rasterio.open(scene) as file:
        whole = 0, 0, file.width // 2 * 2, file.height // 2 * 2
    write(folder / MASK, scene, whole)
    mosaics = {
        "same": write(tmp_path / "same.tif", scene, whole),
        "part": write(tmp_path / "part.tif", scene, (128, 128, 640, 640)),
        "coarse": write(tmp_path / "coarse.tif", scene, whole, step=2),
    }
    return folder, mosaics


@pytest.mark.parametrize(
    ("name", "over_map", "over_tiles"),
    [("same", True, True), ("part", False, False), ("coarse", True, False)],
)
def test_a_mask_is_shown_over_its_own_ground(masked, name, over_map, over_tiles):
    folder, mosaics = masked
    mosaic = open_mosaic(mosaics[name])
    for same_pixels, fits in ((False, over_map), (True, over_tiles)):
        with warnings.catch_warnings(record=True, action="always") as told:
            mask = open_mask_over(folder / MASK, mosaic, same_pixels=same_pixels)
        assert (mask is not None, [one.category for one in told]) == (
            fits,
            [] if fits else [CratersWarning],
        )


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
@pytest.mark.parametrize(
    ("crs", "other", "fits"),
    [
        ("IAU_2015:30130", "IAU_2015:30135", False),
        ("IAU_2015:30130", "+proj=stere +lat_0=90 +lat_ts=90 +R=1737400", True),
        ("IAU_2015:30110", "+proj=eqc +lon_0=180 +R=1737400", False),
        ("IAU_2015:30110", "+proj=eqc +a=1737400 +b=1737400", True),
        ("+proj=ortho +lon_0=0 +R=1737400", "+proj=ortho +lon_0=180 +R=1737400", False),
        ("+proj=gnom +lat_0=90 +R=1737400", "+proj=gnom +lat_0=-90 +R=1737400", False),
    ],
)
def test_a_mask_is_not_shown_over_other_ground_with_the_same_numbers(tmp_path, crs, other, fits):
    grey = np.random.default_rng(0).integers(1, 250, (64, 64), np.uint8)
    mosaics = []
    for name, named in (("a.tif", crs), ("b.tif", other)):
        affine = Affine(1000, 0, -32_000, 0, -1000, 32_000)
        mosaics.append(open_mosaic(write_raster(tmp_path / name, grey, named, affine), crs=named))
    searched, shown = mosaics
    write_mask(searched, [(Box(0, 0, 64, 64), grey)], tmp_path / MASK)
    assert open_mask_over(tmp_path / MASK, searched, same_pixels=True) is not None
    assert (open_mask_over(tmp_path / MASK, shown, same_pixels=True) is not None) == fits


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
@pytest.mark.parametrize(("name", "there"), [("same", True), ("part", False)])
def test_pages_maps_and_tiles_leave_out_a_mask_of_other_ground(masked, tmp_path, name, there):
    folder, mosaics = masked
    lc.write_report(folder, tmp_path / "a.html", mosaic=mosaics[name])
    page = (tmp_path / "a.html").read_text()
    assert ('data-layer="mask"' in page) == there
    shown = lc.explore(folder, mosaic=mosaics[name]).html()
    assert ('"labels":["craters","mask"]' in re.sub(r"\s", "", shown)) == there
    for out, run in (("with.png", folder), ("without.png", folder / "craters.parquet")):
        api.plot_tiles(run, tmp_path / out, mosaic=mosaics[name], min_score=0.0, count=1)
    wide = [cv2.imread(str(tmp_path / out)).shape[1] for out in ("with.png", "without.png")]
    assert (wide[0] > wide[1]) == there


def test_a_mosaic_that_does_not_tell_its_place_is_left_out_of_a_map(run, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((64, 64), 99, np.uint8))
    craters = read_run(run).with_info(properties={"input": str(tmp_path / "a.png")})
    assert "mosaic" not in re.findall(r'"name":\s*"(\w+)"', lc.explore(craters).html())
