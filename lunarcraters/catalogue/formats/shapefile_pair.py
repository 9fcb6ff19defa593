"""Pairs of Shapefiles, `NAME_CRATER.shp` and `NAME_AREA.shp`, as CraterTools draws counts.

The first has outlines of craters (`Diam_km, x_coord, y_coord, tag`), the second the polygons that
they were counted on. craterstats measures diameters, fractions and area by the polygons alone.
"""

import logging
import re
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from shapely.affinity import scale, translate
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.columns import FRACTION
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import shapefile, vector
from lunarcraters.catalogue.formats.diam import drop_whole_fractions
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.places import Places
from lunarcraters.catalogue.recognition import recognise_columns
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OutputError, warn
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area, place_area
from lunarcraters.geometry.polygons import Geometries, cut_at_meridian, keep_polygons
from lunarcraters.geometry.seam import mend_areas

_log = logging.getLogger(__name__)

_NAME = re.compile(r"(?<![A-Za-z])(CRATER|Crater|crater)(?![A-Za-z])")
_AREA_NAME = re.compile(r"(?<![A-Za-z])(AREA|Area|area)(?![A-Za-z])")
_AREAS = {"CRATER": "AREA", "Crater": "Area", "crater": "area"}
_RIM_POINTS = 96
_POLE_DEG = 1e-6
_EDGE_DEG = 0.1  # longest edge of an area, within which great circles and parallels are the same
_MAP = shapely.box(-180.0 + 1e-5, -90.0 + 1e-4, 180.0 - 1e-5, 90.0 - 1e-4)
"""Where outlines are drawn: on a sphere, those that end on the antimeridian or a pole touch."""

_AROUND = shapely.box(-190.0, -100.0, 190.0, 100.0)
_STEPS = 8  # of approach to the area that was counted, at most
_NEAR = 1e-8  # relative error of an area that is near enough
_ROUNDING_DEG = 1e-10
_MOST_NODATA = 0.05  # share of an outline's area


def is_pair(path: Path) -> bool:
    """Tell whether a name is that of the craters of a pair, in capitals as craterstats wants it."""
    found = _NAME.search(path.stem)
    return found is not None and (found[1] == "CRATER" or area_path(path).is_file())


def area_path(path: Path) -> Path:
    """Name the Shapefile of the area that belongs to one of craters."""
    stem = _NAME.sub(lambda found: _AREAS[found[1]], path.stem)
    return path.with_name(stem + path.suffix)


def is_area(path: Path) -> bool:
    """Tell whether a name is that of the area of a pair, in capitals or beside its craters."""
    found = _AREA_NAME.search(path.stem)
    return found is not None and (found[1] == "AREA" or crater_path(path).is_file())


def crater_path(path: Path) -> Path:
    """Name the Shapefile of the craters that belong to one of an area."""
    names = {area: crater for crater, area in _AREAS.items()}
    return path.with_name(_AREA_NAME.sub(lambda found: names[found[1]], path.stem) + path.suffix)


def companions(path: Path) -> list[Path]:
    """List the files beside the one that is named."""
    area = area_path(path)
    return [*shapefile.companions(path), area, *shapefile.companions(area)]


