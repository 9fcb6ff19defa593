"""The tiles of a run that are planned again are those that it searched."""

import hashlib
import json
from dataclasses import asdict, replace

import pytest
import rasterio
from rasterio.windows import Window

from lunarcraters._version import __version__
from lunarcraters.completeness.measure import CompletenessOptions, hash_plan
from lunarcraters.completeness.source import open_run_source
from lunarcraters.detection.manifest import MANIFEST, read_manifest, write_manifest
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.plan import plan_run
from lunarcraters.detection.source import open_source
from lunarcraters.errors import CratersWarning, RunError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.tileset import write_tiles

MODEL = shipped_model()
SIDE = 512
OPTIONS = [{}, {"levels": 1}, {"size": 256, "halo": 16}, {"smallest_px": 4.0}]


@pytest.fixture(scope="module")
def mosaic(tmp_path_factory, scene):
    """A part of the sample scene, whose first rows are 0, which no file declares."""
    path = tmp_path_factory.mktemp("source") / "mosaic.tif"
    with rasterio.open(scene) as raster:
        values = raster.read(1, window=Window(100, 100, SIDE, SIDE))
        profile = raster.profile | {"width": SIDE, "height": SIDE, "nodata": None}
    values[:200] = 0
    with rasterio.open(path, "w", **profile) as out:
        out.write(values, 1)
    return path


def begin_run(path, run, **options):
    """A run that has a manifest alone, and its tiles."""
    with pytest.warns(CratersWarning, match="0 fills"):
        source = open_source([path], MODEL, SourceOptions(**options))
    write_manifest(plan_run(source, run, MODEL, MODEL, DetectOptions()).manifest, run)
    return source


def as_of_earlier_version(run):
    write_manifest(replace(read_manifest(run), tiling_settings=None), run)


@pytest.mark.parametrize("options", OPTIONS)
def test_tiles_are_planned_again_as_the_run_planned_them(mosaic, tmp_path, options):
    source = begin_run(mosaic, tmp_path / "run", **options)
    again = open_run_source(tmp_path / "run", MODEL, None, None)
    assert (again.settings, again.tiles) == (source.settings, source.tiles)
    assert again.fingerprint() == source.fingerprint()


def test_tiles_that_were_written_are_planned_again(mosaic, tmp_path):
    with pytest.warns(CratersWarning, match="0 fills"):
        written = write_tiles(open_mosaic(mosaic), tmp_path / "tiles", max_size=256, levels=2)
    source = open_source([tmp_path / "tiles"], MODEL)
    run = tmp_path / "run"
    write_manifest(plan_run(source, run, MODEL, MODEL, DetectOptions()).manifest, run)
    again = open_run_source(run, MODEL, None, None)
    assert again.settings == written.settings
    assert {tile.name for tile in written.tiles} <= {tile.name for tile in again.tiles}


def test_of_a_run_of_an_earlier_version_default_tiles_are_planned_and_others_refused(
    mosaic, tmp_path
):
    run = tmp_path / "run"
    for options in OPTIONS:
        source = begin_run(mosaic, run, **options)
        as_of_earlier_version(run)
        if options in ({}, {"smallest_px": 4.0}):
            again = open_run_source(run, MODEL, None, None)
            assert (again.settings, again.tiles) == (source.settings, source.tiles)
        else:
            with pytest.raises(RunError, match="run craters detect again with --overwrite"):
                open_run_source(run, MODEL, None, None)


def test_a_measurement_of_a_run_of_an_earlier_version_still_holds(mosaic, tmp_path):
    run, options = tmp_path / "run", CompletenessOptions()
    begin_run(mosaic, run)
    of_now = hash_plan(read_manifest(run), options)
    as_of_earlier_version(run)
    noted = json.loads((run / MANIFEST).read_text())
    del noted["tiling_settings"]
    of_then = json.dumps(noted, indent=1, sort_keys=True) + repr((asdict(options), __version__))
    assert hash_plan(read_manifest(run), options) == hashlib.sha256(of_then.encode()).hexdigest()
    assert hash_plan(read_manifest(run), options) != of_now


def test_a_measurement_holds_whatever_the_mosaic_and_the_model_are_called(mosaic, tmp_path):
    run, options = tmp_path / "run", CompletenessOptions()
    begin_run(mosaic, run)
    before, manifest = hash_plan(read_manifest(run), options), read_manifest(run)
    assert hash_plan(replace(manifest, input_name="a.tif", model_name="b"), options) == before
    assert hash_plan(replace(manifest, input="0"), options) != before
