"""Units of heights."""

METRES = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), 1.0),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1000.0),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
    **dict.fromkeys(("ftus", "us-ft", "us survey foot", "us survey feet"), 1200.0 / 3937.0),
}
"""Metres of the units of heights, by the names that files have for them."""

NO_UNIT = ("", "none", "unknown", "dn", "1", "-")
"""Names that files have where they tell no unit."""
