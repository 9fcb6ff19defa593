"""Sizes in pixels, by which scores and deviations are looked up."""

import cv2
import numpy as np
import pytest
from affine import Affine

from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import (
    circle_outlines_px,
    compute_diameters_px,
    repeat_outlines_px,
)
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster

GSD_M = 10_000.0
LATITUDES = np.array([-60.0, 0.0, 45.0, 60.0])


def mosaic_in(path, proj, top_m):
    """A small mosaic round 0, 0."""
    crs = f"{proj} +R={sphere.RADIUS_M} +units=m +no_defs"
    affine = Affine(GSD_M, 0, -5 * GSD_M, 0, -GSD_M, top_m)
    values = np.ones((int(2 * top_m / GSD_M), 10), np.uint8)
    return open_mosaic([write_raster(path, values, crs, affine)])


@pytest.mark.parametrize(
    ("proj", "shrink"),
    [("+proj=merc", np.cos(np.radians(LATITUDES))), ("+proj=eqc", np.ones(4))],
)
def test_pixels_are_as_large_as_they_are_where_the_crater_is(tmp_path, proj, shrink):
    mosaic = mosaic_in(tmp_path / "m.tif", proj, 2_400_000.0)
    positions = np.column_stack([np.zeros(4), LATITUDES])
    diameters_px = compute_diameters_px(
        positions, np.full(4, 50.0), mosaic.grid, mosaic.pixel_size_m
    )
    np.testing.assert_allclose(diameters_px, 5.0 / shrink, rtol=2e-3)


def test_pixels_of_an_image_without_coordinates_are_themselves(tmp_path):
    cv2.imwrite(str(tmp_path / "p.png"), np.ones((8, 8), np.uint8))
    mosaic = open_mosaic([tmp_path / "p.png"])
    diameters_px = compute_diameters_px(
        np.array([[3.0, 4.0]]), np.array([5.0]), mosaic.grid, mosaic.pixel_size_m
    )
    assert diameters_px.tolist() == [5.0]


def test_circles_in_pixels_are_drawn_as_large_as_they_are():
    grid = Grid(None, Affine.identity(), 100, 100)
    centres, diameters = np.array([[30.0, 40.0], [5.0, 90.0]]), np.array([8.0, 20.0])
    outlines = circle_outlines_px(centres, diameters, None, grid)
    distances = np.hypot(*(outlines - centres[:, None]).transpose(2, 0, 1))
    np.testing.assert_allclose(distances, np.broadcast_to([[4.0], [10.0]], distances.shape))


def globe(first_lon):
    crs_wkt = sphere.geographic_crs().to_wkt()
    return Grid(crs_wkt, Affine(1, 0, first_lon, 0, -1, 90), 360, 180)


@pytest.mark.parametrize("first_lon", [-180.0, 0.0])
@pytest.mark.parametrize("offset", [-0.5, 0.5])
def test_a_circle_across_the_edge_is_one_line_drawn_at_both_ends(first_lon, offset):
    grid = globe(first_lon)
    positions = np.array([[first_lon + offset, 10.0], [first_lon + 100.0, 10.0]])
    diameters = np.radians([4.0, 4.0]) * sphere.RADIUS_M / 1000.0
    outlines = circle_outlines_px(positions, diameters, sphere.RADIUS_M, grid)
    assert np.abs(np.diff(outlines, axis=1)).max() < 1.0
    centre_x = outlines[..., 0].mean(axis=1)
    np.testing.assert_allclose(centre_x, [offset % 360.0, 100.0], atol=0.1)
    lines, numbers = repeat_outlines_px(outlines, grid)
    assert np.bincount(numbers).tolist() == [2, 1]
    ends = np.sort(lines[numbers == 0][..., 0].mean(axis=1))
    np.testing.assert_allclose(ends, np.sort([offset, 360.0 + offset]), atol=0.1)


@pytest.mark.parametrize("lat", [-89.0, 89.0])
@pytest.mark.parametrize("lon", [1.0, 100.0, 359.0])
def test_a_circle_round_a_pole_is_a_line_through_every_column(lon, lat):
    grid = globe(0.0)
    diameter = np.radians([6.0]) * sphere.RADIUS_M / 1000.0
    outlines = circle_outlines_px(np.array([[lon, lat]]), diameter, sphere.RADIUS_M, grid)
    assert np.abs(np.diff(outlines[..., 0], axis=1)).max() < 30.0
    lines, _ = repeat_outlines_px(outlines, grid)
    columns = np.unique(np.floor(lines[..., 0] / 30.0))
    assert set(range(12)) <= set(columns.tolist())
