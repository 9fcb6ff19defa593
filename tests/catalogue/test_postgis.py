"""Against a real server: `LUNARCRATERS_POSTGIS=postgresql://user@host/database`."""

import os
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lunarcraters.catalogue.formats import postgis, read_catalogue, write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OutputError
from lunarcraters.files import is_database
from lunarcraters.geometry import sphere


@pytest.fixture
def database(request):
    server = os.environ.get("LUNARCRATERS_POSTGIS")
    if not server:
        pytest.skip("needs LUNARCRATERS_POSTGIS, the address of a database with PostGIS")
    import psycopg

    table = f"test_{os.getpid()}"
    yield f"{server}{'&' if '?' in server else '?'}table={table}"
    with psycopg.connect(server) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def test_options_of_an_address_reach_the_database_as_they_are():
    server = "postgresql://user@host/db?options=-c%20search_path%3Dmoon&password=a+b%2Bc%2Fd"
    parsed, table = postgis._split(f"{server}&table=craters")
    assert table == "craters"
    # As libpq reads it: of percent signs alone.
    options = dict(pair.split("=") for pair in parsed.partition("?")[2].split("&"))
    assert {name: unquote(value) for name, value in options.items()} == {
        "options": "-c search_path=moon",
        "password": "a+b+c/d",
    }


def test_a_catalogue_comes_back_from_a_database(database, lunar):
    write_catalogue(lunar, database)
    again = read_catalogue(database)
    pd.testing.assert_frame_equal(again.craters, lunar.craters, check_exact=True)
    assert again.header() == lunar.header()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    st.lists(
        st.tuples(st.floats(-180, 360), st.floats(-90, 90), st.floats(1e-3, 2000), st.floats(0, 1)),
        min_size=1,
        max_size=5,
    )
)
def test_any_craters_survive_a_database(database, rows):
    craters = pd.DataFrame(rows, columns=["lon", "lat", "diameter_km", "score"])
    catalogue = Catalogue(craters, sphere.geographic_crs(), footprint_area_km2=1.0)
    write_catalogue(catalogue, database, overwrite=True)
    again = read_catalogue(database).craters.set_index("crater_id")
    again = again.loc[catalogue.craters["crater_id"]]
    for name in ("lon", "lat", "diameter_km", "score"):
        assert (again[name].to_numpy() == catalogue.craters[name].to_numpy()).all()


def test_a_database_knows_the_moon(database, lunar):
    import psycopg

    write_catalogue(lunar, database)
    server, table = postgis._split(database)
    with psycopg.connect(server) as connection:
        rows = connection.execute(
            f"SELECT lon, lat, diameter_km, ST_SRID(geometry), ST_IsValid(geometry), "
            f"ST_X(centre), ST_Area(geometry) FROM {table} ORDER BY crater_id"
        ).fetchall()
        radius = connection.execute(
            "SELECT proj4text FROM spatial_ref_sys WHERE srid = 30100"
        ).fetchone()
    found = np.array(rows, float)
    assert "1737400" in radius[0]
    assert found[:, :3] == pytest.approx(lunar.craters[["lon", "lat", "diameter_km"]].to_numpy())
    assert (found[:, 3] == 30100).all()
    assert found[:, 4].all()
    assert found[:, 5] == pytest.approx(found[:, 0])
    assert (found[:, 6] > 0).all()


def test_a_table_is_replaced_only_when_asked(database, lunar):
    write_catalogue(lunar, database)
    few = lunar.filter(0.5)
    with pytest.raises(OutputError, match="--overwrite"):
        write_catalogue(few, database)
    assert len(read_catalogue(database)) == len(lunar)
    write_catalogue(few, database, overwrite=True)
    assert len(read_catalogue(database)) == len(few)


def test_pixels_have_no_place_in_a_database_but_come_back(database, pixels):
    write_catalogue(pixels, database)
    assert read_catalogue(database).craters.equals(pixels.craters)


def test_what_fails_half_way_leaves_no_table(database, lunar):
    def parts():
        yield lunar
        raise OutputError("the disk is full")

    with pytest.raises(OutputError, match="full"):
        postgis.write(lunar.info, parts(), database)
    with pytest.raises(CatalogueError, match="does not exist"):
        read_catalogue(database)


def test_a_table_has_a_primary_key_and_indexes_of_both_geometries(database, lunar):
    import psycopg

    write_catalogue(lunar, database)
    server, table = database.rsplit("table=", 1)
    with psycopg.connect(server.rstrip("?&")) as connection:
        indexes = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table]
        ).fetchall()
        numbers = connection.execute(f"SELECT fid FROM {table} ORDER BY diameter_km DESC")
        assert [number for (number,) in numbers] == list(range(1, len(lunar) + 1))
        # A sphere of its own: a degree of the Moon is 30.3 km.
        (metres,) = connection.execute(
            f"SELECT ST_Distance(centre::geography, ST_SetSRID(ST_MakePoint(11, 20), "
            f"ST_SRID(centre))::geography) FROM {table} WHERE lon = 10"
        ).fetchone()
    text = " ".join(definition for (definition,) in indexes)
    assert "UNIQUE INDEX" in text
    assert "gist (geometry)" in text
    assert "gist (centre)" in text
    assert metres / 1000.0 == pytest.approx(sphere.distance_km(10, 20, 11, 20), rel=1e-6)


def test_a_server_that_is_not_there_is_one_sentence(lunar):
    with pytest.raises(OutputError, match=r"the database on 127\.0\.0\.1 cannot be used"):
        write_catalogue(lunar, "postgresql://nobody@127.0.0.1:1/moon")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("postgresql://me@host/db?table=a", True),
        ("postgres:///db", True),
        ("craters.gpkg", False),
        ("/postgresql/a.gpkg", False),
    ],
)
def test_addresses_are_told_from_files(name, wanted):
    assert is_database(name) == wanted
