"""Evidence on the units of a table: metres are never taken for kilometres, nor for degrees."""

import logging
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.headings import Size
from lunarcraters.catalogue.places import Places
from lunarcraters.catalogue.wording import format_number
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere

Float = NDArray[np.float64]

MOON_KM = 2.0 * sphere.RADIUS_M / 1000.0
"""Diameter of the Moon, km."""

_MAX_CROWDING = 4.0
"""Largest area of real craters over that of their ground, were all as small as the least."""

_LIKENESS = 5.0  # ratio of two measures of a crater by one unit: its rim, its ejecta, a box

_log = logging.getLogger(__name__)


def in_degrees(table: pd.DataFrame) -> bool:
    """Tell whether a table has longitudes and latitudes, and all that it has can be degrees."""
    if not {"lon", "lat"} <= set(table.columns):
        return False
    beyond = (table["lon"].abs() > 360.0) | (table["lat"].abs() > 90.0)
    return not beyond.any()


def sign_directions(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Turn angles such as `43.3S` or `11.2° W` into signed numbers, north and east positive."""
    if pd.api.types.is_numeric_dtype(values):
        return values
    parts = values.astype(str).str.strip().str.extract(r"^([\d.]+)\s*°?\s*([NSEWnsew])$")
    if parts.isna().any(axis=None) or parts.empty:
        return values
    signs = np.where(parts[1].str.upper().isin(["S", "W"]), -1.0, 1.0)
    return pd.to_numeric(parts[0], errors="coerce") * signs


def check_positions(table: pd.DataFrame, source: str) -> None:
    """Refuse positions that cannot be longitudes and latitudes, and say what they may be.

    Raises:
        CatalogueError: A longitude is beyond 360, or a latitude beyond 90.
    """
    if not {"lon", "lat"} <= set(table.columns):
        return
    lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
    bad = (np.abs(lon) > 360.0) | (np.abs(lat) > 90.0)
    if not bad.any():
        return
    row = int(np.argmax(bad))
    exchanged = (np.abs(lat) <= 360.0).all() and (np.abs(lon) <= 90.0).all()
    if exchanged and 2 * int(bad.sum()) >= len(bad):
        meaning = "lon and lat seem to be exchanged: exchange the names of these columns"
    elif np.nanmax(np.abs(lon)) > 720.0 or np.nanmax(np.abs(lat)) > 180.0:
        meaning = (
            "these seem to be metres of a map, not degrees: give lon and lat in degrees, or a "
            "layer with its coordinate system and geometries (.gpkg, .shp); pixels are named x, y "
            "and diameter_px"
        )
    else:
        meaning = "longitudes end at 360 and latitudes at 90: mend or remove these rows"
    raise CatalogueError(
        f"{source}: crater {row + 1} of the table is at lon {lon[row]:g}, lat {lat[row]:g} "
        f"({int(bad.sum())} such): {meaning}"
    )


def to_km(
    diameters: dict[Size, Float],
    table: pd.DataFrame,
    places: Places | None,
    source: str,
    unit: str = "",
) -> Float:
    """Choose the diameters of a table in km, and refuse those that cannot be.

    Args:
        diameters: Diameters by the columns that give them, the best first, (n,) each; those without
            a unit as if they were km.
        table: Table with lon and lat where they are known.
        places: Geometries of the rows; None for none.
        source: Name of the file or table, for messages.
        unit: Unit that the format gives to sizes without one; empty for none.

    Returns:
        Diameters, km, (n,).

    Raises:
        CatalogueError: Columns contradict each other, or a unit is missing or cannot be right.
    """
    size, km = next(iter(diameters.items()))
    for other, values in diameters.items():
        if _contradict(values, km):
            raise CatalogueError(
                f"{source}: {size.title} and {other.title} contradict each other in their units: "
                f"leave the right one, named {size.advice}"
            )
    has_unit = bool(size.unit or unit)
    if not size.unit and unit == "m":
        km = km / 1000.0
    if places is not None and places.has_outlines:
        return km / _factor_of_outlines(km, places.diameters_km, size, source, has_unit=has_unit)
    largest = float(np.nanmax(km, initial=0.0))
    if largest > MOON_KM:
        fact = f"up to {format_number(largest, 6)} km, larger than the Moon ({MOON_KM:g} km)"
        raise _not_km(source, size, fact)
    if not has_unit:
        _check_crowding(km, table, size, source)
        _log.warning("note: %s: %s has no unit and is read as km", source, size.title)
    return km


def _factor_of_outlines(
    km: Float, outlines_km: Float, size: Size, source: str, *, has_unit: bool
) -> float:
    """Tell by outlines what sizes without a unit are in: 1 for km, 1000 for metres."""
    factor = _factor(km, outlines_km)
    if (factor is None and not has_unit) or (has_unit and _contradict(km, outlines_km)):
        raise CatalogueError(
            f"{source}: {size.title} does not fit the outlines of the craters, whose median is "
            f"{float(np.median(outlines_km)):.3g} km: name it by its unit, as {size.advice}, or "
            "leave it out"
        )
    return 1.0 if has_unit or factor is None else factor


def _contradict(values: Float, others: Float) -> bool:
    """Tell whether values are a thousand times as large as others, or the other way round."""
    return 1000.0 in (_factor(values, others), _factor(others, values))


def _factor(values: Float, reference: Float) -> float | None:
    """Tell whether values are as large as a reference (1) or in metres (1000); None for neither."""
    known = np.isfinite(values) & np.isfinite(reference) & (reference > 0.0)
    if not known.any():
        return 1.0
    ratio = float(np.median(values[known] / reference[known]))
    return next((f for f in (1.0, 1000.0) if f / _LIKENESS < ratio < f * _LIKENESS), None)


def _check_crowding(km: Float, table: pd.DataFrame, size: Size, source: str) -> None:
    """Refuse sizes that would cover their own ground many times over if they were km."""
    if not {"lon", "lat"} <= set(table.columns):
        return
    known = np.isfinite(km) & np.isfinite(table["lon"]) & np.isfinite(table["lat"])
    if not known.any():
        return
    vectors = sphere.unit_vectors(table["lon"][known], table["lat"][known])
    middle = vectors.mean(axis=0)
    length = float(np.linalg.norm(middle))
    cosines = vectors @ (middle / length) if length > 0.0 else np.array([-1.0])
    radius_km = sphere.RADIUS_M / 1000.0
    reach_km = float(np.arccos(np.clip(cosines.min(), -1.0, 1.0))) * radius_km
    # Also the larger ones alone: some rows of a table may be in metres.
    for least in np.quantile(km[known], (0.5, 0.75, 0.9)).tolist():
        cap = min((reach_km + least / 2.0) / radius_km, np.pi)
        ground = 2.0 * np.pi * radius_km**2 * (1.0 - np.cos(cap))
        count = int((km[known] >= least).sum())
        if count * np.pi / 4.0 * least**2 / ground > _MAX_CROWDING:
            within = f"{count} craters within {format_number(2 * reach_km, 3)} km of ground"
            raise _not_km(source, size, f"{least:g} km and more for {within}")


def _not_km(source: str, size: Size, fact: str) -> CatalogueError:
    diameter = "the diameter of " * (size.factor not in (1.0, 1e-3))
    return CatalogueError(
        f"{source}: {diameter}{size.title} would be {fact}, so it is not in km: name it by its "
        f"unit, as {size.advice}"
    )
