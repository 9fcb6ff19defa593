import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from lunarcraters.errors import AreaError
from lunarcraters.geometry import sphere, stereographic
from lunarcraters.geometry.area import Area, make_box_area
from lunarcraters.geometry.given_areas import read_area
from lunarcraters.geometry.polygons import make_ring_polygon

POLAR = "IAU_2015:30130"


def saved(path, polygon, crs):
    gpd.GeoDataFrame(geometry=[polygon], crs=crs).to_file(path)
    return path


def test_a_box_may_cross_the_antimeridian_and_be_told_from_0_to_360():
    for area in (make_box_area(170, -10, -170, 10), make_box_area(170, -10, 190, 10)):
        assert area.contains([175, -175, 0, 165], [0, 5, 0, 0]).tolist() == [
            True,
            True,
            False,
            False,
        ]
    assert make_box_area(-180, -90, 180, 90).contains([0, 179, -179], [89, -89, 0]).all()


@pytest.mark.parametrize(
    ("edges", "width"),
    [
        ((300, -10, -350, 10), 70),
        ((350, -10, 340, 10), 350),
        ((300, -10, 300, 10), 360),
        ((360, -10, -360, 10), 360),
        ((-360, -10, -350, 10), 10),
        ((-10, -10, -360, 10), 10),
    ],
)
def test_edges_of_any_turn_enclose_the_ground_east_of_the_western_one(edges, width):
    area = make_box_area(*edges)
    assert area.to_lonlat().area == pytest.approx(width * 20)
    for start in (-180, 0):
        lon = start + np.arange(360) + 0.5
        inside = (lon - edges[0]) % 360.0 < width
        np.testing.assert_array_equal(area.contains(lon, 0.0), inside)


def test_the_seam_and_the_poles_are_no_edges_of_an_area_that_has_both_sides(tmp_path):
    globe = make_box_area(-180, -90, 180, 90)
    assert globe.contains([0, -180, 180, 5], [0, 3, -3, 90]).all()
    assert make_box_area(0, -90, 360, 90).contains([0, -180, 5], [0, 3, -90]).all()
    cap = make_box_area(-180, 60, 180, 90)
    assert cap.contains([7, -180], [90, 70]).all()
    assert not cap.contains([7, -180, 7], [60, 60, -90]).any()
    # Two halves of a polar cap that meet at the pole have it on both sides.
    halves = shapely.MultiPolygon([shapely.box(-180, 80, 0, 90), shapely.box(0, 80, 180, 90)])
    both = read_area(saved(tmp_path / "a.gpkg", halves, "IAU_2015:30100"))
    assert both.contains([0, 180, 9], [85, 85, 90]).all()
    # A quarter ends at the pole, and areas side by side end at their common edge.
    assert not make_box_area(0, 80, 90, 90).contains([45, 0], [90, 85]).any()
    for west, east in ((-10, 0), (0, 10)):
        assert not make_box_area(west, -10, east, 10).contains(0, 0)
        assert not make_box_area(west, -10, east, 10, has_crs=False).contains(0, 0)


@pytest.mark.parametrize(("lat", "radius", "points", "phase"), [(-76, 4, 72, 5), (-56, 8, 360, 4)])
def test_an_outline_with_slivers_at_the_seam_is_an_area(lat, radius, points, phase):
    bearings = -np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    arcs = np.radians(radius) * (1.0 + 0.3 * np.cos(3.0 * bearings + phase))
    ring = sphere.destination(180.0, lat, bearings, arcs)
    area = Area(make_ring_polygon(*ring), sphere.geographic_crs())
    for share, expected in ((0.95, True), (1.05, False)):
        across = sphere.destination(180.0, lat, bearings, share * arcs)
        assert (area.contains(*across) == expected).all()
    assert area.contains([180.0, -180.0], lat).all()


@pytest.mark.parametrize("crs", [sphere.geographic_crs(), None])
def test_only_points_in_the_bounds_of_an_area_are_tested(crs, monkeypatch):
    random = np.random.default_rng(0)
    triangle = shapely.Polygon([(170, 0), (190, 5), (175, 20)])
    x, y = random.uniform(-180, 200, (2, 5000))
    x[:3], y[:3] = (np.nan, 180, 170), (5, np.inf, 0)
    turns = (-360.0, 0.0, 360.0) if crs else (0.0,)
    expected = np.any([shapely.contains_xy(triangle, x + by, y) for by in turns], axis=0)
    asked, ask = [], shapely.contains_xy

    def ask_counting(outline, x, y):
        asked.append(np.size(x))
        return ask(outline, x, y)

    monkeypatch.setattr(shapely, "contains_xy", ask_counting)
    np.testing.assert_array_equal(Area(triangle, crs).contains(x, y), expected)
    assert expected.sum() > 5
    assert sum(asked) < 100


