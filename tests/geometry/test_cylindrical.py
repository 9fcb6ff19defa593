import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import place_area
from lunarcraters.geometry.cylindrical import unroll
from lunarcraters.geometry.given_areas import read_area

HALF_TURN_M = np.pi * sphere.RADIUS_M
MOON_KM2 = 4.0 * np.pi * (sphere.RADIUS_M / 1000.0) ** 2


def lunar(words):
    return CRS.from_proj4(f"+proj={words} +R={sphere.RADIUS_M} +type=crs")


def measure(area):
    return sphere.area_km2(area.to_lonlat())


@pytest.mark.parametrize(
    "words", ["eqc +lon_0=0", "eqc +lon_0=180", "eqc +lat_ts=35 +lon_0=100", "merc", "cea", "mill"]
)
def test_a_polygon_of_a_cylindrical_map_is_the_same_a_turn_further(words):
    crs = lunar(words)
    x, y = sphere.from_lonlat(crs, [30.0, 34.0], [-3.0, 5.0])
    turn = 6.0 * float(np.diff(sphere.from_lonlat(crs, [0.0, 60.0], [0.0, 0.0])[0])[0])
    for turns in (-1, 0, 1):
        area = place_area(shapely.box(x[0] + turns * turn, y[0], x[1] + turns * turn, y[1]), crs)
        assert area.contains([32, 29, 35, 32], [0, 0, 0, 6]).tolist() == [True, False, False, False]
        assert area.outline.bounds == pytest.approx((30.0, -3.0, 34.0, 5.0), abs=1e-6)


@pytest.mark.parametrize("words", ["sinu", "stere +lat_0=90", "tmerc +lon_0=20", "ortho", "moll"])
def test_other_maps_are_not_unrolled(words):
    assert unroll(shapely.box(0.0, 0.0, 1e5, 1e5), lunar(words)) is None


def test_metres_past_the_antimeridian_are_as_degrees_past_it():
    box = shapely.box(HALF_TURN_M - 5e4, -4e4, HALF_TURN_M + 5e4, 4e4)
    area = place_area(box, lunar("eqc +lon_0=0"))
    assert area.contains([179, -179, 177, -177], [0, 0, 0, 0]).tolist() == [
        True,
        True,
        False,
        False,
    ]
    assert measure(area) == pytest.approx(100.0 * 80.0, rel=1e-3)


@pytest.mark.parametrize("lon_0", [0, 180])
def test_the_frame_of_a_global_map_is_the_moon(lon_0):
    frame = shapely.box(-HALF_TURN_M, -HALF_TURN_M / 2.0, HALF_TURN_M, HALF_TURN_M / 2.0)
    area = place_area(frame, lunar(f"eqc +lon_0={lon_0}"))
    assert area.contains([5, 170, -170, 10], [89.9, 0, 0, -89.9]).all()
    assert measure(area) == pytest.approx(MOON_KM2, rel=1e-6)


def test_an_area_of_more_than_half_the_moon_is_not_the_rest_of_it():
    crs = lunar("laea +lat_0=20 +lon_0=100")
    area = place_area(shapely.Point(0.0, 0.0).buffer(3.2e6, 64), crs)
    # A circle of radius r in this map has the area pi r^2 on the sphere.
    assert measure(area) == pytest.approx(np.pi * 3200.0**2, rel=2e-3)
    ring = place_area(
        shapely.Point(0.0, 0.0).buffer(3.2e6, 64) - shapely.Point(0.0, 0.0).buffer(3.0e6, 64), crs
    )
    assert measure(ring) == pytest.approx(np.pi * (3200.0**2 - 3000.0**2), rel=1e-2)


@pytest.mark.parametrize(("prime", "lon"), [(180, -150), (40, -10)])
def test_longitudes_from_another_prime_meridian_are_moved(tmp_path, prime, lon):
    path = tmp_path / "pm.gpkg"
    crs = f"+proj=longlat +R={sphere.RADIUS_M} +pm={prime}"
    gpd.GeoDataFrame(geometry=[shapely.box(lon - 2, -2, lon + 2, 2)], crs=crs).to_file(path)
    assert read_area(path).contains([30, -150], [0, 0]).tolist() == [True, False]
