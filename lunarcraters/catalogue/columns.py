"""The column names of other people's catalogues, brought to those of this program."""

import re

import numpy as np
import pandas as pd

from lunarcraters.catalogue.table import PIXEL_COLUMNS
from lunarcraters.errors import CatalogueError

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
# Factors to km of diameter, by the columns it is the (geometric) mean of.
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


def recognise(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """A catalogue's table from one with any of the usual column names.

    Understood are this program's own columns, those of Robbins 2018, Head 2010, Povilaitis 2018,
    LU1319373 and LU5M812TGT, and their like: a longitude, a latitude, and a diameter or radius in
    kilometres or metres (kilometres where the name has no unit); case and punctuation are ignored.

    Args:
        table: Columns of numbers, or of text that reads as numbers.
        source: What it was read from, for the message.

    Returns:
        Columns lon, lat, diameter_km (or x, y, diameter_px), and what there is of the others.

    Raises:
        CatalogueError: A column is missing, or a value is not a number.
    """
    if set(PIXEL_COLUMNS[1:4]) <= set(table.columns):
        wanted = {name: name for name in PIXEL_COLUMNS if name in table}
        return _numbers(table, wanted, source)
    known = {_key(name): name for name in reversed([str(name) for name in table.columns])}
    found = {
        ours: next(known[name] for name in names if name in known)
        for ours, names in _NAMES.items()
        if any(name in known for name in names)
    }
    sizes = next((names for names in _DIAMETERS if all(name in known for name in names)), None)
    missing = [name for name in ("lon", "lat") if name not in found]
    missing += ["diameter"] * (sizes is None)
    if missing or sizes is None:
        raise CatalogueError(
            f"{source} has no column for {', '.join(missing)} among "
            f"{', '.join(map(str, table.columns))}: rename them lon, lat and diameter_km"
        )
    parts = {f"diameter {i}": known[name] for i, name in enumerate(sizes)}
    out = _numbers(table, {**found, **parts}, source)
    product = out[list(parts)].prod(axis=1, skipna=False)
    out["diameter_km"] = _DIAMETERS[sizes] * product ** (1.0 / len(parts))
    return out.drop(columns=list(parts))


def is_text(name: str) -> bool:
    """Whether a column of this name holds names (of craters, of tiles), not numbers."""
    return any(_key(name) in _NAMES[ours] for ours in _TEXT)


def _key(name: object) -> str:
    return re.sub("[^a-z0-9]", "", str(name).lower())


def _numbers(table: pd.DataFrame, names: dict[str, str], source: str) -> pd.DataFrame:
    """The columns `names` (ours: theirs), all but identifiers turned into numbers."""
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
