"""The catalogue: one table of craters, the ground it was searched on, and how it was made."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
import shapely.geometry
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere

COLUMNS = ("crater_id", "lon", "lat", "diameter_km", "diameter_sd_km", "score", "level", "tile")
"""Columns of a catalogue on the sphere: degrees (longitude -180..180) and km."""

PIXEL_COLUMNS = ("crater_id", "x", "y", "diameter_px", "diameter_sd_px", "score", "level", "tile")
"""Columns of a catalogue of an image without a coordinate system: pixels, y down."""

FRACTION = "fraction"
"""Column that a catalogue may have: the part of each crater that lies in the area counted on."""

PART_ROWS = 50_000
"""Craters whose polygons are held at once while a file is written."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Craters with the ground searched for them.

    The table is brought into order on construction: exactly `COLUMNS` (or `PIXEL_COLUMNS` where
    there is no coordinate system) and `FRACTION` where it is given, largest crater first, with what
    is unknown filled in (no uncertainty, no score: NaN; level 0; no tile; identifiers by position
    in the table).

    Attributes:
        craters: The table; positions and diameters are required columns.
        crs: Longitude and latitude on a lunar sphere; None where positions are pixels.
        footprint: Ground searched, nodata left out: longitude and latitude -180..180 (or pixels).
        footprint_area_km2: Its area on the sphere.
        thresholds: Operating points of the model, e.g. `{"balanced": 0.31}`.
        properties: How the catalogue was made, for people to read.
        lon_domain: What longitudes go up to in files, 180 or 360; None for what the format has.
    """

    craters: pd.DataFrame
    crs: CRS | None
    footprint: BaseGeometry | None = None
    footprint_area_km2: float | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    lon_domain: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "craters", _tidy(self.craters, self.columns))

    def __len__(self) -> int:
        return len(self.craters)

    @property
    def is_pixels(self) -> bool:
        """Whether positions are pixels of an image without a coordinate system."""
        return self.crs is None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the table's columns."""
        return PIXEL_COLUMNS if self.crs is None else COLUMNS

    @property
    def radius_m(self) -> float | None:
        """Radius of the sphere, metres; None for pixels."""
        return None if self.crs is None else sphere.radius_m(self.crs)

    @property
    def table(self) -> pd.DataFrame:
        """The craters as files hold them: longitudes from 0 where `lon_domain` is 360."""
        if self.is_pixels or self.lon_domain != 360:
            return self.craters
        lon = self.craters["lon"].mod(360.0).mod(360.0)  # that of -1e-20 is 360, the first time
        return self.craters.assign(lon=lon)

    @property
    def positions(self) -> NDArray[np.float64]:
        """Centres, (n, 2): longitude and latitude in degrees, or x and y in pixels."""
        return self.craters[list(self.columns[1:3])].to_numpy(float)

    @property
    def diameters(self) -> NDArray[np.float64]:
        """Diameters, (n,): km, or pixels."""
        return self.craters[self.columns[3]].to_numpy(float)

    @property
    def deviations(self) -> NDArray[np.float64]:
        """Standard deviations of the diameters, (n,): NaN where not known."""
        return self.craters[self.columns[4]].to_numpy(float)

    @property
    def scores(self) -> NDArray[np.float64]:
        """Scores, (n,): 0..1, NaN where a crater has none."""
        return self.craters["score"].to_numpy(float)

    def threshold(self, chosen: float | str | None = None) -> float:
        """The score meant by a number or by the name of an operating point.

        Args:
            chosen: None for `balanced`, or everything where there are no operating points: a model
                without them (a mask-only network) has scored all it kept.

        Raises:
            CatalogueError: The catalogue has no operating point of that name.
        """
        if chosen is None:
            return self.thresholds.get("balanced", 0.0)
        try:
            return float(chosen)
        except ValueError:
            pass
        if chosen not in self.thresholds:
            known = ", ".join(self.thresholds) or "none"
            raise CatalogueError(
                f"there is no operating point {chosen!r} in this catalogue (it has: {known}): "
                "give --min-score one of them or a number from 0 to 1"
            )
        return self.thresholds[str(chosen)]

    def select(self, min_score: float) -> "Catalogue":
        """The craters that score at least `min_score`, identifiers kept.

        Craters without a score (of a reference catalogue) stay.
        """
        keep = ~(self.scores < min_score)
        return replace(self, craters=self.craters[keep])

    @property
    def about(self) -> "Catalogue":
        """Everything but the craters."""
        return replace(self, craters=self.craters[:0])

    def parts(self) -> Iterator["Catalogue"]:
        """The craters a few at a time, in their order; at least one part, which may be empty."""
        for start in range(0, max(len(self), 1), PART_ROWS):
            yield replace(self, craters=self.craters[start : start + PART_ROWS])

    def header(self) -> dict[str, Any]:
        """Everything but the table, as JSON holds it; `from_header` reads it back."""
        known = self.footprint is not None
        footprint = json.loads(str(shapely.to_geojson(self.footprint))) if known else None
        return {
            "crs": None if self.crs is None else self.crs.to_wkt(),
            "footprint": footprint,
            "footprint_area_km2": self.footprint_area_km2,
            "thresholds": dict(self.thresholds),
            "properties": dict(self.properties),
        }


