"""Shapefile: craters as polygons, with names of columns that fit its ten letters.

The footprint, the thresholds and the origin of the catalogue have no place in it.
"""

import struct
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pyogrio

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import vector
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.short_names import SHORT_NAMES
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OutputError


def companions(path: Path) -> list[Path]:
    """List the files beside the one that is named."""
    return [path.with_suffix(suffix) for suffix in (".shx", ".dbf", ".prj", ".cpg")]


def indexes(path: Path) -> list[Path]:
    """List the indexes that other programs may have made, by place (first three) or attributes."""
    return [path.with_suffix(suffix) for suffix in (".qix", ".sbn", ".sbx", ".idm", ".ind")]


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
                part.table.rename(columns=SHORT_NAMES),
                geometry=outlines.crater_outlines(part),
                crs=info.crs,
            )
            pyogrio.write_dataframe(
                frame, path, driver="ESRI Shapefile", append=number > 0, geometry_type="Polygon"
            )
        check_whole(path)
    except vector.ERRORS as error:
        raise OutputError(f"the Shapefile cannot be written: {error}") from error


def check_whole(path: Path) -> None:
    """Check the sizes of a Shapefile's files, for GDAL is silent when it cannot write their ends.

    Args:
        path: File `.shp` that was written, with the others beside it.

    Raises:
        OutputError: A file is missing, empty or cut off.
    """
    files = (path, *companions(path))
    sizes = {file: file.stat().st_size if file.exists() else 0 for file in files}
    cut = [file for file, size in sizes.items() if not size]
    for file in (path, path.with_suffix(".shx")):
        # Length in the header, in words of 16 bits.
        if file not in cut and sizes[file] != 2 * _unpack(">24xI", file)[0]:
            cut.append(file)
    table = path.with_suffix(".dbf")
    if not cut:
        rows, header, row = _unpack("<4xIHH", table)
        fits = 0 < header <= sizes[table] - rows * row and row > 0
        if not fits or rows * 8 != sizes[path.with_suffix(".shx")] - 100:
            cut.append(table)
    if cut:
        raise OutputError(
            f"the Shapefile cannot be written, is the disk full? (its {cut[0].suffix} is cut off)"
        )


def _unpack(form: str, path: Path) -> tuple[int, ...]:
    """Unpack the start of a file, which stands for zeros where it is too short."""
    size = struct.calcsize(form)
    with path.open("rb") as file:
        return struct.unpack(form, file.read(size).ljust(size, b"\0"))


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a Shapefile with usual names of columns, or of points or outlines of craters.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    return vector.read_layer(path, "Shapefile")
