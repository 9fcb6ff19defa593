import cv2
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS
from rasterio.transform import from_bounds

from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area, make_box_area, place_area
from lunarcraters.mask import footprint
from lunarcraters.mask.cog import NODATA
from lunarcraters.mask.footprint import searched_footprint
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster

KM_PER_DEGREE = np.radians(1) * 1737.4


def ground(tmp_path, crs, bounds, mask, area=None):
    """Footprint of a raster with these bounds whose mask is `mask`."""
    height, width = mask.shape
    paths = tmp_path / "image.tif", tmp_path / "mask.tif"
    for path, values in zip(paths, (np.full(mask.shape, 90, np.uint8), mask), strict=True):
        with rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=1, dtype="uint8", crs=crs,
            transform=from_bounds(*bounds, width, height),
        ) as raster:  # fmt: skip
            raster.write(values, 1)
    return searched_footprint(open_mosaic(paths[0]), paths[1], area)


def zone_km2(lon, south, north):
    return np.radians(lon) * (np.sin(np.radians(north)) - np.sin(np.radians(south))) * 1737.4**2


def test_a_box_in_degrees_with_its_lower_half_left_out(tmp_path):
    mask = np.zeros((400, 300), np.uint8)
    mask[200:] = NODATA
    outline, area = ground(tmp_path, "IAU_2015:30100", (10, 30, 40, 70), mask)
    assert area == pytest.approx(zone_km2(30, 50, 70), rel=1e-5)
    assert outline.bounds == pytest.approx((10, 50, 40, 70), abs=0.05)
    assert sphere.area_km2(outline) == pytest.approx(area, rel=2e-3)


def test_ground_across_the_antimeridian_is_cut_there(tmp_path):
    half = 10 * KM_PER_DEGREE * 1000
    bounds = (-half, -half, half, half)
    outline, area = ground(tmp_path, "IAU_2015:30115", bounds, np.zeros((256, 256), np.uint8))
    assert area == pytest.approx(zone_km2(20, -10, 10), rel=1e-5)
    assert sphere.area_km2(outline) == pytest.approx(area, rel=0.01)
    assert outline.covers(shapely.Point(175, 5))
    assert outline.covers(shapely.Point(-175, 5))
    assert not outline.intersects(shapely.Point(0, 5))


def test_a_cap_with_a_hole_at_its_pole(tmp_path):
    rows, columns = np.mgrid[:512, :512] + 0.5
    radius = np.hypot(rows - 256, columns - 256) / 256
    # Polar stereographic: the radius is 2 R tan(colatitude / 2).
    edge = 2 * 1737.4e3 * np.tan(np.radians(10))
    inner = 2 * 1737.4e3 * np.tan(np.radians(2.5)) / edge
    mask = np.where((radius < 1) & (radius > inner), 0, NODATA).astype(np.uint8)
    outline, area = ground(tmp_path, "IAU_2015:30130", (-edge, -edge, edge, edge), mask)
    assert area == pytest.approx(zone_km2(360, 70, 85), rel=5e-3)
    assert sphere.area_km2(outline) == pytest.approx(area, rel=0.02)
    assert outline.is_valid
    for lon in (-179, -90, 0, 90, 179):
        assert outline.covers(shapely.Point(lon, 78))
        assert not outline.intersects(shapely.Point(lon, 88))


POLE = "IAU_2015:30130"
HALF = 76_800  # of the side of a mosaic, metres


@pytest.mark.parametrize("centre", [(0, 0), (10_000, 90_000)])
def test_an_outline_at_a_pole_is_as_fine_as_elsewhere(tmp_path, centre):
    x, y = centre
    bounds = (x - HALF, y - HALF, x + HALF, y + HALF)
    mask = np.zeros((384, 384), np.uint8)
    outline, area = ground(tmp_path, POLE, bounds, mask)
    assert sphere.area_km2(outline) == pytest.approx(area, rel=5e-4)
    grid = open_mosaic(tmp_path / "image.tif").grid
    lon, lat = grid.to_lonlat(*np.meshgrid(np.arange(384) + 0.5, np.arange(384) + 0.5))
    assert shapely.contains_xy(outline, lon, lat).mean() > 0.9999


