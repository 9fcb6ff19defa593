import pytest

from lunarcraters.catalogue.wording import format_number
from lunarcraters.dating.wording import format_age, format_age_error


def test_ages_have_no_exponents():
    assert [format_age(age) for age in (3.5412, 1.0, 0.12, 0.9996)] == [
        "3.54 Ga",
        "1 Ga",
        "120 Ma",
        "1000 Ma",
    ]
    assert format_age_error(0.5, 0.38, 0.7) == "+200 -120"
    assert format_age_error(3.54, 3.46, 3.59) == "+0.05 -0.08"


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [(123456.0, 5, "123460"), (29.691, 5, "29.691"), (0.0, 5, "0"), (2345678.0, 6, "2345680")],
)
def test_numbers_have_no_exponents(value, digits, written):
    assert format_number(value, digits) == written
