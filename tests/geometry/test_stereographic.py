import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.geometry import sphere, stereographic


@given(
    lon=st.floats(-180.0, 180.0),
    lat=st.floats(-90.0, 90.0),
    radius=st.sampled_from([sphere.RADIUS_M, 1e6]),
)
def test_local_frames_are_where_proj_has_them(lon, lat, radius):
    crs = stereographic.local_frame(lon, lat, radius)
    frame = stereographic.find_local_frame(crs.to_wkt())
    to_lon, to_lat = np.meshgrid(np.arange(-180.0, 180.0, 30.0), np.arange(-90.0, 91.0, 30.0))
    found, wanted = (
        stereographic.to_local_frame(frame, to_lon, to_lat),
        sphere.from_lonlat(crs, to_lon, to_lat),
    )
    near = sphere.distance_km(lon, lat, to_lon, to_lat, radius) < 3.0 * radius / 1000.0
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours[near], theirs[near], rtol=1e-9, atol=0.01)


@pytest.mark.parametrize(
    "other",
    [
        "+proj=stere +lat_0=90 +lat_ts=70 +R=1737400 +type=crs",
        "+proj=stere +lat_0=10 +lon_0=5 +x_0=100 +R=1737400 +type=crs",
        "+proj=stere +lat_0=10 +lon_0=5 +k_0=0.9 +R=1737400 +type=crs",
        "+proj=stere +lat_0=10 +lon_0=5 +units=km +R=1737400 +type=crs",
        "+proj=stere +lat_0=10 +lon_0=20 +R=1737400 +pm=30 +type=crs",
        "+proj=stere +lat_0=10 +lon_0=20 +R=1737400 +axis=wnu +type=crs",
        "+proj=stere +lat_0=10 +lon_0=20 +R=1737400 +axis=esu +type=crs",
        "+proj=stere +lat_0=10 +lon_0=20 +a=1738140 +b=1735970 +type=crs",
        "+proj=eqc +R=1737400 +type=crs",
        "+proj=longlat +R=1737400 +type=crs",
    ],
)
def test_other_coordinate_systems_are_no_local_frames(other):
    assert stereographic.find_local_frame(sphere.CRS.from_user_input(other).to_wkt()) is None