@pytest.mark.parametrize(("inner_km", "outer_km"), [(0, 10), (0, 40), (20, 25)])
def test_an_area_of_some_kilometres_round_a_pole(tmp_path, inner_km, outer_km):
    pole = shapely.Point(0, 0)
    ring = pole.buffer(outer_km * 1000.0, 64) - pole.buffer(inner_km * 1000.0, 64)
    mask = np.zeros((1536, 1536), np.uint8)
    drawn = Area(ring, CRS.from_user_input(POLE))
    outline, area = ground(tmp_path, POLE, (-HALF, -HALF, HALF, HALF), mask, drawn)
    assert area == pytest.approx(ring.area / 1e6, rel=2e-3)
    assert sphere.area_km2(outline) == pytest.approx(area, rel=0.01)
    assert outline.covers(shapely.Point(100, 90 - 22 / KM_PER_DEGREE)) == (outer_km > 22)


def test_a_whole_globe(tmp_path):
    outline, area = ground(
        tmp_path, "IAU_2015:30100", (-180, -90, 180, 90), np.zeros((180, 360), np.uint8)
    )
    assert area == pytest.approx(4 * np.pi * 1737.4**2, rel=1e-3)
    assert sphere.area_km2(outline) == pytest.approx(area, rel=1e-3)


def test_nothing_searched_is_no_ground(tmp_path):
    outline, area = ground(
        tmp_path, "IAU_2015:30100", (0, 0, 1, 1), np.full((64, 64), NODATA, np.uint8)
    )
    assert outline.is_empty
    assert area == 0.0


@pytest.mark.parametrize(
    ("crs", "bounds", "shape"),
    [
        ("IAU_2015:30100", (10, 30, 40, 60), (1500, 1500)),
        ("IAU_2015:30100", (-180, -90, 180, 90), (1800, 3600)),
        ("IAU_2015:30130", (-2e6, -2e6, 2e6, 2e6), (2200, 2200)),
    ],
)
def test_only_the_ground_of_an_area_counts(tmp_path, crs, bounds, shape):
    mask = np.zeros(shape, np.uint8)
    outline, area = ground(tmp_path, crs, bounds, mask, make_box_area(15, 40, 25, 50))
    assert area == pytest.approx(zone_km2(10, 40, 50), rel=0.01)
    assert sphere.area_km2(outline) == pytest.approx(zone_km2(10, 40, 50), rel=0.02)
    assert outline.bounds == pytest.approx((15, 40, 25, 50), abs=0.2)
    assert shapely.box(15, 40, 25, 50).buffer(1e-9).covers(outline)
    # Both ways of counting on this ground have the same area.
    again = ground(tmp_path, crs, bounds, mask, Area(outline, sphere.geographic_crs()))[1]
    assert again == pytest.approx(area, rel=1e-4)


@pytest.mark.parametrize("edges", [(170, -20, -170, 20), (0, 80, 360, 90), (-180, -90, 180, -60)])
def test_areas_may_lie_across_the_antimeridian_or_round_a_pole(tmp_path, edges):
    mask = np.zeros((900, 1800), np.uint8)
    outline, area = ground(
        tmp_path, "IAU_2015:30100", (-180, -90, 180, 90), mask, make_box_area(*edges)
    )
    west, south, east, north = edges
    wanted = zone_km2((east - west) % 360 or 360, south, north)
    assert area == pytest.approx(wanted, rel=0.01)
    assert sphere.area_km2(outline) == pytest.approx(wanted, rel=0.02)


def test_nodata_within_an_area_does_not_count(tmp_path):
    mask = np.zeros((1500, 1500), np.uint8)
    mask[:, :750] = NODATA  # 10 to 25 E
    _, area = ground(
        tmp_path, "IAU_2015:30100", (10, 30, 40, 60), mask, make_box_area(20, 40, 30, 50)
    )
    assert area == pytest.approx(zone_km2(5, 40, 50), rel=0.01)


MOON_KM2 = 4 * np.pi * 1737.4**2


