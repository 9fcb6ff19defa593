import re

import numpy as np
import pytest
from affine import Affine

from lunarcraters.errors import OptionError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import connected_extents
from lunarcraters.geometry.grid import Grid
from lunarcraters.hazard.cells import Cells, choose_cells, sum_by_cell
from lunarcraters.mask.cog import open_mask
from lunarcraters.mask.footprint import searched_footprint
from lunarcraters.mask.ground_area import measure_pixels_km2
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.opening import open_dataset

from ..rasters import SIMPLE_CYLINDRICAL, write_raster
from .grounds import DEGREES, degrees, write_mask


def grid_of(crs, affine, width, height):
    return Grid(sphere.lunar_crs(crs, "test").to_wkt(), affine, width, height)


def searched_km2(path, side_px):
    """Searched ground of cells, and their whole ground, km^2."""
    mask = open_mask(path)
    cells = Cells(mask.grid, side_px, 1.0)
    total = cells.make_totals()
    with open_dataset(str(path)) as raster:
        for block, areas in measure_pixels_km2(mask.grid, raster, connected_extents(mask.extents)):
            places = np.meshgrid(
                np.arange(block.left, block.right) + 0.5, np.arange(block.top, block.bottom) + 0.5
            )
            sum_by_cell(*cells.find(*places), areas).add_to(total)
    return total, cells.measure_km2()


def test_a_point_lies_in_the_cell_that_holds_it():
    cells = Cells(grid_of(SIMPLE_CYLINDRICAL, Affine(100, 0, 0, 0, -100, 0), 95, 50), 10, 1.0)
    assert cells.shape == (5, 10)
    columns, rows = cells.find([0.0, 9.99, 10.0, 94.9, 95.0, -0.1, 5.0, np.nan], [0.0] * 7 + [1.0])
    assert columns.tolist() == [0, 0, 1, 9, -1, -1, 0, -1]
    assert rows.tolist()[:4] == [0, 0, 0, 0]
    assert cells.find([5.0, 5.0], [49.9, 50.0])[1].tolist() == [4, -1]


@pytest.mark.parametrize("west", [-180.0, 0.0, 100.0])
def test_longitudes_of_any_turn_lie_in_a_grid_that_goes_round(west):
    grid = grid_of(DEGREES, degrees(west, 90, 1.0), 360, 180)
    cells = Cells(grid, 10, 1.0)
    lon = np.array([west + 0.5, west + 359.5, west + 355.0 - 720.0, west + 360.2])
    columns, rows = cells.find(*grid.from_lonlat(lon, np.zeros(4)))
    assert columns.tolist() == [0, 35, 35, 0]
    assert rows.tolist() == [9] * 4


def test_ground_between_the_last_column_and_the_first_lies_in_the_last_cell():
    cells = Cells(grid_of(DEGREES, degrees(0.0, 90, 0.999), 360, 180), 10, 1.0)
    columns, _ = cells.find(*cells.grid.from_lonlat([359.5, 359.8, 0.1], np.zeros(3)))
    assert columns.tolist() == [35, 35, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("crs", "affine"),
    [
        (DEGREES, degrees(179.0, 61.0)),
        (SIMPLE_CYLINDRICAL, Affine(500, 0, -1e5, 0, -500, 2e6)),
        ("IAU_2015:30130", Affine(500, 0, -52e3, 0, -500, 50e3)),
    ],
)
def test_the_cells_of_a_mask_have_its_area_without_nodata(tmp_path, crs, affine):
    mask = np.random.default_rng(0).random((200, 210)) < 0.7
    path = write_mask(tmp_path / "mask.tif", crs, affine, mask)
    total, whole = searched_km2(path, 25)
    assert total.shape == (8, 9)
    assert total.sum() == pytest.approx(searched_footprint(open_mask(path), path)[1], rel=1e-4)
    assert (total[:, :-1] / whole[:, :-1]).mean() == pytest.approx(0.7, abs=0.02)


def test_the_pixels_at_a_pole_have_the_area_of_their_ground(tmp_path):
    mask = np.zeros((180, 361))
    mask[-10:] = 1
    side = np.radians(1) * 1737400
    affine = Affine(side, 0, -180 * side, 0, -side, 90 * side)
    path = write_mask(tmp_path / "mask.tif", SIMPLE_CYLINDRICAL, affine, mask)
    total, _ = searched_km2(path, 20)
    cap = 2 * np.pi * 1737.4**2 * (1 - np.sin(np.radians(80)))
    assert total.sum() == pytest.approx(cap, rel=1e-6)


def test_ground_that_a_grid_shows_twice_counts_once(tmp_path):
    path = write_mask(tmp_path / "mask.tif", DEGREES, degrees(-200, 90, 1), np.ones((180, 400)))
    total, _ = searched_km2(path, 20)
    assert total.sum() == pytest.approx(4 * np.pi * 1737.4**2, rel=1e-4)
    # A crater in the middle of the ground that is shown twice counts where the ground does.
    cells = Cells(open_mask(path).grid, 20, 1.0)
    columns, rows = cells.find(*cells.grid.from_lonlat([165.0, -170.0], [0.0, 0.0]))
    assert (total[rows, columns] > 0.0).all()


def test_the_default_is_fifty_cells_and_eight_pixels_at_least(scene, tmp_path):
    run = open_mosaic(scene)
    assert choose_cells(run, None, None).side_px == 31
    small = open_mosaic(write_raster(tmp_path / "a.tif", np.ones((90, 120))))
    assert choose_cells(small, None, None).side_px == 8
    assert choose_cells(run, 2.0, None).side_px == 20
    assert choose_cells(run, 2.0, None).side_km == pytest.approx(2.0, rel=0.01)
    assert choose_cells(run, 1.97, None).side_px == 20  # whole pixels come next to it


def test_cells_hold_pixels_of_the_run_and_of_the_elevation_model(scene, tmp_path):
    run = open_mosaic(scene)
    coarse = Affine(2000, 0, 0, 0, -2000, 0)
    model = open_mosaic(write_raster(tmp_path / "dem.tif", np.ones((40, 40)), affine=coarse))
    with pytest.raises(OptionError, match="smaller than the pixels of the run"):
        choose_cells(run, 0.05, None)
    with pytest.raises(OptionError, match=r"fewer than 4 x 4 pixels of .*dem.tif.* --cell 8 or"):
        choose_cells(run, 2.0, model)
    assert choose_cells(run, None, model).side_px >= 80


@pytest.mark.parametrize("pixel_m", [59.225, 50.0, 62.6, 77.0, 1234.5])
def test_the_size_of_cells_that_is_advised_is_taken(scene, tmp_path, pixel_m):
    run = open_mosaic(scene)
    affine = Affine(pixel_m, 0, 0, 0, -pixel_m, 0)
    model = open_mosaic(write_raster(tmp_path / "dem.tif", np.ones((40, 40)), affine=affine))
    with pytest.raises(OptionError, match="--cell") as told:
        choose_cells(run, 0.1, model)
    advised = float(re.search(r"--cell ([\d.]+)", str(told.value))[1])
    assert 4 * pixel_m / 1000.0 <= choose_cells(run, advised, model).side_km * 1.001
    assert advised <= 4 * pixel_m / 1000.0 * 1.1 + 0.1
