"""Longitudes to the west, columns x and y, and geometries that contradict their columns."""

import numpy as np
import pandas as pd

from lunarcraters.catalogue.columns import are_own_columns
from lunarcraters.catalogue.headings import parse_heading
from lunarcraters.catalogue.places import Places
from lunarcraters.errors import warn
from lunarcraters.geometry import sphere

_SYSTEM = "coordinatesystem"
"""Key of the gazetteer's column of coordinate systems, such as `Planetographic, +West, 0 - 360`."""


def turn_east(out: pd.DataFrame, columns: dict[str, str], table: pd.DataFrame, source: str) -> None:
    """Turn longitudes that a heading, or the gazetteer, names west into those to the east.

    Args:
        out: Table with `lon`, which is changed.
        columns: Names of the columns in the table, by our names.
        table: Table that was read, with the rows of `out`.
        source: Name of the file, for the note.
    """
    if "lon" not in out:
        return
    west = np.full(len(out), parse_heading(columns["lon"]).unit == "west")
    # Values such as `30W` have their sign already.
    west &= pd.to_numeric(table[columns["lon"]], errors="coerce").notna().to_numpy()
    systems = [name for name in table.columns if parse_heading(name).key == _SYSTEM]
    for name in systems:
        west |= table[name].astype(str).str.contains(r"\+\s*west", case=False).to_numpy()
    if west.any():
        out.loc[west, "lon"] *= -1.0
        warn(f"{source}: its longitudes are read as degrees to the west")


def are_bare(columns: dict[str, str]) -> bool:
    """Tell whether positions are columns x and y, which say nothing of degrees."""
    return [parse_heading(columns.get(name, "")).key for name in ("lon", "lat")] == ["x", "y"]


def note_bare(columns: dict[str, str], source: str) -> None:
    """Warn of columns x and y that are taken for degrees."""
    if are_bare(columns):
        warn(
            f"{source}: x and y are read as longitude and latitude in degrees; name pixels of an "
            "image x_px, y_px and diameter_px"
        )


def follow_geometries(out: pd.DataFrame, places: Places, source: str) -> None:
    """Take the places of geometries where they contradict the columns.

    Args:
        out: Table with `lon`, `lat` and `diameter_km`, which is changed.
        places: Geometries of its rows.
        source: Name of the file, for the note.
    """
    if are_own_columns(out.columns) or not (places.has_points or places.has_outlines):
        return  # in copies of our own files, moved geometries are edits of craters
    away = sphere.distance_km(out["lon"], out["lat"], *places.positions.T)
    apart = int((away > out["diameter_km"] / 2.0).sum())
    if apart:
        out[["lon", "lat"]] = places.positions
        warn(
            f"{source}: geometries lie elsewhere than their columns say ({apart} of {len(out)} "
            "craters): the geometries count"
        )
