"""Pictures of different types in one mosaic, on one scale of grey values or on several."""

import warnings

import numpy as np
import pytest
from affine import Affine

from lunarcraters.errors import CratersWarning
from lunarcraters.mosaic.examination.examine import examine_mosaic
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster

EAST = Affine(100, 0, 30_000, 0, -100, 10_000)


def examine(folder, west, east, elevation=False, affine=EAST):
    """Warnings about two rasters, side by side or one on the other."""
    write_raster(folder / "west.tif", west)
    write_raster(folder / "east.tif", east, affine=affine)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        examine_mosaic(open_mosaic([folder / "west.tif", folder / "east.tif"]), elevation)
    return [str(w.message) for w in caught if issubclass(w.category, CratersWarning)]


@pytest.mark.parametrize(
    ("factor", "dtype"),
    [(16, np.uint16), (-100, np.int16), (100_000, np.uint32), (1 / 250, np.float32)],
)
def test_pictures_of_different_scales_are_both_named(noise, tmp_path, factor, dtype):
    picture = noise.astype(np.uint8)
    other = (noise.astype(np.float64) * factor).astype(dtype)
    for west, east in ((picture, other), (other, picture)):
        (said,) = examine(tmp_path, west, east)
        assert "west.tif" in said
        assert "east.tif" in said
        assert "gdal_translate -ot Float32 -scale" in said


@pytest.mark.parametrize("columns", [4, 100, 250])
@pytest.mark.parametrize(("low", "high"), [(np.uint8, np.uint16), (np.uint16, np.uint8)])
def test_pictures_of_different_scales_may_overlap(noise, tmp_path, columns, low, high):
    west, east = (
        noise.astype(dtype) * dtype(1 if dtype == np.uint8 else 200) for dtype in (low, high)
    )
    affine = EAST @ Affine.translation(-120 - columns, 0)  # EAST leaves a gap of 120 columns
    (said,) = examine(tmp_path, west, east, affine=affine)
    assert "west.tif" in said
    assert "east.tif" in said


@pytest.mark.parametrize(
    ("factor", "dtype"), [(1, np.uint16), (4, np.uint16), (0.5, np.int8), (1, np.float32)]
)
def test_pictures_of_different_types_may_be_on_one_scale(noise, tmp_path, factor, dtype):
    other = (noise.astype(np.float64) * factor).astype(dtype)
    assert examine(tmp_path, noise.astype(np.uint8), other) == []


def test_pictures_of_one_type_may_be_of_dark_and_bright_ground(noise, tmp_path):
    picture = noise.astype(np.uint16)
    assert examine(tmp_path, picture, picture * 100) == []


def test_heights_of_different_types_may_be_of_low_and_high_ground(tmp_path):
    ramp = np.add.outer(np.arange(300), np.arange(300)).astype(np.int16)
    said = examine(tmp_path, ramp, 20.0 * ramp.astype(np.float32), elevation=True)
    assert not any("grey" in each for each in said)


def test_a_file_without_valid_pixels_has_no_scale(noise, tmp_path):
    empty = np.full(noise.shape, np.nan, np.float32)
    assert examine(tmp_path, noise.astype(np.uint8), empty) == []
