"""The mosaic that a run searched is opened again with the same ground."""

import shutil
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from affine import Affine

import lunarcraters as lc
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.detect import detect
from lunarcraters.detection.manifest import read_manifest, write_manifest
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.plan import plan_run
from lunarcraters.detection.run import CRATERS, MASK
from lunarcraters.detection.searched import open_as_searched, searched_mosaic
from lunarcraters.detection.source import open_source
from lunarcraters.errors import CoordinateSystemError, CratersWarning, RunError
from lunarcraters.geometry import sphere
from lunarcraters.mask.cog import write_mask
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import SIMPLE_CYLINDRICAL, write_raster
from ..report.pages import write_run

MODEL = shipped_model()
SIDE = 256


@pytest.fixture(params=[None, 7, -1], ids=lambda value: f"declares {value}")
def picture(request, noise, tmp_path):
    """A picture with 0 in a collar and 7 in a strip, where -1 is a mask of the strip."""
    values = noise[:SIDE, :SIDE].astype(np.int16)
    values[:60], values[100:120] = 0, 7
    if request.param == -1:
        mask = np.where(values == 7, 0, 255).astype(np.uint8)
        return write_raster(tmp_path / "a.tif", values, mask=mask)
    return write_raster(tmp_path / "a.tif", values, nodata=request.param)


def begin_run(source, run):
    """A run that has a manifest alone."""
    write_manifest(plan_run(source, run, MODEL, MODEL, DetectOptions()).manifest, run)
    return source.mosaic


def as_of_earlier_version(run):
    manifest = read_manifest(run)
    settings = {k: v for k, v in manifest.settings.items() if k != "nodata_undeclared"}
    write_manifest(replace(manifest, settings=settings), run)


def open_quietly(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CratersWarning)
        return open_source([path], MODEL, SourceOptions(**options))


def assert_same_ground(mosaic, other):
    for pixels, others in zip(*(each.read(each.grid.box) for each in (mosaic, other)), strict=True):
        np.testing.assert_array_equal(pixels, others)
    assert mosaic.fingerprint() == other.fingerprint()


@pytest.mark.parametrize("nodata", [None, np.nan, 0.0, np.float64(0), 7, (0.0, 7.0)])
def test_values_of_the_user_and_undeclared_ones_are_no_data_again(picture, tmp_path, nodata):
    mosaic = begin_run(open_quietly(picture, nodata=nodata), tmp_path / "run")
    assert_same_ground(searched_mosaic(tmp_path / "run"), mosaic)


@pytest.mark.parametrize("nodata", [None, 0.0])
def test_tiles_tell_who_called_a_value_no_data(picture, tmp_path, nodata):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CratersWarning)
        write_tiles(open_mosaic(picture, nodata=nodata), tmp_path / "tiles")
    begin_run(open_source([tmp_path / "tiles"], MODEL), tmp_path / "run")
    mosaic = open_quietly(picture, nodata=nodata).mosaic
    assert_same_ground(searched_mosaic(tmp_path / "run"), mosaic)


@pytest.mark.parametrize("nodata", [None, np.nan, 0.0])
def test_a_run_of_an_earlier_version_is_opened_rightly_or_refused(picture, tmp_path, nodata):
    mosaic = begin_run(open_quietly(picture, nodata=nodata), tmp_path / "run")
    as_of_earlier_version(tmp_path / "run")
    is_plain = not mosaic.rasters[0].masked and mosaic.rasters[0].declared_nodata is None
    if is_plain or mosaic.nodata != 0.0:
        assert_same_ground(searched_mosaic(tmp_path / "run"), mosaic)
    else:
        with pytest.raises(RunError, match=r"did not note whether --nodata named 0\.0"):
            searched_mosaic(tmp_path / "run")


def test_a_value_that_was_noted_as_no_number_is_refused(picture, tmp_path):
    begin_run(open_quietly(picture, nodata=0), tmp_path)
    manifest = read_manifest(tmp_path)
    settings = manifest.settings | {"nodata": "np.float64(0.0)"}
    write_manifest(replace(manifest, settings=settings), tmp_path)
    with pytest.raises(RunError, match=r"'np\.float64\(0\.0\)', which is no number"):
        searched_mosaic(tmp_path)