def indexes(path: Path) -> list[Path]:
    """List the indexes that other programs may have made of both Shapefiles."""
    return [*shapefile.indexes(path), *shapefile.indexes(area_path(path))]


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as a pair of Shapefiles in longitude and latitude.

    Args:
        info: Description of the catalogue.
        parts: Craters, largest first.
        path: Shapefile of the craters, named as `is_pair` says.

    Raises:
        CatalogueError: Positions are pixels, or the ground that was counted on is not known, or
            covers more than half of the Moon.
        OutputError: The files cannot be written.
    """
    shapefile.require_crs(info)
    if info.footprint is None:
        raise CatalogueError(
            "the ground that the craters were counted on is not known, which *_AREA.shp needs: "
            "export them with its outline (craters export --area), export a run of craters detect, "
            "or name the file otherwise, such as craters.shp"
        )
    radius_m = info.radius_m or sphere.RADIUS_M
    ground = _ground(info.footprint, info.footprint_area_km2, radius_m)
    sizes = [sphere.area_km2(one, radius_m) for one in ground]
    share = max(sizes) / (4.0 * np.pi * (radius_m / 1000.0) ** 2)
    if share > 0.5:
        raise CatalogueError(
            f"the ground counted is one outline round {share:.0%} of the Moon, and craterstats "
            "measures the other side of such an outline: write a .scc, or export parts of it "
            "(craters export --area)"
        )
    try:
        for number, part in enumerate(parts):
            craters = pd.DataFrame(
                {
                    "Diam_km": part.diameters,
                    "x_coord": part.table["lon"],
                    "y_coord": part.table["lat"],
                    "tag": "standard",
                    FRACTION: part.craters.get(FRACTION, 1.0),
                }
            )
            frame = gpd.GeoDataFrame(craters, geometry=_rims(part), crs=info.crs)
            _write(frame, path, append=number > 0)
        areas = pd.DataFrame({"area": sizes, "area_name": "searched"})
        _write(gpd.GeoDataFrame(areas, geometry=list(ground), crs=info.crs), area_path(path))
        for file in (path, area_path(path)):
            shapefile.check_whole(file)
    except vector.ERRORS as error:
        raise OutputError(f"the Shapefiles cannot be written: {error}") from error


def _write(frame: gpd.GeoDataFrame, path: Path, *, append: bool = False) -> None:
    pyogrio.write_dataframe(
        frame, path, driver="ESRI Shapefile", append=append, geometry_type="Polygon"
    )


def _rims(part: Catalogue) -> Geometries:
    """Draw craters as single rings, which go past 180 degrees rather than in two parts.

    Each polygon has the area of its circle: craterstats takes the diameter from it.
    """
    lon, lat = part.positions.T
    lat = np.clip(lat, _POLE_DEG - 90.0, 90.0 - _POLE_DEG)  # bearings have no meaning at a pole
    step = 2.0 * np.pi / _RIM_POINTS
    wider = np.sqrt(step / np.sin(step))
    rim_lon, rim_lat = sphere.circle_points(
        lon, lat, part.diameters * wider, _RIM_POINTS, part.radius_m or sphere.RADIUS_M
    )
    unrolled = lon[:, None] + sphere.wrap_longitude(rim_lon - lon[:, None])
    return np.asarray(shapely.polygons(np.stack([unrolled, rim_lat], axis=-1)), dtype=object)


def _ground(footprint: BaseGeometry, area_km2: float | None, radius_m: float) -> Geometries:
    """Draw the polygons of an area apart, with edges that are short enough for any rule of joining.

    Nodata that is smaller than the cells of an outline is not in it. The outline is moved by so
    much, less than a cell, that it encloses the area that was counted.
    """
    whole = _continue_past_map(footprint)
    ground = _move_outline(whole, 0.0)
    ratio = sphere.area_km2(ground, radius_m) / (area_km2 or np.inf)
    if area_km2 and abs(1.0 / ratio - 1.0) > _MOST_NODATA:
        _log.warning("note: the outline of the ground is %.3g of the area counted", ratio)
    elif area_km2:
        ground = _fit_area(whole, area_km2, radius_m)
    parts = shapely.get_parts(keep_polygons(ground))
    return np.asarray(shapely.segmentize(parts, _EDGE_DEG), dtype=object)


def _continue_past_map(footprint: BaseGeometry) -> BaseGeometry:
    """Draw the ground, and past the edge of the map what is there once more.

    An outline that is moved stays at the edge of the map, because it does not end there.
    """
    (ground,) = cut_at_meridian([shapely.make_valid(footprint)])
    beside = [translate(ground, shift) for shift in (-360.0, 360.0)]
    beyond = [scale(ground, yfact=-1.0, origin=(0.0, pole)) for pole in (-90.0, 90.0)]
    copies = shapely.intersection([*beside, *beyond], _AROUND)
    return shapely.union_all([ground, *copies])


def _fit_area(whole: BaseGeometry, area_km2: float, radius_m: float) -> BaseGeometry:
    """Move the outline of the ground until it encloses an area; the distance is found by secants.

    Moved as one outline, parts that meet at a corner do not overlap.
    """
    before = 0.0
    excess = sphere.area_km2(_move_outline(whole, before), radius_m) / area_km2 - 1.0
    distance = -excess * whole.area / whole.length
    for _ in range(_STEPS):
        ground = _move_outline(whole, distance)
        now = sphere.area_km2(ground, radius_m) / area_km2 - 1.0
        if abs(now) < _NEAR or now == excess:
            break
        step = now * (distance - before) / (now - excess)
        before, distance, excess = distance, distance - step, now
    return ground


def _move_outline(whole: BaseGeometry, distance_deg: float) -> BaseGeometry:
    """Move the outline of the ground outwards, or inwards where the distance is negative."""
    if abs(distance_deg) > _ROUNDING_DEG:  # a smaller step would lose polygons by rounding
        whole = whole.buffer(distance_deg, join_style="mitre")
    return shapely.intersection(whole, _MAP)


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a pair; a Shapefile named so without its area is read as any other.

    The sphere may be that of another body, as in `.scc`. Craters that the outline of the area cuts
    count for the part inside, and those wholly outside are left out. An outline that a person drew,
    without attributes, has its own diameter.

    Raises:
        CatalogueError: A file is damaged, or holds no craters or no area.
        CoordinateSystemError: A coordinate system is of a flattened body.
        AreaError: It cannot be told whether an outline of the area jumps at 180 degrees.
    """
    if not area_path(path).is_file():
        warn(
            f"{path} is read without the area that its craters were counted on: "
            f"{area_path(path).name} is not beside it"
        )
        return shapefile.read(path)
    table, shapes, crs = _read(path)
    _, areas, area_crs = _read(area_path(path))
    if sphere.radius_m(crs) != sphere.radius_m(area_crs):
        raise CatalogueError(
            f"{path} and {area_path(path)} are on spheres of other radii: save both in one "
            "coordinate system"
        )
    if not len(areas):
        raise CatalogueError(f"{area_path(path)} has no polygon: draw the area that was counted on")
    radius_m = sphere.radius_m(crs)
    if area_crs.is_geographic:
        areas = mend_areas(areas, str(area_path(path)))
    footprint = shapely.union_all([place_area(one, area_crs).to_lonlat() for one in areas])
    places = Places(shapes, crs, by_area=True)
    craters = recognise_columns(table, str(path), places=places)
    drawn = craters["diameter_km"].isna()
    if drawn.any():
        craters.loc[drawn, "diameter_km"] = places.diameters_km[drawn]
    geographic = sphere.geographic_crs(radius_m)
    area_km2 = sphere.area_km2(footprint, radius_m)
    catalogue = Catalogue(drop_whole_fractions(craters), geographic, footprint, area_km2)
    if FRACTION in craters:
        return catalogue
    shares = Area(footprint, geographic).compute_shares(catalogue.positions, catalogue.diameters)
    inside = catalogue.with_fractions(shares).rows(shares > 0.0)
    return Catalogue.from_table(drop_whole_fractions(inside.craters), inside.info)


def _read(path: Path) -> tuple[pd.DataFrame, Geometries, CRS]:
    """Read columns, polygons and coordinate system; rows that lost their polygon are left out."""
    try:
        frame = pyogrio.read_dataframe(path)
    except vector.ERRORS as error:
        raise CatalogueError(f"{path} is not a Shapefile: {error}") from error
    if getattr(frame, "crs", None) is None:
        raise CatalogueError(
            f"{path} has no coordinate system: put its .prj beside it, or save it again with one"
        )
    if sphere.is_flattened(CRS(frame.crs)):
        sphere.lunar_crs(frame.crs, str(path))  # names what is wrong
    shapes = np.asarray(shapely.force_2d(frame.geometry.to_numpy()), dtype=object)
    there = np.array([one is not None and not one.is_empty for one in shapes], dtype=bool)
    table = pd.DataFrame(frame.drop(columns="geometry"))[there].replace({None: np.nan})
    return table, shapes[there], frame.crs
