"""Looks: relief that is turned is the relief of turned ground."""

import numpy as np
import pytest

from lunarcraters.errors import OptionError
from lunarcraters.network.looks import LOOKS, choose_looks, turn_back, turn_relief
from lunarcraters.network.preprocessing import normalise_relief
from lunarcraters.rendering.scene import render_scene


@pytest.fixture(scope="module")
def heights():
    return render_scene(192, 192, seed=5).elevation_m


def relief(heights):
    return normalise_relief(heights, np.ones(heights.shape, bool), 100.0)


@pytest.mark.parametrize("look", LOOKS[8])
def test_a_look_is_the_relief_of_turned_ground(heights, look):
    ground = heights.T if look >= 4 else heights
    expected = relief(np.ascontiguousarray(np.rot90(ground, look % 4)))
    turned = turn_relief(relief(heights)[None], look)[0]
    np.testing.assert_allclose(turned, expected, atol=2e-3)


@pytest.mark.parametrize("look", LOOKS[8])
def test_maps_are_turned_back(look):
    maps = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    ground = maps.swapaxes(1, 2) if look >= 4 else maps
    np.testing.assert_array_equal(turn_back(np.rot90(ground, look % 4, (1, 2)), look), maps)


def test_looks_are_one_two_four_or_eight():
    assert [len(choose_looks(number)) for number in (1, 2, 4, 8)] == [1, 2, 4, 8]
    with pytest.raises(OptionError, match="looks is 3: give one of 1, 2, 4, 8"):
        choose_looks(3)


def test_exaggerated_ground_has_the_same_slopes_but_for_smooth_ground(heights):
    ordinary, steep = relief(heights), relief(1.2 * heights)
    assert np.corrcoef(ordinary[..., 0].ravel(), steep[..., 0].ravel())[0, 1] > 0.999
    assert steep[..., 0].std() < 1.1 * ordinary[..., 0].std()
