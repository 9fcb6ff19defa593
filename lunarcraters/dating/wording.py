"""Ages and numbers as people write them."""

from lunarcraters.catalogue.wording import format_number


def format_age(age_ga: float) -> str:
    """Write an age, such as `3.54 Ga` or `120 Ma`.

    Args:
        age_ga: Age, Ga.
    """
    unit, value = _scale(age_ga)
    return f"{format_number(value, 3)} {unit}"


def format_age_error(age_ga: float, low_ga: float, high_ga: float) -> str:
    """Write the errors of an age in its unit, such as `+0.05 -0.08`.

    Args:
        age_ga: Age, Ga.
        low_ga: Lower limit, Ga.
        high_ga: Upper limit, Ga.
    """
    _, value = _scale(age_ga)
    unit = value / age_ga
    above, below = unit * (high_ga - age_ga), unit * (age_ga - low_ga)
    return f"+{format_number(above, 2)} -{format_number(below, 2)}"


def _scale(age_ga: float) -> tuple[str, float]:
    return ("Ga", age_ga) if age_ga >= 1.0 else ("Ma", 1000.0 * age_ga)