def test_a_run_without_undeclared_values_is_not_resumed_where_a_user_names_them(picture, tmp_path):
    begin_run(open_quietly(picture), tmp_path)
    with pytest.raises(RunError, match="another use of --nodata: give another --output"):
        detect(open_quietly(picture, nodata=0), tmp_path, MODEL, DetectOptions())


def test_another_value_may_be_named_for_the_mosaic_of_a_run(picture, tmp_path):
    begin_run(open_quietly(picture), tmp_path)
    again = searched_mosaic(tmp_path, nodata=7)
    assert_same_ground(again, open_mosaic(picture, nodata=7))


GIVEN = "+proj=eqc +lat_ts=10 +R=1737400 +units=m +type=crs"


def begin_run_in(crs, path, run, **options):
    """A run in a given coordinate system that has a manifest and an empty mask."""
    mosaic = begin_run(open_quietly(path, crs=crs, **options), run)
    write_mask(mosaic, [], run / MASK)
    return mosaic


@pytest.mark.parametrize("declared", [SIMPLE_CYLINDRICAL, None, "EPSG:32633"])
@pytest.mark.parametrize("crs", [GIVEN, "IAU_2015:30130"])
@pytest.mark.parametrize("nodata", [None, 7.0])
def test_a_given_coordinate_system_holds_again(noise, tmp_path, declared, crs, nodata):
    path = write_raster(tmp_path / "a.tif", noise[:SIDE, :SIDE], crs=declared)
    mosaic = begin_run_in(crs, path, tmp_path / "run", nodata=nodata)
    assert_same_ground(searched_mosaic(tmp_path / "run"), mosaic)
    moved = shutil.copy(path, tmp_path / "moved.tif")
    assert searched_mosaic(tmp_path / "run", moved).grid == mosaic.grid
    assert searched_mosaic(tmp_path / "run", [moved], nodata=3).grid == mosaic.grid
    assert_same_ground(open_as_searched(moved, tmp_path / "run"), mosaic)


def test_runs_that_do_not_note_their_coordinate_system_have_it_in_their_mask(noise, tmp_path):
    path = write_raster(tmp_path / "a.tif", noise[:SIDE, :SIDE])
    mosaic = begin_run_in(GIVEN, path, tmp_path)
    write_manifest(replace(read_manifest(tmp_path), crs_wkt=None), tmp_path)
    assert_same_ground(searched_mosaic(tmp_path), mosaic)


def test_a_coordinate_system_of_the_user_is_taken_in_place_of_that_of_the_run(noise, tmp_path):
    path = write_raster(tmp_path / "a.tif", noise[:SIDE, :SIDE])
    begin_run_in(GIVEN, path, tmp_path)
    again = searched_mosaic(tmp_path, crs=SIMPLE_CYLINDRICAL)
    assert_same_ground(again, open_mosaic(path))


@pytest.mark.parametrize("same_size", [True, False])
def test_another_mosaic_keeps_its_own_coordinate_system(noise, tmp_path, same_size):
    begin_run_in(GIVEN, write_raster(tmp_path / "a.tif", noise[:SIDE, :SIDE]), tmp_path)
    side = SIDE if same_size else SIDE // 2
    other = write_raster(tmp_path / "b.tif", noise[1 : side + 1, :side])
    assert_same_ground(searched_mosaic(tmp_path, other), open_mosaic(other))


def test_another_mosaic_without_coordinate_system_is_refused(noise, tmp_path):
    begin_run_in(GIVEN, write_raster(tmp_path / "a.tif", noise[:SIDE, :SIDE]), tmp_path)
    other = write_raster(tmp_path / "b.tif", noise[1 : SIDE + 1, :SIDE], crs=None)
    with pytest.raises(CoordinateSystemError, match=r"b\.tif has no coordinate system"):
        searched_mosaic(tmp_path, other)


def write_polar_run(path, values, run, declared=None):
    """A run of a raster with craters, which was given the system of the pole."""
    affine = Affine(100, 0, -45_000, 0, -100, 45_000)  # beside the pole
    write_raster(path, values, declared, affine)
    mosaic = begin_run_in("IAU_2015:30130", path, run)
    x, y = (axis.ravel() + 0.3 for axis in np.mgrid[60:800:110, 60:800:110])
    lon, lat = mosaic.grid.to_lonlat(x, y)
    craters = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": 2.0, "score": 1.0})
    manifest = read_manifest(run)
    named = {"input": str(path)}
    write_run(run, Catalogue(craters, sphere.geographic_crs(), properties=named), path)
    write_manifest(manifest, run)


