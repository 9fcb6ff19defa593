"""Tables of other authors are brought to the columns of this program.

What cannot be right is refused with a reason. `recognise_columns` calls functions of this module
and of headings, units, directions, other_units and cells in a fixed order. docs/architecture.md
("A table of another author") lists the steps with an example of each.
"""

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue import directions, units
from lunarcraters.catalogue.cells import to_numbers
from lunarcraters.catalogue.columns import FRACTION, MOST_FRACTION, PIXEL_COLUMNS, REVIEW
from lunarcraters.catalogue.gazetteer import keep_craters
from lunarcraters.catalogue.headings import (
    Size,
    find_columns,
    find_pixels,
    find_repeated,
    find_sizes,
    parse_heading,
)
from lunarcraters.catalogue.measures import take_measures
from lunarcraters.catalogue.other_units import explain_units
from lunarcraters.catalogue.places import Places
from lunarcraters.catalogue.review_state import ADDED
from lunarcraters.catalogue.short_names import find_short_names
from lunarcraters.errors import CatalogueError, warn

Float = NDArray[np.float64]

_LEAST_ROUNDNESS = 0.85
"""Roundness of outlines that are craters rather than the units on which craters are counted."""

_OF_ANY_UNIT = ("crater_id", "score", "level", "tile", FRACTION, REVIEW)
"""Columns that tables in degrees and in pixels have alike."""

_IMAGES = ("inputImage", "image", "image_id", "filename")
"""Columns that name the image of each row."""

_log = logging.getLogger(__name__)


def recognise_columns(
    table: pd.DataFrame,
    source: str,
    *,
    places: Places | None = None,
    unit: str = "",
    need_positions: bool = True,
    keep_empty: bool = False,
) -> pd.DataFrame:
    """Bring a table with any of the usual column names to the names of this program.

    It understands the columns of this program, those of Robbins 2018, Head 2010, Povilaitis 2018,
    LU1319373, LU5M812TGT, craterstats and the IAU's gazetteer, and similar ones: a longitude, a
    latitude, and a diameter, a radius or two axes, in kilometres or metres. Case and punctuation
    are ignored. Where the name has no unit, sizes that can be kilometres are kilometres.

    Args:
        table: Table of numbers, or of text that reads as numbers.
        source: Name of the file or table, for messages.
        places: Geometries of the rows, for what the columns do not tell; None for a mere table.
        unit: Unit that the format gives to sizes without one; empty for none.
        need_positions: False to accept a table of sizes alone.
        keep_empty: True to keep rows in pixels without a position and a size, which are drawn.

    Returns:
        Table with columns lon, lat, diameter_km (or x, y, diameter_px) and the others that exist.

    Raises:
        CatalogueError: A column is missing, or a value is not a number or cannot be right.
    """
    table = table.rename(columns=find_short_names(table.columns))
    table = _without_repeated(table, source)
    pixels = find_pixels(list(table.columns)) if places is None else None
    if pixels is not None:
        if not keep_empty:
            used = [*pixels[0].values(), *pixels[1].names]
            table = _without_empty(table, used, source)
        return _recognise_pixels(table, *pixels, source)
    kept = keep_craters(table, source)
    if places is not None and len(kept) < len(table):
        places = replace(places, geometries=places.geometries[kept.index.to_numpy()])
    columns = find_columns(kept.columns, ellipses=places is None)
    sizes = find_sizes(list(kept.columns))
    _require(columns, sizes, places, need_positions, kept, source)
    used = [*columns.values(), *(name for size in sizes for name in size.names)]
    if places is None:
        kept = _without_empty(kept, used, source)
    out = to_numbers(kept, columns, source)
    drawn = _are_empty(kept, used) & (places is not None)
    out = _check_shares(out, columns, source, drawn)
    directions.turn_east(out, columns, kept, source)
    if places is not None:
        _take_positions(out, columns, places.positions if sizes else places.circles[:, :2])
    units.check_positions(out, source)
    _take_sizes(out, columns, sizes, kept, places, source, unit)
    if places is None and not any(size.unit for size in sizes):
        directions.note_bare(columns, source)
    if places is not None:
        directions.follow_geometries(out, places, source)
    return out.join(take_measures(kept.reset_index(drop=True)))


