"""`.diam`: diameters and the area they were counted on, for crater-count dating (craterstats)."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import FRACTION
from lunarcraters.catalogue.formats.count_ground import check_area, check_sizes
from lunarcraters.catalogue.formats.structure import read_structure
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.recognition import recognise_columns
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as `.diam`: km, km^2, degrees.

    Raises:
        CatalogueError: The area that was counted on is not known, or positions are pixels.
    """
    area = counted_area(info)
    radius_m = info.radius_m or sphere.RADIUS_M
    is_usual = radius_m == sphere.RADIUS_M
    body = "" if is_usual else f"a_axis_radius = {radius_m / 1000.0:.10g} <km>\n"
    places = ", lon, lat" if info.has_positions else ""
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{body}area = {area:.6f}\ncrater = {{diameter, fraction{places}\n")
        for part in parts:
            for lon, lat, diameter, fraction in counted_rows(part):
                place = f"\t{lon:.9f}\t{lat:.9f}" if places else ""
                file.write(f"{diameter:.9f}\t{fraction:.6g}{place}\n")
        file.write("}\n")


def counted_rows(catalogue: Catalogue) -> NDArray[np.float64]:
    """Longitude, latitude, diameter and the part of each crater that counts, (n, 4)."""
    craters = catalogue.table
    if FRACTION not in craters:
        craters = craters.assign(**{FRACTION: 1.0})
    return craters[["lon", "lat", "diameter_km", FRACTION]].to_numpy()


def counted_area(info: CatalogueInfo) -> float:
    """Look up the area that was counted on, km^2, without nodata.

    Raises:
        CatalogueError: The area is not known, or positions are pixels.
    """
    if not info.has_crs:
        raise CatalogueError(
            "craters in pixels cannot be dated: give the image a coordinate system and detect them "
            "again (craters detect --crs), or export .gpkg or .csv"
        )
    if info.footprint_area_km2 is None:
        raise CatalogueError(
            "the area that the craters were counted on is not known: export them with its outline "
            "(craters export --area), or export a run of craters detect"
        )
    return info.footprint_area_km2


def drop_whole_fractions(craters: pd.DataFrame) -> pd.DataFrame:
    """Leave the column `fraction` out of a table whose craters all count as a whole."""
    if FRACTION in craters and (craters[FRACTION] == 1.0).all():
        return craters.drop(columns=FRACTION)
    return craters


def read(path: Path) -> Catalogue:
    """Read a `.diam`, with or without the positions of its craters.

    Raises:
        CatalogueError: The file is damaged, or does not tell its area.
    """
    structure = read_structure(path, open_end=True)
    unit = "m" if structure.in_metres else "km"
    craters = recognise_columns(
        structure.tables["crater"], str(path), unit=unit, need_positions=False
    )
    area_km2 = structure.number("area", power=2)
    has_radius = "a_axis_radius" in structure.values
    radius_m = structure.number("a_axis_radius") * 1000.0 if has_radius else sphere.RADIUS_M
    check_area(area_km2, radius_m, str(path))
    check_sizes(craters, area_km2, str(path), list(structure.tables["crater"]))
    return Catalogue(
        drop_whole_fractions(craters),
        sphere.geographic_crs(radius_m),
        footprint_area_km2=area_km2,
        has_positions="lon" in craters,
    )
