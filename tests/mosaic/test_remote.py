"""Rasters on a server, in archives and under other names are read as the files themselves are."""

import re
import zipfile

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.names import RasterName
from lunarcraters.mosaic.remote import access
from lunarcraters.mosaic.remote.faults import why_not_served
from lunarcraters.mosaic.remote.transfer import count_fetched_bytes

from ..rasters import measure_statistics, write_raster
from ..servers import serve

BLOCKS = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
SECRETS = "http://user:SECRET@"


@pytest.fixture
def folder(tmp_path, noise):
    write_raster(tmp_path / "a.tif", noise, nodata=0, **BLOCKS)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.tif", "delivery/a.tif")
    return tmp_path


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(access, "_PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(access, "_given_up", [False])


def assert_same(name, folder, **options):
    """The mosaic of a name has the pixels and the place of the file."""
    there, here = open_mosaic(name, **options), open_mosaic(folder / "a.tif")
    assert (there.grid, there.extents, there.bands) == (here.grid, here.extents, here.bands)
    for read, expected in zip(there.read(there.grid.box), here.read(here.grid.box), strict=True):
        np.testing.assert_array_equal(read, expected)
    assert measure_statistics(there) == measure_statistics(here)
    return there


@pytest.mark.slow
@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(
    "name",
    [
        "{}/a.tif", "/vsicurl/{}/a.tif", "/vsicurl?max_retry=2&url={}/a.tif", "{}/a.tif?key=1",
        "zip+{}/a.zip!delivery/a.tif",
    ],
)  # fmt: skip
def test_a_raster_on_a_server_is_read_as_the_file(folder, name, ranges, tmp_path):
    with serve(folder, ranges=ranges) as server:
        assert_same(name.format(server.url), folder, fetched=tmp_path / "fetched")


@pytest.mark.parametrize(
    "name",
    [
        "zip://{}/a.zip!delivery/a.tif", "/vsizip/{}/a.zip/delivery/a.tif", "{}/a.zip",
        "GTIFF_DIR:1:{}/a.tif", "file://{}/a.tif", "{}/*.tif", "{}/list.txt",
    ],
)  # fmt: skip
def test_a_raster_under_another_name_is_read_as_the_file(folder, name):
    (folder / "list.txt").write_text("# rasters\n\na.tif\n")
    assert_same(name.format(folder), folder)


def test_archives_may_be_named_from_the_current_directory(folder, monkeypatch):
    monkeypatch.chdir(folder)
    there = assert_same("zip://a.zip!delivery/a.tif", folder)
    monkeypatch.chdir("/")
    assert there.read(Box(0, 0, 8, 8))[1].all()


def test_a_description_of_a_server_is_a_raster_on_the_network(folder):
    with rasterio.open(folder / "a.tif") as raster:
        copy(raster, str(folder / "local.vrt"), driver="VRT")
    with serve(folder) as server:
        text = (folder / "local.vrt").read_text().replace('relativeToVRT="1"', "")
        text = text.replace(">a.tif", f">/vsicurl/{server.url}/a.tif?key=1")
        (folder / "net.vrt").write_text(text)
        assert assert_same(folder / "net.vrt", folder).remote is not None
    assert open_mosaic(folder / "local.vrt").remote is None


@pytest.mark.parametrize("name", ["{}/a.tif", "{folder}/net.vrt"])
def test_a_server_is_asked_for_few_names_beside_a_tiff(folder, name):
    with serve(folder) as server:
        with rasterio.open(f"/vsicurl/{server.url}/a.tif") as raster:
            copy(raster, str(folder / "net.vrt"), driver="VRT")
        before = len(server.asked)
        mosaic = open_mosaic(name.format(server.url, folder=folder))
        mosaic.read(mosaic.grid.box)
        beside = {path.lower().removeprefix("/a.tif") for path in server.asked[before:]}
        assert beside <= {"", ".aux.xml", ".ovr", ".msk"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("{}/none.tif", "404.*check the address"),
        ("http://127.0.0.1:9/a.tif", "whether its server answers"),
        ("{}/page.tif", "web page, perhaps that of a login.*credentials"),
        ("{}/a.zip.tif", r"packed with zip: name .* 'zip\+http.*a.zip.tif!NAME'"),
        ("zip://{folder}/a.zip!none.tif", "check the name"),
        ("{folder}/none*.tif", "no file matches"),
        ("{folder}/bad.txt", "names what is not there"),
        ("{folder}/empty.txt", "lists no raster"),
        ("{folder}/empty.zip", "has no rasters"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(folder, name, message):
    (folder / "bad.txt").write_text("nothing.tif\n")
    (folder / "empty.txt").write_text("# nothing\n")
    (folder / "page.tif").write_text("<!DOCTYPE html><html>Log in</html>")
    (folder / "a.zip.tif").write_bytes((folder / "a.zip").read_bytes())
    zipfile.ZipFile(folder / "empty.zip", "w").close()
    with serve(folder) as server, pytest.raises(MosaicError, match=message) as caught:
        open_mosaic(name.format(server.url, folder=folder))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("query", ["", "?key=1"])
def test_an_archive_on_a_server_stands_for_its_rasters(folder, query):
    with serve(folder) as server:
        assert_same(f"{server.url}/a.zip{query}", folder)


def test_an_archive_whose_server_gives_no_ranges_is_named_with_the_way_to_its_rasters(folder):
    message = r"packed with zip: name .* 'zip\+http.*a.zip!NAME'"
    with serve(folder, ranges=False) as server, pytest.raises(MosaicError, match=message):
        open_mosaic(f"{server.url}/a.zip")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.zip", "is packed with zip"),
        ("page.html", "is a web page"),
        ("notes.txt", "is there, but GDAL does not open it .*: check that it is a raster"),
        ("gone.tif", "cannot be opened .*: check the address$"),
    ],
)
def test_a_file_beside_it_that_is_missed_is_not_the_reason(folder, name, message):
    (folder / "page.html").write_text("<!DOCTYPE html><p>Log in")
    (folder / "notes.txt").write_text("notes")
    with serve(folder) as server:
        uri = RasterName(f"/vsicurl/{server.url}/{name}")
        assert re.search(message, why_not_served(uri, RuntimeError("HTTP response code: 404")))


@pytest.mark.parametrize(
    ("uri", "reason", "message"),
    [
        ("/vsis3/b/a.tif", "AWS_SECRET_ACCESS_KEY not defined", "^s3://b/a.tif .*NO_SIGN_REQUEST"),
        ("/vsigs/b/a.tif", "Access denied", "^gs://b/a.tif .*GS_SECRET_ACCESS_KEY"),
        ("/vsicurl/http://h/a.tif", "HTTP response code: 403", "^http://h.*GDAL_HTTP_USERPWD"),
        ("/vsicurl/http://h/403.tif", "HTTP response code: 404", "check the address$"),
        ("/vsicurl/http://h/a.tif", "HTTP response code: 503", "its server fails"),
        ("/vsicurl/http://h/a.tif", "Could not resolve host", "whether its server answers"),
    ],
)
def test_what_a_server_refuses_is_told_from_what_fails(uri, reason, message):
    assert re.search(message, why_not_served(RasterName(uri), RuntimeError(reason)))


def test_a_source_of_a_vrt_that_its_server_does_not_have_is_named(folder):
    with rasterio.open(folder / "a.tif") as raster:
        copy(raster, str(folder / "gone.vrt"), driver="VRT")
    text = (folder / "gone.vrt").read_text().replace(">a.tif<", ">gone.tif<")
    (folder / "gone.vrt").write_text(text)
    with serve(folder) as server:
        mosaic = open_mosaic(f"{server.url}/gone.vrt")
        with pytest.raises(MosaicError, match=r"http.*/gone.tif cannot .*check the address$"):
            mosaic.fingerprint()


def test_a_vrt_whose_server_gives_no_ranges_is_not_read_again_and_its_source_is_named(
    tmp_path, monkeypatch
):
    noise = np.random.default_rng(0).integers(1, 255, (1024, 1024)).astype(np.uint8)
    write_raster(tmp_path / "large.tif", noise, **BLOCKS)
    with rasterio.open(tmp_path / "large.tif") as raster:
        copy(raster, str(tmp_path / "a.vrt"), driver="VRT")
    monkeypatch.setattr(access.time, "sleep", pytest.fail)
    with serve(tmp_path, ranges=False) as server:
        mosaic = open_mosaic(f"{server.url}/a.vrt")
        with pytest.raises(MosaicError, match=r"/large.tif does not give parts .*: download it"):
            mosaic.read(mosaic.grid.box)


def test_pages_are_fetched_once(tmp_path):
    noise = np.random.default_rng(0).integers(1, 255, (1024, 1024)).astype(np.uint8)
    path = write_raster(
        tmp_path / "a.tif", noise, **{**BLOCKS, "blockxsize": 256, "blockysize": 256}
    )
    with serve(tmp_path) as server:
        mosaic = open_mosaic(f"{server.url}/a.tif", fetched=tmp_path / "fetched")
        measure_statistics(mosaic)
        for level in (1, 2, 4, 16):
            for box in mosaic.grid.box.pad(-100).blocks(300):
                mosaic.read(box, level)
        again = open_mosaic(f"{server.url}/a.tif", fetched=tmp_path / "fetched")
        np.testing.assert_array_equal(again.read(again.grid.box)[0], noise)
        assert server.given < 1.15 * path.stat().st_size


def test_the_bytes_of_overviews_are_counted_by_their_own_blocks(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.ones((1024, 1024), np.uint8))
    with rasterio.open(path, "r+") as raster:
        raster.build_overviews([2, 4])
    with serve(tmp_path) as server:
        counted = count_fetched_bytes(open_mosaic(f"{server.url}/a.tif"))
    assert counted == 1024**2 + 512**2 + 256**2


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"compress": "none"}, {"compress": "deflate", "mask": True}])
def test_nodata_is_not_fetched_where_an_overview_shows_it(tmp_path, options):
    values = np.random.default_rng(0).integers(1, 255, (2048, 2048)).astype(np.uint8)
    valid = np.zeros(values.shape, bool)
    valid[900:1300, 500:900] = True
    masked = options.pop("mask", False)
    if not masked:
        values[~valid] = 0
    plain = write_raster(
        tmp_path / "plain.tif", values, nodata=None if masked else 0, mask=valid if masked else None
    )
    with rasterio.open(plain) as raster, rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        copy(raster, str(tmp_path / "a.tif"), driver="COG", blocksize=128, **options)
    size = (tmp_path / "a.tif").stat().st_size
    with serve(tmp_path) as server:
        mosaic = open_mosaic(f"{server.url}/a.tif", fetched=tmp_path / "fetched")
        read, shown = mosaic.read(mosaic.grid.box)
        assert server.given < 0.15 * size
    np.testing.assert_array_equal(shown, valid)
    np.testing.assert_array_equal(read, np.where(valid, values, 0))


