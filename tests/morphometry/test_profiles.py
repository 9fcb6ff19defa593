"""Profiles of craters whose heights are given by a formula."""

import numpy as np
import pytest

from lunarcraters.geometry import sphere
from lunarcraters.morphometry.polar import RATIOS, Circles, make_bearings
from lunarcraters.morphometry.profiles import measure_profiles

RADIUS_M, DEPTH_M, RIM_M = 1000.0, 300.0, 60.0
STRETCH = 1.05
SLOPE = (DEPTH_M + RIM_M) / (0.7 * RADIUS_M)


def sample_heights(circles, azimuths):
    """Heights of a crater at (0, 0) with a flat floor and a straight wall, longer to the north."""
    bearings = make_bearings(azimuths)[None, :, None]
    places = [values[:, None, None] for values in (circles.lon, circles.lat)]
    lon, lat = sphere.destination(*places, bearings, circles.arc[:, None, None] * RATIOS)
    x, y = np.radians(lon) * np.cos(np.radians(lat)) * STRETCH, np.radians(lat) / STRETCH
    ratio = np.hypot(x, y) * sphere.RADIUS_M / RADIUS_M
    wall = (DEPTH_M + RIM_M) * np.clip((ratio - 0.3) / 0.7, 0.0, 1.0) - DEPTH_M
    return np.where(ratio < 1.0, wall, RIM_M * np.maximum(ratio, 1.0) ** -3.0)


@pytest.mark.parametrize("size", [0.7, 0.8, 1.0, 1.2, 1.4])
def test_the_slope_of_a_wall_is_that_of_the_crater_whatever_circle_is_given(size):
    arc = size * RADIUS_M / sphere.RADIUS_M
    circles = Circles(np.zeros(1), np.zeros(1), np.array([arc]))
    profiles = measure_profiles(sample_heights, circles, np.array([40.0 * size]), sphere.RADIUS_M)
    assert profiles.shape.slope[0] == pytest.approx(SLOPE, rel=0.01)
