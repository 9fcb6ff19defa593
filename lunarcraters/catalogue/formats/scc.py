"""`.scc`: spatial crater counts, craters with the ground they were counted on (craterstats)."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.formats.count_ground import check_area, check_outline, check_sizes
from lunarcraters.catalogue.formats.diam import counted_area, counted_rows, drop_whole_fractions
from lunarcraters.catalogue.formats.structure import read_structure
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.recognition import recognise_columns
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygons import cut_at_meridian, keep_polygons, make_ring_polygon

_EDGE_DEG = 90.0  # longest edge of an outline that is written


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as `.scc`.

    Raises:
        CatalogueError: The area that was counted on is not known, or positions are pixels.
    """
    area = counted_area(info)
    crs = info.crs or sphere.geographic_crs()
    radius_km = sphere.radius_m(crs) / 1000.0
    with path.open("w", encoding="utf-8") as file:
        file.write("# Spatial crater count\n")
        for axis in "abc":
            file.write(f"{axis}_axis_radius = {radius_km:.10g} <km>\n")
        file.write(f"coordinate_system_name = {crs.name}\n")
        _write_boundary(info, file)
        file.write(f"Total_area = {area:.6f} <km^2>\n")
        file.write("crater = {diam, fraction, lon, lat, topo_scale_factor\n")
        for part in parts:
            for lon, lat, diameter, fraction in counted_rows(part):
                file.write(f"{diameter:.9f}\t{fraction:.6g}\t{lon:.9f}\t{lat:.9f}\t1\n")
        file.write("}\n")


def _write_boundary(info: CatalogueInfo, file: TextIO) -> None:
    rings = list(_rings(outlines.footprint_outline(info)))
    file.write("unit_boundary = {vertex, sub_area, tag, lon, lat\n#\n")
    for ring, (tag, points) in enumerate(rings, 1):
        if tag == "ext":
            area = sphere.area_km2(shapely.Polygon(points), info.radius_m or sphere.RADIUS_M)
            file.write(f"# Area_name {ring} = searched\n")
            file.write(f"# Area_size {ring} = {area:.6f} <km^2>\n")
    file.write("#\n")
    vertex = 0
    for ring, (tag, points) in enumerate(rings, 1):
        for lon, lat in points:
            vertex += 1
            file.write(f"{vertex}\t{ring}\t{tag}\t{lon:.9f}\t{lat:.9f}\n")
    file.write("}\n")


def _rings(footprint: BaseGeometry | None) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Go through closed rings, each polygon's outline (`ext`) before its holes (`int`)."""
    # An edge of more than 180 degrees would be read as one that goes the short way.
    for polygon in shapely.get_parts(shapely.segmentize(footprint, _EDGE_DEG)):
        yield "ext", shapely.get_coordinates(polygon.exterior)
        for hole in polygon.interiors:
            yield "int", shapely.get_coordinates(hole)


def read(path: Path) -> Catalogue:
    """Read a `.scc`.

    Raises:
        CatalogueError: The file is damaged, or is not a spatial crater count.
    """
    structure = read_structure(path)
    unit = "m" if structure.in_metres else "km"
    craters = drop_whole_fractions(
        recognise_columns(structure.tables["crater"], str(path), unit=unit)
    )
    radius_m = structure.number("a_axis_radius") * 1000.0
    footprint = _footprint(structure.tables.get("unit_boundary"), path)
    area_km2 = structure.number("total_area", power=2)
    check_area(area_km2, radius_m, str(path))
    check_outline(footprint, area_km2, radius_m, str(path))
    if footprint is not None and footprint.is_empty:
        footprint = None
    check_sizes(craters, area_km2, str(path), list(structure.tables["crater"]))
    crs = sphere.geographic_crs(radius_m)
    return Catalogue(craters, crs, footprint=footprint, footprint_area_km2=area_km2)


def _footprint(boundary: pd.DataFrame | None, path: Path) -> BaseGeometry | None:
    if boundary is None or boundary.empty:
        return None
    try:
        polygons: list[BaseGeometry] = []
        for _, ring in boundary.groupby(_ring_numbers(boundary)):
            polygon = _ring_polygon(ring[["lon", "lat"]].to_numpy(float))
            if ring["tag"].iloc[0] == "int" and polygons:
                polygons[-1] = polygons[-1].difference(polygon)
            else:
                polygons.append(polygon)
        return keep_polygons(cut_at_meridian([shapely.union_all(polygons)])[0])
    except (KeyError, ValueError, shapely.GEOSException) as error:
        raise CatalogueError(f"{path}: its unit_boundary is damaged: {error}") from error


def _ring_numbers(boundary: pd.DataFrame) -> "pd.Series[int]":
    """Number the rings of an outline.

    Some tools give all areas one number, and only count their vertices from 1 again.
    """
    starts = boundary["sub_area"].astype(int).diff() != 0
    if "vertex" in boundary:
        starts |= boundary["vertex"].astype(int).diff() <= 0
    return starts.astype(int).cumsum()


def _ring_polygon(points: NDArray[np.float64]) -> BaseGeometry:
    """Make the polygon of a ring, which may cross the antimeridian, and itself."""
    jumps = (np.abs(np.diff(points[:, 0])) > 180.0).any()
    polygon = make_ring_polygon(*points.T) if jumps else shapely.Polygon(points)
    return keep_polygons(shapely.make_valid(polygon))
