"""Runs on rasters from a server: the same catalogue, few bytes, no secrets, patience."""

import os
import shutil

import pandas as pd
import pytest
import rasterio

import lunarcraters as lc
from lunarcraters.detection.manifest import Manifest, write_manifest
from lunarcraters.detection.run import read_result
from lunarcraters.detection.searched import searched_mosaic
from lunarcraters.errors import CratersError, MosaicError, OutputError, RunError
from lunarcraters.files import locked
from lunarcraters.mosaic.remote import access
from lunarcraters.network.model_file import shipped_model

from ..rasters import write_part, write_raster
from ..servers import serve

MODEL = shipped_model()
SECRETS = ("SECRETUSER", "SECRETPASSWORD", "SECRETQUERY", "SECRETKEY")


@pytest.fixture(scope="module")
def folder(scene, tmp_path_factory):
    """A part of the scene, as a.tif."""
    folder = tmp_path_factory.mktemp("served")
    write_part(folder / "a.tif", scene, (500, 560, 1000, 900))
    return folder


def files_with(secrets, *folders):
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [
        path for path in paths if any(secret.encode() in path.read_bytes() for secret in secrets)
    ]


@pytest.mark.slow
def test_a_run_on_a_url_is_that_on_the_file_in_few_bytes_and_without_secrets(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS[3])
    here = lc.detect(folder / "a.tif", tmp_path / "here", size=384, workers=2)
    with serve(folder) as server:
        user = server.url.replace("http://", f"http://{SECRETS[0]}:{SECRETS[1]}@")
        name = f"{user}/a.tif?signature={SECRETS[2]}"
        there = lc.detect(name, tmp_path / "there", size=384, workers=2)
        assert server.given < 1.15 * (folder / "a.tif").stat().st_size
        lc.plot_map(tmp_path / "there", tmp_path / "map.png")
        lc.write_report(tmp_path / "there", tmp_path / "page.html")
        lc.export(tmp_path / "there", tmp_path / "craters.gpkg")
        lc.tile(name, tmp_path / "tiles", size=384)
        with pytest.raises(CratersError, match="may be secret") as caught:
            lc.tile(name, tmp_path / "virtual", virtual=True)
    pd.testing.assert_frame_equal(here.craters, there.craters)
    assert here.footprint.equals(there.footprint)
    masks = [(tmp_path / run / "mask.tif").read_bytes() for run in ("here", "there")]
    assert masks[0] == masks[1]
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert files_with(SECRETS, tmp_path) == []
    assert not (tmp_path / "there" / ".fetched").exists()


@pytest.mark.slow
def test_a_mosaic_that_changed_on_its_server_is_not_resumed(folder, tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    content = (folder / "a.tif").read_bytes()
    (served / "a.tif").write_bytes(content)
    with serve(served) as server:
        name = f"{server.url}/a.tif"
        lc.detect(name, tmp_path / "run", levels=1, workers=1)
        (served / "a.tif").write_bytes(content + b"\0")
        with pytest.raises(RunError, match=r"a\.tif has changed since the run"):
            lc.detect(name, tmp_path / "run", levels=1, workers=1)


@pytest.mark.slow
def test_a_run_that_replaces_another_fetches_the_mosaic_anew(folder, tmp_path):
    """As it must where date and size are those of before, or a server tells no date."""
    with rasterio.open(folder / "a.tif") as part:
        values = part.read(1)[:400, :400]
    options = {"size": 192, "levels": 1, "workers": 1}
    name, run = write_raster(tmp_path / "a.tif", values, tiled=True), tmp_path / "run"

    def stop(done, total):
        if done:
            raise KeyboardInterrupt

    with serve(tmp_path) as server:
        with pytest.raises(KeyboardInterrupt):
            lc.detect(f"{server.url}/a.tif", run, **options, progress=stop)
        before = name.stat()
        write_raster(name, values[::-1], tiled=True)
        os.utime(name, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert name.stat().st_size == before.st_size
        there = lc.detect(f"{server.url}/a.tif", run, **options, overwrite=True)
    here = lc.detect(name, tmp_path / "here", **options)
    pd.testing.assert_frame_equal(here.craters, there.craters)


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_another_fetches_into_a_run_is_neither_taken_away_nor_fetched_twice(
    folder, tmp_path, overwrite
):
    (tmp_path / ".fetched").mkdir()
    with serve(folder) as server, locked(tmp_path):
        with pytest.raises(RunError, match="another process is at work"):
            lc.detect(f"{server.url}/a.tif", tmp_path, overwrite=overwrite)
        assert server.asked == []
    assert (tmp_path / ".fetched").is_dir()


def test_a_run_whose_address_was_secret_asks_for_the_whole_address(folder, tmp_path):
    with serve(folder) as server:
        write_manifest(Manifest("a", f"{server.url}/none.tif", "b", "wac.keras", {}), tmp_path)
        with pytest.raises(MosaicError, match="give the whole address with --mosaic 'URL'"):
            searched_mosaic(tmp_path)
        assert searched_mosaic(tmp_path, f"{server.url}/a.tif?key=1").width == 1000


@pytest.mark.slow
def test_workers_name_the_tiles_that_a_dead_server_did_not_give_and_read_them_later(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    with rasterio.open(folder / "a.tif") as part:
        write_raster(tmp_path / "a.tif", part.read(1), nodata=0, tiled=True)
    options = {"size": 192, "levels": 1, "workers": 1}
    run = tmp_path / "run"
    with serve(tmp_path) as server:

        def kill(done, total):
            if done:  # what was fetched is taken away too, for the statistics read every pixel
                server.set(left=0)
                shutil.rmtree(run / ".fetched", ignore_errors=True)

        lc.detect(f"{server.url}/a.tif", run, **options, progress=kill)
        unread = read_result(run).unread_tiles
        assert 0 < len(unread) < read_result(run).tiles
        assert all("server failed" in why for why in unread.values())
        server.set(left=None)
        there = lc.detect(f"{server.url}/a.tif", run, **options)
    assert not read_result(run).unread_tiles
    here = lc.detect(tmp_path / "a.tif", tmp_path / "here", **options)
    pd.testing.assert_frame_equal(here.craters, there.craters)


@pytest.mark.parametrize(
    "name", ["https://example.org/run", "s3://bucket/run", "/vsis3/bucket/run"]
)
def test_an_output_is_a_local_path(folder, name):
    for write in (lc.detect, lc.tile):
        with pytest.raises(OutputError, match="give a local path"):
            write(folder / "a.tif", name)


def test_a_run_that_does_not_begin_leaves_nothing(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(access, "_PAUSES_S", ())
    monkeypatch.setattr(access, "_given_up", [False])
    with serve(folder) as server:
        with pytest.raises(CratersError, match="404"):
            lc.detect(f"{server.url}/none.tif", tmp_path / "new" / "run")
        server.set(left=12)
        with pytest.raises(CratersError):
            lc.detect(f"{server.url}/a.tif", tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
