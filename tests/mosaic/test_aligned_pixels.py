"""Pixels of sources that are nearly, not wholly, those of one grid."""

import numpy as np
import pytest
from affine import Affine

from lunarcraters.errors import CoordinateSystemError, MosaicError
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import HALF_TURN_M, SIMPLE_CYLINDRICAL, brightness, write_raster, write_sphere


def make(path, west, north=0.0, side_x=100.0, side_y=100.0, **options):
    values = np.random.default_rng(0).integers(1, 99, (40, 40)).astype(np.uint8)
    affine = Affine(side_x, 0.0, west, 0.0, -side_y, north)
    write_raster(path, values, affine=affine, **options)
    return values


def test_the_grid_is_that_on_whose_pixels_most_sources_lie(tmp_path):
    for name, west in (("a", 0.0), ("b", 6050.0), ("c", 12050.0)):
        values = make(tmp_path / f"{name}.tif", west)
    mosaic = open_mosaic(tmp_path)
    assert mosaic.grid.affine.c == -50.0
    for later in mosaic.extents[1:]:
        np.testing.assert_array_equal(mosaic.read(later)[0], values)


def test_pixels_may_differ_a_little_along_either_axis_and_the_finest_count(tmp_path):
    make(tmp_path / "a.tif", 0.0, side_y=100.3)
    make(tmp_path / "b.tif", 8000.0, side_x=100.3)
    affine = open_mosaic(tmp_path).grid.affine
    assert (affine.a, affine.e) == (100.0, -100.0)
    make(tmp_path / "c.tif", 20_000.0, side_y=101.0)
    with pytest.raises(MosaicError, match="different pixel sizes"):
        open_mosaic(tmp_path)


def test_degrees_on_moons_of_other_radii_are_other_systems(tmp_path):
    for name, radius_m in (("a", sphere.RADIUS_M), ("b", sphere.RADIUS_M + 600.0)):
        crs = sphere.geographic_crs(radius_m).to_wkt()
        make(tmp_path / f"{name}.tif", 0.0, side_x=0.1, side_y=0.1, crs=crs)
    with pytest.raises(CoordinateSystemError, match="different coordinate systems"):
        open_mosaic(tmp_path)


def test_a_turn_is_counted_in_pixels_of_the_finest_source(tmp_path):
    side, degree = HALF_TURN_M / 360.0, HALF_TURN_M / 180.0
    for name, west_deg, scale, width in (("a", 28.0, 1.003, 60), ("b", 418.0, 1.0, 30)):
        affine = Affine(scale * side, 0, west_deg * degree, 0, -scale * side, 5.0 * degree)
        write_sphere(tmp_path / f"{name}.tif", SIMPLE_CYLINDRICAL, affine, width, 20)
    mosaic = open_mosaic(tmp_path)
    box = mosaic.extents[1]
    values, valid = mosaic.read(box)
    x, y = np.meshgrid(box.left + np.arange(box.width), box.top + np.arange(box.height))
    wanted = brightness(*mosaic.grid.to_lonlat(x.ravel() + 0.5, y.ravel() + 0.5))
    inner = valid & (np.arange(box.width) > 3)
    assert inner.sum() > 300
    np.testing.assert_allclose(values[inner], wanted.reshape(values.shape)[inner], atol=1.0)
