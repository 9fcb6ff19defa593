"""Light and shade of one crater."""

import pytest

from lunarcraters.completeness.stamps import find_stamp


@pytest.mark.parametrize("radius_px", [12.0, 40.0])
def test_a_fresh_bowl_is_as_steep_as_bowls_are(radius_px):
    """A bowl is a fifth as deep as wide, and its walls have some 25 degrees."""

    def measure(altitude_deg):
        light = find_stamp(radius_px, 1.0, 0.0, 0, altitude_deg).light
        middle = light.shape[0] // 2
        return light[middle, middle], light.min()

    floor, darkest = measure(45.0)
    assert floor == pytest.approx(1.0, abs=0.1)
    assert 0.3 < darkest < 0.7, "no shadow"
    assert measure(20.0)[1] < 0.05, "the wall towards the sun is in its own shadow"
    assert measure(8.0)[0] < 0.05, "the rim throws a shadow on the floor"


@pytest.mark.parametrize("radius_px", [12.0, 40.0])
def test_craters_of_a_few_hundred_metres_are_flatter_and_large_ones_have_flat_floors(radius_px):
    small, simple, large = (
        find_stamp(radius_px, km, 0.0, 0, 30.0).light.std() for km in (0.3, 1.0, 60.0)
    )
    assert small < simple
    assert large < 0.5 * simple
