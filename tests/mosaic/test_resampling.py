"""Pixels of one grid at the places of another."""

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.geometry import stereographic
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.interpolation import interpolate_positions, sample
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.resampling import read_enlarged, read_frame

from ..rasters import brightness, write_raster, write_sphere


@given(
    bend=st.floats(0.0, 3e-3),
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    tolerance=st.sampled_from([0.05, 0.001]),
)
def test_places_are_as_near_as_is_asked_for(bend, width, height, tolerance):
    def place(u, v):
        return u + bend * u * v, v - bend * v**2

    x, y = interpolate_positions(place, width, height, (tolerance, tolerance))
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    wanted = place(u, v)
    assert np.abs(x - wanted[0]).max() <= tolerance + 1e-9
    assert np.abs(y - wanted[1]).max() <= tolerance + 1e-9


@pytest.mark.parametrize(("bend", "most"), [(0.0, 0.02), (2e-3, 0.1), (0.05, 1.5)])
def test_places_are_computed_where_they_must_be(bend, most):
    asked = []

    def place(u, v):
        asked.append(u.size)
        return u, v + bend * v**2

    interpolate_positions(place, 512, 512)
    assert sum(asked) < most * 512**2


def test_places_where_there_is_none_stay_unknown():
    x, _ = interpolate_positions(lambda u, v: (np.where(u < 20, np.nan, u), v), 64, 64)
    assert np.isnan(x[:, :19]).all()
    assert np.isfinite(x[:, 20:]).all()


def test_pixels_that_no_value_comes_from_may_be_missing(tmp_path, noise):
    holed = noise.copy()
    holed[100 - 3, 100 - 3] = 0  # read, for a frame has three pixels to spare
    crs = stereographic.local_frame(0.0, 0.0).to_wkt()
    affine = Affine(100, 0, 30, 0, -100, -30)  # from column and row 100.3
    whole, with_hole = (
        read_frame(
            open_mosaic(write_raster(tmp_path / name, values, nodata=0)), Grid(crs, affine, 64, 64)
        )
        for name, values in (("a.tif", noise), ("b.tif", holed))
    )
    assert whole[1].all()
    np.testing.assert_array_equal(with_hole[0], whole[0])
    np.testing.assert_array_equal(with_hole[1], whole[1])


def test_an_enlarged_ramp_stays_in_its_place(tmp_path):
    rows, columns = np.indices((80, 90))
    ramp = (10.0 + columns + 2.0 * rows).astype(np.float32)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", ramp))
    enlarged, valid = read_enlarged(mosaic, Box(20, 30, 32, 32), 64)
    at = (np.arange(64) + 0.5) / 2.0 - 0.5
    assert valid.all()
    np.testing.assert_allclose(enlarged, 90.0 + at + 2.0 * at[:, None], atol=0.05)


def test_a_pixel_of_a_coarse_frame_is_the_mean_of_its_ground(tmp_path, noise):
    crs = stereographic.local_frame(0.0, 0.0).to_wkt()
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise.astype(np.float32)))
    coarse, _ = read_frame(mosaic, Grid(crs, Affine(800, 0, 0, 0, -800, 0), 16, 16))
    assert coarse.std() < 0.13 * noise.std()  # of eight by eight pixels


def test_a_value_between_valid_and_invalid_pixels_is_that_of_the_valid_ones():
    values, valid = np.array([[10, 99], [10, 99]], np.uint8), np.array([[1, 0], [1, 0]], bool)
    x, y = np.array([[0.7, 0.95, 1.2]]), np.array([[1.0, 1.0, 1.0]])
    sampled, sampled_valid = sample(values, valid, x, y)
    assert sampled_valid.tolist() == [[True, True, False]]
    np.testing.assert_allclose(sampled[sampled_valid], 10.0, atol=1e-4)
    assert sampled[~sampled_valid] == 0.0


def test_a_globe_that_overlaps_itself_continues_at_its_other_edge(tmp_path):
    affine = Affine(1.0, 0, -190.0, 0, -1.0, 90.0)
    mosaic = open_mosaic(write_sphere(tmp_path / "a.tif", "IAU_2015:30100", affine, 380, 180))
    values, valid = mosaic.read(Box(-50, 0, 480, 180))
    assert valid.all()
    np.testing.assert_array_equal(values[:, :50], mosaic.read(Box(310, 0, 50, 180))[0])
    np.testing.assert_array_equal(values[:, 430:], mosaic.read(Box(20, 0, 50, 180))[0])


@pytest.mark.parametrize("enlarged", [True, False])
def test_distances_from_the_centre_keep_their_digits(tmp_path, enlarged):
    radii = np.tile(1_737_400.0 + 0.01 * np.arange(200), (200, 1))
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", radii))
    frame = Grid(
        stereographic.local_frame(0.0, 0.0).to_wkt(), Affine(50, 0, -800, 0, -50, 800), 32, 32
    )
    if enlarged:
        values, valid = read_enlarged(mosaic, Box(80, 80, 16, 16), 32)
    else:
        values, valid = read_frame(mosaic, frame)
    assert valid.all()
    np.testing.assert_allclose(np.diff(values, axis=1), 0.005, atol=0.001)
    np.testing.assert_allclose(values[:, 0], 1_737_400.0 + (0.8 if enlarged else 0.84), atol=0.01)


def test_columns_are_averaged_as_many_as_lie_in_a_pixel_where_they_are_fewest(globe, monkeypatch):
    mosaic = open_mosaic(globe)
    side = mosaic.grid.affine.a
    crs = stereographic.local_frame(0.0, 72.0).to_wkt()
    frame = Grid(crs, Affine(side, 0, -48 * side, 0, -side, 48 * side), 96, 96)
    read, asked = type(mosaic).read, []
    monkeypatch.setattr(
        type(mosaic), "read", lambda *given: asked.append(given[-1]) or read(*given)
    )
    values, valid = read_frame(mosaic, frame)
    # From 60 to 83 degrees: 2 columns of the mosaic in a pixel of the frame, up to 8.
    assert asked == [(2, 1)]
    assert valid.all()
    x, y = np.meshgrid(np.arange(96) + 0.5, np.arange(96) + 0.5)
    wanted = brightness(*frame.to_lonlat(x, y))
    np.testing.assert_allclose(values, wanted, atol=2.0)