def _take_sizes(
    out: pd.DataFrame,
    columns: dict[str, str],
    sizes: list[Size],
    table: pd.DataFrame,
    places: Places | None,
    source: str,
    unit: str,
) -> None:
    """Take diameters of columns or outlines, in km; deviations without a unit have theirs."""
    deviation = parse_heading(columns.get("diameter_sd_km", "")).unit
    if sizes:
        known = [size for size in sizes if size.unit] or sizes[:1]
        diameters = {size: _diameters(table, size, source) for size in known}
        km = units.to_km(diameters, out, places, source, unit)
        in_metres = known[0].unit == "m" or bool((km < diameters[known[0]]).any())
        deviation = deviation or "m" * in_metres
        out["diameter_km"] = km
    elif places is not None:
        _log.warning("note: %s has no column of sizes: those of its outlines are taken", source)
        out["diameter_km"] = places.circles[:, 2]
    if "diameter_sd_km" in out and deviation == "m":
        out["diameter_sd_km"] /= 1000.0


def _take_positions(out: pd.DataFrame, columns: dict[str, str], drawn: Float) -> None:
    """Take positions of geometries, for rows without one or where the columns cannot be degrees."""
    if directions.are_bare(columns) or not units.in_degrees(out):
        out[["lon", "lat"]] = np.nan
    empty = out[["lon", "lat"]].isna().any(axis=1)
    if empty.any():
        out.loc[empty, ["lon", "lat"]] = drawn[empty]


