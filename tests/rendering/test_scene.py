import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarcraters.elevation.shading import compute_lit_fraction, shade
from lunarcraters.rendering import render_scene
from lunarcraters.rendering.production import compute_cumulative_production, sample_diameters_km
from lunarcraters.rendering.profiles import compute_crater_profile


@pytest.fixture(scope="module")
def scene():
    return render_scene(400, 300, 100.0, 3)


def cone(size=101, height_m=3000.0):
    y, x = np.mgrid[:size, :size] - size // 2
    return np.maximum(0.0, height_m * (1 - np.hypot(x, y) / 15)).astype(np.float32)


@pytest.mark.parametrize(("azimuth", "x", "y"), [(0, 0, -1), (90, 1, 0), (180, 0, 1), (270, -1, 0)])
def test_slopes_that_face_the_sun_are_bright_and_the_shadow_falls_away_from_it(azimuth, x, y):
    image = shade(cone(), 100.0, sun_azimuth_deg=azimuth, sun_elevation_deg=20)
    flat = image[2, 2]
    assert image[50 + 8 * y, 50 + 8 * x] > flat
    assert image[50 - 8 * y, 50 - 8 * x] < 0.05
    assert image[50 - 30 * y, 50 - 30 * x] < 0.05, "the ground behind the cone is in its shadow"
    unshadowed = shade(cone(), 100.0, sun_azimuth_deg=azimuth, sun_elevation_deg=20, shadows=False)
    assert unshadowed[50 - 30 * y, 50 - 30 * x] == pytest.approx(flat)


def test_shadow_is_as_long_as_the_height_and_the_sun_say():
    wall = np.zeros((40, 120), np.float32)
    wall[:, 18:21] = 1000.0
    lit = compute_lit_fraction(wall, 100.0, (-1.0, 0.0), np.tan(np.radians(20.0)))
    length = 1000.0 / 100.0 / np.tan(np.radians(20.0))
    assert (lit[20, 21:] < 0.5).sum() == pytest.approx(length, abs=2.0)
    assert (lit[:, :17] == 1.0).all(), "ground between the sun and the wall is lit"


