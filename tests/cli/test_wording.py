import pytest

from lunarcraters.cli.wording import diameter_range, duration, length, square_km


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 second"),
        (2, "2 seconds"),
        (47, "50 seconds"),
        (119, "2 minutes"),
        (11_100, "3 h 5 min"),
    ],
)
def test_times_are_round(seconds, said):
    assert duration(seconds) == said


def test_lengths_are_in_the_unit_that_people_use():
    assert length(0.4, has_crs=True) == "400 m"
    assert length(1.234, has_crs=True) == "1.23 km"
    assert length(2.75, has_crs=False) == "2.75 px"
    assert length(1024.0, has_crs=True) == "1020 km"
    assert length(2048.0, has_crs=False) == "2050 px"


def test_bins_and_areas_have_no_exponents():
    assert diameter_range(1.0, 2.0**0.5) == "1 - 1.41"
    assert diameter_range(724.077, 1024.0) == "724 - 1020"
    assert diameter_range(2048.0, None) == "2050 - "
    assert square_km(37932400.4) == "37932400"
    assert square_km(0.0123456789) == "0.0123457"
