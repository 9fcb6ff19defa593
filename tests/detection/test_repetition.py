"""Runs that are begun again: on other tiles, under other names, in place of others."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from lunarcraters.catalogue.columns import LUNAR_COLUMNS
from lunarcraters.detection.detect import detect
from lunarcraters.detection.fetched import FETCHED
from lunarcraters.detection.manifest import read_manifest, write_manifest
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.plan import plan_run
from lunarcraters.detection.run import CRATERS, read_run, read_with_hash
from lunarcraters.detection.search import cluster
from lunarcraters.detection.search.batch import _empty_table
from lunarcraters.detection.search.batch_result import BatchResult, write_batch_result
from lunarcraters.detection.source import open_source
from lunarcraters.errors import OutputError, RunError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import write_raster

MODEL = shipped_model()
NOBODY = DetectOptions(scheduler="tcp://127.0.0.1:9")


@pytest.fixture
def mosaic(tmp_path):
    """Noise, 512 x 512 pixels, with a corner of 300 x 300 without ground."""
    values = np.random.default_rng(0).integers(50, 200, (512, 512)).astype(np.uint8)
    values[:300, :300] = 0
    return write_raster(tmp_path / "mosaic.tif", values, nodata=0)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_TIMEOUT_S", 1)


def open_small(path):
    return open_source([path], MODEL, SourceOptions(size=128, halo=16))


def finish_run(path, out):
    """Make a run without craters, for which no network runs."""
    source = open_small(path)
    plan = plan_run(source, out, MODEL, MODEL, DetectOptions())
    write_manifest(plan.manifest, out)
    plan.folder.mkdir()
    for batch, file in zip(plan.batches, plan.result_files, strict=True):
        valid = {tile.name: source.read(tile)[1] for tile in batch.tiles}
        masks = {name: np.where(valid[name], 9, 255).astype(np.uint8) for name in valid}
        write_batch_result(BatchResult(_empty_table(LUNAR_COLUMNS), masks), file)
    return detect(source, out, MODEL)


def test_a_run_of_a_mosaic_is_not_resumed_on_tiles_of_which_some_are_left_out(mosaic, tmp_path):
    write_tiles(open_mosaic(mosaic), tmp_path / "tiles", max_size=128, halo=16)
    whole, tiles = open_small(mosaic), open_source([tmp_path / "tiles"], MODEL)
    assert tiles.fingerprint() == whole.fingerprint()
    assert len(tiles.tiles) < len(whole.tiles)
    for first, second in ((whole, tiles), (tiles, whole)):
        out = tmp_path / f"run{len(first.tiles)}"
        write_manifest(plan_run(first, out, MODEL, MODEL, DetectOptions()).manifest, out)
        with pytest.raises(RunError, match="another number of tiles"):
            detect(second, out, MODEL)


def test_tiles_and_a_mosaic_of_as_many_are_one_run(tmp_path):
    values = np.random.default_rng(0).integers(50, 200, (256, 256)).astype(np.uint8)
    path = write_raster(tmp_path / "whole.tif", values)
    before = finish_run(path, tmp_path / "run").read()
    write_tiles(open_mosaic(path), tmp_path / "tiles", max_size=128, halo=16)
    after = detect(open_source([tmp_path / "tiles"], MODEL), tmp_path / "run", MODEL, NOBODY)
    assert after.read().footprint_area_km2 == before.footprint_area_km2


def test_a_run_of_a_mosaic_that_was_moved_notes_its_new_name(mosaic, tmp_path):
    finish_run(mosaic, tmp_path / "run")
    moved = mosaic.rename(tmp_path / "moved.tif")
    model = shutil.copyfile(MODEL, tmp_path / "model.keras")
    before = read_manifest(tmp_path / "run")
    catalogue = detect(open_small(moved), tmp_path / "run", model, NOBODY)
    noted = read_manifest(tmp_path / "run")
    assert (noted.input_name, noted.model_name) == (str(moved), str(model))
    assert noted.differences(before) == []
    assert catalogue.info.properties["input"] == str(moved)


def test_a_finished_run_is_not_lost_to_one_that_does_not_begin(mosaic, tmp_path):
    out = tmp_path / "run"
    finish_run(mosaic, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(RunError, match="no Dask scheduler answers"):
        detect(open_small(mosaic), out, MODEL, NOBODY, overwrite=True)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert len(read_run(out)) == 0


def test_a_run_is_not_replaced_by_one_on_a_mosaic_tiles_or_a_model_in_it(mosaic, tmp_path):
    out = tmp_path / "run"
    finish_run(mosaic, out)
    inside = shutil.copy(mosaic, out / "mosaic.tif")
    write_tiles(open_mosaic(mosaic), out / "tiles", max_size=128, halo=16)
    model = shutil.copy(MODEL, out / "model.keras")
    before = sorted(out.rglob("*"))
    for source, file, name in (
        (open_small(inside), MODEL, r"mosaic\.tif"),
        (open_source([out / "tiles"], MODEL), MODEL, "tiles"),
        (open_small(mosaic), model, r"model\.keras"),
    ):
        with pytest.raises(OutputError, match=f"{name} lies in .*run, which --overwrite removes"):
            detect(source, out, file, NOBODY, overwrite=True)
    assert sorted(out.rglob("*")) == before


def test_what_was_read_from_the_network_does_not_keep_a_run_from_being_replaced(
    mosaic, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    finish_run(mosaic, Path("run"))
    (tmp_path / "run" / FETCHED).mkdir()
    copy = shutil.copy(mosaic, tmp_path / "run" / FETCHED / "copy.tif")
    with pytest.raises(RunError, match="no Dask scheduler answers"):
        detect(open_small(copy), Path("run"), MODEL, NOBODY, overwrite=True)


def test_a_run_that_was_killed_while_it_replaced_another_is_begun_again(
    mosaic, tmp_path, monkeypatch
):
    out = tmp_path / "run"
    finish_run(mosaic, out)

    def be_killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lunarcraters.detection.detect.cluster", lambda *_, **__: nullcontext(out))
        patched.setattr("lunarcraters.files.shutil.rmtree", be_killed)
        with pytest.raises(KeyboardInterrupt):
            detect(open_small(mosaic), out, MODEL, overwrite=True)
    with pytest.raises(RunError, match="run the same craters detect again"):
        read_run(out)
    detect(open_small(mosaic), out, MODEL)
    assert len(read_run(out)) == 0


def test_a_finished_run_is_not_finished_while_its_files_are_replaced(mosaic, tmp_path, monkeypatch):
    out = tmp_path / "run"
    finish_run(mosaic, out)

    def be_killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lunarcraters.detection.outputs.write_catalogue_parts", be_killed)
        with pytest.raises(KeyboardInterrupt):
            detect(open_small(mosaic), out, MODEL)
    with pytest.raises(RunError, match="not a finished run"):
        read_run(out)
    detect(open_small(mosaic), out, MODEL)
    assert len(read_run(out)) == 0


def test_a_run_begun_again_under_another_name_keeps_what_was_measured_of_it(
    mosaic, tmp_path, monkeypatch
):
    out = tmp_path / "run"
    finish_run(mosaic, out)
    before = read_with_hash(out)[1]
    monkeypatch.chdir(tmp_path)
    detect(open_small(mosaic.name), out, MODEL, NOBODY)
    catalogue, now = read_with_hash(out)
    assert catalogue.properties["input"] == mosaic.name
    assert now == before
    (out / CRATERS).write_bytes(b"damaged")
    detect(open_small(mosaic.name), out, MODEL, NOBODY)
    assert read_run(out).properties["input"] == mosaic.name
