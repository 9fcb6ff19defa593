import json
import shutil
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from rasterio.windows import Window

import lunarcraters as lc
from lunarcraters.cli.main import cli
from lunarcraters.completeness import measure
from lunarcraters.completeness.measure import FOLDER
from lunarcraters.completeness.record import read_completeness
from lunarcraters.detection.measurements import COMPLETENESS
from lunarcraters.errors import OptionError, RunError
from lunarcraters.network.model_file import shipped_model

from ..rasters import write_part, write_raster

SIDE = 512


@pytest.fixture(scope="module")
def run(tmp_path_factory, scene):
    """A run of a part of the sample scene, lit from azimuth 280 and altitude 25 degrees."""
    folder = tmp_path_factory.mktemp("completeness")
    mosaic = write_part(folder / "mosaic.tif", scene, (100, 100, SIDE, SIDE))
    lc.detect(mosaic, folder / "run", workers=1)
    return folder / "run"


@pytest.fixture
def copy(run, tmp_path):
    """A copy of the run, to be measured."""
    return shutil.copytree(run, tmp_path / "run")


@pytest.mark.slow
def test_plants_come_back_the_fresh_more_often_and_the_sun_is_found(copy):
    result = lc.measure_completeness(copy, budget=4.0, workers=1)
    assert result.sun.azimuth_deg == pytest.approx(280.0, abs=10.0)
    assert result.sun.altitude_deg == pytest.approx(25.0, abs=8.0)
    assert result == read_completeness(copy)
    assert not (copy / FOLDER).exists()
    first = result.bins[1]
    assert first.planted >= 50
    assert 0.6 < first.recall <= 1.0
    assert abs(first.diameter_bias) < 0.1
    assert first.offset_median < 0.1
    by_class = {one.name: one.bins[1].recall for one in result.freshness}
    assert by_class["fresh"] > by_class["degraded"]
    assert lc.measure_completeness(copy, budget=4.0, workers=1) == result, "it is kept"


@pytest.mark.slow
def test_in_a_mosaic_that_is_stored_upwards_the_sun_is_found_too(run, tmp_path):
    mosaic = tmp_path / "upwards.tif"
    with rasterio.open(json.loads((run / "manifest.json").read_text())["input_name"]) as raster:
        values, profile = raster.read(1), raster.profile
    flip = Affine(1.0, 0.0, 0.0, 0.0, -1.0, SIDE)
    with rasterio.open(mosaic, "w", **profile | {"transform": profile["transform"] * flip}) as out:
        out.write(values[::-1], 1)
    lc.detect(mosaic, tmp_path / "run", workers=1)
    result = lc.measure_completeness(tmp_path / "run", budget=1.0, workers=1)
    assert result.sun.azimuth_deg == pytest.approx(280.0, abs=10.0)
    assert result.bins[1].recall > 0.6


@pytest.mark.slow
def test_craters_that_were_there_before_do_not_count_as_found(copy):
    # Under an overhead sun planted craters throw no shade: whatever matches one was there before.
    result = lc.measure_completeness(
        copy, sun_azimuth_deg=280.0, sun_altitude_deg=90.0, budget=2.0, workers=1
    )
    planted = sum(row.planted for row in result.bins)
    found = sum(row.found for row in result.bins)
    assert planted > 100
    assert found < 0.15 * planted


@pytest.mark.slow
def test_killed_and_resumed_it_is_the_same(copy, tmp_path):
    whole = shutil.copytree(copy, tmp_path / "whole")
    calls = []
    lc.measure_completeness(
        whole, budget=3.0, workers=1, progress=lambda done, total: calls.append((done, total))
    )
    counts, totals = zip(*calls, strict=True)
    assert counts[0] == 0
    assert counts[-1] == totals[0]
    assert all(before < after for before, after in pairwise(counts)), "every batch has tiles"
    assert len(set(totals)) == 1

    def stop(done, total):
        if 0 < done < total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lc.measure_completeness(copy, budget=3.0, workers=1, progress=stop)
    assert not (copy / COMPLETENESS).exists()
    with pytest.raises(RunError, match="other options"):
        lc.measure_completeness(copy, budget=2.0, workers=1)
    first = []
    lc.measure_completeness(copy, budget=3.0, workers=1, progress=lambda d, _: first.append(d))
    assert first[0] > 0, "what was searched is not searched again"
    assert (copy / COMPLETENESS).read_bytes() == (whole / COMPLETENESS).read_bytes()


