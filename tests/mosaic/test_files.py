import json
import warnings
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.shutil import copy

from lunarcraters.errors import CoordinateSystemError, CratersError, MosaicError
from lunarcraters.mosaic import tiff_blocks
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.opening import open_dataset, suppress_georeferencing_warning
from lunarcraters.mosaic.tiff_blocks import find_stored_blocks
from lunarcraters.mosaic.vrt.sources import find_vrt_boxes

from ..rasters import SIMPLE_CYLINDRICAL, write_raster


def broken(tmp_path, kind, noise):
    """A path that cannot be used, and what its error says."""
    path = tmp_path / "moon.tif"
    if kind == "missing":
        return path, "does not exist"
    if kind == "text":
        path.write_text("not a raster")
        return path, r"not a raster .* text"
    if kind == "empty file":
        path.touch()
        return path, "is empty"
    if kind == "empty directory":
        return tmp_path, "has no rasters"
    if kind == "images below":
        (tmp_path / "images").mkdir()
        write_raster(tmp_path / "images" / "a.tif", noise)
        return tmp_path, "did you mean .*images"
    if kind == "tiles":
        (tmp_path / "tiles.json").write_text("{}")
        return tmp_path, "directory of tiles"
    if kind == "two rasters":
        path = tmp_path / "moon.gpkg"
        write_raster(path, noise, driver="GPKG", RASTER_TABLE="a")
        write_raster(path, noise, driver="GPKG", RASTER_TABLE="b", APPEND_SUBDATASET=True)
        return path, "holds 2 rasters: name one of them, as in 'GPKG:.*moon.gpkg:a'"
    if kind == "STAC item":
        path = tmp_path / "item.json"
        crs = CRS.from_user_input("IAU_2015:30100").to_wkt()
        place = {"proj:transform": [1, 0, 0, 0, -1, 1], "proj:bbox": [0, 0, 1, 1]}
        schemas = ["https://stac-extensions.github.io/projection/v2.0.0/schema.json"]
        item = {"stac_version": "1.1.0", "stac_extensions": schemas}
        item |= {"properties": {"proj:wkt2": crs, **place}}
        assets = {name: {"href": f"{name}.tif"} for name in "ab"}
        path.write_text(json.dumps({"type": "Feature", **item, "assets": assets}))
        return path, "is a STAC item, not a mosaic: give the raster"
    if kind == "complex":
        return write_raster(path, noise.astype(np.complex64)), "complex64.*-ot Float32"
    if kind == "Earth":
        return write_raster(path, noise, "EPSG:32633"), "not of the Moon"
    if kind == "no geotransform":
        return write_raster(path, noise, affine=Affine.identity()), "no georeferencing"
    write_raster(path, noise, tiled=True, blockxsize=128, blockysize=128)
    path.write_bytes(path.read_bytes()[: 40_000 if kind == "truncated" else 6])
    return path, "truncated"


KINDS = (
    "missing", "text", "empty file", "empty directory", "images below", "tiles", "complex", "Earth",
    "no geotransform", "truncated", "header only", "two rasters", "STAC item",
)  # fmt: skip


