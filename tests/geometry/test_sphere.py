"""Coordinate systems of the Moon, in whatever unit of angles they are."""

import numpy as np
import pytest
import shapely
from pyproj import CRS

from lunarcraters.errors import CoordinateSystemError
from lunarcraters.geometry import sphere


def geographic(unit, radians):
    """WKT of longitudes and latitudes in a unit."""
    return (
        f'GEOGCS["M",DATUM["D",SPHEROID["S",1737400,0]],PRIMEM["x",0],UNIT["{unit}",{radians!r}]]'
    )


@pytest.mark.parametrize(("unit", "in_turn"), [("degree", 360.0), ("grad", 400.0)])
def test_longitudes_in_degrees_and_grads_are_converted(unit, in_turn):
    crs = sphere.lunar_crs(geographic(unit, 2.0 * np.pi / in_turn), "a.tif")
    assert sphere.to_lonlat(crs, in_turn / 4, -in_turn / 8) == pytest.approx((90.0, -45.0))
    assert sphere.from_lonlat(crs, 90.0, -45.0) == pytest.approx((in_turn / 4, -in_turn / 8))


def test_the_edge_of_a_map_at_the_pole_is_on_the_moon_and_what_lies_beyond_is_not():
    crs = CRS.from_user_input("IAU_2015:30110")
    edge_m = np.pi / 2 * sphere.RADIUS_M
    north = [np.nextafter(edge_m, np.inf), edge_m + 0.001, edge_m + 1.0]
    lon, lat = sphere.to_lonlat(crs, [0.0, 0.0, 0.0], north)
    assert lat == pytest.approx([90.0, 90.0, np.nan], nan_ok=True)
    assert np.nanmax(lat) <= 90.0
    assert np.isnan(lon).tolist() == [False, False, True]


@pytest.mark.parametrize("unit", ["radian", "Radian", "rad"])
def test_longitudes_in_radians_are_refused(unit):
    with pytest.raises(CoordinateSystemError, match=r"a\.tif is in radians.*gdalwarp.*-t_srs"):
        sphere.lunar_crs(geographic(unit, 1.0), "a.tif")


def test_systems_of_the_moon_are_known_by_their_sphere_and_not_by_their_unit():
    assert sphere.is_lunar(CRS.from_wkt(geographic("radian", 1.0)))
    for body in ("+R=3396190", "+R=1821490", "+R=1560800", "+a=1737400 +b=1700000"):
        crs = CRS.from_proj4(f"+proj=longlat {body} +type=crs")
        assert not sphere.is_lunar(crs)
        with pytest.raises(CoordinateSystemError, match=r"not of the Moon \(a sphere of radius"):
            sphere.lunar_crs(crs, "a.tif")


@pytest.mark.parametrize("projection", ["longlat", "eqc", "stere +lat_0=10 +lon_0=20"])
def test_systems_of_a_flattened_moon_are_refused(projection):
    crs = CRS.from_proj4(f"+proj={projection} +a=1738140 +b=1735970 +type=crs")
    with pytest.raises(CoordinateSystemError, match=r"a\.tif.* is of a flattened Moon.*--crs"):
        sphere.lunar_crs(crs, "a.tif")
    rounded = CRS.from_proj4(f"+proj={projection} +a=1737400 +b=1737399.9 +type=crs")
    assert sphere.lunar_crs(rounded, "a.tif") == rounded


@pytest.mark.parametrize("crs", ["IAU_2015:30100", "IAU_2015:30110"])
def test_points_beyond_a_pole_of_a_cylindrical_map_have_no_place(crs):
    crs = CRS.from_user_input(crs)
    _, y = sphere.from_lonlat(crs, 0.0, 90.0)
    lon, lat = sphere.to_lonlat(crs, np.zeros(3), y * np.array([0.5, 1.01, -1.01]))
    np.testing.assert_allclose(lat, [45.0, np.nan, np.nan])
    np.testing.assert_array_equal(np.isnan(lon), np.isnan(lat))


def test_the_antimeridian_has_one_longitude():
    turned = sphere.wrap_longitude([-540.0, -180.0, 180.0, 540.0, 179.5, np.nan])
    np.testing.assert_array_equal(turned, [-180.0, -180.0, -180.0, -180.0, 179.5, np.nan])


def test_points_opposite_each_other_are_half_a_turn_apart():
    lon, lat = np.random.default_rng(0).random((2, 1000)) * [[360.0], [180.0]] - [[180.0], [90.0]]
    half_turn_km = np.pi * sphere.RADIUS_M / 1000.0
    np.testing.assert_allclose(sphere.distance_km(lon, lat, lon + 180.0, -lat), half_turn_km)


def test_areas_are_those_of_the_sphere_however_long_their_edges_are():
    # The integral of sin(latitude) below an edge on which it is the longitude, up to 60 degrees.
    triangle = shapely.Polygon([(0.0, 0.0), (60.0, 0.0), (60.0, 60.0)])
    assert sphere.area_km2(triangle) == pytest.approx(0.5 * 1737.4**2, rel=1e-4)
    assert sphere.area_km2(triangle, 2000.0) == pytest.approx(0.5 * 4.0, rel=1e-4)
