"""Best circles of outlines: exact for circles, near for what a hand draws."""

import numpy as np
import pytest
import shapely
from pyproj import CRS

from lunarcraters.geometry import sphere
from lunarcraters.geometry.best_circles import fit_circles, fit_lunar_circles
from lunarcraters.geometry.polygons import crater_polygons

DEGREES = sphere.geographic_crs()
PLACES = [(10.0, 0.0, 0.5), (10.0, 60.0, 30.0), (179.99, -20.0, 5.0), (-180.0, 60.0, 40.0),
          (30.0, 89.9, 40.0), (0.0, -90.0, 3.0), (77.0, 80.0, 900.0)]  # fmt: skip


def assert_circle(fitted, lon, lat, diameter_km, rel):
    assert fitted[2] == pytest.approx(diameter_km, rel=rel)
    assert sphere.distance_km(*fitted[:2], lon, lat) < rel * diameter_km


@pytest.mark.parametrize("place", PLACES)
def test_a_circle_of_a_catalogue_is_measured_wherever_it_lies(place):
    outline = crater_polygons(*([value] for value in place))
    assert_circle(fit_lunar_circles(outline, DEGREES)[0], *place, 1e-3)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("angles", [(0.0, 2.0, 4.5), (1.0, 1.5, 3.0), np.linspace(0, 6, 7)])
def test_a_few_points_on_a_rim_give_its_circle_exactly(place, angles):
    lon, lat, diameter_km = place
    arc = diameter_km * 500.0 / sphere.RADIUS_M
    rim = np.column_stack(sphere.destination(lon, lat, np.array(angles), arc))
    # Longitudes jump at the antimeridian, as a program leaves them.
    fitted = fit_lunar_circles(np.array([shapely.Polygon(rim)], object), DEGREES)
    assert_circle(fitted[0], *place, 1e-6)


def test_a_circle_drawn_in_a_conformal_map_is_one_on_the_ground():
    crs = CRS.from_user_input("IAU_2015:30130")
    lon, lat = sphere.circle_points(120.0, 75.0, 80.0, 36)
    x, y = sphere.from_lonlat(crs, lon[0], lat[0])
    fitted = fit_lunar_circles(np.array([shapely.Polygon(np.column_stack([x, y]))], object), crs)
    assert_circle(fitted[0], 120.0, 75.0, 80.0, 1e-6)


def test_a_diameter_is_that_on_the_sphere_of_its_coordinate_system():
    rim = crater_polygons([10.0], [60.0], [30.0])
    one, other = (fit_lunar_circles(rim, sphere.geographic_crs(r))[0] for r in (1.73e6, 1.74e6))
    np.testing.assert_allclose(other, one * [1.0, 1.0, 1.74 / 1.73])


def test_a_long_outline_has_the_circle_of_its_area():
    ellipse = shapely.affinity.scale(shapely.Point(3, 4).buffer(1.0, quad_segs=64), 2.0, 1.0)
    assert fit_circles([ellipse])[0] == pytest.approx([3.0, 4.0, 2.0 * 2.0**0.5], rel=1e-3)


def test_an_outline_without_an_area_has_no_circle():
    line = shapely.Polygon([(0, 0), (1, 1), (2, 2), (0, 0)])
    assert np.isnan(fit_circles([line, shapely.Polygon()])).all()
    assert np.isnan(fit_lunar_circles(np.array([line], object), DEGREES)).any()


def test_an_outline_that_leaves_the_moon_has_no_circle_and_others_keep_theirs():
    beyond = shapely.Point(50.0, 88.0).buffer(5.0)  # drawn in degrees, over the pole
    rim = crater_polygons(np.array([30.0]), np.array([60.0]), np.array([20.0]))
    circles = fit_lunar_circles(np.array([beyond, rim[0]], object), DEGREES)
    assert np.isnan(circles[0]).all()
    assert_circle(circles[1], 30.0, 60.0, 20.0, 1e-3)
