"""A table of PostGIS: circles and centres with every column; the rest as the table's comment.

The table is named in the address: `postgresql://user@host/database?table=craters`. The Moon's
coordinate system goes into `spatial_ref_sys`.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pandas as pd
import shapely
from pyproj import CRS

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import vector
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CratersError, OutputError
from lunarcraters.geometry import sphere

DEFAULT_TABLE = "craters"

_TYPES = {
    "crater_id": "text", "level": "integer", "tile": "text", "review": "text",
    "measure_note": "text",
}  # fmt: skip
_KEY = "fid"
"""Column of the primary key, the rank by size: identifiers of other authors may not be unique."""

_SRID = 30100
_OTHER_SPHERES = 900_000  # and the radius in units of 100 m: within what PostGIS leaves to users


def write(
    info: CatalogueInfo, parts: Iterable[Catalogue], name: str, *, overwrite: bool = False
) -> None:
    """Write a catalogue as a table, all of it or nothing.

    Args:
        info: Description of the catalogue.
        parts: Craters, largest first; at least one part, which may be empty.
        name: Address of the database, with the table.
        overwrite: True to replace a table of that name.

    Raises:
        OutputError: The database cannot be used, or has the table already.
    """
    where, table = _split(name)
    with _connected(where, OutputError) as (connection, sql):
        there = connection.execute("SELECT to_regclass(%s)", [f'"{table}"']).fetchone()[0]
        if there and not overwrite:
            raise OutputError(
                f"the database has a table {table} already: give another by ?table=NAME, or "
                "--overwrite to replace it"
            )
        target, srid = sql.Identifier(table), _srid(connection, info)
        parts = iter(parts)
        first = next(parts)
        names = list(first.craters.columns)
        columns = [f'"{_KEY}" bigint PRIMARY KEY']
        columns += [f'"{column}" {_TYPES.get(column, "double precision")}' for column in names]
        columns += [f"geometry geometry(MultiPolygon, {srid})", f"centre geometry(Point, {srid})"]
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(target))
        connection.execute(
            sql.SQL("CREATE TABLE {} ({})").format(target, sql.SQL(", ".join(columns)))
        )
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(target)) as copy:
            rows = (row for part in chain([first], parts) for row in _rows(part, names, srid))
            for number, row in enumerate(rows, 1):
                copy.write_row([number, *row])
        for column in ("geometry", "centre"):
            connection.execute(
                sql.SQL("CREATE INDEX ON {} USING gist ({})").format(target, sql.Identifier(column))
            )
        header = sql.Literal(json.dumps(info.header()))
        connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(target, header))


def read(name: str) -> Catalogue | EditedCatalogue:
    """Read a table of this program, or another with the usual column names.

    Raises:
        CatalogueError: The database cannot be used, or has no such table of craters.
    """
    where, table = _split(name)
    with _connected(where, CatalogueError) as (connection, sql):
        cursor = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
        names = [column.name for column in cursor.description]
        rows = pd.DataFrame(cursor.fetchall(), columns=names)
        comment = connection.execute(
            "SELECT obj_description(%s::regclass)", [f'"{table}"']
        ).fetchone()[0]
    outlines_wkb = rows.get("geometry")
    rows = rows.drop(columns=["geometry", "centre", _KEY], errors="ignore")
    try:
        header = json.loads(comment or "null")
    except json.JSONDecodeError:
        header = None
    if isinstance(header, dict) and "thresholds" in header:
        described = CatalogueInfo.from_header(header)
        shapes = None if outlines_wkb is None else shapely.from_wkb(outlines_wkb.to_numpy())
        return vector.from_own_table(rows, described, shapes, described.crs, f"the table {table}")
    return vector.from_table(rows, f"the table {table}")


def _split(name: str) -> tuple[str, str]:
    """Split an address into that of the database and the name of the table."""
    where, _, query = name.partition("?")
    # The database takes + as it is, and a blank as %20 alone.
    options = dict(parse_qsl(query.replace("+", "%2B")))
    table = options.pop("table", DEFAULT_TABLE)
    return where + "?" * bool(options) + urlencode(options, quote_via=quote), table


@contextmanager
def _connected(where: str, error: type[CratersError]) -> Iterator[tuple[Any, Any]]:
    """Open a transaction; gives the connection and psycopg's `sql`."""
    try:
        import psycopg
        from psycopg import sql
    except ImportError as missing:
        raise error(
            "PostGIS needs psycopg: install it by pip install 'lunarcraters[postgis]'"
        ) from missing
    try:
        with psycopg.connect(where) as connection:
            yield connection, sql
    except psycopg.Error as failed:
        reason = " ".join(str(failed).split())
        if 'type "geometry" does not exist' in reason or "spatial_ref_sys" in reason:
            reason = "it has no PostGIS: run CREATE EXTENSION postgis in it"
        host = urlsplit(where).hostname or "this machine"
        raise error(f"the database on {host} cannot be used: {reason}") from failed


def _srid(connection: Any, info: CatalogueInfo) -> int:
    """Make the coordinate system known to the database, and return its number."""
    if info.crs is None or info.radius_m is None:
        return 0
    usual = info.radius_m == sphere.RADIUS_M
    srid = _SRID if usual else _OTHER_SPHERES + round(info.radius_m / 100.0)
    connection.execute(
        "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [
            srid,
            "IAU_2015" if usual else "lunarcraters",
            srid,
            CRS(info.crs).to_wkt("WKT1_GDAL"),
            f"+proj=longlat +R={info.radius_m:.10g} +no_defs",
        ],
    )
    return srid


def _rows(part: Catalogue, names: list[str], srid: int) -> Iterator[list[Any]]:
    geometry, centre = (
        shapely.to_wkb(shapely.set_srid(shapes, srid), hex=True, include_srid=True)
        for shapes in (outlines.crater_multipolygons(part), outlines.crater_centres(part))
    )
    columns = [part.table[name].tolist() for name in names]
    for row in zip(*columns, geometry, centre, strict=True):
        yield list(row)
