"""Light and shade of planted craters in a picture, and how much of its texture is relief."""

import numpy as np
import pytest

from lunarcraters.completeness.planted_tiles import add_light, measure_relief_share
from lunarcraters.elevation.shading import shade
from lunarcraters.rendering.relief import blur

SIDE = 256
ROUGH = blur(np.random.default_rng(3).normal(0.0, 60.0, (SIDE, SIDE)).astype(np.float32), 3.0)


@pytest.mark.parametrize("azimuth_deg", [0.0, 45.0, 160.0, 270.0])
def test_relief_is_told_from_albedo_by_the_direction_of_its_light(azimuth_deg):
    lit = shade(ROUGH, 100.0, sun_azimuth_deg=azimuth_deg, sun_elevation_deg=45.0, shadows=False)
    lit = np.asarray(lit, np.float32)
    assert measure_relief_share(lit, azimuth_deg) > 0.8
    assert measure_relief_share(lit, azimuth_deg + 90.0) == 0.0
    assert measure_relief_share(ROUGH, azimuth_deg) < 0.2


def test_light_is_added_to_ground_that_is_lit_and_never_below_black():
    level = np.full((32, 32), 100.0, np.float32)
    bright, dark = level.copy(), np.full_like(level, 3.0)
    light = np.full_like(level, 1.5)
    assert add_light(bright, level, light) == pytest.approx(150.0)
    assert add_light(dark, level, light) == pytest.approx(3.0 + 0.1 * 50.0)
    assert add_light(bright, level, np.zeros_like(level)) == pytest.approx(0.0)
    uneven = np.where(np.arange(32) % 2, np.float32(190.0), np.float32(10.0)) * np.ones_like(level)
    assert add_light(uneven, level, np.zeros_like(level)).min() == 0.0
    assert (add_light(uneven, level, np.ones_like(level)) == uneven).all()
    assert (add_light(uneven, 0.0 * level, light) == uneven).all(), "of no data"
