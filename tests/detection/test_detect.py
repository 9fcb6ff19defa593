"""The pipeline from mosaic to catalogue, with the shipped weights on a part of the sample scene."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.windows import Window

from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.run import read_run
from lunarcraters.detection.search import cluster
from lunarcraters.detection.source import open_source
from lunarcraters.errors import ModelError, MosaicError, OutputError, RunError, TileSetError
from lunarcraters.files import locked
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import circle_iou
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import damage_block, write_part

MODEL = shipped_model()


@pytest.fixture(scope="module")
def mosaic(scene, tmp_path_factory):
    """The middle of the scene, 700 x 640 pixels, the nodata corner with it."""
    return write_part(tmp_path_factory.mktemp("mosaic") / "part.tif", scene, (836, 896, 700, 640))


@pytest.fixture(scope="module")
def run(mosaic, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    detect(
        open_source([mosaic], MODEL, SourceOptions(size=384)), out, MODEL, DetectOptions(workers=2)
    )
    return out


@pytest.fixture(scope="module")
def truth(repository):
    return pd.read_csv(repository / "sample_tiles" / "rendered_scene_craters.csv")


def craters_of(catalogue):
    return catalogue.craters.drop(columns=["crater_id"])


@pytest.mark.slow
def test_the_scenes_craters_are_found(run, truth, mosaic):
    found = read_run(run)
    chosen = found.filter(found.threshold("balanced")).craters
    area = open_mosaic(mosaic)
    x, y = area.grid.from_lonlat(truth["lon"], truth["lat"])
    inside = (x > 20) & (x < area.width - 20) & (y > 20) & (y < area.height - 20)
    wanted = truth[inside & (truth["diam_km"] > 1.2)]
    distance = sphere.distance_km(
        wanted["lon"].to_numpy()[:, None], wanted["lat"].to_numpy()[:, None],
        chosen["lon"].to_numpy()[None], chosen["lat"].to_numpy()[None],
    )  # fmt: skip
    iou = circle_iou(
        distance, wanted["diam_km"].to_numpy()[:, None], chosen["diameter_km"].to_numpy()[None]
    )
    assert len(wanted) > 50
    assert (iou.max(axis=1) > 0.5).mean() > 0.6


@pytest.mark.slow
def test_no_crater_is_found_twice(run):
    craters = read_run(run).craters
    distance = sphere.distance_km(
        craters["lon"].to_numpy()[:, None], craters["lat"].to_numpy()[:, None],
        craters["lon"].to_numpy()[None], craters["lat"].to_numpy()[None],
    )  # fmt: skip
    diameter = craters["diameter_km"].to_numpy()
    small = np.minimum(diameter[:, None], diameter[None])
    ratio = np.maximum(diameter[:, None], diameter[None]) / small
    twins = (distance < 0.1 * small) & (ratio < 1.2)
    assert twins.sum() == len(craters)


@pytest.mark.slow
def test_written_tiles_and_the_mosaic_itself_give_the_same_craters(run, mosaic, tmp_path):
    write_tiles(open_mosaic(mosaic), tmp_path / "tiles", max_size=384, halo=64, levels=None,
                virtual=False, overwrite=False)  # fmt: skip
    found = detect(
        open_source([tmp_path / "tiles"], MODEL), tmp_path / "run", MODEL, DetectOptions(workers=1)
    ).read()
    pd.testing.assert_frame_equal(craters_of(found), craters_of(read_run(run)), atol=1e-4)


@pytest.mark.slow
def test_the_mask_lies_on_the_mosaics_grid(run, mosaic):
    with rasterio.open(run / "mask.tif") as mask, rasterio.open(mosaic) as image:
        assert (mask.width, mask.height, mask.transform) == (
            image.width,
            image.height,
            image.transform,
        )
        assert mask.crs == image.crs
        values, nodata = mask.read(1), image.read(1) == 0
    assert (values[nodata] == 255).mean() > 0.99
    assert (values[~nodata] < 255).mean() > 0.99
    assert 0.02 < (values[~nodata] > 127).mean() < 0.9


def test_the_ground_searched_leaves_nodata_out(run, mosaic):
    found = read_run(run)
    with rasterio.open(mosaic) as image:
        pixels = int((image.read(1) != 0).sum())
    assert found.footprint_area_km2 == pytest.approx(pixels * 0.01, rel=2e-3)
    assert sphere.area_km2(found.footprint) == pytest.approx(pixels * 0.01, rel=0.01)


def test_a_finished_run_is_not_done_again(run, mosaic):
    before = {path: path.stat().st_mtime_ns for path in (run / "parts").iterdir()}
    table = (run / "craters.parquet").read_bytes()
    detect(
        open_source([mosaic], MODEL, SourceOptions(size=384)), run, MODEL, DetectOptions(workers=1)
    )
    assert {path: path.stat().st_mtime_ns for path in (run / "parts").iterdir()} == before
    assert (run / "craters.parquet").read_bytes() == table


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["run.json", "craters.parquet"])
def test_a_run_goes_on_where_it_stopped(run, mosaic, tmp_path, missing):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    (copy / missing).unlink()
    lost = sorted((copy / "parts").iterdir())[-1]
    lost.write_bytes(lost.read_bytes()[:100])
    with pytest.raises(RunError, match="not a finished run"):
        read_run(copy)
    detect(
        open_source([mosaic], MODEL, SourceOptions(size=384)), copy, MODEL, DetectOptions(workers=1)
    )
    pd.testing.assert_frame_equal(craters_of(read_run(copy)), craters_of(read_run(run)), atol=1e-4)


def test_another_run_is_not_taken_up(run, mosaic):
    with pytest.raises(RunError, match="--overwrite"):
        detect(
            open_source([mosaic], MODEL, SourceOptions(size=512)),
            run,
            MODEL,
            DetectOptions(workers=1),
        )


def test_a_run_is_not_taken_for_a_mosaic(run):
    with pytest.raises(RunError, match="is a run, not a mosaic"):
        open_source([run], MODEL)


def test_two_processes_do_not_work_in_one_run(run, mosaic):
    with locked(run), pytest.raises(RunError, match="another process"):
        detect(
            open_source([mosaic], MODEL, SourceOptions(size=384)),
            run,
            MODEL,
            DetectOptions(workers=1),
            overwrite=True,
        )
    assert read_run(run)


@pytest.fixture
def damaged(mosaic, tmp_path):
    """The mosaic with one block that cannot be decoded."""
    blocks = {"tiled": True, "blockxsize": 128, "blockysize": 128, "compress": "deflate"}
    path = write_part(tmp_path / "damaged.tif", mosaic, (0, 0, 700, 640), **blocks)
    damage_block(path, "3_2")
    return path


@pytest.mark.slow
def test_a_tile_that_cannot_be_read_is_left_out_and_named(damaged, tmp_path):
    source = open_source([damaged], MODEL, SourceOptions(size=256, levels=1))
    out = tmp_path / "run"
    found = detect(source, out, MODEL, DetectOptions(workers=1)).read()
    result = json.loads((out / "run.json").read_text())
    assert 0 < len(result["unread_tiles"]) < result["tiles"]
    assert found.properties["unread_tiles"] == str(len(result["unread_tiles"]))
    assert read_run(out).properties["unread_tiles"] == found.properties["unread_tiles"]
    assert not set(found.craters["tile"]) & set(result["unread_tiles"])
    with rasterio.open(out / "mask.tif") as mask:
        cores = [tile.core for tile in source.tiles if tile.name in result["unread_tiles"]]
        assert all((mask.read(1, window=Window(*core)) == 255).all() for core in cores)
    with pytest.raises(MosaicError, match="damaged"):
        detect(source, tmp_path / "strict", MODEL, DetectOptions(workers=1, strict=True))


@pytest.mark.slow
def test_a_finished_run_outlives_a_failed_repetition(mosaic, tmp_path, monkeypatch):
    """The results of batches may be deleted when a run is finished."""
    monkeypatch.setattr(cluster, "_CONNECT_TIMEOUT_S", 1)
    source = open_source([mosaic], MODEL, SourceOptions(size=512, levels=1))
    found = detect(source, tmp_path / "run", MODEL, DetectOptions(workers=1))
    shutil.rmtree(tmp_path / "run" / "parts")
    nobody = DetectOptions(scheduler="tcp://127.0.0.1:9")
    with pytest.raises(RunError):
        detect(source, tmp_path / "run", MODEL, nobody)
    assert len(read_run(tmp_path / "run")) == len(found)
    # A run that is new is removed.
    with pytest.raises(RunError):
        detect(source, tmp_path / "new", MODEL, nobody)
    assert not (tmp_path / "new").exists()


def test_a_directory_that_is_no_run_is_left_alone(mosaic, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="not a run"):
        detect(open_source([mosaic], MODEL), tmp_path, MODEL, overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.slow
def test_a_plain_picture_gives_a_catalogue_in_pixels(repository, tmp_path):
    source = open_source([repository / "sample_tiles" / "moon.png"], MODEL)
    found = detect(source, tmp_path / "run", MODEL, DetectOptions(workers=1)).read()
    assert not found.has_crs
    assert {"x", "y", "diameter_px"} <= set(found.craters)
    assert len(found) > 10
    assert json.loads((tmp_path / "run" / "run.json").read_text())["searched_km2"] is None


@pytest.mark.slow
def test_a_run_that_never_began_leaves_nothing(mosaic, tmp_path, capfd):
    inputs = keras.Input((64, 64, 1))
    outputs = keras.layers.Conv2D(5, 1)(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "five.keras")
    with pytest.raises(ModelError, match="5 output channels"):
        detect(
            open_source([mosaic], tmp_path / "five.keras", SourceOptions(levels=1)),
            tmp_path / "run",
            tmp_path / "five.keras",
            DetectOptions(workers=1),
        )
    assert not (tmp_path / "run").exists()
    assert "Traceback" not in capfd.readouterr().err, "the workers keep silent"


def test_options_of_a_mosaic_do_not_go_with_tiles(mosaic, tmp_path):
    write_tiles(open_mosaic(mosaic), tmp_path / "tiles", max_size=384, halo=64, levels=1,
                virtual=True, overwrite=False)  # fmt: skip
    with pytest.raises(TileSetError, match="craters tile"):
        open_source([tmp_path / "tiles"], MODEL, SourceOptions(size=512))


@pytest.mark.slow
def test_ctrl_c_ends_a_run_without_a_traceback(scene, tmp_path):
    command = [sys.executable, "-m", "lunarcraters", "detect", str(scene), "--size", "256"]
    run = subprocess.Popen(
        [*command, "-o", str(tmp_path / "run")],
        stderr=subprocess.PIPE,
        start_new_session=True,
        # What a shell starts in the background ignores it, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while run.poll() is None and not any(tmp_path.glob("run/parts/*.part")):
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)  # the terminal sends it to every process of the group
    told = run.communicate()[1].decode()
    assert run.returncode == 1
    assert "The same command goes on where this one stopped." in told
    assert "Aborted" in told
    assert "Traceback" not in told
