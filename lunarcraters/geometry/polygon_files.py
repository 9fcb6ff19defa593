"""Files of polygons: the layer that is the ground craters are counted on, and its names."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import AreaError, refuse_address, warn
from lunarcraters.geometry.polygons import keep_polygons
from lunarcraters.geometry.seam import mend_areas
from lunarcraters.process import suppress_warnings

_NO_POLYGONS = re.compile("Point|Line")
_DIAMETER = re.compile("^diam", re.IGNORECASE)
_GROUND = "footprint"  # layer of the ground in the GeoPackages of this program
_NAMES = ("name", "area_name", "unit_name", "unitname", "unit", "mapunit", "label", "title")
_NO_GROUND = "has no polygon that encloses ground: draw the area as polygons"
_LATITUDE_FIRST = {"JSONFG": "JSON-FG", "GML": "GML"}  # by the name of GDAL's driver
_ERRORS = (DataLayerError, DataSourceError, OSError, IndexError)


def read_polygons(path: Path, *, has_crs: bool = True) -> tuple[BaseGeometry, Any]:
    """Read the ground that a file draws.

    Of a GeoPackage of this program it is the layer `footprint`; of another file the first layer of
    polygons that are not craters.

    Args:
        path: File or directory that GDAL reads.
        has_crs: True for polygons on the Moon, of which those in degrees are mended where they
            jump at 180 degrees (see `mend_areas`); False for pixels.

    Returns:
        Valid polygons as one geometry, and their coordinate system; None where the file has none.

    Raises:
        AreaError: The file cannot be read, has no polygons but those of craters, or an outline of
            which it cannot be told whether it jumps.
    """
    frame = _read_layer(path, [], has_crs=has_crs)
    return _unite(list(frame.geometry), path), frame.crs


def read_named_polygons(
    path: Path, column: str | None = None
) -> tuple[dict[str, BaseGeometry], Any]:
    """Read the polygons of a file one by one, with their names.

    Polygons of one name are one area. A polygon without a name is one of its own: it has the name
    of the file if it is alone, else its number in the file, followed by `(unnamed)` where this
    number is the name of another. A warning tells of areas that enclose no ground.

    Args:
        path: File or directory that GDAL reads.
        column: Column of the names; None for the usual ones (`name`, `area_name`, `unit` ...).

    Returns:
        Valid polygons by name, in the order of the file, and their coordinate system; None where
        the file has none.

    Raises:
        AreaError: The file cannot be read, has no polygons but those of craters, no such column,
            or an outline of which it cannot be told whether it jumps at 180 degrees.
    """
    frame = _read_layer(path, None)
    names = _read_names(frame, path, column)
    shapes: dict[str, list[BaseGeometry]] = {}
    valid = shapely.make_valid(np.array(frame.geometry, object))  # before: areas may cancel out
    for name, shape in zip(names, valid, strict=True):
        if shape is not None and shape.area > 0.0:
            shapes.setdefault(name, []).append(shape)
    if not shapes:
        raise AreaError(f"{path} {_NO_GROUND}")
    empty = list(dict.fromkeys(name for name in names if name not in shapes))
    if empty:
        warn(
            f"{path} has areas that enclose no ground and are left out ({empty[0]!r} ..., "
            f"{len(empty)} such)"
        )
    return {name: _unite(some, path) for name, some in shapes.items()}, frame.crs


def _read_layer(path: Path, columns: list[str] | None, *, has_crs: bool = True) -> Any:
    """Read the layer of the ground as a table; all of its columns if None are named.

    In degrees, its outlines do not jump; those that this program wrote never do.
    """
    refuse_address(path, AreaError)
    try:
        layer = _choose_layer(path)
        is_own = layer == _GROUND and "craters" in pyogrio.list_layers(path)[:, 0]
        frame = read_closed(path, layer, columns)
        fault = explain_axis_order(path, layer)
    except _ERRORS as error:
        raise AreaError(_explain_unreadable(path)) from error
    if fault is not None:
        raise AreaError(fault)
    if has_crs and not is_own and frame.crs is not None and frame.crs.is_geographic:
        mended = mend_areas(frame.geometry.to_numpy(), str(path))
        frame = frame.set_geometry(mended, crs=frame.crs)
    return frame


def _read_names(frame: Any, path: Path, column: str | None) -> list[str]:
    """Read the names of the rows of a layer; one without a name has a name of its own."""
    fields = {str(field).lower(): field for field in frame.columns if field != "geometry"}
    if column is not None and column.lower() not in fields:
        has = ", ".join(map(str, fields.values())) or "none"
        raise AreaError(f"{path} has no column {column!r} of names (it has: {has}): give one of it")
    wanted = _NAMES if column is None else (column.lower(),)
    field = next((fields[name] for name in wanted if name in fields), None)
    texts = [""] * len(frame) if field is None else _write_names(frame[field])
    if len(frame) == 1 and not texts[0]:
        return [path.stem.removesuffix("_AREA")]
    taken = set(texts)
    return [text or _number_name(number, taken) for number, text in enumerate(texts, 1)]


def _write_names(column: Any) -> list[str]:
    """Write the values of a column of names as text in one line, whole numbers without a point."""
    values = column
    if column.dtype.kind == "f":  # whole numbers become such beside a row without a value
        values = column.map(partial(np.format_float_positional, trim="-"))
    texts = values.astype(str).str.strip().str.replace(r"\s*[\r\n]\s*", " ", regex=True)
    return list(texts.where(column.notna(), ""))


def _number_name(number: int, taken: set[str]) -> str:
    """Make the name of a polygon without one, which no other polygon has."""
    name = str(number)
    while name in taken:
        name += " (unnamed)"
    return name


def _unite(shapes: Sequence[BaseGeometry | None], path: Path) -> BaseGeometry:
    """Make one valid geometry of polygons."""
    valid = shapely.make_valid(np.array([shape for shape in shapes if shape is not None], object))
    outline = shapely.union_all(valid)
    if not outline.area:
        raise AreaError(f"{path} {_NO_GROUND}")
    return keep_polygons(outline)  # repaired ones leave lines behind


def _choose_layer(path: Path) -> str:
    """Choose the layer of a file that draws ground, and say which where there are several."""
    layers = [(str(name), str(kind)) for name, kind in pyogrio.list_layers(path) if kind]
    drawn = [name for name, kind in layers if not _NO_POLYGONS.search(kind)]
    if not drawn:
        raise AreaError(f"{path} has no polygon: draw the area as polygons")
    if _GROUND in drawn and "craters" in drawn:
        return _GROUND
    crater_columns = {name: _find_diameters(path, name) for name in drawn}
    ground = [name for name in drawn if crater_columns[name] is None]
    if not ground:
        raise AreaError(
            f"{path} holds craters (column {crater_columns[drawn[0]]}), not the ground that they "
            "were counted on: give the outline of that ground, or a GeoPackage that craters export "
            "wrote of a run, whose footprint is taken"
        )
    if len(ground) > 1:
        others = ", ".join(repr(name) for name in ground[1:])
        warn(f"{path}: the area is its layer {ground[0]!r}; left out: {others}")
    return ground[0]


def _find_diameters(path: Path, layer: str) -> str | None:
    """Find the column of diameters of a layer of several polygons; one crater may be an area."""
    info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    if info["features"] < 2:
        return None
    return next((str(name) for name in info["fields"] if _DIAMETER.match(str(name))), None)


def _explain_unreadable(path: Path) -> str:
    """Say what is wrong with a file that is not one of polygons."""
    if not path.exists():
        fault = "does not exist"
    elif path.is_dir():
        fault = "is a directory"
    elif not path.stat().st_size:
        fault = "is empty"
    else:
        fault = "is damaged, or not a file of polygons"
    return f"{path} {fault}, and cannot be read as an area: give a .gpkg, .geojson or .shp"


def read_closed(path: Path, layer: str | None = None, columns: list[str] | None = None) -> Any:
    """Read a layer as a table, and close rings of polygons that do not end where they begin.

    Args:
        path: File or directory that GDAL reads.
        layer: Name of the layer; None for the first.
        columns: Names of the columns beside the geometries; None for all.
    """
    with suppress_warnings(RuntimeWarning, r"Non closed ring|EPSG:\d+ is not a valid"):
        return pyogrio.read_dataframe(path, layer=layer, columns=columns, on_invalid="fix")


def explain_axis_order(path: Path, layer: str | None = None) -> str | None:
    """Say why the longitudes and latitudes of a file are not to be trusted.

    JSON-FG and GML have the latitude first. GDAL 3.12 writes lunar features with the longitude
    first, and takes it for the latitude when it reads them.

    Args:
        path: File.
        layer: Name of the layer; None for the first.

    Returns:
        Message; None for a file of another format, or in metres.
    """
    info = pyogrio.read_info(path, layer=layer)
    kind = _LATITUDE_FIRST.get(info["driver"])
    if kind is None or info["crs"] is None or not CRS.from_user_input(info["crs"]).is_geographic:
        return None
    return (
        f"{path} is {kind} in degrees, and GDAL may have exchanged its longitudes and latitudes: "
        "save it as a GeoPackage where it was made"
    )


def advise_crs(crs: Any) -> str:
    """Say how to give a file of the Moon, which names the Earth, its coordinate system.

    Args:
        crs: Coordinate system that the file names, as pyproj reads it.
    """
    if not CRS.from_user_input(crs).is_geographic:
        return "save it in the coordinate system of the lunar map that it was drawn on"
    return (
        "name the Moon's without moving its coordinates (QGIS: Layer > Set Layer CRS, then "
        "export; GDAL: ogr2ogr -a_srs IAU_2015:30100 moon.gpkg FILE; GeoPandas: "
        "frame.set_crs('IAU_2015:30100', allow_override=True).to_file('moon.gpkg'))"
    )
