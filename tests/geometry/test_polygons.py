import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygons import (
    box_polygons,
    crater_polygons,
    cut_at_meridian,
    keep_polygons,
)


def cap_area_km2(diameter_km, radius_m=sphere.RADIUS_M):
    reach = diameter_km * 500.0 / radius_m
    return 2.0 * np.pi * (radius_m / 1000.0) ** 2 * (1.0 - np.cos(reach))


def test_no_circles_have_no_polygons():
    assert len(crater_polygons([], [], [])) == len(box_polygons([], [], [])) == 0


latitudes = st.one_of(st.floats(-90, 90), st.floats(85, 90), st.floats(-90, -85))
longitudes = st.one_of(st.floats(-180, 180), st.floats(179, 180), st.floats(-180, -179))


@given(lon=longitudes, lat=latitudes, diameter_km=st.floats(1e-3, 2500))
def test_circles_are_valid_polygons_of_the_cap_s_area(lon, lat, diameter_km):
    polygon = crater_polygons(lon, lat, diameter_km)[0]
    assert polygon.is_valid
    west, south, east, north = polygon.bounds
    assert west >= -180
    assert east <= 180
    assert south >= -90
    assert north <= 90
    assert sphere.area_km2(polygon) == pytest.approx(cap_area_km2(diameter_km), rel=5e-3)
    for part in shapely.get_parts(polygon):
        assert shapely.is_ccw(part.exterior)


@pytest.mark.parametrize(
    ("lon", "lat", "diameter_km", "parts"),
    [
        (0, 90, 100, 1),
        (120, -90, 100, 1),
        (30, 89, 200, 1),
        (-180, 0, 100, 2),
        (179.9, 60, 100, 2),
        (10, 20, 5, 1),
    ],
)
def test_circles_are_cut_at_the_antimeridian_only(lon, lat, diameter_km, parts):
    polygon = crater_polygons(lon, lat, diameter_km)[0]
    assert len(shapely.get_parts(polygon)) == parts
    assert len(shapely.get_parts(box_polygons(lon, lat, diameter_km)[0])) == parts


def test_a_circle_that_touches_the_pole_is_valid():
    reach_km = np.radians(2.0) * sphere.RADIUS_M / 1000
    for slack in (-1e-6, -1e-12, 0.0, 1e-12, 1e-6):
        polygon = crater_polygons(45.0, 88.0, 2 * reach_km * (1 + slack))[0]
        assert polygon.is_valid
        assert sphere.area_km2(polygon) == pytest.approx(cap_area_km2(2 * reach_km), rel=5e-3)


@given(lon=longitudes, lat=latitudes, diameter_km=st.floats(0.01, 2000))
def test_boxes_hold_their_circles(lon, lat, diameter_km):
    box, circle = box_polygons(lon, lat, diameter_km)[0], crater_polygons(lon, lat, diameter_km)[0]
    assert box.is_valid
    assert circle.difference(box.buffer(1e-6)).area < 1e-9


def test_another_sphere_scales():
    circle = crater_polygons(10.0, 20.0, 50.0, 1_738_000.0)[0]
    assert sphere.area_km2(circle, 1_738_000.0) == pytest.approx(
        cap_area_km2(50.0, 1_738_000.0), rel=5e-3
    )


@pytest.mark.parametrize("west", [178.0, -182.0])
def test_an_edge_on_the_antimeridian_leaves_no_line_on_its_other_side(west):
    ground = shapely.box(west, -1, west + 4, 1)
    half = shapely.box(west, -2, west + 2, 0.5)
    (cut,) = cut_at_meridian(np.array([ground - half], object))
    assert {part.geom_type for part in shapely.get_parts(cut)} == {"Polygon"}
    assert cut.area == pytest.approx((ground - half).area)
    assert cut.bounds == (-180, -1, 180, 1)


def test_polygons_are_kept_without_points_and_lines():
    box, two = shapely.box(0, 0, 1, 1), shapely.MultiPoint([(2, 2), (4, 4)]).buffer(0.5)
    line = shapely.LineString([(5, 5), (6, 6)])
    assert keep_polygons(two) is two
    assert keep_polygons(shapely.GeometryCollection([line, box, two])).area == box.area + two.area
    assert keep_polygons(line).is_empty
