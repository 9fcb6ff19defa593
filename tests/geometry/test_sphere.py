"""Coordinate systems of the Moon, in whatever unit of angles they are."""

import numpy as np
import pytest

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
