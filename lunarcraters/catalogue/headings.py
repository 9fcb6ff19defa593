"""Headings of tables: the names and units by which other authors call the columns we read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lunarcraters.catalogue.columns import PIXEL_COLUMNS

# Names as `_key` leaves them: lower case, letters and digits only. First found, first taken.
_ROLES: dict[str, tuple[str, ...]] = {
    "lon": (
        "lon", "loncircimg", "loncim", "loncirci", "longitude", "long", "lone", "longitudee",
        "lonitude", "centerlon", "centerlongitude", "centrelon", "centrelongitude", "clon",
        "lon180", "long180", "longitude180", "lon360", "long360", "longitude360", "xcoord", "x",
    ),
    "lat": (
        "lat", "latcircimg", "latcim", "latcirci", "latitude", "latn", "latituden",
        "centerlat", "centerlatitude", "centrelat", "centrelatitude", "clat", "ycoord", "y",
    ),
    "crater_id": ("craterid", "id", "craternumber"),
    "diameter_sd_km": ("diametersd", "diamsd", "diamcircsdimg"),
    "score": ("score", "confidence", "conf", "probability"),
    "level": ("level",),
    "tile": ("tile",),
    "fraction": ("fraction",),
    "review": ("review",),
}  # fmt: skip
_PIXELS = {"x": ("x", "centerx", "ellipsecenterx"), "y": ("y", "centery", "ellipsecentery")}
"""Names of positions in pixels, where their headings have that unit."""

_ELLIPSES = {
    "lon": ("lonelliimg", "lonelim", "lonellii"),
    "lat": ("latelliimg", "latelim", "latellii"),
}
"""Centres of ellipses, for tables that have no centres of circles."""

# Names whose geometric mean is a size, diameters in it, and the unit that a name implies.
_SIZES: tuple[tuple[tuple[str, ...], float, str], ...] = (
    (("diameter",), 1.0, ""),
    (("diam",), 1.0, ""),
    (("diamcircimg",), 1.0, "km"),
    (("diamcim",), 1.0, "km"),
    (("diamcirc",), 1.0, "km"),
    (("diamcirci",), 1.0, "km"),
    (("d",), 1.0, ""),
    (("dia",), 1.0, ""),
    (("size",), 1.0, ""),
    (("craterdiameter",), 1.0, ""),
    (("craterdiam",), 1.0, ""),
    (("cratersize",), 1.0, ""),
    (("diameterh", "diameterw"), 1.0, ""),
    (("diamellimajorimg", "diamelliminorimg"), 1.0, "km"),
    (("demaim", "demiim"), 1.0, "km"),
    (("diammajor", "diamminor"), 1.0, ""),
    (("majoraxis", "minoraxis"), 1.0, ""),
    (("major", "minor"), 1.0, ""),
    (("semimajoraxis", "semiminoraxis"), 2.0, ""),
    (("semimajor", "semiminor"), 2.0, ""),
    (("ellipsesemimajor", "ellipsesemiminor"), 2.0, ""),
    (("radius",), 2.0, ""),
    (("rad",), 2.0, ""),
    (("craterradius",), 2.0, ""),
)
_TO_KM = {"m": 1e-3, "km": 1.0}
_TEXT = ("crater_id", "tile", "review")
_SPELLINGS = {
    "km": "km kms kilometer kilometers kilometre kilometres",
    "m": "m meter meters metre metres",
    "px": "px pix pixel pixels",
    "deg": (
        "deg degs degree degrees dege degn degreee degreen degreese degreesn degeast degnorth "
        "degreeeast degreenorth degreeseast degreesnorth decimaldegrees dd e n east north"
    ),
    "west": "w west degw degwest degreesw degreeswest degreewest",
}
_UNITS = {
    "": "",
    **{spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()},
}
_DIRECTIONS = ("lon", "lat", "cent", "clon", "clat")
_BRACKET = re.compile(r"^(.*?)[(\[<{]([^()\[\]<>{}]*)[)\]>}]\s*$")
_SUFFIX = re.compile(r"^(.*?)[\s_,.\-/]+(?:in\s+)?([A-Za-z°]+)$")
_GLUED = re.compile(r"^(diameter|diam|dia|d|radius|rad|size)(km)$|^(diameter|diam|radius)(m)$")


@dataclass(frozen=True)
class Heading:
    """The heading of a column.

    Attributes:
        name: Name in the table.
        key: Name without its unit, in lower case, letters and digits only.
        unit: `km`, `m`, `px`, `deg`, `west` (degrees to the west), or empty.
    """

    name: str
    key: str
    unit: str


@dataclass(frozen=True)
class Size:
    """The columns that give the diameter.

    Attributes:
        names: Names of the columns, whose geometric mean is taken.
        factor: Diameter in km over that mean; over one without a unit, as if it were in km.
        unit: `km` or `m`; empty where the names do not tell it.
    """

    names: tuple[str, ...]
    factor: float
    unit: str

    @property
    def title(self) -> str:
        """Names of the columns, for messages."""
        return " and ".join(self.names)

    @property
    def advice(self) -> str:
        """Names with a unit that the columns may have instead, for messages."""
        if len(self.names) == 1 and self.factor in (1.0, 1e-3):
            return "diameter_m or diameter_km"
        keys = [parse_heading(name).key for name in self.names]
        return " or ".join(" and ".join(f"{key}_{unit}" for key in keys) for unit in _TO_KM)


def parse_heading(name: object) -> Heading:
    """Split the name of a column into its key and unit, e.g. `Diameter (km)`, `D_m`."""
    text = str(name).strip()
    for pattern in (_BRACKET, _SUFFIX):
        found = pattern.match(text)
        if found and _key(found[1]):
            key, unit = _key(found[1]), _UNITS.get(_key(found[2].replace("°", "deg")))
            if unit in ("deg", "west") and not key.startswith(_DIRECTIONS):
                continue
            if unit is not None and (unit or pattern is _BRACKET):
                return Heading(str(name), key, unit)
    key = _key(text)
    glued = _GLUED.match(key)
    if glued:
        return Heading(str(name), glued[1] or glued[3], glued[2] or glued[4])
    return Heading(str(name), key, "")


def find_columns(names: Iterable[object], *, ellipses: bool = True) -> dict[str, str]:
    """Find the columns of a table that we read, but for its sizes.

    Args:
        names: Names of the columns.
        ellipses: True to take centres of ellipses where there are no others.

    Returns:
        Names in the table by our names.
    """
    # The first of equal keys counts.
    headings = {heading.key: heading for heading in map(parse_heading, reversed(list(names)))}
    found = {}
    for ours, keys in _ROLES.items():
        wanted = keys + (_ELLIPSES.get(ours, ()) if ellipses else ())
        units = ("", "deg") if ours in _ELLIPSES else ("", "km", "m")
        for key in wanted:
            if key in headings and headings[key].unit in units:
                found[ours] = headings[key].name
                break
    return found


def find_sizes(names: Sequence[object]) -> list[Size]:
    """List the columns of a table that tell diameters, the best first.

    Those whose unit is known come before those without; diameters before radii; km before m.
    """
    found = [
        ((size.unit == "", multiple, size.unit == "m", number), size)
        for number, (keys, multiple, implied) in enumerate(_SIZES)
        for unit in ("km", "m", "")
        for size in _with_unit(names, keys, unit, multiple, implied)
    ]
    return [size for _, size in sorted(found, key=lambda one: one[0])]


def _with_unit(
    names: Sequence[object], keys: tuple[str, ...], unit: str, multiple: float, implied: str = ""
) -> list[Size]:
    """Make the size of the columns that have these keys and this unit; none where one misses."""
    headings = list(map(parse_heading, names))
    given = [
        next((h.name for h in headings if h.key == key and h.unit == unit), None) for key in keys
    ]
    if None in given:
        return []
    known = unit or implied
    return [Size(tuple(map(str, given)), multiple * _TO_KM.get(known, 1.0), known)]


def find_pixels(names: Sequence[object]) -> tuple[dict[str, str], Size] | None:
    """Find positions and a size in pixels: columns whose headings have that unit.

    Args:
        names: Names of the columns.

    Returns:
        Names in the table of x and y, and the columns of the size; None where one is missing.
    """
    found = {}
    for ours, keys in _PIXELS.items():
        columns = [size.names[0] for key in keys for size in _with_unit(names, (key,), "px", 1.0)]
        if columns:
            found[ours] = columns[0]
    sizes = [
        size for keys, multiple, _ in _SIZES for size in _with_unit(names, keys, "px", multiple)
    ]
    return (found, sizes[0]) if len(found) == len(_PIXELS) and sizes else None


def is_catalogue(names: Sequence[str]) -> bool:
    """Tell whether these names are a heading of a table of craters."""
    if set(PIXEL_COLUMNS.circle) <= set(names):
        return True
    if find_pixels(names):
        return True
    return {"lon", "lat"} <= find_columns(names).keys() and bool(find_sizes(names))


def is_text(name: object) -> bool:
    """Tell whether a column of this name holds names (of craters, of tiles), not numbers."""
    key = parse_heading(name).key
    return any(key in _ROLES[ours] for ours in _TEXT)


def _key(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
