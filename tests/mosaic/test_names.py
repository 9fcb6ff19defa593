"""Names that stand for rasters: patterns, lists, archives and addresses of local files."""

import shutil
import zipfile

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.mosaic import open_mosaic

from .. import archives
from ..rasters import SIMPLE_CYLINDRICAL, write_raster

METADATA = '<?xml version="1.0"?><metadata><idinfo/></metadata>'


def read_all(name):
    mosaic = open_mosaic(name)
    values, valid = mosaic.read(mosaic.grid.box)
    return np.where(valid, values, 0)


def pack(archive, folder):
    with zipfile.ZipFile(archive, "w") as packed:
        packed.mkdir(folder.name)
        for file in sorted(folder.iterdir()):
            packed.write(file, f"{folder.name}/{file.name}")
    return archive


def write_with_metadata(folder, noise):
    write_raster(folder / "a.tif", noise)
    for name in ("a.xml", "a.tif.xml", "metadata.xml"):
        (folder / name).write_text(METADATA)


def write_pds4(folder, noise):
    place = {"crs": SIMPLE_CYLINDRICAL, "transform": from_origin(0, 0, 100, 100)}
    height, width = noise.shape
    profile = {"driver": "PDS4", "count": 1, "dtype": "uint8", "height": height, "width": width}
    with rasterio.open(folder / "a.xml", "w", **profile, **place) as raster:
        raster.write(noise, 1)


def write_pds3(folder, noise):
    archives.sldem(folder)


@pytest.mark.parametrize("write", [write_with_metadata, write_pds4, write_pds3])
def test_an_archive_stands_for_the_rasters_of_its_directory(tmp_path, noise, write):
    (tmp_path / "delivery").mkdir()
    write(tmp_path / "delivery", noise)
    archive = pack(tmp_path / "a.zip", tmp_path / "delivery")
    np.testing.assert_array_equal(read_all(archive), read_all(tmp_path / "delivery"))


def test_an_archive_of_other_files_has_no_rasters(tmp_path):
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery" / "a.xml").write_text(METADATA)
    with pytest.raises(MosaicError, match="has no rasters in it"):
        open_mosaic(pack(tmp_path / "a.zip", tmp_path / "delivery"))


@pytest.fixture
def folder(tmp_path, noise):
    """A directory with a raster below it, whose name has what patterns and addresses quote."""
    (tmp_path / "my [maps]" / "sub").mkdir(parents=True)
    write_raster(tmp_path / "my [maps]" / "sub" / "a.tif", noise)
    return tmp_path / "my [maps]"


@pytest.mark.parametrize("line", ["sub/*.tif", "sub/?.tif", "**/a.tif", "sub/a.tif", "sub"])
def test_what_a_list_names_is_looked_for_beside_it(folder, noise, line):
    (folder / "list.txt").write_text(f"{line}\n")
    np.testing.assert_array_equal(read_all(folder / "list.txt"), noise)


def test_what_is_not_beside_a_list_is_looked_for_in_the_current_directory(
    folder, noise, monkeypatch
):
    (folder / "lists").mkdir()
    (folder / "lists" / "list.txt").write_text("sub/*.tif\n")
    monkeypatch.chdir(folder)
    np.testing.assert_array_equal(read_all("lists/list.txt"), noise)


def test_a_pattern_may_match_archives_and_directories(folder, noise, monkeypatch):
    pack(folder / "b.zip", folder / "sub")
    monkeypatch.chdir(folder)
    for pattern in ("*.zip", "s*"):
        np.testing.assert_array_equal(read_all(pattern), noise)


@pytest.mark.parametrize("name", ["{b.zip}/sub/a.tif", "b.zip/sub/a.tif", "{sub/c.zip}/sub/a.tif"])
def test_an_archive_in_the_current_directory_is_found_from_others(folder, noise, monkeypatch, name):
    pack(folder / "b.zip", folder / "sub")
    shutil.copy(folder / "b.zip", folder / "sub" / "c.zip")
    monkeypatch.chdir(folder)
    mosaic = open_mosaic(f"/vsizip/{name}")
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[0], noise)


@pytest.mark.parametrize("host", ["", "localhost"])
def test_addresses_of_files_may_be_quoted_and_have_a_host(folder, noise, host):
    path = folder / "sub" / "a.tif"
    quoted = path.as_uri().removeprefix("file://")
    np.testing.assert_array_equal(read_all(f"file://{host}{quoted}"), noise)
    np.testing.assert_array_equal(read_all(f"file://{path}"), noise)
