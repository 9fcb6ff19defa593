"""Coordinate systems of the Moon, in whatever unit of angles they are."""

import numpy as np
import pytest
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


@pytest.mark.parametrize("unit", ["radian", "Radian", "rad"])
def test_longitudes_in_radians_are_refused(unit):
    with pytest.raises(CoordinateSystemError, match=r"a\.tif is in radians.*gdalwarp.*-t_srs"):
        sphere.lunar_crs(geographic(unit, 1.0), "a.tif")


def test_systems_of_the_moon_are_known_by_their_sphere_and_not_by_their_unit():
    assert sphere.is_lunar(CRS.from_wkt(geographic("radian", 1.0)))
    for body in ("+R=3396190", "+a=1737400 +b=1700000"):
        crs = CRS.from_proj4(f"+proj=longlat {body} +type=crs")
        assert not sphere.is_lunar(crs)
        with pytest.raises(CoordinateSystemError, match=r"not of the Moon \(a sphere of radius"):
            sphere.lunar_crs(crs, "a.tif")
