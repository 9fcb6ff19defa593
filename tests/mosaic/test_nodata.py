"""Values that a user calls "no data"."""

import numpy as np
import pytest

from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.nodata import list_values

from ..rasters import write_raster


def read_all(mosaic):
    return mosaic.read(mosaic.grid.box)


@pytest.mark.parametrize(
    "nodata", [250, 250.0, np.float64(250), np.float32(250), np.uint8(250), (np.float64(250),)]
)
def test_a_value_means_the_same_whatever_its_type(tmp_path, nodata):
    values = np.full((32, 40), 7, np.uint8)
    values[:8], values[8:16] = 0, 250
    path = write_raster(tmp_path / "a.tif", values)
    mosaic = open_mosaic(path, nodata=nodata)
    np.testing.assert_array_equal(read_all(mosaic)[1], values != 250)
    assert repr(mosaic.nodata) == "250.0"
    assert mosaic.uri == open_mosaic(path, nodata=250.0).uri


def test_values_are_listed_as_pythons_floats():
    assert repr(list_values((np.float64(1), 0, True, np.nan))) == "(1.0, 0.0)"
    assert repr(list_values(np.float32("nan"))) == "(nan,)"


@pytest.fixture
def colours():
    """Red, green and blue, of which 0 or 255 in one or two bands is a colour, (3, 48, 40)."""
    values = np.random.default_rng(0).integers(1, 255, (3, 48, 40)).astype(np.uint8)
    values[0, :8], values[1:, 8:16] = 0, 255
    values[0, 16:20], values[1:, 16:20] = 255, 0
    values[:, 24:32], values[:, 32:40] = 0, 255
    return values


def luminance(colours):
    return np.rint(np.tensordot([0.299, 0.587, 0.114], colours.astype(float), axes=1))


@pytest.mark.parametrize("declared", [None, 0, 255, 9])
@pytest.mark.parametrize("nodata", [None, 0, 255, (0, 255), (0, 300), np.nan])
def test_a_colour_is_no_data_where_all_bands_have_the_value(tmp_path, colours, declared, nodata):
    path = write_raster(tmp_path / "a.tif", colours, photometric="RGB", nodata=declared)
    values, valid = read_all(open_mosaic(path, nodata=nodata))
    no_data = np.isin(colours[0], declared if nodata is None else nodata)
    no_data &= (colours == colours[0]).all(axis=0)
    np.testing.assert_array_equal(valid, ~no_data)
    np.testing.assert_array_equal(values[valid], luminance(colours)[valid])


@pytest.mark.parametrize("undeclared", [0, 255, (0, 255)])
def test_an_undeclared_colour_is_left_out_beside_a_declared_one(tmp_path, colours, undeclared):
    colours[:, 40:44] = 9
    path = write_raster(tmp_path / "a.tif", colours, photometric="RGB", nodata=9)
    values, valid = read_all(open_mosaic(path).with_nodata(undeclared))
    no_data = np.isin(colours[0], (9, *np.ravel(undeclared)))
    no_data &= (colours == colours[0]).all(axis=0)
    np.testing.assert_array_equal(valid, ~no_data)
    np.testing.assert_array_equal(values[valid], luminance(colours)[valid])


def test_a_mask_of_colours_holds_beside_several_values(tmp_path, colours):
    mask = np.full(colours.shape[1:], 255, np.uint8)
    mask[:, :9] = 0
    path = write_raster(tmp_path / "a.tif", colours, photometric="RGB", mask=mask)
    valid = read_all(open_mosaic(path, nodata=(0, 255)))[1]
    no_data = np.isin(colours[0], (0, 255)) & (colours == colours[0]).all(axis=0)
    np.testing.assert_array_equal(valid, (mask > 0) & ~no_data)


@pytest.mark.parametrize(("declared", "nodata"), [(0, None), (None, 0), (255, None), (None, 255)])
def test_colours_below_show_where_all_bands_of_those_above_are_no_data(
    tmp_path, colours, declared, nodata
):
    options = {"photometric": "RGB", "nodata": declared}
    below = np.full_like(colours, 77)
    write_raster(tmp_path / "a.tif", below, **options)
    write_raster(tmp_path / "b.tif", colours, **options)
    values, valid = read_all(open_mosaic(tmp_path, nodata=nodata))
    no_data = (colours == (nodata if declared is None else declared)).all(axis=0)
    assert valid.all()
    np.testing.assert_array_equal(values, np.where(no_data, 77, luminance(colours)))
