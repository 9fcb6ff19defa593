"""Texture: images of one camera are told from those of another."""

import cv2
import numpy as np
import pytest

from lunarcraters.network.texture import (
    FEATURES,
    measure_share,
    measure_texture,
    summarize_texture,
)
from lunarcraters.rendering.scene import render_scene

pytestmark = pytest.mark.slow

SUNS = (15.0, 30.0, 45.0)


@pytest.fixture(scope="module")
def scenes():
    return [render_scene(384, 384, seed=n, sun_elevation_deg=SUNS[n % 3]).image for n in range(8)]


def measure(image):
    return measure_texture(image, np.ones(image.shape, bool))


def blur(image):
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), 2.0)


def test_unseen_images_of_the_same_camera_have_the_texture_and_others_have_not(scenes):
    texture = summarize_texture(map(measure, scenes[:6]))
    assert measure_share(np.concatenate([measure(s) for s in scenes[6:]]), texture) > 0.7
    rng = np.random.default_rng(1)
    for changed in (blur, lambda s: s + rng.normal(0.0, 12.0, s.shape)):
        assert measure_share(measure(changed(scenes[6])), texture) < 0.1


def test_brightness_contrast_and_type_do_not_matter(scenes):
    brighter = (scenes[0].astype(np.uint16) + 7) * 40
    np.testing.assert_allclose(measure(brighter), measure(scenes[0]), atol=1e-3)


def test_patches_without_ground_or_detail_are_left_out(scenes):
    valid = np.ones(scenes[0].shape, bool)
    valid[:128, :128] = False
    flat = scenes[0].copy()
    flat[256:, 256:] = 9
    assert measure(scenes[0]).shape == (9, FEATURES)
    assert measure_texture(flat, valid).shape == (7, FEATURES)
    assert measure_texture(flat[:100], valid[:100]).shape == (0, FEATURES)
    assert summarize_texture([measure(scenes[0])]) is None  # too few to tell
