import pickle

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lunarcraters.errors import CoordinateSystemError, MosaicError
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.mosaic import open_mosaic

from ..paper import make_mosaic
from ..rasters import HALF_TURN_M, SIMPLE_CYLINDRICAL, STRETCHED, write_raster


def read_all(mosaic):
    return mosaic.read((0, 0, mosaic.width, mosaic.height))


def by_hand(values, valid, by_x, by_y):
    """Means of valid pixels of blocks, the slow way."""
    height, width = values.shape
    rows, columns = -(-height // by_y), -(-width // by_x)
    means, enough = np.zeros((rows, columns)), np.zeros((rows, columns), bool)
    for row in range(rows):
        for column in range(columns):
            place = np.s_[row * by_y : (row + 1) * by_y, column * by_x : (column + 1) * by_x]
            inside = valid[place]
            enough[row, column] = inside.sum() >= by_x * by_y / 2
            if enough[row, column]:
                means[row, column] = values[place][inside].mean()
    return means, enough


def test_a_window_may_reach_outside(noise, tmp_path):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise))
    values, valid = mosaic.read((-5, -7, 20, 30))
    assert values.shape == valid.shape == (30, 20)
    assert values.dtype == np.uint8
    assert not valid[:7].any()
    assert not valid[:, :5].any()
    np.testing.assert_array_equal(values[7:, 5:], noise[:23, :15])
    assert valid[7:, 5:].all()


def test_a_window_outside_altogether_is_empty(noise, tmp_path):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise))
    assert not mosaic.read((1000, 0, 32, 32))[1].any()
    assert not mosaic.read((0, -500, 64, 64), 4)[1].any()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@example(column=0, row=-1, width=1, height=1, by=2)  # a block that its box alone would miss
@given(
    st.integers(-40, 300), st.integers(-40, 320), st.integers(1, 90), st.integers(1, 90),
    st.sampled_from([1, 2, 3, 4, 8, (4, 1), (1, 2), (8, 2)]),
)  # fmt: skip
def test_a_decimated_pixel_is_the_mean_of_its_valid_ones(mottled, column, row, width, height, by):
    path, values, valid = mottled
    by_x, by_y = by if isinstance(by, tuple) else (by, by)
    means, mean_valid = open_mosaic(path).read((column, row, width, height), by)
    rows, columns = -(-height // by_y), -(-width // by_x)
    wide = np.zeros((600, 600)), np.zeros((600, 600), bool)
    for canvas, part in zip(wide, (values, valid), strict=True):
        canvas[100 : 100 + part.shape[0], 100 : 100 + part.shape[1]] = part
    place = np.s_[100 + row : 100 + row + rows * by_y, 100 + column : 100 + column + columns * by_x]
    wanted, wanted_valid = by_hand(wide[0][place], wide[1][place], by_x, by_y)
    np.testing.assert_array_equal(mean_valid, wanted_valid)
    assert np.abs(means[mean_valid].astype(float) - wanted[mean_valid]).max(initial=0) <= 0.501


@pytest.fixture(scope="module")
def mottled(tmp_path_factory):
    random = np.random.default_rng(5)
    values = random.integers(1, 250, (300, 280)).astype(np.uint8)
    values[random.random(values.shape) < 0.3] = 0
    path = write_raster(tmp_path_factory.mktemp("mottled") / "m.tif", values, nodata=0)
    return path, values, values != 0


def test_overviews_are_used_where_they_fit(noise, tmp_path):
    path = write_raster(tmp_path / "a.tif", noise)
    with rasterio.open(path, "r+") as raster:
        raster.build_overviews([2, 4], rasterio.enums.Resampling.average)
        levels = raster.overviews(1)
    assert levels == [2, 4]
    mosaic = open_mosaic(path)
    with rasterio.open(path, OVERVIEW_LEVEL=1) as coarse:
        np.testing.assert_array_equal(mosaic.read((0, 0, 256, 256), 4)[0], coarse.read(1)[:64, :64])
    unaligned = mosaic.read((1, 1, 256, 256), 4)[0]
    assert (
        np.abs(unaligned - by_hand(noise[1:257, 1:257], np.ones((256, 256), bool), 4, 4)[0]).max()
        <= 0.501
    )


def test_more_overviews_than_a_thread_holds_open_are_used(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.full((64, 5120), 9, np.uint8))
    with rasterio.open(path, "r+") as raster:
        raster.build_overviews([2**n for n in range(1, 10)], rasterio.enums.Resampling.average)
    mosaic = open_mosaic(path)
    for by in (64, 128, 256, 512):
        values, valid = mosaic.read((0, 0, 5120, 64), (by, 64))
        assert valid.all()
        assert (values == 9).all()


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "int32", "float32", "float64"]
)
def test_values_of_any_type_come_as_they_are(noise, tmp_path, dtype):
    values = (noise // 2).astype(dtype)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    read_values, valid = read_all(mosaic)
    assert mosaic.dtype == read_values.dtype.name == dtype
    assert valid.all()
    np.testing.assert_array_equal(read_values, values)


def test_what_is_not_finite_is_invalid(noise, tmp_path):
    values = noise.astype(np.float32)
    values[:10], values[10:20], values[20:30] = np.nan, np.inf, -np.inf
    values[30:40] = -3.4028226550889045e38  # ISIS: no data
    read_values, valid = read_all(open_mosaic(write_raster(tmp_path / "a.tif", values)))
    assert not valid[:40].any()
    assert valid[40:].all()
    assert (read_values[:40] == 0).all()


def test_a_nodata_value_a_mask_band_and_alpha_make_pixels_invalid(noise, tmp_path):
    mask = np.full(noise.shape, 255, np.uint8)
    mask[:, :50] = 0
    grey = np.where(mask, noise, 0).astype(np.uint8)
    colour = np.stack([noise, noise, noise, mask])
    for path in (
        write_raster(tmp_path / "nodata.tif", grey, nodata=0),
        write_raster(tmp_path / "mask.tif", noise, mask=mask),
        write_raster(tmp_path / "alpha.tif", colour, photometric="RGB", alpha="YES"),
    ):
        read_values, valid = read_all(open_mosaic(path))
        np.testing.assert_array_equal(valid, mask > 0)
        np.testing.assert_array_equal(read_values, grey)


def test_the_users_nodata_value_takes_the_place_of_the_files(noise, tmp_path):
    path = write_raster(tmp_path / "a.tif", noise, nodata=100)
    assert (read_all(open_mosaic(path))[1] == (noise != 100)).all()
    assert (read_all(open_mosaic(path, nodata=50))[1] == (noise != 50)).all()


def test_a_mask_band_holds_beside_the_users_nodata_value(noise, tmp_path):
    mask = np.full(noise.shape, 255, np.uint8)
    mask[:, :50] = 0
    path = write_raster(tmp_path / "a.tif", noise, mask=mask)
    valid = read_all(open_mosaic(path, nodata=50))[1]
    np.testing.assert_array_equal(valid, (mask > 0) & (noise != 50))


@pytest.mark.parametrize(
    ("name", "driver"), [("a.cub", "ISIS3"), ("a.xml", "PDS4"), ("a.vic", "VICAR")]
)
def test_planetary_formats_are_read(noise, tmp_path, name, driver):
    path = write_raster(tmp_path / name, noise.astype(np.float32), driver=driver)
    mosaic = open_mosaic(path)
    np.testing.assert_array_equal(read_all(mosaic)[0], noise)
    assert mosaic.pixel_size_m == pytest.approx(100.0)
    assert open_mosaic(tmp_path).width == noise.shape[1]


def test_pixels_have_a_north_south_size_and_a_larger_one(noise, tmp_path):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise, crs=STRETCHED))
    assert mosaic.pixel_size_m == pytest.approx(200.0, rel=1e-4)
    assert mosaic.meridian_pixel_size_m == pytest.approx(100.0)


