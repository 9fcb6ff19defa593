"""The table of a catalogue, checked and sorted."""

import numpy as np
import pandas as pd

from lunarcraters.catalogue.columns import FRACTION, REVIEW, CatalogueColumns
from lunarcraters.catalogue.measures import take_measures
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere


def validate_table(
    craters: pd.DataFrame, columns: CatalogueColumns, *, has_positions: bool = True
) -> pd.DataFrame:
    """Check a table of craters and sort it by size, largest first.

    Args:
        craters: Table; positions and diameters are required columns, others are left out.
        columns: Names of the columns to have.
        has_positions: False where positions are not known, and are NaN in the result.

    Returns:
        Table with exactly these columns, and `fraction`, `review` and measures where they are
        given; longitudes are within -180..180.

    Raises:
        CatalogueError: A column is missing, or a crater has no size or place on the Moon.
    """
    needed = columns.circle if has_positions else (columns.diameter,)
    missing = [name for name in needed if name not in craters]
    if missing:
        raise CatalogueError(
            f"the table has no column {', '.join(missing)}: it needs {', '.join(needed)}"
        )
    n = len(craters)
    unknown = pd.Series(np.full(n, np.nan), index=craters.index)
    numbers = (*columns.circle, columns.diameter_sd, columns.score)
    table = pd.DataFrame({name: craters.get(name, unknown) for name in numbers}).astype(float)
    levels = craters.get("level", unknown).astype(float)
    table["level"] = levels.fillna(0.0).astype(np.int64)
    table["tile"] = craters["tile"].astype(str) if "tile" in craters else ""
    optional = [name for name in (FRACTION, REVIEW) if name in craters]
    for name in optional:
        table[name] = craters[name].astype("str" if name == REVIEW else float)
    measures = take_measures(craters)
    optional += list(measures.columns)
    table[measures.columns] = measures
    _check(table, columns, has_positions=has_positions)
    if columns.x == "lon":
        table["lon"] = sphere.wrap_longitude(table["lon"].to_numpy())
    x, y, diameter = columns.circle
    order = np.lexsort((-table["score"], table[y], table[x], -table[diameter]))
    table = table.iloc[order].reset_index(drop=True)
    if "crater_id" in craters:
        ids = craters["crater_id"].astype(str).to_numpy()[order]
    else:
        ids = np.array([f"{i:07d}" for i in range(1, n + 1)], dtype=object)
    table.insert(0, "crater_id", pd.Series(ids, dtype="str"))
    return table.astype({"tile": "str", "level": np.int64})[[*columns.names, *optional]]


def _check(table: pd.DataFrame, columns: CatalogueColumns, *, has_positions: bool) -> None:
    x, y, diameter = columns.circle
    values = table[[x, y, diameter]].to_numpy(float, copy=True)
    if not has_positions:
        values[:, :2] = 0.0
    bad = ~np.isfinite(values).all(axis=1) | ~(values[:, 2] > 0)
    if x == "lon":
        bad |= ~(np.abs(values[:, 1]) <= 90.0)
    if bad.any():
        row = int(np.argmax(bad))
        raise CatalogueError(
            f"crater {row + 1} of the table is not on the Moon or has no size ({x} "
            f"{values[row, 0]:g}, {y} {values[row, 1]:g}, {diameter} {values[row, 2]:g}; "
            f"{int(bad.sum())} such): mend or remove these rows"
        )
