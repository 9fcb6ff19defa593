"""Units of heights."""

from typing import Literal

HeightUnit = Literal["m", "km", "ft"]
"""Units of heights that a user can name."""

METRES = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), 1.0),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1000.0),
    **dict.fromkeys(("dm", "decimetre", "decimetres", "decimeter", "decimeters"), 0.1),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeter", "centimeters"), 0.01),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), 0.001),
    **dict.fromkeys(("mi", "mile", "miles"), 1609.344),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
    **dict.fromkeys(("ftus", "us-ft", "us survey foot", "us survey feet"), 1200.0 / 3937.0),
}
"""Metres of the units of heights, by the names that files have for them."""

NO_UNIT = ("", "none", "unknown", "unspecified", "dn", "1", "-")
"""Names that files have where they tell no unit."""
