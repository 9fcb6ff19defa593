"""Columns of a catalogue: this program's names, and how other authors' names are read."""

import re
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from lunarcraters.errors import CatalogueError


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

# Names as `_key` leaves them: lower case, letters and digits only. First found, first taken.
_NAMES = {
    "lon": ("lon", "loncircimg", "longitude", "long", "lone", "londeg", "longitudedeg", "x"),
    "lat": ("lat", "latcircimg", "latitude", "latn", "latdeg", "latitudedeg", "y"),
    "crater_id": ("craterid", "id", "craternumber"),
    "diameter_sd_km": ("diametersdkm", "diamsdkm", "diamcircsdimg"),
    "score": ("score", "confidence", "conf", "probability"),
    "level": ("level",),
    "tile": ("tile",),
    "fraction": ("fraction",),
}
# Factors to a diameter in km, by the columns whose geometric mean it is.
_DIAMETERS = {
    ("diameterkm",): 1.0,
    ("diamkm",): 1.0,
    ("diamcircimg",): 1.0,
    ("dkm",): 1.0,
    ("diameterhkm", "diameterwkm"): 1.0,
    ("diameterm",): 1e-3,
    ("diamm",): 1e-3,
    ("radiuskm",): 2.0,
    ("radkm",): 2.0,
    ("radiusm",): 2e-3,
    ("diameter",): 1.0,
    ("diam",): 1.0,
    ("d",): 1.0,
}
_TEXT = ("crater_id", "tile")


def recognise_columns(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Bring a table with any of the usual column names to the names of this program.

    It understands the columns of this program, those of Robbins 2018, Head 2010, Povilaitis 2018,
    LU1319373 and LU5M812TGT, and similar ones: a longitude, a latitude, and a diameter or radius
    in kilometres or metres (kilometres where the name has no unit). Case and punctuation are
    ignored.

    Args:
        table: Table of numbers, or of text that reads as numbers.
        source: Name of the file or table, for messages.

    Returns:
        Table with columns lon, lat, diameter_km (or x, y, diameter_px) and the others that exist.

    Raises:
        CatalogueError: A column is missing, or a value is not a number.
    """
    if set(PIXEL_COLUMNS.circle) <= set(table.columns):
        wanted = {name: name for name in PIXEL_COLUMNS.names if name in table}
        return _to_numbers(table, wanted, source)
    given = {_key(name): name for name in reversed([str(name) for name in table.columns])}
    wanted = {
        ours: next(given[name] for name in names if name in given)
        for ours, names in _NAMES.items()
        if any(name in given for name in names)
    }
    sizes = next((names for names in _DIAMETERS if all(name in given for name in names)), None)
    missing = [name for name in ("lon", "lat") if name not in wanted]
    missing += ["diameter"] * (sizes is None)
    if missing or sizes is None:
        raise CatalogueError(
            f"{source} has no column for {', '.join(missing)} among "
            f"{', '.join(map(str, table.columns))}: rename them lon, lat and diameter_km"
        )
    axes = {f"diameter {i}": given[name] for i, name in enumerate(sizes)}
    out = _to_numbers(table, {**wanted, **axes}, source)
    product = out[list(axes)].prod(axis=1, skipna=False)
    out["diameter_km"] = _DIAMETERS[sizes] * product ** (1.0 / len(axes))
    return out.drop(columns=list(axes))


def is_text(name: str) -> bool:
    """Tell whether a column of this name holds names (of craters, of tiles), not numbers."""
    return any(_key(name) in _NAMES[ours] for ours in _TEXT)


def _key(name: object) -> str:
    return re.sub("[^a-z0-9]", "", str(name).lower())


def _to_numbers(table: pd.DataFrame, names: dict[str, str], source: str) -> pd.DataFrame:
    """Take the columns `names` (ours: theirs) and turn all but identifiers into numbers."""
    out = pd.DataFrame(index=pd.RangeIndex(len(table)))
    for ours, theirs in names.items():
        values = table[theirs].reset_index(drop=True)
        if ours in _TEXT:
            out[ours] = values.fillna("").astype(str)
            continue
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        bad = np.flatnonzero(numbers.isna() & values.notna())
        if len(bad):
            raise CatalogueError(
                f"{source}, row {bad[0] + 1}: {theirs} is {values[bad[0]]!r}, which is not a number"
            )
        out[ours] = numbers
    if "level" in out:
        out["level"] = out["level"].fillna(0)
    return out