def from_header(craters: pd.DataFrame, header: Mapping[str, Any]) -> Catalogue:
    """A catalogue of a table and a `Catalogue.header`.

    Raises:
        CatalogueError: The header or the table is not one of a catalogue.
    """
    try:
        footprint = header["footprint"]
        return Catalogue(
            craters=craters,
            crs=None if header["crs"] is None else CRS.from_wkt(header["crs"]),
            footprint=None if footprint is None else shapely.geometry.shape(footprint),
            footprint_area_km2=header["footprint_area_km2"],
            thresholds={str(k): float(v) for k, v in header["thresholds"].items()},
            properties={str(k): str(v) for k, v in header["properties"].items()},
        )
    except (KeyError, TypeError, AttributeError, ValueError, shapely.GEOSException) as error:
        raise CatalogueError(f"the description of the catalogue is damaged: {error!r}") from error


def _tidy(craters: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """The table with exactly `columns`, their types, checked values, and the one order."""
    across, along, diameter = columns[1:4]
    missing = [name for name in (across, along, diameter) if name not in craters]
    if missing:
        raise CatalogueError(
            f"the table has no column {', '.join(missing)}: it needs {across}, {along}, {diameter}"
        )
    n = len(craters)
    unknown = pd.Series(np.full(n, np.nan), index=craters.index)
    table = pd.DataFrame({name: craters.get(name, unknown) for name in columns[1:6]}).astype(float)
    table["level"] = craters["level"].astype(np.int64) if "level" in craters else np.int64(0)
    table["tile"] = craters["tile"].astype(str) if "tile" in craters else ""
    optional = [FRACTION] if FRACTION in craters else []
    for name in optional:
        table[name] = craters[name].astype(float)
    _check(table, across, along, diameter)
    if across == "lon":
        table["lon"] = sphere.wrap_longitude(table["lon"].to_numpy())
    order = np.lexsort((-table["score"], table[along], table[across], -table[diameter]))
    table = table.iloc[order].reset_index(drop=True)
    if "crater_id" in craters:
        ids = craters["crater_id"].astype(str).to_numpy()[order]
    else:
        ids = np.array([f"{i:07d}" for i in range(1, n + 1)], dtype=object)
    table.insert(0, "crater_id", pd.Series(ids, dtype="str"))
    return table.astype({"tile": "str", "level": np.int64})[[*columns, *optional]]


def _check(table: pd.DataFrame, across: str, along: str, diameter: str) -> None:
    values = table[[across, along, diameter]].to_numpy(float)
    bad = ~np.isfinite(values).all(axis=1) | ~(values[:, 2] > 0)
    if across == "lon":
        bad |= ~(np.abs(values[:, 1]) <= 90.0)
    if bad.any():
        row = int(np.argmax(bad))
        raise CatalogueError(
            f"crater {row + 1} of the table is not on the Moon or has no size ({across} "
            f"{values[row, 0]:g}, {along} {values[row, 1]:g}, {diameter} {values[row, 2]:g}; "
            f"{int(bad.sum())} such): mend or remove these rows"
        )
