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
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import vector
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry.given_areas import names_crs
from lunarcraters.geometry.polygons import Geometries

_CODE = ":30100"
_URN = f"urn:ogc:def:crs:IAU:{_CODE}"
_DECIMALS = 9
_FEATURES = '"features": ['
_FEATURE = '{"type": "Feature", "properties": '
_GEOMETRY = ', "geometry": '
_END = "]}\n"
_RING, _RING_END = '{"type":"Polygon","coordinates":[[[', "]]]}"
_AT_ONCE = 10_000  # geometries that are held as text


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
            f"{_FEATURE}{json.dumps(record)}{_GEOMETRY}{geometry}}}"
            for record, geometry in zip(records, shapely.to_geojson(rounded), strict=True)
        )
    )


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a GeoJSON of this program, or another whose features have the usual properties.

    Raises:
        CatalogueError: The file is damaged, or holds no craters.
        CoordinateSystemError: The file is not of the Moon.
    """
    members = _read_members(path)
    if members is None:
        # A reader takes a GeoJSON that names no coordinate system as Earth (RFC 7946).
        return vector.read_layer(path, "GeoJSON", without_crs=not names_crs(path))
    info = CatalogueInfo.from_header(_find_header(members))
    if "features" in members:
        table, shapes = _read_features(members["features"], path)
    else:
        table, shapes = _read_lines(path)
    if info.has_crs and "crs" not in members:
        vector.refuse_metres(shapes, str(path))
    return vector.from_own_table(table, info, shapes, info.crs, str(path))


def _read_lines(path: Path) -> tuple[pd.DataFrame, Geometries]:
    """Read the features of a file that `write` made, a line each.

    GDAL would hold the whole text as objects: 9 GB for 300,000 craters.
    """
    decode = json.JSONDecoder().raw_decode
    records: list[Any] = []
    texts: list[str] = []
    shapes: list[Geometries] = []
    line = ""
    with path.open(encoding="utf-8") as file:
        for line in file:
            bare = line.rstrip(",\n")
            # A feature that does not end in a bracket is the last of a truncated file.
            if bare.startswith(_FEATURE) and bare.endswith("}"):
                record, end = decode(bare, len(_FEATURE))
                records.append(record)
                texts.append(bare[end + len(_GEOMETRY) : -1])
            if len(texts) == _AT_ONCE:
                shapes.append(_make_shapes(texts, path))
                texts = []
    if line != _END:
        raise CatalogueError(f"{path} ends half-way: write or copy it again")
    return _tabulate(records), np.concatenate([*shapes, _make_shapes(texts, path)])


def _read_features(features: Any, path: Path) -> tuple[pd.DataFrame, Geometries]:
    """Read the features of a file that another program has written again."""
    try:
        records = [feature["properties"] or {} for feature in features]
        texts = [json.dumps(feature.get("geometry"), separators=(",", ":")) for feature in features]
    except (KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"{path} is not a GeoJSON of craters: {error!r}") from error
    return _tabulate(records), _make_shapes(texts, path)


def _make_shapes(texts: list[str], path: Path) -> Geometries:
    """Make shapes of the texts of geometries; rings by themselves at once, which is quicker."""
    shapes = np.full(len(texts), None, dtype=object)
    simple, rings = [], []
    try:
        for number, text in enumerate(texts):
            ring = text[len(_RING) : -len(_RING_END)]
            if text.startswith(_RING) and text.endswith(_RING_END) and _is_flat(ring):
                simple.append(number)
                rings.append(ring.replace("],[", ","))
            elif text != "null":
                shapes[number] = shapely.from_geojson(text)
        if simple:
            points = np.fromstring(",".join(rings), sep=",").reshape(-1, 2)
            index = np.repeat(simple, [ring.count(",") // 2 + 1 for ring in rings])
            shapes[simple] = shapely.polygons(
                shapely.linearrings(points, indices=np.unique(index, return_inverse=True)[1])
            )
    except (shapely.GEOSException, ValueError) as error:
        raise CatalogueError(f"{path} has a geometry that cannot be read: {error}") from error
    return shapes


def _is_flat(ring: str) -> bool:
    """Tell whether the text of a ring has points of two numbers, and no second ring."""
    steps = ring.count("],[")
    return ring.count("[") == steps and ring.count(",") == 2 * steps + 1


def _tabulate(records: list[Any]) -> pd.DataFrame:
    names = (*LUNAR_COLUMNS.names, *PIXEL_COLUMNS.names)
    empty = pd.DataFrame({name: pd.Series(dtype=float) for name in names})
    return pd.DataFrame(records) if records else empty


def _read_members(path: Path) -> dict[str, Any] | None:
    """Read the members of a file of this program; None of other files.

    `write` puts all but the features on the first line; other programs do not.
    """
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline()
        try:
            members = json.loads(line.rstrip().rstrip(",") + "}")
        except ValueError:
            members = {}
        if "catalogue" not in members:
            content = path.read_text(encoding="utf-8")
            members = json.loads(content) if '"catalogue"' in content else None
    except ValueError:
        return None
    return members if _is_own(members) else None


def _is_own(members: Any) -> bool:
    """Tell whether members are those of this program, and not of a copy in another projection."""
    if not isinstance(members, dict) or not isinstance(members.get("catalogue"), dict):
        return False
    crs = members.get("crs")
    return crs is None or f'{_CODE}"' in json.dumps(crs)


def _find_header(members: dict[str, Any]) -> dict[str, Any]:
    """Make the header from the members of a file."""
    header = {**members["catalogue"], "footprint": members.get("footprint")}
    if header.get("crs") is None and header["footprint"] is not None:
        upright = outlines.flip_y(shape(header["footprint"]))
        header["footprint"] = mapping(upright)
    return header
