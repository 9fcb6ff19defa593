"""Shapefile: craters as polygons, with names of columns that fit its ten letters.

The footprint, the thresholds and the origin of the catalogue have no place in it.
"""

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pyogrio

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import vector
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OutputError

_NAMES = {
    "diameter_km": "diam_km",
    "diameter_sd_km": "diam_sd_km",
    "diameter_px": "diam_px",
    "diameter_sd_px": "diam_sd_px",
    "rim_diameter_km": "rimdiam_km",
    "rim_diameter_sd_km": "rimd_sd_km",
    "depth_sd_m": "dep_sd_m",
    "rim_height_m": "rimh_m",
    "rim_height_sd_m": "rimh_sd_m",
    "depth_to_diameter": "dep_diam",
    "depth_to_diameter_sd": "depdiam_sd",
    "slope_max_deg": "slope_deg",
    "slope_max_sd_deg": "slp_sd_deg",
    "ground_share": "ground_sh",
    "measure_note": "meas_note",
}


def companions(path: Path) -> list[Path]:
    """List the files beside the one that is named."""
    return [path.with_suffix(suffix) for suffix in (".shx", ".dbf", ".prj", ".cpg")]


def require_crs(info: CatalogueInfo) -> None:
    """Refuse craters in pixels.

    Raises:
        CatalogueError: Positions are pixels.
    """
    if not info.has_crs:
        raise CatalogueError(
            "craters in pixels have no place on the Moon, which a Shapefile needs: export .gpkg "
            "or .csv, or detect them again with a coordinate system (craters detect --crs)"
        )


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as a Shapefile.

    Raises:
        CatalogueError: Positions are pixels.
        OutputError: The file cannot be written.
    """
    require_crs(info)
    try:
        for number, part in enumerate(parts):
            frame = gpd.GeoDataFrame(
                part.table.rename(columns=_NAMES),
                geometry=outlines.crater_outlines(part),
                crs=info.crs,
            )
            pyogrio.write_dataframe(
                frame, path, driver="ESRI Shapefile", append=number > 0, geometry_type="Polygon"
            )
    except vector.ERRORS as error:
        raise OutputError(f"the Shapefile cannot be written: {error}") from error


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a Shapefile with usual names of columns, or of points or outlines of craters.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    return vector.read_layer(path, "Shapefile")
