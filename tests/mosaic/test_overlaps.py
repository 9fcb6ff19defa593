"""What is no ground in a raster does not hide the ground of the rasters below it."""

from itertools import permutations

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp

from lunarcraters.mosaic.mosaic import open_mosaic

from .. import archives
from ..rasters import write_raster

SIDE = 48
BELOW = 77
NOT_GROUND = np.s_[8:32, 4:40]
NOT_FINITE = [np.nan, np.inf, -np.inf, -3.4e38, -3.4028226550889045e38, np.finfo("f4").max]


def read_all(mosaic):
    return mosaic.read(mosaic.grid.box)


def grey(dtype, value):
    """Values of ground, a part of which is another value."""
    values = np.random.default_rng(2).integers(90, 120, (SIDE, SIDE)).astype(dtype)
    values[NOT_GROUND] = value
    return values


def on_top(tmp_path, values, **options):
    """The names of a raster of one value, and of another one on top of it."""
    below = np.full_like(values, BELOW)
    kept = {key: options[key] for key in ("nodata", "photometric") if key in options}
    return [
        write_raster(tmp_path / "a.tif", below, **kept),
        write_raster(tmp_path / "b.tif", values, **options),
    ]


def check_shown(mosaic, values):
    read_values, valid = read_all(mosaic)
    assert valid.all()
    wanted = values.copy()
    wanted[NOT_GROUND] = BELOW
    np.testing.assert_array_equal(read_values, wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("declared", [None, 5.0, np.nan])
def test_values_that_are_not_finite_hide_nothing(tmp_path, dtype, value, declared):
    values = grey(dtype, value)
    values[8:10, 4:40] = 5.0 if declared == 5.0 else value
    check_shown(open_mosaic(on_top(tmp_path, values, nodata=declared)), values)


def test_values_that_are_not_finite_hide_nothing_beside_a_mask(tmp_path):
    values = grey(np.float32, np.nan)
    mask = np.full(values.shape, 255, np.uint8)
    mask[8:20, 4:40] = 0
    values[8:20, 4:40] = 30
    check_shown(open_mosaic(on_top(tmp_path, values, mask=mask)), values)


def test_values_next_to_those_that_are_not_finite_are_kept_between_pixels(tmp_path):
    write_raster(tmp_path / "a.tif", np.full((SIDE, SIDE), BELOW, np.float32))
    affine = Affine(100, 0, -9_950, 0, -100, 10_000)
    write_raster(tmp_path / "b.tif", grey(np.float32, np.nan), affine=affine)
    values, valid = read_all(open_mosaic(tmp_path))
    assert valid[:, :SIDE].all()
    assert (values[10:30, 8:36] == BELOW).all()


@pytest.mark.parametrize("declared", [None, 65535])
@pytest.mark.parametrize("kind", ["mask", "alpha", "none"])
@pytest.mark.parametrize("nodata", [0, (0, 65534), (65534, 0)])
def test_a_value_that_is_left_out_hides_nothing(tmp_path, declared, kind, nodata):
    values = grey(np.uint16, 0)
    values[8:10, 4:40] = declared or 0
    options = {"nodata": declared} if kind != "alpha" else {}
    if kind == "mask":
        options["mask"] = np.full(values.shape, 255, np.uint8)
        options["mask"][8:10, 4:40] = 0
    names = on_top(tmp_path, values, **options)
    if kind == "alpha":
        alpha = np.full(values.shape, 65535, np.uint16)
        alpha[8:10, 4:40], alpha[:, 42:] = 0, 200
        write_raster(names[1], [values, alpha], photometric="MINISBLACK", alpha="YES")
    check_shown(open_mosaic(names).with_nodata(nodata), values)
    if declared is None:
        check_shown(open_mosaic(names, nodata=nodata), values)


@pytest.mark.parametrize("declared", [None, 0])
def test_a_colour_of_no_data_hides_nothing_beside_a_mask(tmp_path, declared):
    values = np.stack([grey(np.uint8, 0)] * 3)
    mask = np.full(values.shape[1:], 255, np.uint8)
    mask[8:10, 4:40] = 0
    values[:, 8:10, 4:40] = 30
    names = on_top(tmp_path, values, photometric="RGB", mask=mask, nodata=declared)
    check_shown(open_mosaic(names, nodata=0), values[0])


@pytest.mark.parametrize("left_out", ["value", "special"])
def test_special_pixels_of_pds3_hide_nothing(tmp_path, left_out):
    names = []
    for name, value in (("a", BELOW), ("b", -32766 if left_out == "special" else 9)):
        projection = archives.map_projection(
            MAP_SCALE="1.0 <KM/PIXEL>", LINE_PROJECTION_OFFSET=0, SAMPLE_PROJECTION_OFFSET=0
        )
        values = grey("<i2", value)
        values[8:10, 4:40] = -32768 if name == "b" else BELOW
        names.append(
            archives.write_pds3(
                tmp_path / f"{name}.img", values, "LSB_INTEGER", projection, archives.SPECIAL_16
            )
        )
    mosaic = open_mosaic(names)
    check_shown(mosaic if left_out == "special" else mosaic.with_nodata(9), values)


@pytest.mark.parametrize("order", [*permutations("RGB"), "XRGB", "BXGR"], ids="".join)
@pytest.mark.parametrize("left_m", [-10_000, -8_000, -9_950, -5_200])
def test_colours_are_told_by_their_names_in_rasters_that_overlap(tmp_path, order, left_m):
    kinds = {"R": ColorInterp.red, "G": ColorInterp.green, "B": ColorInterp.blue}
    levels = {"R": 200, "G": 100, "B": 20, "X": 7}
    bands = np.stack([np.full((SIDE, SIDE), levels[colour], np.uint8) for colour in order])
    bands[:, NOT_GROUND[0], NOT_GROUND[1]] = 0
    for name, left in (("a.tif", -10_000), ("b.tif", left_m)):
        affine = Affine(100, 0, left, 0, -100, 10_000)
        path = write_raster(
            tmp_path / name, bands, affine=affine, nodata=0, photometric="MINISBLACK"
        )
        with rasterio.open(path, "r+") as raster:
            raster.colorinterp = [kinds.get(colour, ColorInterp.undefined) for colour in order]
    values, valid = read_all(open_mosaic(tmp_path))
    assert valid.mean() > 0.3
    np.testing.assert_array_equal(values[valid], round(0.299 * 200 + 0.587 * 100 + 0.114 * 20))
