import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS

from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area, make_box_area
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mask.area_pixels import select_in_area
from lunarcraters.mask.ground_area import measure_area_km2

from ..rasters import write_raster

SIDE = 2048
PIXEL_M = 100.0
POLE = "IAU_2015:30130"


def make_grid(crs, pixel=PIXEL_M, width=SIDE, height=SIDE):
    """Grid with (0, 0) of the coordinate system in its middle."""
    affine = Affine(pixel, 0, -width * pixel / 2, 0, -pixel, height * pixel / 2)
    return Grid(CRS.from_user_input(crs).to_wkt(), affine, width, height)


def draw_boxes(grid, *boxes):
    """Area of boxes of pixels: left, top, right, bottom."""
    corners = [(*(grid.affine @ box[:2]), *(grid.affine @ box[2:])) for box in boxes]
    return Area(shapely.MultiPolygon([shapely.box(*edges) for edges in corners]), grid.crs)


def test_every_pixel_of_a_scattered_area_counts(tmp_path):
    grid = make_grid("IAU_2015:30110")
    patches = [(1, 2, 6, 7), (1030, 3, 1036, 9), (90, 1201, 97, 1208), (2041, 2041, 2047, 2047)]
    area = draw_boxes(grid, *patches)
    values = np.zeros((SIDE, SIDE), np.uint8)
    path = write_raster(tmp_path / "mask.tif", values, grid.crs_wkt, grid.affine)
    with rasterio.open(path) as mask:
        measured = measure_area_km2(grid, mask, [grid.box], area)
    assert measured == pytest.approx(sphere.area_km2(area.to_lonlat()), rel=1e-4)


def draw_thin_cross(angle):
    """Two strips 4 px wide through (0, 0)."""
    strip = shapely.LineString([(-9e4, 0), (9e4, 0)]).buffer(2 * PIXEL_M)
    cross = strip | shapely.affinity.rotate(strip, 90)
    return shapely.affinity.rotate(cross, angle, origin=(0, 0))


ISLANDS = shapely.union_all(
    [
        shapely.Point(x, y).buffer(300)
        for x, y in np.random.default_rng(2).uniform(-9e4, 9e4, (60, 2))
    ]
)
CASES = {
    "islands": ("IAU_2015:30110", ISLANDS, "IAU_2015:30110"),
    "islands at a pole": (POLE, ISLANDS, POLE),
    "holes": (POLE, shapely.box(-8e4, -8e4, 8e4, 8e4) - ISLANDS, POLE),
    "a cross": ("IAU_2015:30110", draw_thin_cross(8), "+proj=laea +R=1737400 +units=m"),
    "a cross on longitude 180": (
        "IAU_2015:30115", draw_thin_cross(30), "+proj=stere +lon_0=180 +R=1737400 +units=m",
    ),
    "more than the grid": (POLE, shapely.box(-3e5, -3e5, 3e5, 3e5), POLE),
    "nothing of the grid": (POLE, shapely.box(2e5, 2e5, 3e5, 3e5), POLE),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_pixel_is_selected_by_its_centre(name):
    crs, outline, area_crs = CASES[name]
    check_selection(make_grid(crs), Area(outline, CRS.from_user_input(area_crs)))


@pytest.mark.parametrize(
    ("crs", "pixel", "width", "height"),
    [
        ("IAU_2015:30100", 0.2, 1800, 900),
        ("IAU_2015:30100", 10.0, 36, 18),
        ("IAU_2015:30130", 4000.0, 1200, 1300),
        ("+proj=ortho +lat_0=70 +lon_0=170 +R=1737400 +units=m", 3000.0, 1200, 1100),
        ("+proj=laea +lat_0=20 +lon_0=-90 +R=1737400 +units=m", 8000.0, 1000, 1000),
    ],
)
@pytest.mark.parametrize(
    "area",
    [
        make_box_area(170, -20, -170, 20),
        make_box_area(-180, 80, 180, 90),
        make_box_area(-180, -90, 180, 90),
        make_box_area(100, -60, 330, 89.5),
        Area(shapely.Point(1e6, 0).buffer(1.2e6), CRS.from_user_input(POLE)),
        Area(shapely.box(-2e6, -2e6, 1e6, 2e6), CRS.from_proj4("+proj=ortho +lon_0=9 +R=1737400")),
    ],
)
def test_every_pixel_of_a_globe_is_selected_by_its_centre(crs, pixel, width, height, area):
    check_selection(make_grid(crs, pixel, width, height), area)


def check_selection(grid, area):
    random = np.random.default_rng(0)
    for block in grid.box.blocks(1024):
        x, y = np.meshgrid(np.arange(block.width) + 0.5, np.arange(block.height) + 0.5)
        inside = area.contains(*grid.to_lonlat(block.left + x, block.top + y))
        everywhere = select_in_area(grid, area, block, np.ones(inside.shape, bool))
        np.testing.assert_array_equal(everywhere, inside)
        some = random.random(inside.shape) < 0.5
        np.testing.assert_array_equal(select_in_area(grid, area, block, some), inside & some)


def test_a_block_of_one_pixel():
    grid = make_grid(POLE)
    area = draw_boxes(grid, (100, 200, 101, 201))
    for left, wanted in ((99, False), (100, True), (101, False)):
        selected = select_in_area(grid, area, Box(left, 200, 1, 1), np.ones((1, 1), bool))
        assert selected.tolist() == [[wanted]]