@pytest.mark.parametrize(
    "edges", [(0, 10, 20, 10), (5, 0, 5, 10), (float("nan"), 0, 1, 1), (0, 0, 1, float("nan"))]
)
def test_a_box_of_pixels_without_ground_is_refused(edges):
    with pytest.raises(AreaError, match="west,south,east,north in pixels"):
        make_box_area(*edges, has_crs=False)


@pytest.mark.parametrize(
    "edges", [(0, 10, 20, 10), (0, 20, 20, 10), (0, -95, 9, 0), (0, 0, 999, 9)]
)
def test_a_box_without_ground_is_refused(edges):
    with pytest.raises(AreaError, match="west,south,east,north"):
        make_box_area(*edges)


def test_polygons_are_read_in_their_own_coordinate_system(tmp_path):
    cap = saved(tmp_path / "cap.gpkg", shapely.Point(0, 0).buffer(100_000, 64), POLAR)
    reach = np.degrees(100_000 / sphere.RADIUS_M)
    area = read_area(cap)
    lat = 90 - np.array([0.5, 0.99, 1.01]) * reach
    assert area.contains([10, 170, -120], lat).tolist() == [True, True, False]
    lon = read_area(saved(tmp_path / "a.shp", shapely.box(350, 0, 370, 5), "IAU_2015:30100"))
    assert lon.contains([-5, 5, 20], [1, 1, 1]).tolist() == [True, True, False]


def test_an_area_of_the_earth_or_without_polygons_is_refused(tmp_path):
    earth = saved(tmp_path / "earth.geojson", shapely.box(0, 0, 1, 1), "EPSG:4326")
    with pytest.raises(AreaError, match="IAU_2015:30100"):
        read_area(earth)
    points = saved(tmp_path / "points.gpkg", shapely.Point(0, 0), "IAU_2015:30100")
    with pytest.raises(AreaError, match="no polygon"):
        read_area(points)
    with pytest.raises(AreaError, match="cannot be read"):
        read_area(tmp_path / "none.gpkg")


def test_an_area_in_radians_is_refused_with_the_command_that_converts_it(tmp_path):
    radians = 'GEOGCS["M",DATUM["D",SPHEROID["S",1737400,0]],PRIMEM["x",0],UNIT["radian",1]]'
    with pytest.raises(AreaError, match=r"is in radians.*ogr2ogr -t_srs"):
        read_area(saved(tmp_path / "radians.shp", shapely.box(0.1, 0.1, 0.3, 0.3), radians))


