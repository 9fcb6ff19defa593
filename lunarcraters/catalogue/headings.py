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
        "craterlon", "craterlongitude", "lon180", "long180", "longitude180", "lon360", "long360",
        "longitude360", "xcoord", "x",
    ),
    "lat": (
        "lat", "latcircimg", "latcim", "latcirci", "latitude", "latn", "latituden", "centerlat",
        "centerlatitude", "centrelat", "centrelatitude", "clat", "craterlat", "craterlatitude",
        "ycoord", "y",
    ),
    "crater_id": ("craterid", "id", "craternumber"),
    "diameter_sd_km": ("diametersd", "diamsd", "diamcircsdimg"),
    "score": ("score", "confidence", "conf", "probability", "confidencescore"),
    "level": ("level",), "tile": ("tile",),
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
        "deg degree degrees dege degn degreee degreen degreese degreesn degeast degnorth "
        "degreeeast degreenorth degreeseast degreesnorth decimaldegrees dd e n east north"
    ),
    "west": "w west degw degwest degreesw degreeswest degreewest",
}
_UNITS = {
    "": "",
    **{spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()},
}
_PLAIN = ("", "km", "m")
_DIRECTIONS = ("lon", "lat", "cent", "clon", "clat")
_BRACKET = re.compile(r"^(.*?)[(\[<{]([^()\[\]<>{}]*)[)\]>}]\s*$")  # Diameter (km)
_SUFFIX = re.compile(r"^(.*?)[\s_,.\-/]+(?:in\s+)?([A-Za-z°]+)$")  # diameter_km, Radius in m
# diameterkm; `diameter_k` is what the ten letters of a Shapefile leave of `diameter_km`.
_GLUED = re.compile(
    r"^(diameter|diam|dia|d|radius|rad|size)(km)$|^(diameter|diam|radius)(m)$|^(diameter)(k)$"
)
_PLURAL = re.compile(r"(?<=[Dd]eg)s\b")  # of degrees, unlike the south of "degS"
_UNCLOSED = re.compile(r"^(.*?)[(\[<{]([^()\[\]<>{}]*)$")  # Diameter (, cut off
_SIDE = re.compile(r"^(west|east)(l.+)$|^(l.+)(west|w)$")  # westlongitude, lonw


