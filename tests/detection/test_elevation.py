"""Elevation models: the same ground gives the same craters, however it lies."""

import json
import shutil
import warnings

import numpy as np
import pytest
import rasterio
from affine import Affine

from benchmarks.elevation import (
    PLACES,
    again,
    changed_heights,
    count_twins,
    in_pixels,
    lay_scene,
    recall_of,
    warp,
    write,
)
from lunarcraters import api
from lunarcraters.detection.options import DetectOptions
from lunarcraters.errors import (
    CratersWarning,
    ModelError,
    MosaicError,
    OptionError,
    RunError,
    TileSetError,
)
from lunarcraters.network.model_file import shipped_model
from lunarcraters.rendering.scene import render_scene
from tests.detection.conftest import make_search

SIDE, WIDE = 512, 768
PIXEL_M = 100.0

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*elevation model")]


@pytest.fixture(scope="module")
def heights():
    return render_scene(SIDE, SIDE, pixel_size_m=PIXEL_M, seed=21).elevation_m


@pytest.fixture(scope="module")
def dem(heights, tmp_path_factory):
    return write_dem(tmp_path_factory.mktemp("dem") / "dem.tif", heights)


def write_dem(path, heights):
    half = heights.shape[0] / 2.0 * PIXEL_M
    write(path, heights, "IAU_2015:30110", Affine(PIXEL_M, 0, -half, 0, -PIXEL_M, half))
    return path


@pytest.fixture(scope="module")
def known(dem, search_heights, tmp_path_factory):
    return search_heights(dem, tmp_path_factory.mktemp("known") / "run")


@pytest.mark.parametrize("change", range(6))
def test_turned_mirrored_tilted_and_lifted_ground_has_the_same_craters(
    change, heights, known, search_heights, tmp_path
):
    name, changed, turn_back = list(changed_heights(heights, PIXEL_M))[change]
    found = search_heights(write_dem(tmp_path / "dem.tif", changed), tmp_path / "run")
    places = in_pixels(found, PIXEL_M)
    places[:, :2] = turn_back(places[:, :2])
    assert again(in_pixels(known, PIXEL_M), places, SIDE) >= 0.98, name


def test_eight_looks_have_the_same_craters_in_mirror_images(heights, tmp_path):
    search = make_search(shipped_model(relief=True), looks=8, elevation=True)
    known, found = (
        in_pixels(search(write_dem(tmp_path / f"{name}.tif", some), tmp_path / name), PIXEL_M)
        for name, some in (("ground", heights), ("mirrored", heights[:, ::-1].copy()))
    )
    found[:, :2] *= [-1.0, 1.0]
    assert again(known, found, SIDE) >= 0.98