@given(
    st.floats(-180, 180), st.floats(-85, 85), st.floats(1, 100), st.floats(-1.2, 1.2),
    st.floats(0, 6.3),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_the_part_of_a_crater_beside_a_straight_edge(lon, lat, diameter, offset, turn):
    # A half plane whose edge passes the crater's centre at so many radii.
    half_plane = shapely.affinity.rotate(
        shapely.box(offset * diameter * 500, -3e5, 3e5, 3e5), turn, origin=(0, 0), use_radians=True
    )
    area = Area(half_plane, stereographic.local_frame(lon, lat))
    x = np.clip(offset, -1, 1)
    segment = (np.arccos(x) - x * np.sqrt(1 - x * x)) / np.pi
    share = area.compute_shares(np.array([[lon, lat]]), np.array([diameter]))
    assert share == pytest.approx(segment, abs=0.01)


NORTH = CRS.from_proj4(f"+proj=stere +lat_0=90 +R={sphere.RADIUS_M} +type=crs")
FAR_SIDE = CRS.from_proj4(f"+proj=laea +lat_0=20 +lon_0=175 +R={sphere.RADIUS_M} +type=crs")
AREAS = {
    "polar": Area(shapely.box(-3e5, -2e5, 4e5, 3e5), NORTH),
    "ring": Area(shapely.Point(0, 0).buffer(5e5) - shapely.Point(0, 0).buffer(1e5), NORTH),
    "cap": make_box_area(-180, 80, 180, 90),
    "past 180": make_box_area(170, -20, -160, 88),
    "before -180": make_box_area(-200, -10, -170, 85),
    "far side": Area(shapely.box(-6e5, -6e5, 6e5, 6e5), FAR_SIDE),
}


@pytest.mark.parametrize(("one", "other"), itertools.combinations_with_replacement(AREAS, 2))
def test_the_ground_that_two_areas_share(one, other):
    random = np.random.default_rng(3)
    lon = np.append(random.uniform(-180, 180, 4000), random.uniform(150, 220, 4000))
    lat = np.append(90.0 - random.exponential(6.0, 4000), random.uniform(-30, 90, 4000))
    shared = AREAS[one].contains(lon, lat) & AREAS[other].contains(lon, lat)
    for area in (AREAS[one].intersect(AREAS[other]), AREAS[other].intersect(AREAS[one])):
        np.testing.assert_array_equal(area.contains(lon, lat), shared)


FOLDED = shapely.Polygon([(3.4e6, 0.0), (-1.7e6, 2.7e6), (-1.7e6, -2.7e6)])
"""Outline that goes back and forth in longitude on its way round a pole."""


@pytest.mark.parametrize(
    ("projection", "middle", "outline"),
    [
        ("stere", (90, 0), shapely.box(-1.4e6, -1.4e6, 1.4e6, 1.4e6)),
        ("stere", (-90, 0), shapely.Point(0, 0).buffer(3e6)),
        ("stere", (90, 0), shapely.Point(0, 0).buffer(3e6) - shapely.box(0, 0, 8e5, 8e5)),
        ("stere", (90, 0), shapely.Point(0, 0).buffer(3e6) - shapely.Point(0, 0).buffer(2e6)),
        ("laea", (0, 180), shapely.Point(0, 0).buffer(2e6)),
        ("laea", (0, -180), shapely.Point(0, 0).buffer(3e6)),
        ("laea", (90, 180), shapely.Point(0, 0).buffer(2e6) - shapely.Point(5e5, 0).buffer(5e5)),
        ("laea", (45, 180), FOLDED),
        ("laea", (-30, 77), FOLDED),
    ],
)
def test_a_large_area_round_a_pole_or_the_antimeridian_is_drawn_as_it_is(
    projection, middle, outline
):
    lat, lon = middle
    crs = CRS.from_proj4(
        f"+proj={projection} +lat_0={lat} +lon_0={lon} +R={sphere.RADIUS_M} +type=crs"
    )
    area = Area(outline, crs)
    random = np.random.default_rng(5)
    lon, lat = random.uniform(-180, 180, 5000), np.degrees(np.arcsin(random.uniform(-1, 1, 5000)))
    drawn = shapely.contains_xy(area.to_lonlat(), lon, lat)
    assert np.mean(drawn != area.contains(lon, lat)) < 0.001


def test_areas_that_share_an_edge_alone_share_no_ground():
    shared = make_box_area(0, 0, 1, 1).intersect(make_box_area(1, 0, 2, 1))
    assert shared.outline.is_empty
    assert not shared.contains(1.0, 0.5)


@pytest.mark.parametrize("has_crs", [True, False])
def test_a_narrow_area_has_its_share_of_a_circle(has_crs):
    circle = shapely.Point(0, 0).buffer(500, 64)
    random = np.random.default_rng(0)
    for _ in range(300):
        half, offset = random.uniform(2, 40), random.uniform(-400, 400)
        strip = shapely.box(-5000, offset - half, 5000, offset + half)
        strip = shapely.affinity.rotate(strip, random.uniform(0, 180), origin=(0, 0))
        hole = shapely.box(-9000, -9000, 9000, 9000) - strip
        frame = stereographic.local_frame(170.0, -80.0) if has_crs else None
        place, size = ([[170.0, -80.0]], 1.0) if has_crs else ([[0.0, 0.0]], 1000.0)
        for outline in (strip, hole):
            share = Area(outline, frame).compute_shares(np.array(place), np.array([size]))
            wanted = circle.intersection(outline).area / circle.area
            assert share == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize("has_crs", [True, False])
def test_shares_of_many_circles_are_computed_some_at_a_time(has_crs, monkeypatch):
    area = make_box_area(10, 20, 30, 40, has_crs=has_crs)
    random = np.random.default_rng(1)
    places, sizes = random.uniform(8, 42, (300, 2)), random.uniform(1, 200 if has_crs else 6, 300)
    at_once = area.compute_shares(places, sizes)
    assert ((at_once > 0) & (at_once < 1)).sum() > 10
    monkeypatch.setattr("lunarcraters.geometry.area._SAMPLES_AT_ONCE", 7000)
    contains, tested = Area.contains, []

    def contain_counting(self, x, y):
        tested.append(np.broadcast(x, y).size)
        return contains(self, x, y)

    monkeypatch.setattr(Area, "contains", contain_counting)
    assert (area.compute_shares(places, sizes) == at_once).all()
    assert max(tested) <= 7000


def test_pixels_have_areas_too():
    area = make_box_area(10, 40, 30, 20, has_crs=False)
    assert area.contains([15, 35], [25, 25]).tolist() == [True, False]
    assert area.compute_shares(np.array([[10.0, 30.0]]), np.array([8.0])) == pytest.approx(
        0.5, abs=0.01
    )
