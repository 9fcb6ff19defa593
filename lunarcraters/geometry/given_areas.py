"""Areas as they are given: a file of polygons, or four edges."""

import logging
import re
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import AreaError, CoordinateSystemError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area, make_box_area, place_area
from lunarcraters.geometry.polygon_files import advise_crs, read_named_polygons, read_polygons

_log = logging.getLogger(__name__)


def make_area(given: str | PathLike[str] | Iterable[float], *, has_crs: bool = True) -> Area:
    """Make an area from a file of polygons or from four edges.

    Args:
        given: File (see `read_area`), or west, south, east and north (see `make_box_area`).
        has_crs: True for an area on the Moon, False for one in pixels of an image without
            coordinates.

    Raises:
        AreaError: The file cannot be read or has no polygons, or the edges enclose no area.
    """
    if isinstance(given, str | PathLike):
        return read_area(Path(given), has_crs=has_crs)
    return make_box_area(*read_edges(given), has_crs=has_crs)


def read_edges(given: Iterable[float]) -> tuple[float, float, float, float]:
    """Read the four edges of an area.

    Args:
        given: West, south, east and north: numbers, or their text.

    Raises:
        AreaError: They are not four numbers.
    """
    try:
        edges = [float(edge) for edge in given]
    except (TypeError, ValueError) as error:
        raise AreaError(
            f"the area is neither a file nor four edges, but of type {type(given).__name__} "
            f"({error}): give a file of polygons, or west, south, east and north"
        ) from error
    if len(edges) != 4:
        raise AreaError(
            f"an area has four edges, not {len(edges)}: give west, south, east and north"
        )
    west, south, east, north = edges
    return west, south, east, north


def read_area(path: Path, *, has_crs: bool = True) -> Area:
    """Read the polygons of a file: of one that this program wrote, those of the ground searched.

    Args:
        path: GeoPackage, GeoJSON, Shapefile or another file that GDAL reads.
        has_crs: True for an area on the Moon; False for an area of an image without coordinates,
            drawn over it with y up (x, -y).

    Raises:
        AreaError: The file cannot be read, has no polygons, or is not in a lunar coordinate
            system.
    """
    outline, declared = read_polygons(path, has_crs=has_crs)
    (area,) = _place([outline], declared, path, has_crs=has_crs)
    return area


def read_named_areas(path: Path, *, column: str | None = None) -> dict[str, Area]:
    """Read the polygons of a file as areas on the Moon with names, in the order of the file.

    Args:
        path: GeoPackage, GeoJSON, Shapefile or another file that GDAL reads.
        column: Column of the names; None for the usual ones. See `read_named_polygons`.

    Raises:
        AreaError: The file cannot be read, has no polygons or no such column, or is not in a lunar
            coordinate system.
    """
    outlines, declared = read_named_polygons(path, column)
    areas = _place(list(outlines.values()), declared, path, has_crs=True)
    return dict(zip(outlines, areas, strict=True))


def names_crs(path: Path) -> bool:
    """Tell whether a file says which coordinate system it is in; a GeoJSON may not (RFC 7946).

    The JSON of ArcGIS says it by another name.
    """
    if path.suffix.lower() not in (".geojson", ".json"):
        return True
    return re.search(rb'"(crs|spatialReference)"\s*:\s*[{"]', path.read_bytes()) is not None


def _place(outlines: list[BaseGeometry], declared: Any, path: Path, *, has_crs: bool) -> list[Area]:
    """Make areas of the polygons of a file in the coordinate system that it declares."""
    if not has_crs:
        mirror = np.array([1.0, -1.0]).__mul__
        return [Area(shapely.transform(outline, mirror), None) for outline in outlines]
    if declared is not None and declared.is_geographic and not names_crs(path):
        for outline in outlines:
            _refuse_metres(outline, path)
        _log.warning(
            "note: %s names no coordinate system and is read as longitude and latitude on the Moon",
            path,
        )
        return [Area(outline, sphere.geographic_crs()) for outline in outlines]
    try:
        crs = sphere.lunar_crs(declared, str(path))
    except CoordinateSystemError as error:
        if declared is not None and sphere.is_lunar(declared):
            raise AreaError(str(error)) from error
        if declared is None:
            advice = "save it in that of the mosaic, or in IAU_2015:30100, as a GeoPackage"
        else:
            advice = f"if its polygons are lunar, {advise_crs(declared)}"
        raise AreaError(
            f"{path} is not in a coordinate system of the Moon (it says: "
            f"{declared.name if declared else 'none'}): {advice}"
        ) from error
    return [place_area(outline, crs) for outline in outlines]


def _refuse_metres(outline: BaseGeometry, path: Path) -> None:
    """Refuse coordinates that cannot be degrees in a file without a coordinate system."""
    west, south, east, north = outline.bounds
    if max(-west, east) > 720.0 or max(-south, north) > 90.0:
        largest = max(-west, east, -south, north)
        raise AreaError(
            f"{path} names no coordinate system, and its coordinates (up to {largest:.1f}) are not "
            "degrees: save it as a GeoPackage in the coordinate system that it was drawn in"
        )