def test_a_directory_without_rasters_may_have_others_below_that_cannot_be_read(
    tmp_path, noise, monkeypatch
):
    for name in ("images", "lost+found"):
        (tmp_path / name).mkdir()
    listed = Path.iterdir

    def iterdir(path):
        if path.name == "lost+found":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with pytest.raises(MosaicError, match="has no rasters in it: name a raster"):
        open_mosaic(tmp_path)
    (tmp_path / "images").rename(tmp_path / "z")  # after the one that cannot be read
    write_raster(tmp_path / "z" / "a.tif", noise)
    with pytest.raises(MosaicError, match=r"did you mean .*z"):
        open_mosaic(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_used_is_told_apart(tmp_path, noise, kind):
    path, message = broken(tmp_path, kind, noise)
    with pytest.raises((MosaicError, CoordinateSystemError), match=message) as caught:
        open_mosaic(path)
    assert "\n" not in str(caught.value)
    assert tmp_path.name in str(caught.value)


def test_a_truncated_cog_is_found_out_by_its_blocks(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (1000, 1000)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", noise, driver="COG", blocksize=256)
    content = path.read_bytes()
    assert open_mosaic(path).width == 1000
    for share in (0.3, 0.7, 0.99):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(MosaicError, match="truncated"):
            open_mosaic(path)


def with_overviews(path, *, beside=False):
    """The raster, with overviews of blocks of 128 pixels."""
    with rasterio.Env(TIFF_USE_OVR=beside), rasterio.open(path, "r+") as raster:
        raster.build_overviews([2, 4], Resampling.average)
    return path


@pytest.fixture
def halves():
    """An image that takes few bytes where it is compressed."""
    return np.repeat(np.array([[1, 9]], np.uint8), 512, axis=1).repeat(1024, axis=0)


def test_all_blocks_of_overviews_are_listed(tmp_path, halves):
    path = with_overviews(write_raster(tmp_path / "a.tif", halves))
    with open_dataset(str(path)) as raster:
        blocks = list(find_stored_blocks(raster, (1,)))
    assert max(block.end for block in blocks) == path.stat().st_size
    for overview, size, count in ((None, (1024, 8), 128), (0, (256, 256), 16), (1, (512, 512), 4)):
        boxes = {block.box for block in blocks if block.overview == overview}
        assert len(boxes) == count
        assert {box[2:] for box in boxes} == {size}
        assert sum(box.width * box.height for box in boxes) == halves.size


def test_an_overview_is_opened_once_for_all_bands(tmp_path, halves, monkeypatch):
    opened = []

    def open_noted(name, overview=None):
        opened.append(overview)
        return open_dataset(name, overview)

    path = write_raster(tmp_path / "a.tif", np.stack([halves] * 3), photometric="RGB")
    with_overviews(path)
    monkeypatch.setattr(tiff_blocks, "open_dataset", open_noted)
    with open_dataset(str(path)) as raster:
        assert {block.overview for block in find_stored_blocks(raster, (1, 2, 3))} == {None, 0, 1}
        assert opened == [0, 1]
        of_pixels = find_stored_blocks(raster, (1, 2, 3), overviews=False)
        assert {block.overview for block in of_pixels} == {None}
    copy(path, tmp_path / "a.vrt", driver="VRT")
    opened.clear()
    with open_dataset(str(tmp_path / "a.vrt")) as raster:
        find_vrt_boxes(raster, (1, 2, 3), None)
    assert opened == []


def test_a_tiff_that_ends_within_its_overviews_is_truncated(tmp_path, halves):
    path = with_overviews(write_raster(tmp_path / "a.tif", halves))
    path.write_bytes(path.read_bytes()[:-10_000])
    with pytest.raises(MosaicError, match="truncated"):
        open_mosaic(path)


def test_overviews_beside_a_tiff_may_be_larger_than_it_and_are_checked_too(tmp_path, halves):
    path = with_overviews(write_raster(tmp_path / "a.tif", halves, compress="deflate"), beside=True)
    overviews = tmp_path / "a.tif.ovr"
    assert overviews.stat().st_size > path.stat().st_size
    assert open_mosaic(path).width == 1024
    overviews.write_bytes(overviews.read_bytes()[:-300])
    with pytest.raises(MosaicError, match=r"a\.tif\.ovr is truncated"):
        open_mosaic(path)
    # GDAL leaves those beside unread where a TIFF has its own.
    other = with_overviews(write_raster(tmp_path / "b.tif", halves, compress="deflate"))
    overviews.rename(tmp_path / "b.tif.ovr")
    assert open_mosaic(other).width == 1024


@pytest.mark.parametrize(
    ("name", "driver", "affine"),
    [("a.png", "PNG", Affine.identity()), ("a.cub", "ISIS3", None)],
)
def test_other_truncated_formats_are_found_out_by_their_last_pixel(
    tmp_path, noise, name, driver, affine
):
    crs = None if driver == "PNG" else "IAU_2015:30110"
    path = write_raster(tmp_path / name, noise, crs, affine, driver=driver)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MosaicError, match="truncated"):
        open_mosaic(path)


def test_a_vrt_whose_source_is_gone_is_found_out(tmp_path, noise):
    source = write_raster(tmp_path / "a.tif", noise)
    with rasterio.open(source) as raster:
        copy(raster, str(tmp_path / "a.vrt"), driver="VRT")
    source.unlink()
    with pytest.raises(CratersError, match=r"a\.tif is not there: put it there"):
        open_mosaic(tmp_path / "a.vrt")


def test_a_coordinate_system_beside_a_cube_is_not_its_image(noise, tmp_path):
    path = write_raster(tmp_path / "a.cub", noise.astype(np.float32), driver="ISIS3")
    (tmp_path / "a.prj").write_text(CRS.from_user_input(SIMPLE_CYLINDRICAL).to_wkt())
    read, _ = open_mosaic(path).read((0, 0, *noise.shape[::-1]))
    np.testing.assert_array_equal(read, noise)


def test_hidden_files_and_sidecars_are_no_rasters(tmp_path, noise):
    write_raster(tmp_path / "a.tif", noise)
    (tmp_path / "._a.tif").write_bytes(b"AppleDouble")
    (tmp_path / "a.tif.aux.xml").write_text("<PAMDataset/>")
    (tmp_path / "README.txt").write_text("read me")
    assert len(open_mosaic(tmp_path).extents) == 1


BLOCKS = {"sparse_ok": True, "tiled": True, "blockxsize": 128, "blockysize": 128}


def test_only_the_blocks_of_a_sparse_file_may_hold_data(tmp_path):
    values = np.zeros((600, 600), np.uint8)
    values[300:320, 100:320] = 9
    values[590:, 590:] = 9
    path = write_raster(tmp_path / "a.tif", values, nodata=0, **BLOCKS)
    mosaic = open_mosaic(path)
    assert (mosaic.width, mosaic.height) == (600, 600)
    assert mosaic.extents == ((0, 256, 384, 128), (512, 512, 88, 88))
    read, valid = mosaic.read((0, 0, 600, 600))
    np.testing.assert_array_equal(read, values)
    np.testing.assert_array_equal(valid, values > 0)


def test_without_a_nodata_value_blocks_that_are_missing_hold_zeros(tmp_path):
    values = np.zeros((600, 600), np.uint8)
    values[300:320, 300:320] = 9
    path = write_raster(tmp_path / "a.tif", values, **BLOCKS)
    assert open_mosaic(path).extents == ((0, 0, 600, 600),)
    assert open_mosaic(path, nodata=9).extents == ((0, 0, 600, 600),)
    assert open_mosaic(path, nodata=0).extents == ((256, 256, 128, 128),)
    assert open_mosaic(path).read((0, 0, 600, 600))[1].all()


@pytest.mark.slow
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_the_boxes_of_a_sparse_file_are_its_blocks(tmp_path, blocks):
    values = np.zeros((600, 600), np.uint8)
    for row, column in blocks:
        values[row * 128 : (row + 1) * 128, column * 128 : (column + 1) * 128] = 7
    path = write_raster(tmp_path / "a.tif", values, nodata=0, **BLOCKS)
    count = np.zeros((600, 600), np.uint8)
    for x, y, width, height in open_mosaic(path).extents:
        count[y : y + height, x : x + width] += 7
    np.testing.assert_array_equal(count, values)


def test_nothing_is_said_of_a_picture_that_one_thread_opens_while_another_has_just_done_so(
    tmp_path, noise
):
    path = write_raster(tmp_path / "moon.png", noise, None, Affine.identity(), driver="PNG")
    with warnings.catch_warnings(record=True) as caught, ExitStack() as first:
        warnings.simplefilter("always")
        first.enter_context(suppress_georeferencing_warning())
        with suppress_georeferencing_warning():
            first.close()
            rasterio.open(path).close()
        open_dataset(str(path)).close()
    assert [str(one.message) for one in caught] == []
