import numpy as np
import pytest
import rasterio
from affine import Affine

from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.hazard.cells import Cells
from lunarcraters.hazard.metric import Metric, measure_metric
from lunarcraters.hazard.slopes import measure_steep_ground
from lunarcraters.mosaic.examination.heights import make_elevation_model
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster
from .grounds import DEGREES, degrees, write_heights, write_slope

SINUSOIDAL = "IAU_2015:30120"
GRIDS = {
    "equator in degrees": (DEGREES, degrees(20, 0.6)),
    "60 north in degrees": (DEGREES, degrees(20, 60.6)),
    "across the antimeridian": (DEGREES, degrees(179.4, 30)),
    "sheared pixels": (SINUSOIDAL, Affine(300, 0, 1.2e6, 0, -300, 1.2e6)),
    "a rotated grid": ("IAU_2015:30110", Affine(200, 150, 0, 150, -200, 0)),
    "polar stereographic": ("IAU_2015:30130", Affine(300, 0, 2e5, 0, -300, 2e5)),
}


def steep_share(path, limit, cells=None):
    model = make_elevation_model(open_mosaic(path))
    cells = cells or Cells(model.mosaic.grid, 40, 1.0)
    ground = measure_steep_ground(model, cells, limit)
    with np.errstate(invalid="ignore"):
        return ground.steep_km2 / ground.known_km2


@pytest.mark.parametrize("name", GRIDS)
def test_a_slope_of_20_degrees_is_one_in_any_projection(tmp_path, name):
    path = write_slope(tmp_path / "dem.tif", *GRIDS[name], (120, 130), 20.0)
    assert (steep_share(path, 19.8) == 1.0).all()
    assert (steep_share(path, 20.2) == 0.0).all()


@pytest.mark.parametrize("gradient", [(0.3, 0.0), (0.0, 0.3), (0.2, 0.1), (0.2, -0.1)])
def test_slopes_on_sheared_pixels_are_those_of_the_ground(gradient):
    along_x, along_y = np.array([50.0, 0.0]), 40.0 * np.array([0.6, -0.8])
    metric = Metric(np.array(50.0), np.array(40.0), np.array(0.6))
    squares = metric.square_slopes(gradient @ along_x, gradient @ along_y)
    assert squares == pytest.approx(np.dot(gradient, gradient))


def test_a_slope_to_the_east_is_steeper_at_60_north_than_its_columns_say(tmp_path):
    x = np.broadcast_to(np.arange(120.0), (120, 120))
    step_m = np.radians(0.01) * sphere.RADIUS_M * np.cos(np.radians(60))
    heights = x * step_m * np.tan(np.radians(20))
    path = write_heights(tmp_path / "dem.tif", heights - heights.mean(), DEGREES, degrees(5, 60.6))
    assert (steep_share(path, 19) == 1.0).all()
    assert (steep_share(path, 21) == 0.0).all()


@pytest.mark.parametrize(("unit", "metres"), [("km", 1000.0), ("ft", 0.3048)])
def test_heights_in_other_units_are_converted(tmp_path, unit, metres):
    metric = write_slope(tmp_path / "dem.tif", DEGREES, degrees(20, 0.6), (120, 120), 20.0)
    with rasterio.open(metric) as raster:
        heights = raster.read(1) / metres
    path = write_heights(tmp_path / "other.tif", heights, DEGREES, degrees(20, 0.6), unit)
    assert (steep_share(path, 19) == 1.0).all()
    assert (steep_share(path, 21) == 0.0).all()


def test_steep_ground_lies_in_its_cells_whatever_the_projection_of_the_heights(tmp_path):
    # Level south of 5 north, a slope of 20 degrees north of it; the run lies in degrees.
    affine = Affine(500, 0, -40_000, 0, -500, np.radians(5.4) * sphere.RADIUS_M)
    path = write_slope(
        tmp_path / "dem.tif", "IAU_2015:30115", affine, (50, 160), 20.0, from_lat=5.0
    )
    run = write_raster(
        tmp_path / "run.tif", np.ones((80, 160), np.uint8), DEGREES, degrees(179.2, 5.4)
    )
    cells = Cells(open_mosaic(run).grid, 20, 1.0)
    share = steep_share(path, 15, cells)
    assert share.shape == (4, 8)
    assert (share[0] == 1.0).all()
    assert share[1] == pytest.approx(1.0, abs=0.1)
    assert share[2] == pytest.approx(0.0, abs=0.1)
    assert (share[3] == 0.0).all()


def test_a_slope_next_to_nodata_is_not_known(tmp_path):
    path = write_slope(
        tmp_path / "dem.tif", DEGREES, degrees(20, 0.6), (120, 120), 20.0, nodata=-9999.0
    )
    with rasterio.open(path, "r+") as raster:
        values = raster.read(1)
        values[50:61, 40:51] = -9999.0
        raster.write(values, 1)
    model = make_elevation_model(open_mosaic(path))
    cells = Cells(model.mosaic.grid, 1, 1.0)
    known = measure_steep_ground(model, cells, 15).known_km2 > 0.0
    expected = np.zeros((120, 120), bool)
    expected[1:-1, 1:-1] = True
    expected[49:62, 39:52] = False
    assert (known == expected).all()


def test_blocks_leave_no_seams(tmp_path, monkeypatch):
    path = write_slope(tmp_path / "dem.tif", DEGREES, degrees(179.5, 0.6), (120, 120), 20.0)
    model = make_elevation_model(open_mosaic(path))
    cells = Cells(model.mosaic.grid, 7, 1.0)
    whole = measure_steep_ground(model, cells, 15)
    monkeypatch.setattr("lunarcraters.hazard.slopes._BLOCK_PX", 32)
    in_blocks = measure_steep_ground(model, cells, 15)
    for one, other in zip(whole, in_blocks, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_the_area_of_pixels_is_that_of_the_sphere():
    for crs, affine in GRIDS.values():
        grid = Grid(sphere.lunar_crs(crs, "test").to_wkt(), affine, 130, 120)
        metric = measure_metric(grid, Box(10, 20, 100, 90))
        x, y = np.meshgrid(np.arange(10, 110) + 0.5, np.arange(20, 110) + 0.5)
        jacobian = grid.jacobian_m(x, y)
        true = np.linalg.norm(np.cross(jacobian[..., 0], jacobian[..., 1]), axis=-1) / 1e6
        np.testing.assert_allclose(np.broadcast_to(metric.area_km2, true.shape), true, rtol=1e-4)
