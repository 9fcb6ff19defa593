"""`.diam`: diameters and the area they were counted on, for crater-count dating (craterstats)."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import recognise
from lunarcraters.catalogue.formats.structure import read_structure
from lunarcraters.catalogue.table import FRACTION, Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere


def write(about: Catalogue, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as `.diam`: km, km^2, degrees.

    Raises:
        CatalogueError: The area that was counted is not known, or there is no kilometre.
    """
    area = counted_area(about)
    with path.open("w", encoding="utf-8") as file:
        file.write(f"area = {area:.6f}\ncrater = {{diameter, fraction, lon, lat\n")
        for part in parts:
            for lon, lat, diameter, fraction in counted(part):
                file.write(f"{diameter:.9f}\t{fraction:.6g}\t{lon:.9f}\t{lat:.9f}\n")
        file.write("}\n")


def counted(catalogue: Catalogue) -> NDArray[np.float64]:
    """Longitude, latitude, diameter and what each crater counts for, (n, 4)."""
    craters = catalogue.table
    known = craters if FRACTION in craters else craters.assign(**{FRACTION: 1.0})
    return known[["lon", "lat", "diameter_km", FRACTION]].to_numpy()


def counted_area(about: Catalogue) -> float:
    """Area on the sphere, km^2, nodata left out.

    Raises:
        CatalogueError: It is not known, or there is no kilometre.
    """
    if about.is_pixels:
        raise CatalogueError(
            "craters in pixels cannot be dated: give the picture a coordinate system (--crs)"
        )
    if about.footprint_area_km2 is None:
        raise CatalogueError(
            "the area that the craters were counted on is not known: export a run of craters detect"
        )
    return about.footprint_area_km2


def without_ones(craters: pd.DataFrame) -> pd.DataFrame:
    """A table that says what each crater counts for only where one is no whole."""
    if FRACTION in craters and (craters[FRACTION] == 1.0).all():
        return craters.drop(columns=FRACTION)
    return craters


def read(path: Path) -> Catalogue:
    """Read a `.diam` that tells where its craters lie.

    Raises:
        CatalogueError: It is damaged, or has no positions.
    """
    found = read_structure(path)
    craters = without_ones(recognise(found.tables["crater"], str(path)))
    area = found.number("area")
    return Catalogue(craters, sphere.geographic_crs(), footprint_area_km2=area)
