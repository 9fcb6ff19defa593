import pytest

from lunarcraters.cli.wording import duration, length


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
