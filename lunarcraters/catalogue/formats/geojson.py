"""GeoJSON: one polygon a crater, with every column.

RFC 7946 knows the Earth only, and a reader takes a GeoJSON without `crs` as Earth. The files keep
the RFC (longitude and latitude within -180..180, cut at the antimeridian, right-hand rule) with one
exception: the `crs` member of the 2008 specification names the lunar sphere. `footprint` and
`catalogue` are members of their own. Catalogues in pixels have `"crs": null` and y flipped.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping, shape

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.columns import LUNAR_COLUMNS, PIXEL_COLUMNS
from lunarcraters.catalogue.formats import vector
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry.area import names_crs

_URN = "urn:ogc:def:crs:IAU::30100"
_DECIMALS = 9
_FEATURES = '"features": ['
_FEATURE = '{"type": "Feature", "properties": '
_END = "]}\n"


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as GeoJSON.

    Raises:
        CatalogueError: Longitudes are to go from 0 to 360.
    """
    if info.lon_domain == 360:
        raise CatalogueError(
            "longitudes of GeoJSON go from -180 to 180: leave --lon-domain out, or write another "
            "format"
        )
    members = describe_collection(info)
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(members)[:-1] + ",\n" + _FEATURES + "\n")
        separator = ""
        for part in parts:
            if len(part):
                file.write(separator)
                _write_features(part, file)
                separator = ",\n"
        file.write("\n" + _END)


def describe_collection(info: CatalogueInfo) -> dict[str, Any]:
    """Make the members of the collection but its features."""
    header = replace(info, footprint=outlines.footprint_outline(info)).header()
    return {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": _URN}} if info.has_crs else None,
        "footprint": header.pop("footprint"),
        "catalogue": header,
    }


def _write_features(catalogue: Catalogue, file: TextIO) -> None:
    rounded = shapely.transform(
        outlines.crater_outlines(catalogue), lambda c: np.round(c, _DECIMALS)
    )
    # JSON has no NaN: unknown values are null.
    table = catalogue.craters.astype(object).where(catalogue.craters.notna(), None)
    records = table.to_dict("records")
    file.write(
        ",\n".join(
            f'{_FEATURE}{json.dumps(record)}, "geometry": {geometry}}}'
            for record, geometry in zip(records, shapely.to_geojson(rounded), strict=True)
        )
    )


def read(path: Path) -> Catalogue:
    """Read a GeoJSON of this program, or another whose features have the usual properties.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    header = _read_header(path)
    if header is not None:
        return Catalogue.from_header(_read_own(path), header)
    # A reader takes a GeoJSON that names no coordinate system as Earth (RFC 7946).
    return vector.read_layer(path, "GeoJSON", without_crs=not names_crs(path))


def _read_own(path: Path) -> pd.DataFrame:
    """Read the properties of a file that `write` made, a line each, without the polygons.

    GDAL would hold the whole text as objects: 9 GB for 300,000 craters.
    """
    decode = json.JSONDecoder().raw_decode
    records, line = [], ""
    with path.open(encoding="utf-8") as file:
        for line in file:
            # A feature that does not end in a bracket is the last of a truncated file.
            if line.startswith(_FEATURE) and line.rstrip(",\n").endswith("}}"):
                records.append(decode(line, len(_FEATURE))[0])
    if line != _END:
        raise CatalogueError(f"{path} ends half-way: write or copy it again")
    names = (*LUNAR_COLUMNS.names, *PIXEL_COLUMNS.names)
    empty = pd.DataFrame({name: pd.Series(dtype=float) for name in names})
    return pd.DataFrame(records) if records else empty


def _read_header(path: Path) -> dict[str, Any] | None:
    """Read the header that `write` put on the first line; None in other files."""
    try:
        with path.open(encoding="utf-8") as file:
            members = json.loads(file.readline().rstrip().rstrip(",") + "}")
        header = {**members["catalogue"], "footprint": members["footprint"]}
    except (ValueError, KeyError, TypeError):
        return None
    if header.get("crs") is None and header["footprint"] is not None:
        upright = outlines.flip_y(shape(header["footprint"]))
        header["footprint"] = mapping(upright)
    return header