def test_a_mosaic_that_changes_while_it_is_searched_has_no_completeness(
    copy, tmp_path, monkeypatch
):
    kept = Path(json.loads((copy / "manifest.json").read_text())["input_name"])
    mosaic = tmp_path / "mosaic.tif"
    shutil.copyfile(kept, mosaic)

    def search(planted, tiles, folder, *_):
        (folder / "batch").touch()
        mosaic.write_bytes(mosaic.read_bytes() + b" ")
        return {}

    monkeypatch.setattr(measure, "search_planted", search)
    with pytest.raises(RunError, match=r"mosaic\.tif has changed while it was searched: put back"):
        lc.measure_completeness(copy, mosaic=mosaic)
    assert not (copy / FOLDER).exists()


@pytest.mark.slow
def test_a_picture_without_coordinates_is_measured_in_pixels(scene, tmp_path):
    with rasterio.open(scene) as raster:
        values = raster.read(1, window=Window(100, 100, SIDE, SIDE))
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), values)
    lc.detect(picture, tmp_path / "run", workers=1)
    done = CliRunner().invoke(
        cli, ["completeness", str(tmp_path / "run"), "--budget", "2", "--workers", "1", "--json"]
    )
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["unit"] == "px"
    assert result["bins"][0]["min_km"] <= 8.0 < result["bins"][0]["max_km"]
    assert result["sun"]["azimuth_deg"] == pytest.approx(280.0, abs=10.0)
    assert np.mean([row["recall"] for row in result["bins"][:4]]) > 0.6


@pytest.mark.slow
def test_another_model_or_a_changed_mosaic_is_refused(copy, tmp_path):
    other = tmp_path / "other.keras"
    other.write_bytes(shipped_model().read_bytes() + b" ")
    with pytest.raises(RunError, match="not the model"):
        lc.measure_completeness(copy, model=other)
    with rasterio.open(copy / "mask.tif") as mask:
        place = mask.crs, mask.transform
    noise = np.random.default_rng(0).integers(1, 255, (1, SIDE, SIDE)).astype(np.uint8)
    changed = write_raster(tmp_path / "changed.tif", noise, *place)
    with pytest.raises(RunError, match="has changed since"):
        lc.measure_completeness(copy, mosaic=changed)
    sevens = np.full((1, SIDE + 100, SIDE), 7, np.uint8)
    larger = write_raster(tmp_path / "larger.tif", sevens, *place)
    with pytest.raises(RunError, match="is not the mosaic"):
        lc.measure_completeness(copy, mosaic=larger)


@pytest.mark.slow
def test_options_may_be_given_after_a_refusal_without_them(copy, monkeypatch):
    def refuse(*_):
        raise RunError("give --sun-azimuth")

    with monkeypatch.context() as patched:
        patched.setattr("lunarcraters.completeness.measure.find_sun", refuse)
        with pytest.raises(RunError, match="--sun-azimuth"):
            lc.measure_completeness(copy)
    result = lc.measure_completeness(copy, sun_azimuth_deg=280.0, workers=1)
    assert result.sun.azimuth_source == "options"


@pytest.mark.slow
def test_a_mosaic_with_another_name_and_tiles_of_another_size_is_measured(run, tmp_path):
    mosaic = tmp_path / "first.tif"
    with rasterio.open(json.loads((run / "manifest.json").read_text())["input_name"]) as raster:
        values, profile = raster.read(1), raster.profile
    values[:40] = 255
    with rasterio.open(mosaic, "w", **profile | {"nodata": None}) as out:
        out.write(values, 1)
    lc.detect(mosaic, tmp_path / "run", size=256, nodata=255, workers=1)
    other = mosaic.rename(tmp_path / "second.tif")
    with pytest.raises(RunError, match="not there"):
        lc.measure_completeness(tmp_path / "run")
    result = lc.measure_completeness(tmp_path / "run", mosaic=other, budget=1.0, workers=1)
    assert result.planted > 20


def test_a_directory_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="not a run"):
        lc.measure_completeness(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "option", [{"budget": 0.0}, {"sun_altitude_deg": 0.0}, {"sun_azimuth_deg": 700.0}]
)
def test_options_out_of_range_are_refused(copy, option):
    with pytest.raises(OptionError):
        lc.measure_completeness(copy, **option)


def test_a_run_of_an_earlier_version_is_refused(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["mosaic"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="earlier version"):
        lc.measure_completeness(copy)


def test_a_run_of_an_elevation_model_is_refused(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["settings"]["looks"] = 4
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="elevation model"):
        lc.measure_completeness(copy)


@pytest.mark.parametrize("precision", ["auto", "float16"])
def test_a_run_that_does_not_tell_its_precision_is_refused(copy, precision):
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["settings"]["precision"] = precision
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match=f"notes the precision '{precision}', which is not float32"):
        lc.measure_completeness(copy, workers=1)
