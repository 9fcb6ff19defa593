"""The table of a catalogue, checked and sorted, and the checks of its description."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.columns import FRACTION, MOST_FRACTION, REVIEW, CatalogueColumns
from lunarcraters.catalogue.measures import take_measures
from lunarcraters.catalogue.review_state import parse_states
from lunarcraters.catalogue.units import MOON_KM
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere

Float = NDArray[np.float64]


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
        CatalogueError: A column is missing, a crater has no size or place on the Moon, or a value
            is outside its range.
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
    if FRACTION in craters:
        table[FRACTION] = craters[FRACTION].astype(float)
    if REVIEW in craters:
        table[REVIEW] = parse_states(craters[REVIEW], "the table").astype("str")
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
    circles = table[list(columns.circle)].to_numpy(float, copy=True)
    if not has_positions:
        circles[:, :2] = 0.0
    _check_circles(circles, columns, "the table")
    ranges = {columns.score: 1.0, FRACTION: MOST_FRACTION, columns.diameter_sd: np.inf}
    for name, most in ranges.items():
        column = table[name].to_numpy() if name in table else np.empty(0)
        bad = np.isinf(column) | (column < 0.0) | (column > most)
        if bad.any():
            row = int(np.argmax(bad))
            limit = "of 0 or more" if np.isinf(most) else "from 0 to 1"
            raise CatalogueError(
                f"{name} of crater {row + 1} of the table is {column[row]} ({int(bad.sum())} "
                f"such): give numbers {limit}, and NaN where they are not known"
            )


def check_edited(circles: Float, columns: CatalogueColumns, source: str) -> None:
    """Refuse circles of an edited file that are unknown, or that no crater on the Moon has.

    Args:
        circles: Positions and diameters, (n, 3); NaN where neither columns nor outline tell them.
        columns: Names of the columns.
        source: Name of the file, for messages.

    Raises:
        CatalogueError: There is such a circle.
    """
    bad = ~np.isfinite(circles).all(axis=1)
    if bad.any():
        raise CatalogueError(
            f"{source}: row {int(np.argmax(bad)) + 1} has neither an outline nor "
            f"{', '.join(columns.circle)} ({int(bad.sum())} such): draw these craters again, or "
            "delete the rows"
        )
    _check_circles(circles, columns, source)


def _check_circles(circles: Float, columns: CatalogueColumns, source: str) -> None:
    """Refuse circles that are not finite, have no size, or are not on the Moon."""
    bad = ~np.isfinite(circles).all(axis=1) | ~(circles[:, 2] > 0)
    if columns.x == "lon":
        bad |= ~(np.abs(circles[:, 1]) <= 90.0) | (circles[:, 2] > MOON_KM)
    if bad.any():
        row = int(np.argmax(bad))
        values = ", ".join(
            f"{name} {value:g}" for name, value in zip(columns.circle, circles[row], strict=True)
        )
        raise CatalogueError(
            f"crater {row + 1} of {source} is not on the Moon, is larger than it, or has no size "
            f"({values}; {int(bad.sum())} such): mend or remove these rows"
        )


def check_description(
    footprint: object,
    area_km2: float | None,
    thresholds: Mapping[str, float],
    lon_domain: int | None,
) -> None:
    """Refuse values of a description that no catalogue has.

    Args:
        footprint: Ground searched; None where it is not known.
        area_km2: Area of the footprint, km^2; None where it is not known.
        thresholds: Operating points by name.
        lon_domain: Largest longitude in files; None for what the format has.

    Raises:
        CatalogueError: A value is outside its range.
    """
    if not isinstance(footprint, BaseGeometry | None):
        raise CatalogueError(
            f"footprint is of the type {type(footprint).__name__}: give a geometry of shapely, "
            "such as gdf.union_all(), or None where it is not known"
        )
    for name, score in thresholds.items():
        if not 0.0 <= score <= 1.0:
            raise CatalogueError(f"the threshold {name} is {score:g}: give a score from 0 to 1")
    if area_km2 is not None and not 0.0 <= area_km2 < np.inf:
        raise CatalogueError(
            f"footprint_area_km2 is {area_km2:g}: give an area in km2, or None where unknown"
        )
    if lon_domain not in (None, 180, 360):
        raise CatalogueError(f"lon_domain is {lon_domain!r}: give 180, 360 or None")
