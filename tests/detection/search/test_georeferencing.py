import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from lunarcraters.detection.search.georeferencing import georeference
from lunarcraters.geometry import sphere, stereographic
from lunarcraters.geometry.grid import Grid


def frame(affine, crs):
    """A frame of 1000 pixels to a side."""
    return Grid(None if crs is None else crs.to_wkt(), affine, 1000, 1000)


def frame_circle(crs, lon, lat, gsd_m):
    """An affine with the point at pixel (100, 200), y down."""
    x, y = sphere.from_lonlat(crs, lon, lat)
    return Affine(gsd_m, 0, float(x) - 100 * gsd_m, 0, -gsd_m, float(y) + 200 * gsd_m)


@given(
    lon0=st.floats(-180, 179.9),
    lat0=st.floats(-90, 90),
    x=st.floats(-500, 1500),
    y=st.floats(-500, 1500),
    diameter=st.floats(1, 900),
    gsd_m=st.floats(0.5, 800),
)
def test_circles_in_a_stereographic_frame_are_exact(lon0, lat0, x, y, diameter, gsd_m):
    crs = stereographic.local_frame(lon0, lat0)
    affine = Affine(gsd_m, 0, -500 * gsd_m, 0, -gsd_m, 500 * gsd_m)
    lon, lat, diameter_km = georeference(np.array([[x, y, diameter]]), frame(affine, crs))
    turn = np.linspace(0.1, 6.3, 7)
    rim = sphere.to_lonlat(
        crs,
        gsd_m * (x + diameter / 2 * np.cos(turn) - 500),
        -gsd_m * (y + diameter / 2 * np.sin(turn) - 500),
    )
    # PROJ's inverse stops at 1e-10 of a radian or so, which is some millimetres.
    assert sphere.distance_km(lon, lat, *rim) == pytest.approx(
        np.full(7, diameter_km[0] / 2), rel=1e-6, abs=3e-6
    )


@pytest.mark.parametrize("code", ["30110", "30115", "30130", "30135", "30100"])
def test_small_circles_in_a_mosaic_frame_keep_centre_and_size(code):
    crs = CRS.from_user_input(f"IAU_2015:{code}")
    lon0, lat0 = (179.99, {"30130": 80.0, "30135": -80.0}.get(code, 1.0))
    gsd = 1 / 300 if code == "30100" else 100.0
    affine = frame_circle(crs, lon0, lat0, gsd)
    lon, lat, diameter = georeference(np.array([[100.0, 200.0, 20.0]]), frame(affine, crs))
    assert sphere.distance_km(lon, lat, lon0, lat0) < 0.01
    assert diameter[0] == pytest.approx(20 * (gsd if gsd > 1 else gsd * 30323) / 1000, rel=0.02)


def test_circles_beyond_the_sphere_are_nan_and_harm_no_other():
    crs = CRS.from_user_input("IAU_2015:30165")
    affine = Affine(1000, 0, 0, 0, -1000, 0)
    circles = np.array([[0.0, 0.0, 10.0], [1737.0, 0.0, 10.0], [np.nan, 0.0, 1.0]])
    lon, lat, diameter = georeference(circles, frame(affine, crs))
    assert diameter[0] == pytest.approx(10.0, rel=1e-3)
    assert np.isnan([lon[1:], lat[1:], diameter[1:]]).all()


def test_a_plain_image_gives_mosaic_pixels():
    x, y, d = georeference(np.array([[10.0, 20.0, 8.0]]), frame(Affine(4, 0, 100, 0, 4, 200), None))
    assert (x[0], y[0], d[0]) == (140.0, 280.0, 32.0)


def test_no_circles_give_no_craters():
    lon, lat, diameter = georeference(
        np.empty((0, 3)), frame(Affine.identity(), sphere.geographic_crs())
    )
    assert len(lon) == len(lat) == len(diameter) == 0
