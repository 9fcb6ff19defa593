"""Columns of a catalogue, by this program's names."""

from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class CatalogueColumns:
    """Names of the columns of a catalogue, in their order.

    Attributes:
        crater_id: Column of identifiers.
        x: Column of positions across: longitude in degrees -180..180, or pixels to the right.
        y: Column of positions along: latitude in degrees, or pixels down.
        diameter: Column of diameters, km or pixels.
        diameter_sd: Column of the standard deviations of the diameters, km or pixels.
        score: Column of scores, 0..1.
        level: Column of the octaves in which craters were seen best.
        tile: Column of the names of tiles.
    """

    crater_id: str
    x: str
    y: str
    diameter: str
    diameter_sd: str
    score: str
    level: str
    tile: str

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the table."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def circle(self) -> tuple[str, str, str]:
        """Names of the required columns: both positions and the diameter."""
        return self.x, self.y, self.diameter

    @property
    def unit(self) -> str:
        """Unit of diameters, `km` or `px`."""
        return self.diameter.removeprefix("diameter_")


LUNAR_COLUMNS = CatalogueColumns(
    "crater_id", "lon", "lat", "diameter_km", "diameter_sd_km", "score", "level", "tile"
)
"""Columns of a catalogue on the sphere: degrees (longitude -180..180) and km."""

PIXEL_COLUMNS = CatalogueColumns(
    "crater_id", "x", "y", "diameter_px", "diameter_sd_px", "score", "level", "tile"
)
"""Columns of a catalogue of an image without coordinates: pixels, y down."""

FRACTION = "fraction"
"""Column that a catalogue may have: the part of each crater that lies in the area counted on."""

MOST_FRACTION = 1.0 + 1e-6
"""Largest fraction that is read: what is above 1 is an error of rounding, and is 1."""

REVIEW = "review"
"""Column that a catalogue may have: what a reviewer said of each crater."""

_OWN = frozenset({"crater_id", "score", "level", "tile"})  # no other program has all of these


def are_own_columns(columns: Iterable[str]) -> bool:
    """Tell whether a table is a copy of a catalogue of this program, perhaps edited by a person."""
    names = set(columns)
    return REVIEW in names or names >= _OWN
