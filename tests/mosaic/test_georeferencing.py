"""Rasters that are placed by what lies beside them, or by ground control points."""

import warnings
import zipfile

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.shutil import copy
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling

from lunarcraters.errors import CoordinateSystemError, CratersWarning, MosaicError
from lunarcraters.mosaic.examination.examine import examine_mosaic
from lunarcraters.mosaic.mosaic import open_mosaic

from .. import archives
from ..rasters import write_raster
from ..servers import serve

PLACE = Affine(0.01, 0, 20.0, 0, -0.01, 5.0)
LUNAR = "+proj=longlat +R=1737400 +no_defs"


def with_control_points(path, noise, bend=0.0, crs=LUNAR):
    """A raster placed by nine points; `bend` moves the middle one, in degrees."""
    height, width = noise.shape
    points = [
        GroundControlPoint(row, col, *(PLACE @ (col, row)))
        for row in (0, height / 2, height)
        for col in (0, width / 2, width)
    ]
    points[4].x += bend
    profile = {"count": 1, "height": height, "width": width, "dtype": noise.dtype}
    with rasterio.open(path, "w", driver="GTiff", gcps=points, crs=crs, **profile) as raster:
        raster.write(noise, 1)
    return path


def test_ground_control_points_on_an_affine_place_a_raster(tmp_path, noise):
    mosaic = open_mosaic(with_control_points(tmp_path / "a.tif", noise))
    assert mosaic.grid.affine.almost_equals(PLACE, 1e-9)
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[0], noise)


def test_other_ground_control_points_want_a_warp_which_then_opens(tmp_path, noise):
    path = with_control_points(tmp_path / "a.tif", noise, bend=0.05)
    with pytest.raises(MosaicError, match=r"affine transform fits \(up to [\d.]+ px\).*gdalwarp"):
        open_mosaic(path)
    with rasterio.open(path) as raster, WarpedVRT(raster, resampling=Resampling.cubic) as warped:
        copy(warped, str(tmp_path / "b.tif"), driver="GTiff")
    assert open_mosaic(tmp_path / "b.tif").pixel_size_m == pytest.approx(303, rel=0.1)


def test_control_points_without_a_coordinate_system_want_one_that_then_works(tmp_path, noise):
    path = with_control_points(tmp_path / "a.tif", noise, crs=CRS())
    with pytest.raises(CoordinateSystemError, match="--crs"):
        open_mosaic(path)
    assert open_mosaic(path, crs=LUNAR).grid.affine.almost_equals(PLACE, 1e-9)


def test_a_prj_file_beside_a_raster_or_named_is_used(tmp_path):
    product = archives.change2_dom(tmp_path)
    prj = product.path.with_suffix(".prj")
    beside = open_mosaic(product.path)
    # 700 m of the map at 35 degrees are as many on the ground, and more towards the equator.
    latitude = product.lonlat(14.5, 9.5)[1]
    wanted = 700 * np.cos(np.radians(latitude)) / np.cos(np.radians(35))
    assert beside.pixel_size_m == pytest.approx(wanted, rel=0.001)
    elsewhere = prj.rename(tmp_path / "mercator.prj")
    with pytest.raises(CoordinateSystemError, match="--crs"):
        open_mosaic(product.path)
    assert open_mosaic(product.path, crs=str(elsewhere)).grid == beside.grid


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    "name", ["zip://{folder}/a.zip!d/a.tif", "{served}/a.tif", "{whole}/a.tif"]
)
def test_a_prj_file_beside_a_raster_in_an_archive_or_on_a_server_is_used(tmp_path, name):
    image = archives.change2_dom(tmp_path).path
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for suffix in (".tif", ".tfw", ".prj"):
            archive.write(image.with_suffix(suffix).rename(tmp_path / f"a{suffix}"), f"d/a{suffix}")
    here = open_mosaic(tmp_path / "a.tif").grid
    with serve(tmp_path) as served, serve(tmp_path, ranges=False) as whole:
        there = open_mosaic(name.format(folder=tmp_path, served=served.url, whole=whole.url))
    assert there.grid == here


def camera_image(folder, kind):
    """An image without a map, as cameras take it."""
    values = archives.ramp("<u2" if kind != "isis" else "<i2")
    if kind == "isis":
        instrument = ["  Group = Instrument", "    InstrumentId = NACL", "  End_Group"]
        return archives.write_isis(folder / "M1.cub", values, instrument), values
    if kind == "pds3":
        path = archives.write_pds3(folder / "M1.IMG", values, "LSB_UNSIGNED_INTEGER", ())
        return path, values
    return archives.write_pds4(folder / "ohrc.xml", values, "UnsignedLSB2"), values


@pytest.mark.parametrize("kind", ["isis", "pds3", "pds4"])
def test_a_camera_image_wants_a_map_or_a_catalogue_in_pixels(tmp_path, kind):
    path, values = camera_image(tmp_path, kind)
    for crs in (None, "IAU_2015:30110"):
        with pytest.raises(MosaicError, match=r"camera image.*cam2map.*PNG") as caught:
            open_mosaic(path, crs=crs)
        assert "--crs" not in str(caught.value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path) as raster:
            grey = raster.read(1).astype(np.uint16)
        with rasterio.open(
            tmp_path / "a.png", "w", driver="PNG", count=1, dtype="uint16",
            width=grey.shape[1], height=grey.shape[0],
        ) as picture:  # fmt: skip
            picture.write(grey, 1)
    mosaic = open_mosaic(tmp_path / "a.png")
    assert not mosaic.has_crs
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[0], values)


