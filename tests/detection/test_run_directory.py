"""The directory of a run: it holds what its manifest says, and what others put there stays."""

import errno
import json
import os
import shutil
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lunarcraters.detection import detect as module
from lunarcraters.detection.detect import detect
from lunarcraters.detection.leftovers import empty_run, remove_leftovers
from lunarcraters.detection.manifest import MANIFEST
from lunarcraters.detection.measurements import COMPLETENESS, PURITY
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.run import (
    CRATERS,
    CRATERS_FOLDER,
    MASK_FOLDER,
    RESULT,
    read_result,
    read_run,
)
from lunarcraters.detection.search.batch_result import PARTS
from lunarcraters.detection.source import open_source
from lunarcraters.errors import OutputError, RunError
from lunarcraters.files import replacing
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import write_raster

MODEL = shipped_model()
ONE = DetectOptions(workers=1)


def write_noise(path, seed):
    values = np.random.default_rng(seed).integers(80, 160, (256, 256)).astype(np.uint8)
    return write_raster(path, values)


@pytest.fixture(scope="module")
def mosaic(tmp_path_factory):
    return write_noise(tmp_path_factory.mktemp("mosaic") / "noise.tif", 0)


@pytest.fixture(scope="module")
def finished(mosaic, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    detect(open_source([mosaic], MODEL), out, MODEL, ONE)
    return out


@pytest.fixture
def run(finished, tmp_path):
    return Path(shutil.copytree(finished, tmp_path / "run"))


def refuse(monkeypatch, owner, function, name):
    """Let a function of `os` or `Path` fail for one name."""
    real = getattr(owner, function)

    def refuse_name(path, *arguments, **options):
        if name in str(path):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(owner, function, refuse_name)


def test_only_what_killed_processes_left_is_removed(tmp_path):
    stay = [".gitattributes", ".lock", ".nfs000000001", ".notes.20240101.txt", "parts/.0001.part"]
    go = [f"{MASK_FOLDER}ab/mask.tif", f"{CRATERS_FOLDER}ab/craters.bin", ".fetched/page"]
    for name in (*stay, *go, ".git/HEAD", ".dvc/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in (MANIFEST, RESULT, CRATERS, "mask.tif", COMPLETENESS, PURITY, f"{PARTS}/0001.part"):
        with replacing(tmp_path / name) as temporary:
            temporary.touch()
            shutil.copy(temporary, f"{temporary}.kept")
        Path(f"{temporary}.kept").rename(temporary)
        (tmp_path / name).unlink()
    remove_leftovers(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*stay, ".git/HEAD", ".dvc/config"}


def test_hidden_files_of_others_stay_when_a_run_is_replaced(tmp_path):
    stay = [MANIFEST, ".lock", ".git/HEAD", ".gitattributes", ".fetched/page"]
    go = [RESULT, CRATERS, "mask.tif", "completeness/plan", f"{MASK_FOLDER}ab/mask.tif",
          ".purity.0123abcd.json"]  # fmt: skip
    for name in (*stay, *go):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    empty_run(tmp_path, keep=(".fetched",))
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(stay)
    empty_run(tmp_path)
    assert not (tmp_path / ".fetched").exists(), "what was fetched is of the run"


def test_what_cannot_be_removed_at_the_end_is_left(tmp_path, monkeypatch):
    left = tmp_path / ".craters.0123abcd.parquet"
    left.touch()
    refuse(monkeypatch, Path, "unlink", left.name)
    remove_leftovers(tmp_path)
    assert left.exists()


def test_a_directory_that_cannot_be_removed_at_the_end_is_left(run, mosaic, monkeypatch):
    refuse(monkeypatch, os, "rmdir", CRATERS_FOLDER)
    detect(open_source([mosaic], MODEL), run, MODEL, ONE)
    assert read_run(run)


def test_a_run_that_cannot_be_replaced_is_named_and_not_lost(run, mosaic, monkeypatch):
    (run / ".fetched").mkdir()
    (run / ".fetched" / "page").touch()
    refuse(monkeypatch, Path, "unlink", CRATERS)
    with pytest.raises(OutputError, match=rf"{CRATERS} in .*run cannot be removed .*busy"):
        empty_run(run, keep=(".fetched",))
    monkeypatch.setattr(module, "cluster", lambda *_, **__: nullcontext())
    with pytest.raises(OutputError, match=rf"{CRATERS} in .*run cannot be removed .*busy"):
        detect(open_source([mosaic], MODEL), run, MODEL, ONE, overwrite=True)
    assert (run / MANIFEST).exists()
    assert (run / ".fetched" / "page").exists()


def test_a_model_that_is_replaced_as_a_run_begins_makes_none(mosaic, tmp_path, monkeypatch):
    model = tmp_path / "model.keras"
    shutil.copyfile(MODEL, model)

    def start(*_, **__):
        model.write_bytes(MODEL.read_bytes() + b" ")
        return nullcontext()

    monkeypatch.setattr(module, "cluster", start)
    with pytest.raises(RunError, match=r"model\.keras was replaced while it was used"):
        detect(open_source([mosaic], model), tmp_path / "run", model, ONE)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("virtual", [False, True])
def test_a_mosaic_that_changes_while_it_is_searched_is_no_run(tmp_path, virtual):
    path, kept = write_noise(tmp_path / "noise.tif", 0), tmp_path / "kept.tif"
    shutil.copy(path, kept)
    if virtual:
        write_tiles(open_mosaic(path), tmp_path / "tiles", max_size=256, halo=64, levels=None,
                    virtual=True, overwrite=False)  # fmt: skip

    def change(done, total):
        write_noise(tmp_path / "other.tif", 1).replace(path)

    source = open_source([tmp_path / "tiles" if virtual else path], MODEL)
    with pytest.raises(RunError, match=r"noise\.tif has changed while it was searched: .*--overw"):
        detect(source, tmp_path / "run", MODEL, ONE, progress=change)
    kept.replace(path)
    searched = []
    detect(source, tmp_path / "run", MODEL, ONE, progress=lambda done, _: searched.append(done))
    assert searched[0] == 0, "no result of the other mosaic is taken for one of this"


def test_a_repetition_that_searches_nothing_keeps_the_time_of_the_search(run, mosaic):
    result = json.loads((run / RESULT).read_text())
    assert (run / RESULT).stat().st_mtime - datetime.fromisoformat(
        result["finished"]
    ).timestamp() < 2
    (run / RESULT).write_text(json.dumps(result | {"finished": "2024-05-06T07:08:09Z"}))
    detect(open_source([mosaic], MODEL), run, MODEL, ONE)
    assert read_result(run).finished == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    del result["finished"]
    (run / RESULT).write_text(json.dumps(result))
    os.utime(run / RESULT, (1e9, 1e9))
    detect(open_source([mosaic], MODEL), run, MODEL, ONE)
    assert read_result(run).finished == datetime.fromtimestamp(1e9, UTC), "of an older version"