@pytest.fixture(scope="module")
def recall_at_the_equator(search_heights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("equator")
    craters = lay_scene(folder / "ground.tif", 0.0, 0.0, WIDE)
    return recall_of(search_heights(folder / "ground.tif", folder / "run"), craters)


@pytest.mark.parametrize("place", PLACES)
def test_recall_is_the_same_anywhere_on_the_moon_and_there_are_no_twins(
    place, recall_at_the_equator, search_heights, tmp_path
):
    lon, lat, proj = PLACES[place]
    craters = lay_scene(tmp_path / "ground.tif", lon, lat, WIDE)
    warp(tmp_path / "ground.tif", lon, proj, tmp_path / "view.tif")
    found = search_heights(tmp_path / "view.tif", tmp_path / "run")
    assert recall_of(found, craters) >= recall_at_the_equator - 0.02
    assert count_twins(found) == 0


def test_ground_without_data_has_no_craters(heights, search_heights, tmp_path):
    holes = heights.copy()
    holes[200:300, 150:350] = np.nan
    holes[:, -40:] = np.nan
    found = search_heights(write_dem(tmp_path / "dem.tif", holes), tmp_path / "run")
    some = in_pixels(found.filter(found.threshold("balanced")), PIXEL_M)
    columns, rows = some[:, 0] + SIDE / 2, some[:, 1] + SIDE / 2
    assert len(some) > 20
    assert not ((rows > 200) & (rows < 300) & (columns > 150) & (columns < 350)).any()
    assert columns.max() < SIDE - 40
    with rasterio.open(tmp_path / "run" / "mask.tif") as mask:
        np.testing.assert_array_equal(mask.read_masks(1) > 0, np.isfinite(holes))


def test_a_search_says_that_it_takes_heights_and_notes_its_looks(dem, tmp_path):
    with pytest.warns(CratersWarning, match="holds heights in m, as it says"):
        one = api.detect(dem, tmp_path / "run", looks=1, workers=1)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["settings"]["looks"] == 1
    assert manifest["model_name"].endswith("relief.keras")
    with pytest.raises(RunError, match="another number of looks"):
        api.detect(dem, tmp_path / "run", looks=2, workers=1)
    # A batch that is lost is searched again.
    next((tmp_path / "run" / "parts").iterdir()).unlink()
    again_ = api.detect(dem, tmp_path / "run", looks=1, workers=1)
    assert again_.table.equals(one.table)


@pytest.mark.parametrize("virtual", [False, True])
def test_tiles_of_an_elevation_model_are_heights(dem, known, virtual, tmp_path):
    tiles = api.tile(dem, tmp_path / "tiles", virtual=virtual)
    assert tiles.height_unit_m == 1.0
    found = api.detect(tmp_path / "tiles", tmp_path / "run", workers=1)
    assert abs(len(found) - len(known)) <= 0.02 * len(known)
    with pytest.raises(TileSetError, match="are settled"):
        api.detect(tmp_path / "tiles", tmp_path / "other", elevation=False)


def test_heights_in_kilometres_and_feet_give_the_same_craters(
    heights, known, search_heights, tmp_path
):
    for unit, metres in (("km", 1000.0), ("ft", 0.3048)):
        path = write_dem(tmp_path / f"{unit}.tif", heights / metres)
        with rasterio.open(path, "r+") as raster:
            raster.units = (unit,)
        found = search_heights(path, tmp_path / unit)
        assert again(in_pixels(known, PIXEL_M), in_pixels(found, PIXEL_M), SIDE) >= 0.99


def test_options_of_the_other_kind_are_refused(dem, scene, tmp_path):
    with pytest.raises(OptionError, match="give --looks 8 in place of --tta"):
        api.detect(dem, tmp_path / "run", tta=True)
    with pytest.raises(OptionError, match="leave --looks out"):
        api.detect(scene, tmp_path / "run", looks=2)
    for looks in (3, 0):
        with pytest.raises(OptionError, match=f"looks is {looks}: give one of 1, 2, 4, 8"):
            api.detect(dem, tmp_path / "run", looks=looks)
        with pytest.raises(OptionError, match=f"looks is {looks}: give one of 1, 2, 4, 8"):
            DetectOptions(looks=looks)
    with pytest.raises(ModelError, match="the model searches elevation models"):
        api.detect(scene, tmp_path / "run", model=shipped_model(relief=True))
    with pytest.raises(MosaicError, match="leave --elevation out"):
        api.detect(scene, tmp_path / "run", elevation=True)
    assert not (tmp_path / "run").exists()


def test_a_network_of_pictures_is_shown_slopes(dem, known, tmp_path):
    found = api.detect(dem, tmp_path / "run", shipped_model(), workers=1)
    assert again(in_pixels(known, PIXEL_M), in_pixels(found, PIXEL_M), SIDE) > 0.6


def test_an_elevation_model_may_still_be_taken_for_a_picture(dem, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", CratersWarning)
        api.detect(dem, tmp_path / "run", elevation=False, workers=1)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["model_name"].endswith("wac.keras")
    assert "looks" not in manifest["settings"]
    shutil.rmtree(tmp_path / "run")


def test_depths_are_noticed_by_their_craters(heights, tmp_path):
    path = write_dem(tmp_path / "dem.tif", -heights)
    with pytest.warns(CratersWarning, match="craters upside down.*change the sign"):
        api.detect(path, tmp_path / "run", looks=1, workers=1)