def test_a_label_that_contradicts_itself_is_placed_by_the_user(tmp_path):
    projection = archives.map_projection(
        MAP_SCALE="1.0 <KM/PIXEL>", LINE_PROJECTION_OFFSET=199.5, SAMPLE_PROJECTION_OFFSET=99.5,
        MAXIMUM_LATITUDE=3, MINIMUM_LATITUDE=2, WESTERNMOST_LONGITUDE=100,
        EASTERNMOST_LONGITUDE=101,
    )  # fmt: skip
    values = archives.ramp("u1")
    path = archives.write_pds3(tmp_path / "a.img", values, "UNSIGNED_INTEGER", projection)
    with pytest.raises(MosaicError, match=r"contradicts itself.*-a_ullr"):
        open_mosaic(path)
    placed = Affine(1000, 0, 3_000_000, 0, -1000, 90_000)
    with rasterio.open(path) as raster:
        profile = {**raster.profile, "driver": "GTiff", "transform": placed}
        with rasterio.open(tmp_path / "b.tif", "w", **profile) as out:
            out.write(raster.read())
    assert open_mosaic(tmp_path / "b.tif").grid.affine == placed


def transverse_mercator(folder, zone, false_northing, top_m, noise):
    """A raster in a zone of the Lunar Transverse Mercator system, 100 m per pixel."""
    crs = (
        "+proj=tmerc +lat_0=0 +lon_0=32 +k=0.999 +x_0=250000 "
        f"+y_0={false_northing} +R=1737400 +units=m +no_defs"
    )
    affine = Affine(100, 0, 200_000, 0, -100, false_northing + top_m)
    return write_raster(folder / f"ltm_{zone}.tif", noise, crs, affine)


def test_lunar_transverse_mercator_is_placed_and_sized_with_its_scale(tmp_path, noise):
    for zone, false_northing, top_m in (("27N", 0, 30_000), ("27S", 2_500_000, 0)):
        mosaic = open_mosaic(transverse_mercator(tmp_path, zone, false_northing, top_m, noise))
        # The scale is 0.999 on the central meridian, 36 km away from the raster's centre.
        scale = 0.999 * (1 + (35.9 / 1737.4) ** 2 / 2)
        assert mosaic.pixel_size_m == pytest.approx(100 / scale, rel=1e-5)
        lon, lat = mosaic.grid.to_lonlat(500.0, 0.0)
        assert lon == pytest.approx(32.0, abs=1e-9)
        assert lat == pytest.approx(np.degrees(top_m / 0.999 / 1_737_400), abs=1e-9)


def test_two_zones_want_one_coordinate_system_which_then_opens(tmp_path, noise):
    north = transverse_mercator(tmp_path, "27N", 0, 30_000, noise)
    south = transverse_mercator(tmp_path, "27S", 2_500_000, 0, noise)
    with pytest.raises(CoordinateSystemError, match=r"different coordinate.*gdalwarp -t_srs"):
        open_mosaic(tmp_path)
    with rasterio.open(north) as raster:
        crs = raster.crs
    with rasterio.open(south) as raster, WarpedVRT(raster, crs=crs) as warped:
        copy(warped, str(tmp_path / "south.tif"), driver="GTiff")
    south.unlink()
    assert open_mosaic(tmp_path).height == 2 * noise.shape[0]


def test_one_picture_under_two_names_is_one_ground(tmp_path, noise):
    affine = Affine(1000, 0, -100_000, 0, -1000, 200_000)
    write_raster(tmp_path / "NAC.tif", noise, affine=affine)
    projection = archives.map_projection(
        MAP_SCALE="1.0 <KM/PIXEL>", LINE_PROJECTION_OFFSET=199.5, SAMPLE_PROJECTION_OFFSET=99.5
    )
    archives.write_pds3(tmp_path / "NAC.IMG", noise, "UNSIGNED_INTEGER", projection)
    both = open_mosaic(tmp_path)
    assert len(both.extents) == 2
    alone = open_mosaic(tmp_path / "NAC.tif")
    assert both.grid.affine == alone.grid.affine
    assert (both.width, both.height) == (alone.width, alone.height)
    np.testing.assert_array_equal(both.read(both.grid.box)[0], noise)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_that_viewers_turn_is_read_as_it_is_stored_and_warned_of(tmp_path, orientation):
    path, exif = tmp_path / "a.jpg", Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.arange(1200, dtype=np.uint8).reshape(30, 40)).save(path, exif=exif)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mosaic = open_mosaic(path)
    assert (mosaic.width, mosaic.height) == (40, 30)
    said = [str(warning.message) for warning in caught]
    assert [f"(EXIF orientation {orientation})" in text for text in said] == [True] * (
        orientation == 6
    )


def test_degrees_that_a_system_in_metres_places_are_warned_of(tmp_path, noise):
    path = write_raster(tmp_path / "a.tif", noise, crs=None, affine=PLACE)
    with pytest.raises(CoordinateSystemError, match="IAU_2015:30100 for degrees"):
        open_mosaic(path)
    with pytest.warns(CratersWarning, match=r"pixels of 0\.01 m .* give --crs IAU_2015:30100"):
        examine_mosaic(open_mosaic(path, crs="IAU_2015:30110"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        examine_mosaic(open_mosaic(path, crs="IAU_2015:30100"))
