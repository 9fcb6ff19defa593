"""The mosaic that a run searched is opened again with the same ground."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from lunarcraters.detection.detect import detect
from lunarcraters.detection.manifest import read_manifest, write_manifest
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.plan import plan_run
from lunarcraters.detection.run import searched_mosaic
from lunarcraters.detection.source import open_source
from lunarcraters.errors import CratersWarning, RunError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import write_raster

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
