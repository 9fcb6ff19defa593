"""Relief: slopes and local heights do not depend on the datum, on a tilt or on far nodata."""

import numpy as np
import pytest

from lunarcraters.elevation.relief import HEIGHT_WINDOW_PX, measure_relief
from lunarcraters.rendering.scene import render_scene

INNER = np.s_[
    HEIGHT_WINDOW_PX // 2 : -(HEIGHT_WINDOW_PX // 2),
    HEIGHT_WINDOW_PX // 2 : -(HEIGHT_WINDOW_PX // 2),
]


@pytest.fixture(scope="module")
def heights():
    return render_scene(256, 256, seed=3).elevation_m


def relief(heights, valid=None, pixel_size_m=100.0):
    everywhere = np.ones(heights.shape, bool)
    return measure_relief(heights, everywhere if valid is None else valid, pixel_size_m)


def test_slopes_are_metres_per_metre():
    rows, columns = np.mgrid[:80, :90]
    plane = relief(30.0 * columns - 10.0 * rows, pixel_size_m=200.0)
    np.testing.assert_allclose(plane.slope_x[1:-1, 1:-1], 0.15, rtol=1e-5)
    np.testing.assert_allclose(plane.slope_y[1:-1, 1:-1], -0.05, rtol=1e-5)


def test_local_heights_are_pixels_above_the_surroundings():
    heights = np.zeros((200, 200))
    heights[100, 100] = -500.0
    local = relief(heights, pixel_size_m=250.0).local_height
    assert local[100, 100] == pytest.approx(-2.0, abs=2e-3)
    assert local[0, 0] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_a_datum_and_a_tilt_change_constants_alone(heights):
    rows, columns = np.mgrid[:256, :256] * 100.0
    one = relief(heights)
    other = relief(heights.astype(float) + 1_737_400.0 + 0.035 * columns - 0.02 * rows)
    np.testing.assert_allclose(other.slope_x[INNER], one.slope_x[INNER] + 0.035, atol=2e-4)
    np.testing.assert_allclose(other.slope_y[INNER], one.slope_y[INNER] - 0.02, atol=2e-4)
    np.testing.assert_allclose(other.local_height[INNER], one.local_height[INNER], atol=2e-3)


def test_no_slope_is_measured_to_a_pixel_without_data(heights):
    valid = np.ones(heights.shape, bool)
    valid[100:110, 120:150] = False
    spoilt = np.where(valid, heights, -32768.0)
    one, other = relief(heights), relief(spoilt, valid)
    assert (~other.valid).sum() == 12 * 32, "nodata has grown by a pixel"
    np.testing.assert_allclose(other.slope_x[other.valid], one.slope_x[other.valid], atol=1e-5)
    assert not other.slope_x[~other.valid].any()
    assert np.abs(other.local_height - one.local_height)[other.valid].max() < 1.5


def test_ground_without_data_has_no_relief():
    nothing = relief(np.zeros((20, 20)), np.zeros((20, 20), bool))
    assert not nothing.valid.any()
    assert not nothing.slope_x.any()
