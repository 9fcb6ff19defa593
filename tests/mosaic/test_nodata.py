"""Values that a user calls "no data"."""

import numpy as np
import pytest
from affine import Affine

from lunarcraters.mosaic import windows
from lunarcraters.mosaic.handles import get_dataset
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.nodata import format_values, list_values, parse_values

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


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((), "nan"),
        ((0.0, -32768.0), "0,-32768"),
        ((float(np.float32(-3.4028235e38)),), "-3.4028234663852886e+38"),
        ((0.1234567891,), "0.1234567891"),
    ],
)
def test_values_are_written_as_they_are_read_again(values, text):
    assert format_values(values) == text
    assert list_values(parse_values(text)) == values or not values


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


@pytest.mark.parametrize("order", [(0, 255), (255, 0)])
def test_a_colour_of_no_data_is_no_ground_however_transparent_it_is(tmp_path, colours, order):
    alpha = np.tile(np.array([0, 1, 128, 254, 255], np.uint8), (48, 8))
    path = write_raster(
        tmp_path / "a.tif", np.concatenate([colours, alpha[None]]), photometric="RGB", alpha="YES"
    )
    values, valid = read_all(open_mosaic(path, nodata=order))
    no_data = np.isin(colours[0], order) & (colours == colours[0]).all(axis=0)
    np.testing.assert_array_equal(valid, (alpha > 0) & ~no_data)
    np.testing.assert_array_equal(values[valid], luminance(colours)[valid])


@pytest.mark.parametrize("declared", [0, 255])
@pytest.mark.parametrize(("left_m", "is_beside"), [(4000, True), (3900, False), (4050, False)])
def test_colours_are_hidden_by_vrts_only_where_rasters_overlap_or_are_resampled(
    tmp_path, colours, declared, left_m, is_beside
):
    """One with a mask for each source takes several times as long to read."""
    for name, left in (("a.tif", 0), ("b.tif", left_m)):
        affine = Affine(100, 0, left, 0, -100, 0)
        options = {"photometric": "RGB", "nodata": declared, "affine": affine}
        write_raster(tmp_path / name, colours, **options)
    mosaic = open_mosaic(tmp_path)
    assert (mosaic.uri.count("&lt;VRTDataset") == 0) == is_beside
    values, valid = read_all(mosaic)
    ground = ~(colours == declared).all(axis=0)
    np.testing.assert_array_equal(valid[:, :39], ground[:, :39])
    if is_beside:
        np.testing.assert_array_equal(valid, np.tile(ground, 2))
        np.testing.assert_array_equal(values, np.where(valid, np.tile(luminance(colours), 2), 0))


@pytest.mark.parametrize("declared", [None, 0])
def test_the_mask_of_colours_is_read_once(tmp_path, colours, declared, monkeypatch):
    for name, left in (("a.tif", 0), ("b.tif", 4000)):
        affine = Affine(100, 0, left, 0, -100, 0)
        options = {"photometric": "RGB", "nodata": declared, "affine": affine}
        write_raster(tmp_path / name, colours, **options)
    mosaic, noted = open_mosaic(tmp_path), []

    class Noting:
        def __init__(self, dataset):
            self.dataset = dataset

        def __getattr__(self, name):
            return getattr(self.dataset, name)

        def read_masks(self, bands, **options):
            noted.append(bands)
            return self.dataset.read_masks(bands, **options)

    monkeypatch.setattr(windows, "get_dataset", lambda *asked: Noting(get_dataset(*asked)))
    valid = read_all(mosaic)[1]
    np.testing.assert_array_equal(valid, np.tile((colours != declared).any(axis=0), 2))
    assert noted == [[1]]


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