@given(azimuth=st.floats(0, 360), elevation=st.floats(2, 90), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_reflectance_is_between_0_and_1_whatever_the_sun(azimuth, elevation, seed):
    rough = np.random.default_rng(seed).normal(0, 200, (40, 56)).astype(np.float32)
    image = shade(rough, 100.0, sun_azimuth_deg=azimuth, sun_elevation_deg=elevation)
    assert image.shape == rough.shape
    assert image.dtype == np.float32
    assert (image >= 0).all()
    assert (image <= 1).all()


def test_shading_turns_with_terrain_and_sun():
    rough = np.random.default_rng(1).normal(0, 30, (64, 64)).astype(np.float32)
    rough = cv2.GaussianBlur(rough, (0, 0), 2)
    image = shade(rough, 10.0, sun_azimuth_deg=250, sun_elevation_deg=25)
    turned = shade(np.rot90(rough).copy(), 10.0, sun_azimuth_deg=160, sun_elevation_deg=25)
    np.testing.assert_allclose(np.rot90(turned, -1), image, atol=0.02)


def test_flat_ground_has_the_reflectance_of_mcewen_which_is_1_under_an_overhead_sun():
    flat = np.full((8, 8), 500.0, np.float32)
    image = shade(flat, 100.0, sun_azimuth_deg=0, sun_elevation_deg=90)
    np.testing.assert_allclose(image, 1.0, atol=1e-6)
    # A third of the way up, L is 0.416, mu0 0.5 and mu 1.
    image = shade(flat, 100.0, sun_azimuth_deg=0, sun_elevation_deg=30)
    np.testing.assert_allclose(image, 0.416 * 2.0 * 0.5 / 1.5 + (1.0 - 0.416) * 0.5, atol=1e-3)


@pytest.mark.parametrize("diameter_km", [0.2, 1.0, 5.0, 12.0, 30.0])
def test_profile_has_a_floor_below_the_ground_a_rim_above_it_and_fades(diameter_km):
    ratio = np.linspace(0, 4, 801)
    profile = compute_crater_profile(ratio, diameter_km)
    assert profile[0] < 0
    assert ratio[profile.argmax()] == pytest.approx(1.0, abs=0.06)
    assert profile.max() > 0
    assert (profile[ratio > 3.5] == 0).all()


def test_simple_craters_are_a_fifth_as_deep_as_wide_and_complex_ones_shallower():
    ratio = np.linspace(0, 2, 401)
    depth = {d: np.ptp(compute_crater_profile(ratio, d)) / (1000 * d) for d in (1.0, 5.0, 40.0)}
    assert depth[1.0] == pytest.approx(0.2, abs=0.02)
    assert depth[5.0] == pytest.approx(0.2, abs=0.02)
    assert depth[40.0] < 0.1


def test_central_peaks_stand_in_complex_craters_only():
    assert compute_crater_profile([0.0], 30.0)[0] > compute_crater_profile([0.3], 30.0)[0] + 100
    assert compute_crater_profile([0.0], 10.0)[0] == pytest.approx(
        compute_crater_profile([0.15], 10.0)[0]
    )


def test_production_is_steep_for_small_craters_and_never_rises():
    diameter = np.geomspace(0.005, 500, 300)
    number = compute_cumulative_production(diameter)
    assert (np.diff(number) < 0).all()
    slope = np.log(number[1:] / number[:-1]) / np.log(diameter[1:] / diameter[:-1])
    small = (diameter[1:] > 0.1) & (diameter[1:] < 1.0)
    assert slope[small].mean() == pytest.approx(-3.5, abs=0.3)
    assert compute_cumulative_production(1.0) == pytest.approx(10**-3.0876)


def test_drawn_diameters_follow_the_production_function_and_cover_the_area():
    drawn = sample_diameters_km(np.random.default_rng(0), 0.6, 40.0, 20_000.0)
    assert drawn.min() >= 0.6
    assert drawn.max() <= 40.0
    assert (np.pi / 4 * drawn**2).sum() == pytest.approx(20_000, rel=0.15)
    expected = compute_cumulative_production(2.0) / compute_cumulative_production(0.6)
    assert (drawn > 2.0).mean() == pytest.approx(expected, rel=0.1)


@pytest.mark.slow
def test_a_scene_is_the_same_for_the_same_seed_and_another_for_another(scene):
    again = render_scene(400, 300, 100.0, 3)
    np.testing.assert_array_equal(again.image, scene.image)
    assert again.craters.equals(scene.craters)
    assert not np.array_equal(render_scene(400, 300, 100.0, 4).image, scene.image)


@pytest.mark.slow
def test_a_scene_is_an_8_bit_image_without_the_nodata_value(scene):
    assert scene.image.shape == scene.elevation_m.shape == (300, 400)
    assert scene.image.dtype == np.uint8
    assert scene.elevation_m.dtype == np.float32
    assert scene.image.min() >= 1
    assert 70 < np.median(scene.image) < 100
    assert 10 < scene.image.std() < 60


@pytest.mark.slow
def test_listed_craters_have_their_centre_in_the_frame_and_4_px_or_more(scene):
    assert list(scene.craters.columns) == ["x", "y", "diameter_px"]
    assert len(scene.craters) > 100
    assert scene.craters.x.between(0, 400).all()
    assert scene.craters.y.between(0, 300).all()
    assert scene.craters.diameter_px.between(4, 400).all()


def _hollow_share(scene, craters):
    """Share of craters whose centre lies below their rim."""
    hollow = []
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    for x, y, diameter in craters.to_numpy():
        rim_x = (x + diameter / 2 * np.cos(turn)).astype(int)
        rim_y = (y + diameter / 2 * np.sin(turn)).astype(int)
        rim = scene.elevation_m[rim_y, rim_x].mean()
        hollow.append(rim - scene.elevation_m[int(y), int(x)] > 0.02 * diameter * 100.0)
    return np.mean(hollow)


def test_listed_craters_are_hollows_where_the_list_says(scene):
    inner = scene.craters[
        scene.craters.x.between(30, 370)
        & scene.craters.y.between(30, 270)
        & (scene.craters.diameter_px < 40)
    ]
    assert _hollow_share(scene, inner) > 0.97


@pytest.mark.slow
def test_coverage_says_how_many_craters_there_are():
    few, many = (len(render_scene(256, 256, seed=1, coverage=c).craters) for c in (0.1, 0.6))
    assert many > 3 * few > 0


@pytest.mark.slow
def test_peppered_craters_are_hollows_that_are_not_listed():
    dense = render_scene(640, 640, seed=2, coverage=1.2)
    together = pd.concat([dense.craters, dense.peppered])
    assert len(dense.peppered) > 10
    assert not together.duplicated().any()
    # The smallest later craters have 3 px: only craters of more than 3 / 0.3 px can be peppered.
    assert dense.peppered.diameter_px.min() > 10.0
    inner = dense.peppered[(dense.peppered[["x", "y"]] - 320).abs().max(axis=1) < 260]
    assert _hollow_share(dense, inner[inner.diameter_px < 40]) > 0.9


@pytest.mark.slow
def test_few_craters_of_a_young_surface_are_peppered():
    young = render_scene(400, 400, seed=2, coverage=0.1)
    assert len(young.peppered) <= 0.01 * len(young.craters)


def test_profiles_are_computed_where_a_user_lets_numpy_raise_errors():
    ratio = np.linspace(0.0, 3.0)
    with np.errstate(all="raise"):
        assert np.isfinite(compute_crater_profile(ratio, 60.0)).all()
