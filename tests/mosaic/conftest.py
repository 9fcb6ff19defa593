"""Ground of which pictures are made."""

import cv2
import numpy as np
import pytest

from lunarcraters.elevation.shading import shade

from .collars import SIDE


@pytest.fixture(scope="module")
def terrain():
    """Elevations of rough ground, metres, (600, 600)."""
    noise = np.random.default_rng(4).normal(size=(SIDE, SIDE)).astype(np.float32)
    sizes = (1.5, 3, 6, 12, 24, 48)
    return sum(cv2.GaussianBlur(noise, (0, 0), size) * size**2 for size in sizes) * 1.5


@pytest.fixture(scope="module")
def ground(terrain):
    """A picture of rough ground, values 1..254."""
    light = shade(terrain, 10.0, sun_azimuth_deg=300, sun_elevation_deg=35)
    return np.clip(light * 220.0, 1, 254).astype(np.uint8)
