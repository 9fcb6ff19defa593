"""Profiles of craters whose heights are given by a formula."""

import numpy as np
import pytest

from lunarcraters.geometry import sphere
from lunarcraters.morphometry import robust
from lunarcraters.morphometry.measure import _NAMES, _make_measures
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


def test_the_rim_stands_as_high_above_the_ground_as_that_of_the_crater():
    circles = Circles(np.zeros(1), np.zeros(1), np.array([RADIUS_M / sphere.RADIUS_M]))
    shape = measure_profiles(sample_heights, circles, np.array([40.0]), sphere.RADIUS_M).shape
    # Samples of a profile cut a hundredth of the depth off a sharp crest.
    assert shape.depth_m[0] == pytest.approx(DEPTH_M + RIM_M, abs=5.0)
    assert shape.rim_height_m[0] == pytest.approx(RIM_M, abs=5.0)


def test_errors_of_ratios_and_angles_are_those_of_what_they_are_made_of():
    def make(**numbers):
        table = dict.fromkeys(_NAMES, np.full(1, np.nan)) | {
            k: np.array([v]) for k, v in numbers.items()
        }
        return _make_measures(table, np.array([""], object), 1_000_000.0)

    measures = make(arc=5e-4, arc_sd=5e-6, depth_m=200.0, depth_sd_m=4.0, slope=0.6, slope_sd=1e-4)
    assert measures.rim_diameter_km == pytest.approx(1.0)
    assert measures.rim_diameter_sd_km == pytest.approx(0.01)
    assert measures.depth_to_diameter == pytest.approx(0.2)
    assert measures.depth_to_diameter_sd == pytest.approx(0.2 * np.hypot(0.01, 0.02))
    steeper = make(arc=5e-4, slope=0.6001)
    change_deg = steeper.slope_max_deg - measures.slope_max_deg
    assert measures.slope_max_sd_deg == pytest.approx(change_deg, rel=1e-3)


def test_a_crater_that_is_not_alike_all_around_has_larger_errors():
    def sample_uneven(circles, azimuths):
        factors = 1.0 + 0.3 * np.sin(2.0 * make_bearings(azimuths))
        return sample_heights(circles, azimuths) * factors[None, :, None]

    circles = Circles(np.zeros(1), np.zeros(1), np.array([RADIUS_M / sphere.RADIUS_M]))
    even, uneven = (
        measure_profiles(sample, circles, np.array([40.0]), sphere.RADIUS_M).sd
        for sample in (sample_heights, sample_uneven)
    )
    assert even.crest[0] == pytest.approx(0.25 / 40.0, rel=0.2)  # a quarter of a pixel
    assert uneven.depth_m[0] > 3.0 * even.depth_m[0] > 3.0 * 0.01 * DEPTH_M


def test_the_error_of_a_median_is_told_by_its_parts():
    parts = np.random.default_rng(0).normal(size=(20_000, 6))
    errors = robust.median_sd(parts, np.zeros(len(parts)))
    assert errors.mean() == pytest.approx(np.median(parts, axis=1).std(), rel=0.15)
    parts[:, 2:] = np.nan
    assert np.isnan(robust.median_sd(parts, np.zeros(len(parts)))).all()