@pytest.mark.parametrize(
    ("pixel_km", "width", "height"), [(25.0, 437, 219), (2.5, 4370, 2190), (25.0, 480, 240)]
)
def test_a_globe_that_overlaps_itself_has_the_ground_of_the_moon(tmp_path, pixel_km, width, height):
    x, y = 500.0 * pixel_km * width, 500.0 * pixel_km * height
    mask = np.zeros((height, width), np.uint8)
    outline, area = ground(tmp_path, "IAU_2015:30110", (-x, -y, x, y), mask)
    assert area <= MOON_KM2
    assert area == pytest.approx(MOON_KM2, rel=1e-9)
    assert outline.bounds == pytest.approx((-180, -90, 180, 90))


@pytest.mark.parametrize("edge_m", [np.pi / 2 * 1_737_400.0, 2_729_101.538173445])
@pytest.mark.parametrize("south_m", [-1.0, 0.5])  # of the edge: a globe, and a piece at the pole
def test_ground_reaches_the_pole_where_the_edge_of_the_mosaic_is_rounded(tmp_path, edge_m, south_m):
    bounds = (-2 * edge_m, edge_m * south_m, 2 * edge_m, edge_m)
    outline, _ = ground(tmp_path, "IAU_2015:30110", bounds, np.zeros((256, 512), np.uint8))
    assert outline.bounds == pytest.approx((-180, 90 * south_m, 180, 90))


@pytest.mark.parametrize("gap_px", [0.7, 40.0])
def test_large_pixels_have_the_area_of_their_ground(tmp_path, gap_px):
    period_px = 2 * np.pi * 1737.4 / 25.0
    width, height = round(period_px - gap_px), 218
    mask = np.zeros((height, width), np.uint8)
    bounds = (-12500.0 * width, -2_721_000.0, 12500.0 * width, 2_729_000.0)
    _, area = ground(tmp_path, "IAU_2015:30110", bounds, mask)
    south, north = np.degrees(np.array([bounds[1], bounds[3]]) / 1_737_400.0)
    assert area == pytest.approx(zone_km2(360 * width / period_px, south, north), rel=2e-5)


def test_ground_that_a_globe_shows_twice_counts_where_either_was_searched(tmp_path):
    mask = np.zeros((180, 380), np.uint8)  # 380 degrees
    mask[:, :10] = NODATA
    bounds = (-190, -90, 190, 90)
    _, area = ground(tmp_path, "IAU_2015:30100", bounds, mask)
    assert area == pytest.approx(MOON_KM2, rel=1e-9)
    mask[:, 360:370] = NODATA  # the same ground
    _, area = ground(tmp_path, "IAU_2015:30100", bounds, mask)
    assert area == pytest.approx(MOON_KM2 * 350 / 360, rel=1e-9)


def test_there_is_no_ground_beyond_a_pole(tmp_path):
    mask = np.zeros((200, 360), np.uint8)
    _, area = ground(tmp_path, "IAU_2015:30100", (-180, -100, 180, 100), mask)
    assert area == pytest.approx(MOON_KM2, rel=1e-9)
    mask[:110] = NODATA  # all but the southern cap from 10 S
    _, area = ground(tmp_path, "IAU_2015:30100", (-180, -100, 180, 100), mask)
    assert area == pytest.approx(zone_km2(360, -90, -10), rel=1e-9)


@pytest.mark.parametrize("edges", [(-180, -90, 180, -60), (-180, 60, 180, 90)])
def test_a_cap_of_a_globe_that_overlaps_itself_has_its_own_ground(tmp_path, edges):
    rows = 90.0 - np.arange(180) - 0.5
    mask = np.full((180, 361), NODATA, np.uint8)
    mask[(rows > edges[1]) & (rows < edges[3])] = 0
    bounds = tuple(np.array([-180, -90, 181, 90]) * KM_PER_DEGREE * 1000)
    _, area = ground(tmp_path, "IAU_2015:30110", bounds, mask)
    assert area == pytest.approx(zone_km2(360, edges[1], edges[3]), rel=1e-6)


def test_the_ground_at_a_pole_is_right_to_the_pixel(tmp_path):
    mask = np.full((180, 360), NODATA, np.uint8)
    mask[0] = mask[-1] = 0
    bounds = (-180, -90, 180, 90)
    _, area = ground(tmp_path, "IAU_2015:30100", bounds, mask)
    assert area == pytest.approx(2 * zone_km2(360, 89, 90), rel=1e-9)
    mask[1:3] = 0
    _, area = ground(tmp_path, "IAU_2015:30100", bounds, mask, make_box_area(0, 87, 180, 90))
    assert area == pytest.approx(zone_km2(180, 87, 90), rel=1e-9)