def test_a_mosaic_is_small_and_picklable_after_use(noise, tmp_path):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise))
    read_all(mosaic)
    assert mosaic.pixel_size_m == pytest.approx(100.0)
    again = pickle.loads(pickle.dumps(mosaic))
    assert again == mosaic
    assert len(pickle.dumps(mosaic)) < 10_000
    np.testing.assert_array_equal(read_all(again)[0], noise)


def test_positions_go_to_degrees_and_back(midlatitude):
    mosaic = open_mosaic(midlatitude)
    x, y = np.random.default_rng(0).random((2, 50)) * [[mosaic.width], [mosaic.height]]
    lon, lat = mosaic.grid.to_lonlat(x, y)
    np.testing.assert_allclose(mosaic.grid.from_lonlat(lon + 360.0, lat), (x, y), atol=1e-6)


def test_longitudes_of_0_to_360_find_their_column(noise, tmp_path):
    affine = Affine(0.1, 0, 170.0, 0, -0.1, 10.0)  # 170 E to 198 E
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise, "IAU_2015:30100", affine))
    x, _ = mosaic.grid.from_lonlat([-175.0, 185.0, 175.0], [0.0, 0.0, 0.0])
    np.testing.assert_allclose(x, [150.0, 150.0, 50.0], atol=1e-6)
    assert mosaic.grid.period_px == pytest.approx(3600.0)
    assert not mosaic.grid.wraps


def test_a_mosaic_of_the_whole_moon_goes_round(globe):
    mosaic = open_mosaic(globe)
    assert mosaic.grid.wraps
    values, valid = mosaic.read((-10, 100, 30, 20))
    assert valid.all()
    np.testing.assert_array_equal(values[:, :10], mosaic.read((1490, 100, 10, 20))[0])
    values, valid = mosaic.read((1496, 100, 16, 16), 2)
    assert valid.all()
    np.testing.assert_array_equal(values[:, 2:], mosaic.read((0, 100, 12, 16), 2)[0])