def test_a_dataset_of_a_run_has_its_labels_where_the_run_has_its_craters(noise, tmp_path):
    path, run = tmp_path / "a.tif", tmp_path / "run"
    write_polar_run(path, noise[:800, :800], run)
    labels = []
    for name, options in {"remembered": {}, "given": {"crs": "IAU_2015:30130"}}.items():
        lc.make_dataset(path, run, tmp_path / name, size=256, **options)
        files = sorted((tmp_path / name).rglob("labels/*.txt"))
        labels.append([file.read_text() for file in files])
    assert labels[0] == labels[1]
    assert any(labels[0])
    with pytest.raises(CoordinateSystemError, match="has no coordinate system"):
        lc.make_dataset(path, run / CRATERS, tmp_path / "none")


def test_another_mosaic_of_the_same_name_is_told(noise, tmp_path):
    path, run = tmp_path / "a.tif", tmp_path / "run"
    write_raster(path, noise[:SIDE, :SIDE])
    begin_run(open_source([path], MODEL), run)
    searched_mosaic(run)
    write_raster(path, noise[:SIDE, :SIDE][::-1])
    with pytest.warns(CratersWarning, match="is not the mosaic that .* searched"):
        searched_mosaic(run)
    searched_mosaic(run, path)


@pytest.mark.parametrize("declared", [None, SIMPLE_CYLINDRICAL])
def test_a_catalogue_that_was_read_from_a_run_lies_on_the_mosaic_as_the_run_does(
    noise, tmp_path, declared
):
    path, run = tmp_path / "a.tif", tmp_path / "run"
    write_polar_run(path, noise[:800, :800], run, declared)
    catalogue = lc.read_run(run)
    beside = catalogue.rows(slice(0, 10))  # as a reference, so that there are errors to show
    of_run, of_catalogue = tmp_path / "of run", tmp_path / "of catalogue"
    lc.evaluate(run, beside, gallery=of_run)
    lc.plot_map(run, of_run / "map.png")
    lc.plot_map(run, of_run / "moved.png")
    lc.evaluate(catalogue, beside, mosaic=path, gallery=of_catalogue)
    catalogue.filter().plot(of_catalogue / "map.png")
    catalogue.plot(of_catalogue / "moved.png", shutil.copy(path, tmp_path / "moved.tif"))
    pictures = [
        {file.name: file.read_bytes() for file in folder.iterdir()}
        for folder in (of_run, of_catalogue)
    ]
    assert pictures[0] == pictures[1]
    made = [
        lc.make_dataset(path, craters, tmp_path / name, size=256).craters
        for name, craters in {"c": catalogue, "r": run}.items()
    ]
    assert made[0] == made[1]


def test_a_catalogue_is_drawn_though_its_run_is_gone(noise, tmp_path):
    path, run = tmp_path / "a.tif", tmp_path / "run"
    write_polar_run(path, noise[:800, :800], run, "IAU_2015:30130")
    catalogue = lc.read_run(run)
    lc.plot_map(run, tmp_path / "run.png")
    shutil.rmtree(run)
    catalogue.plot(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "run.png").read_bytes()


def test_a_catalogue_lies_on_the_mosaic_as_its_run_from_another_working_directory(
    noise, tmp_path, monkeypatch
):
    path = tmp_path / "a.tif"
    write_polar_run(path, noise[:800, :800], tmp_path / "run", SIMPLE_CYLINDRICAL)
    monkeypatch.chdir(tmp_path)
    catalogue = lc.read_run("run")
    catalogue.plot("here.png")
    monkeypatch.chdir(path.parent.parent)
    catalogue.plot(tmp_path / "there.png")
    assert (tmp_path / "here.png").read_bytes() == (tmp_path / "there.png").read_bytes()


def test_a_merged_run_opens_the_mosaic_of_the_first_as_that_run_does(noise, tmp_path):
    runs = [tmp_path / name for name in ("run", "other")]
    for run, part in zip(runs, (noise, noise[::-1]), strict=True):
        write_polar_run(tmp_path / f"{run.name}.tif", part, run, SIMPLE_CYLINDRICAL)
    lc.merge(runs, tmp_path / "merged")
    assert_same_ground(searched_mosaic(tmp_path / "merged"), searched_mosaic(runs[0]))