def test_an_area_round_a_pole_has_all_its_ground(tmp_path, monkeypatch):
    monkeypatch.setattr(footprint, "_CELLS", 200)
    cap = place_area(shapely.Point(0.0, 0.0).buffer(300e3), CRS.from_user_input(POLE))
    mask, bounds = np.zeros((100, 360), np.uint8), (-180, 65, 180, 90)
    outline, area = ground(tmp_path, "IAU_2015:30100", bounds, mask, cap)
    # Polar stereographic: the radius is 2 R tan(colatitude / 2).
    edge = 90.0 - np.degrees(2.0 * np.arctan(300.0 / 1737.4 / 2.0))
    assert area == pytest.approx(zone_km2(360, edge, 90), rel=0.03)  # rows of a quarter of a degree
    assert outline.bounds == pytest.approx((-180, edge, 180, 90), abs=0.2)


def test_an_area_across_the_end_of_a_mosaic_has_all_its_columns(tmp_path, monkeypatch):
    monkeypatch.setattr(footprint, "_CELLS", 200)
    mask, bounds = np.zeros((20, 7200), np.uint8), (-180, -0.5, 180, 0.5)
    box = make_box_area(170, -0.5, -171, 0.5)
    _, area = ground(tmp_path, "IAU_2015:30100", bounds, mask, box)
    assert area == pytest.approx(zone_km2(19, -0.5, 0.5), rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "crs",
    [
        "+proj=laea +lat_0=10 +R=1737400 +units=m",
        "+proj=cass +R=1737400 +units=m",
        "+proj=ob_tran +o_proj=eqc +o_lat_p=60 +o_lon_p=0 +lon_0=0 +R=1737400 +units=m",
    ],
)
def test_no_projection_has_more_ground_than_the_moon(tmp_path, crs):
    _, area = ground(tmp_path, crs, (-6e6, -6e6, 6e6, 6e6), np.zeros((480, 480), np.uint8))
    assert 0.95 * MOON_KM2 < area <= MOON_KM2


def test_parts_of_a_mosaic_with_their_middle_off_the_moon_have_their_ground(tmp_path, monkeypatch):
    monkeypatch.setattr(footprint, "_CELLS", 200)
    crs, affine = "IAU_2015:30165", Affine(20e3, 0, -1737.4e3, 0, -20e3, 1737.4e3)
    # Off the Moon, at its limb, and within.
    for start, side in ((0, 10), (13, 24), (60, 30)):
        part, values = affine @ Affine.translation(start, start), np.full((side, side), 90, "uint8")
        write_raster(tmp_path / f"{start}.tif", values, crs, part)
    mosaic = open_mosaic(sorted(tmp_path.glob("*.tif")))
    mask = np.full((90, 90), NODATA, np.uint8)
    mask[:10, :10] = mask[13:37, 13:37] = 0
    path = write_raster(tmp_path / "mask.tif", mask, crs, affine)
    outline, _ = searched_footprint(mosaic, path)
    lon, lat = mosaic.grid.to_lonlat(*np.meshgrid(np.arange(90) + 0.5, np.arange(90) + 0.5))
    ends = [end(some[mask == 0]) for end in (np.nanmin, np.nanmax) for some in (lon, lat)]
    assert outline.bounds == pytest.approx(ends, abs=3.0)


def test_nodata_at_the_edge_of_an_area_leaves_no_line_in_an_image_without_coordinates(tmp_path):
    mask = np.zeros((30, 40), np.uint8)
    mask[:15, 10:20] = NODATA
    cv2.imwrite(str(tmp_path / "image.png"), np.full(mask.shape, 90, np.uint8))
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    mosaic, area = open_mosaic(tmp_path / "image.png"), Area(shapely.box(0, 0, 20, 30), None)
    outline, _ = searched_footprint(mosaic, tmp_path / "mask.png", area)
    assert {part.geom_type for part in shapely.get_parts(outline)} == {"Polygon"}
    assert outline.area == 450
    nothing = Area(shapely.box(10, 0, 20, 15), None)
    assert searched_footprint(mosaic, tmp_path / "mask.png", nothing)[0].is_empty