def test_beyond_the_edge_of_a_projection_there_is_no_moon():
    crs = rasterio.crs.CRS.from_user_input("IAU_2015:30120").to_wkt()
    affine = Affine(10_000, 0, -HALF_TURN_M, 0, -10_000, HALF_TURN_M / 2)
    size = int(2 * HALF_TURN_M / 10_000)
    box = (0, 0, size, size // 2)
    mosaic = make_mosaic("sinusoidal", Grid(crs, affine, *box[2:]))
    lon, _ = mosaic.grid.to_lonlat([5.0, size / 2], [5.0, 5.0])
    assert np.isnan(lon[0])
    assert np.isfinite(lon[1])


def test_a_name_made_of_bounds_georeferences_a_picture(noise, tmp_path):
    noise[:20] = 0
    path = tmp_path / "-0.8277454,0.5441354,-10.9750467,-9.6031659.png"
    write_raster(path, noise, None, Affine.identity(), driver="PNG")
    mosaic = open_mosaic(path)
    height, width = noise.shape
    lon, lat = mosaic.grid.to_lonlat([0, width], [0, height])
    np.testing.assert_allclose(lon, [-0.8277454, 0.5441354], atol=1e-9)
    np.testing.assert_allclose(lat, [-9.6031659, -10.9750467], atol=1e-9)
    values, valid = read_all(mosaic)
    np.testing.assert_array_equal(valid, noise != 0)
    np.testing.assert_array_equal(values, noise)


def test_a_picture_without_georeferencing_has_no_coordinates(noise, tmp_path):
    mosaic = open_mosaic(
        write_raster(tmp_path / "a.png", noise, None, Affine.identity(), driver="PNG")
    )
    assert not mosaic.has_crs
    assert mosaic.crs is mosaic.pixel_size_m is mosaic.grid.period_px is None
    np.testing.assert_array_equal(read_all(mosaic)[0], noise)
    with pytest.raises(CoordinateSystemError, match="without coordinates"):
        mosaic.grid.to_lonlat(0, 0)


def test_a_pgm_is_a_picture_too(noise, tmp_path):
    path = tmp_path / "a.pgm"
    height, width = noise.shape
    path.write_bytes(f"P5 {width} {height} 255\n".encode() + noise.tobytes())
    mosaic = open_mosaic(path)
    assert not mosaic.has_crs
    np.testing.assert_array_equal(read_all(mosaic)[0], noise)


def test_a_missing_coordinate_system_can_be_named(noise, tmp_path):
    path = write_raster(tmp_path / "a.tif", noise, crs=None)
    with pytest.raises(CoordinateSystemError, match="--crs"):
        open_mosaic(path)
    assert open_mosaic(path, crs=SIMPLE_CYLINDRICAL).pixel_size_m == pytest.approx(100.0)


def test_real_mosaics_are_read(shared):
    mosaic = open_mosaic(shared / "gld100" / "midlat_farside.tif")
    assert (mosaic.width, mosaic.height, mosaic.dtype) == (3840, 3840, "uint8")
    assert mosaic.pixel_size_m == pytest.approx(236.9, abs=0.1)
    np.testing.assert_allclose(mosaic.grid.to_lonlat(0, 0), (-180.0, 60.0))


def test_pixels_that_cannot_be_read_are_an_error_that_says_where(noise, tmp_path):
    path = write_raster(
        tmp_path / "a.tif", noise, tiled=True, blockxsize=128, blockysize=128, compress="deflate"
    )
    mosaic = open_mosaic(path)
    content = bytearray(path.read_bytes())
    content[2000:-2000] = bytes(len(content) - 4000)
    path.write_bytes(content)
    with pytest.raises(MosaicError, match=r"a\.tif cannot be read at column 0, row 0"):
        read_all(mosaic)


def test_a_raster_that_was_replaced_is_read_anew(tmp_path, noise):
    path = write_raster(tmp_path / "a.tif", noise)
    before, _ = open_mosaic(path).read((0, 0, 50, 40))
    write_raster(tmp_path / "a.tif", noise[::-1, : noise.shape[1] // 2])
    after, _ = open_mosaic(path).read((0, 0, 50, 40))
    np.testing.assert_array_equal(before, noise[:40, :50])
    np.testing.assert_array_equal(after, noise[::-1][:40, :50])


def test_degrees_taken_for_metres_are_refused_before_any_work(tmp_path, noise):
    """Pixels of 100 degrees lie nowhere on the Moon."""
    affine = Affine(100, 0, 832_900, 0, -100, 76_800)
    path = write_raster(tmp_path / "a.tif", noise, crs="IAU_2015:30100", affine=affine)
    with pytest.raises(CoordinateSystemError, match="does not lie on the Moon where"):
        open_mosaic(path)
