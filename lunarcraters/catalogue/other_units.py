"""Columns in units that are not read: what they have to be converted to, for messages."""

import re
from collections.abc import Iterable, Sequence

from lunarcraters.catalogue.headings import names_role, parse_heading, split_unit

_TARGETS = {
    "lon": "degrees, east positive, as lon",
    "lat": "degrees, north positive, as lat",
    "diameter": "km, as diameter_km",
}
_WORDS = re.compile(
    "k?m|cm|mm|um|px|pix(els?)?|deg(rees?)?|mi(les?)?|ft|foot|feet|yd|nmi?|inch(es)?|"
    "rad(ians?)?|arcmin|arcsec|(deg)?s|south",
    re.IGNORECASE,
)
"""Units that may follow a name without a bracket."""


def explain_units(missing: Iterable[str], names: Sequence[object]) -> list[str]:
    """Say of missing columns which columns tell them in a unit that is not read.

    Args:
        missing: Names `lon`, `lat` and `diameter` of what is missing.
        names: Names of the columns that there are.
    """
    found = (_explain(ours, name) for ours in missing for name in names)
    return [sentence for sentence in found if sentence]


def _explain(ours: str, name: object) -> str | None:
    """Say how to convert a column; None for one that is something else or has no unit."""
    split = split_unit(name)
    if split is None or not names_role(split[0], ours):
        return None
    heading, unit = parse_heading(name), split[1]
    if heading.unit == "cut":
        return f"the unit of {name!s} is cut off: name the column diam_km or diam_m"
    if ours == "diameter" and heading.unit in ("km", "m"):
        return (
            f"{name!s} is one of two axes: add the other in the same unit, or diameters as "
            f"diameter_{heading.unit}"
        )
    if heading.unit == "px":
        return (
            f"{name!s} is in pixels: convert it to {_TARGETS[ours]}, or name the columns of an "
            "image x_px, y_px and diameter_px"
        )
    if not str(name).strip().endswith(tuple(")]>}")) and not _WORDS.fullmatch(unit):
        return None
    return f"{name!s} is in {unit!r}, which is not read: convert it to {_TARGETS[ours]}"