def _without_repeated(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Leave out columns that occur twice; refuse positions and sizes that differ."""
    names = list(table.columns)
    places = [name for ours, name in find_columns(names).items() if ours in ("lon", "lat")]
    used = [*places, *PIXEL_COLUMNS.circle, *(n for size in find_sizes(names) for n in size.names)]
    for pair in find_repeated(names, used):
        one, other = (pd.to_numeric(table.iloc[:, i], errors="coerce") for i in pair)
        if not np.array_equal(one.to_numpy(float), other.to_numpy(float), equal_nan=True):
            raise CatalogueError(
                f"{source} has two columns of one meaning and other values, "
                f"{' and '.join(str(names[i]) for i in pair)}: leave the right one alone"
            )
    return table.loc[:, ~table.columns.duplicated()]


def _without_empty(table: pd.DataFrame, used: list[str], source: str) -> pd.DataFrame:
    """Leave out rows in which every column that is read is empty, unless all are."""
    empty = _are_empty(table, used)
    if not empty.any() or empty.all():
        return table
    told = int(table[empty].notna().any(axis=1).sum())
    if told:
        warn(f"{source}: rows without a position and a size are left out ({told})")
    return table[~empty]


def _are_empty(table: pd.DataFrame, used: list[str]) -> "pd.Series[bool]":
    """Tell in which rows every column that is read is empty."""
    return table[list(dict.fromkeys(used))].isna().all(axis=1)


def _check_shares(
    out: pd.DataFrame, columns: dict[str, str], source: str, drawn: "pd.Series[bool]"
) -> pd.DataFrame:
    """Refuse fractions that are none, and leave out scores that are no precisions.

    A drawn or added crater without one has its part by the ground of the file, which `edits` finds.
    """
    if FRACTION in out:
        shares, added = out[FRACTION], drawn.to_numpy() | _are_added(out)
        good = shares.between(0.0, MOST_FRACTION) | (shares.isna() & added)
        if not good.all():
            row = int(np.argmin(good))
            raise CatalogueError(
                f"{source}: {columns[FRACTION]} of crater {row + 1} is {shares[row]:g}, and the "
                "part of a crater that counts is from 0 to 1: mend it; divide percentages by 100"
            )
        out[FRACTION] = shares.clip(upper=1.0)
    scores = out.get("score")
    if scores is None or scores.dropna().between(0.0, 1.0).all():
        return out
    warn(
        f"{source}: {columns['score']} has values outside 0 to 1, which are no scores of this "
        "program, and is left out"
    )
    return out.drop(columns="score")


def _are_added(table: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which rows were added by a person: they are marked so, or have no identifier."""
    marked = table[REVIEW] == ADDED if REVIEW in table else pd.Series(False, table.index)
    return marked | (table["crater_id"] == "") if "crater_id" in table else marked


def _recognise_pixels(
    table: pd.DataFrame, columns: dict[str, str], size: Size, source: str
) -> pd.DataFrame:
    """Read a table in pixels; a size of -1 of another program is an image without craters.

    Args:
        table: Table.
        columns: Names in the table of x and y.
        size: Columns of the size.
        source: Name of the file or table, for messages.
    """
    sizes = _diameters(table, size, source)
    is_own = set(PIXEL_COLUMNS.circle) <= set(table.columns)
    bare = pd.to_numeric(table[size.names[0]], errors="coerce") == -1.0
    kept = table if is_own else table[~bare]
    images = {str(value) for name in _IMAGES if name in kept for value in kept[name].unique()}
    if len(images) > 1:
        raise CatalogueError(
            f"{source} has craters of {len(images)} images, in the pixels of each: give the rows "
            "of one image"
        )
    others = {n: name for n, name in find_columns(kept.columns).items() if n in _OF_ANY_UNIT}
    deviation = PIXEL_COLUMNS.diameter_sd
    empty = _are_empty(kept, [*columns.values(), *size.names])
    columns = columns | others | ({deviation: deviation} if deviation in kept else {})
    out = to_numbers(kept, columns, source)
    out["diameter_px"] = sizes[table.index.isin(kept.index)]
    return _check_shares(out, columns, source, empty)


def _require(
    columns: dict[str, str],
    sizes: list[Size],
    places: Places | None,
    need_positions: bool,
    table: pd.DataFrame,
    source: str,
) -> None:
    """Refuse a table that does not tell positions or sizes, nor has geometries that do."""
    placed = places is not None and (places.has_points or places.has_outlines)
    missing = [name for name in ("lon", "lat") if name not in columns]
    if placed or not (need_positions or len(missing) == 1):
        missing = []
    drawn = places is not None and places.has_outlines and places.roundness >= _LEAST_ROUNDNESS
    missing += ["diameter"] * (not sizes and not drawn)
    if not missing:
        return
    if places is not None and places.has_lines:
        raise CatalogueError(
            f"{source} has lines, which tell no places and sizes of craters: turn its rims into "
            "polygons (QGIS: Vector > Geometry Tools > Lines to Polygons), or give points"
        )
    if not len(table.columns):
        raise CatalogueError(
            f"{source} has no columns that tell the sizes of its craters: "
            + ("put its .dbf beside it" if source.endswith(".shp") else "add diameter_km")
        )
    advice = "; ".join(explain_units(missing, list(table.columns)))
    names = "rename them lon, lat and diameter_km (x_px, y_px and diameter_px in pixels)"
    if missing == ["lon", "lat"]:
        names += "; diameters alone are read from a .diam, below a line area = 100 <km^2>"
    raise CatalogueError(
        f"{source} has no column for {', '.join(missing)} among "
        f"{', '.join(map(str, table.columns))}: {advice or names}"
    )


def _diameters(table: pd.DataFrame, size: Size, source: str) -> Float:
    """Read the diameters that columns give, km, (n,)."""
    axes = to_numbers(table, {f"axis {i}": name for i, name in enumerate(size.names)}, source)
    product = axes.prod(axis=1, skipna=False)
    return np.asarray(size.factor * product ** (1.0 / len(size.names)), float)