@dataclass(frozen=True)
class Heading:
    """The heading of a column.

    Attributes:
        name: Name in the table.
        key: Name without its unit, in lower case, letters and digits only.
        unit: `km`, `m`, `px`, `deg`, `west` (degrees to the west), `cut` (a unit that is cut off),
            or empty.
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
            unit = _UNITS.get(_key(_PLURAL.sub("", found[2]).replace("°", "deg")))
            key = _key(found[1])
            if unit in ("deg", "west") and not key.startswith(_DIRECTIONS):
                continue
            if unit is not None and (unit or pattern is _BRACKET):
                return Heading(str(name), key, unit)
    cut = _UNCLOSED.match(text)
    if cut and _key(cut[1]) and not _key(cut[1]).startswith(_DIRECTIONS):
        return Heading(str(name), _key(cut[1]), "km" if _UNITS.get(_key(cut[2])) == "km" else "cut")
    key = _key(text)
    glued = _GLUED.match(key)
    if glued:
        stem, unit = filter(None, glued.groups())
        return Heading(str(name), stem, "km" if unit == "k" else unit)
    return _parse_side(str(name), key)


def _parse_side(name: str, key: str) -> Heading:
    """Make the heading of a longitude such as `West Longitude`, and of any other without a unit."""
    side = _SIDE.match(key)
    if side:
        first, second = filter(None, side.groups())
        stem, direction = (second, first) if side[1] else (first, second)
        if stem in _ROLES["lon"]:
            return Heading(name, stem, "deg" if direction == "east" else "west")
    return Heading(name, key, "")


def find_columns(names: Iterable[object], *, ellipses: bool = True) -> dict[str, str]:
    """Find the columns of a table that we read, but for its sizes.

    Args:
        names: Names of the columns.
        ellipses: True to take centres of ellipses where there are no others.

    Returns:
        Names in the table by our names.
    """
    headings = [parse_heading(name) for name in names]
    edges = {h.unit: h for h in headings if _SIDE.match(_key(h.name)) and h.unit in ("deg", "west")}
    if len(edges) == 2:  # the western and the eastern edge of something
        headings = [heading for heading in headings if heading not in edges.values()]
    found = {}
    for ours, keys in _ROLES.items():
        wanted = keys + (_ELLIPSES.get(ours, ()) if ellipses else ())
        units = [("", "deg"), ("west",) * (ours == "lon")] if ours in _ELLIPSES else [_PLAIN]
        fitting = (
            h.name for some in units for k in wanted for h in headings
            if h.key == k and h.unit in some
        )  # fmt: skip
        name = next(fitting, None)  # the first of equal keys counts
        if name is not None:
            found[ours] = name
    return found


def find_repeated(names: Sequence[object], used: Iterable[str]) -> list[tuple[int, int]]:
    """List pairs of columns that have one meaning, of which one is read, by their numbers.

    Args:
        names: Names of all columns.
        used: Names of the columns that are read.
    """
    headings = [(h.key, h.unit) for h in map(parse_heading, names)]
    wanted = {(h.key, h.unit) for h in map(parse_heading, used)}
    first = {heading: headings.index(heading) for heading in wanted if heading in headings}
    return [(first[h], i) for i, h in enumerate(headings) if h in first and i != first[h]]


def split_unit(name: object) -> tuple[str, str] | None:
    """Split a name at its bracket or last word, whether that is a unit or not.

    Returns:
        Key, as of a `Heading`, and the rest as it is written; None for one word.
    """
    text = str(name).strip()
    found = _BRACKET.match(text) or _UNCLOSED.match(text) or _SUFFIX.match(text)
    return (_key(found[1]), found[2].strip()) if found else None


def names_role(key: str, ours: str) -> bool:
    """Tell whether a key is one of a longitude (`lon`), a latitude (`lat`) or a `diameter`."""
    if ours == "diameter":
        return any(key in keys for keys, *_ in _SIZES)
    return key in _ROLES[ours]


def find_sizes(names: Sequence[object]) -> list[Size]:
    """List the columns of a table that tell diameters, the best first.

    Those whose unit is known come before those without; diameters before radii; km before m.
    """
    headings = list(map(parse_heading, names))
    found = [
        ((size.unit == "", multiple, size.unit == "m", number), size)
        for number, (keys, multiple, implied) in enumerate(_SIZES)
        for unit in ("km", "m", "")
        for size in _with_unit(headings, keys, unit, multiple, implied)
    ]
    return [size for _, size in sorted(found, key=lambda one: one[0])]


def _with_unit(
    headings: list[Heading], keys: tuple[str, ...], unit: str, multiple: float, implied: str = ""
) -> list[Size]:
    """Make the size of the columns that have these keys and this unit; none where one misses."""
    given = [
        next((h.name for h in headings if h.key == key and h.unit == unit), None) for key in keys
    ]
    if None in given:
        return []
    known = unit or implied
    return [Size(tuple(map(str, given)), multiple * _TO_KM.get(known, 1.0), known)]


def find_pixels(names: Sequence[object]) -> tuple[dict[str, str], Size] | None:
    """Find positions and a size in pixels: x, y, diameter_px, or columns with that unit.

    Returns:
        Names in the table of x and y, and the columns of the size; None where one is missing, or
        where there are longitudes, latitudes and sizes on the Moon as well.
    """
    lunar = find_columns(names)
    places = {parse_heading(lunar[name]).key for name in ("lon", "lat") if name in lunar}
    if len(places - {"x", "y"}) == 2 and find_sizes(names):
        return None
    if set(PIXEL_COLUMNS.circle) <= set(names):
        return {"x": "x", "y": "y"}, Size((PIXEL_COLUMNS.diameter,), 1.0, "px")
    headings, found = list(map(parse_heading, names)), {}
    for ours, keys in _PIXELS.items():
        columns = [s.names[0] for key in keys for s in _with_unit(headings, (key,), "px", 1.0)]
        if columns:
            found[ours] = columns[0]
    sizes = [
        size for keys, multiple, _ in _SIZES for size in _with_unit(headings, keys, "px", multiple)
    ]
    return (found, sizes[0]) if len(found) == len(_PIXELS) and sizes else None


def is_catalogue(names: Sequence[str]) -> bool:
    """Tell whether these names are a heading of a table of craters."""
    if find_pixels(names):
        return True
    return {"lon", "lat"} <= find_columns(names).keys() and bool(find_sizes(names))


def is_text(name: object) -> bool:
    """Tell whether a column of this name holds names (of craters, of tiles), not numbers."""
    key = parse_heading(name).key
    return any(key in _ROLES[ours] for ours in _TEXT)


def _key(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
