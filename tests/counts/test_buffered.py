"""The ground of an area that is wider by the radius of a crater."""

import numpy as np
import pytest
import shapely
from pyproj import CRS

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.counts.buffered import WidenedGround
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area

MOON = sphere.geographic_crs()


def touches(area, positions, diameters_km, crs=MOON):
    ground = WidenedGround(area, CatalogueInfo(crs), 1.0)
    return ground.touches(np.array(positions, float), np.array(diameters_km, float)).tolist()


def test_craters_that_touch_are_told_at_once_as_one_by_one(monkeypatch):
    random = np.random.default_rng(5)
    turns = np.linspace(0.0, 2.0 * np.pi, 200, endpoint=False)
    reach = 8.0 + 2.0 * np.sin(5.0 * turns)
    star = np.column_stack([reach * np.cos(turns), reach * np.sin(turns)])
    hole = shapely.box(-3, -3, 3, 3).exterior
    widened = WidenedGround(Area(shapely.Polygon(star, [hole]), MOON), CatalogueInfo(MOON), 1.0)
    positions, diameters = random.uniform(-12, 12, (2000, 2)), random.uniform(1, 80, 2000)
    x, y = sphere.from_lonlat(widened._frame, *positions.T)
    centres = [shapely.Point(*centre) for centre in zip(x, y, strict=True)]
    expected = shapely.distance(widened._outline, centres) <= 500.0 * diameters
    monkeypatch.setattr(shapely, "Point", None)
    touches = widened.touches(positions, diameters)
    np.testing.assert_array_equal(touches, expected)
    assert 200 < touches.sum() < 1800


def test_the_edges_of_a_wide_area_follow_parallels():
    wide = Area(shapely.box(-40, 50, 40, 60), MOON)
    positions = [(0, 60.5), (0, 59.9), (0, 50.1), (0, 49.5)]
    assert touches(wide, positions, [20.0] * 4) == [False, True, True, False]
    assert touches(wide, positions, [40.0] * 4) == [True] * 4


def test_an_area_in_metres_is_widened_too():
    polar = CRS("IAU_2015:30130")
    square = Area(shapely.box(-50_000, -50_000, 50_000, 50_000), polar)
    kilometre = 180.0 / np.pi / 1737.4
    positions = [(90.0, 90.0 - km * kilometre) for km in (0, 49, 55, 65)]
    assert touches(square, positions, [20.0] * 4) == [True, True, True, False]


def test_on_a_larger_body_a_degree_is_longer():
    mars = sphere.geographic_crs(3_396_190.0)
    for crs, reaches in ((MOON, True), (mars, False)):
        assert touches(Area(shapely.box(-1, -1, 1, 1), crs), [(2.0, 0.0)], [80.0], crs) == [reaches]


def test_the_ground_that_was_searched_is_that_of_the_area_with_a_margin():
    """The area has gaps that no outline tells: what was searched of it is given."""
    area = Area(shapely.box(-1, -1, 1, 1), MOON)
    none, some = WidenedGround(area, CatalogueInfo(MOON), 50.0).areas_km2(np.array([0.0, 10.0]))
    side = 2.0 * np.pi * 1737.4 / 180.0
    assert none == 50.0
    assert some == pytest.approx(50.0 + 4.0 * side * 5.0 + np.pi * 25.0, rel=0.01)