def test_a_server_that_fails_for_a_while_is_waited_for(folder, tmp_path, impatient):
    with serve(folder) as server:
        mosaic = open_mosaic(f"{server.url}/a.tif")
        server.set(left=0, outage=3)
        np.testing.assert_array_equal(
            mosaic.read(mosaic.grid.box)[0], open_mosaic(folder / "a.tif").read(mosaic.grid.box)[0]
        )
        assert server.set()["left"] is None


def test_statistics_do_not_leave_out_what_a_server_did_not_give(folder, impatient):
    with serve(folder) as server:
        mosaic = open_mosaic(f"{server.url}/a.tif")
        server.set(left=0)
        with pytest.raises(MosaicError, match="server failed"):
            measure_statistics(mosaic)


def test_an_overview_or_mask_that_a_server_did_not_give_is_missed(folder, impatient, noise):
    (folder / "a.tif").unlink()
    write_raster(folder / "a.tif", noise, **BLOCKS)
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False),
        rasterio.open(folder / "a.tif", "r+") as raster,
    ):
        raster.write_mask(noise > 100)
    assert (folder / "a.tif.msk").exists()
    with serve(folder) as server:
        mosaic = open_mosaic(f"{server.url}/a.tif")
        np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[1], noise > 100)
        (folder / "a.tif.msk").rename(folder / "gone")
        again = open_mosaic(f"{server.url}/a.tif")
        assert again.read(again.grid.box)[1].all()
        with pytest.raises(MosaicError, match="other masks or overviews"):
            mosaic.read(mosaic.grid.box)


def test_a_source_that_changed_on_its_server_is_another(folder):
    with serve(folder) as server:
        name = f"{server.url}/a.tif"
        first, same = open_mosaic(name).fingerprint(), open_mosaic(name).fingerprint()
        content = (folder / "a.tif").read_bytes()
        (folder / "a.tif").write_bytes(content + b"\0")
        assert first == same != open_mosaic(name).fingerprint()


def test_names_and_messages_hold_no_secret(folder):
    with serve(folder) as server:
        address = server.url.replace("http://", SECRETS) + "/a.tif?key=SECRET"
        assert open_mosaic(address).name == f"{server.url}/a.tif"
        with pytest.raises(MosaicError) as caught:
            open_mosaic(address.replace("a.tif", "none.tif"))
        assert "SECRET" not in str(caught.value)


def test_a_file_that_is_given_only_whole_is_fetched_once(tmp_path):
    noise = np.random.default_rng(0).integers(20, 200, (1500, 1500)).astype(np.uint8)
    write_raster(tmp_path / "a.tif", noise, **BLOCKS)
    fetched = tmp_path / "fetched"
    with serve(tmp_path, ranges=False) as server:
        mosaic = open_mosaic(f"{server.url}/a.tif", fetched=fetched)
        given = server.given
        without = mosaic.with_nodata(50.0)
        # The request that shows that there are no ranges is answered with the whole file.
        assert server.given - given < 1.5 * (tmp_path / "a.tif").stat().st_size
    assert str(fetched) in without.uri
    assert (without.read(without.grid.box)[1] == (noise != 50)).all()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", ["a.tfw", "a.TFW", "a.tifw", "a.wld"])
def test_the_world_file_of_a_file_that_is_given_only_whole_is_fetched_too(tmp_path, name):
    write_raster(tmp_path / "a.tif", np.full((600, 800), 50, np.uint8), crs=None, transform=None)
    (tmp_path / name).write_text("100\n0\n0\n-100\n50\n-50\n")
    here = open_mosaic(tmp_path / "a.tif", crs="IAU_2015:30110")
    with serve(tmp_path, ranges=False) as server:
        there = open_mosaic(
            f"{server.url}/a.tif", crs="IAU_2015:30110", fetched=tmp_path / "fetched"
        )
    assert there.grid == here.grid
