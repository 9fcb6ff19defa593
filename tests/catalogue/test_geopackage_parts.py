"""The craters of a GeoPackage are read a few rows at a time."""

import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pyogrio
import pytest

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.table import Catalogue


@pytest.fixture
def path(tmp_path):
    """A GeoPackage of ten craters, two of which were deleted."""
    table = pd.DataFrame({"lon": np.arange(10.0), "lat": 0.0, "score": 0.5})
    craters = table.assign(diameter_km=np.arange(20.0, 10.0, -1.0))
    path = tmp_path / "a.gpkg"
    write_catalogue(Catalogue(craters, "IAU_2015:30100"), path)
    with closing(sqlite3.connect(path)) as database, database:
        drop_triggers(database)
        database.execute("DELETE FROM craters WHERE fid IN (2, 5)")
    return path


def drop_triggers(database):
    """Remove the triggers of the spatial index, which call functions of GDAL."""
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        database.execute(f'DROP TRIGGER "{name}"')


def rename_key(path):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute('ALTER TABLE craters RENAME COLUMN fid TO "my ""key"')


def replace_layer(path, *statements):
    """Make the layer of its former table, `old`."""
    with closing(sqlite3.connect(path)) as database, database:
        for statement in ("ALTER TABLE craters RENAME TO old", *statements):
            database.execute(statement)


def sort_otherwise(path):
    replace_layer(path, "CREATE VIEW craters AS SELECT * FROM old ORDER BY fid % 3")


def leave_key_out(path):
    make = "CREATE TABLE craters AS SELECT * FROM old ORDER BY fid"
    replace_layer(path, make, "ALTER TABLE craters DROP COLUMN fid")


@pytest.mark.parametrize(
    ("change", "skips"),
    [
        (lambda path: None, False),
        (rename_key, False),
        (sort_otherwise, True),
        (leave_key_out, True),
    ],
)
@pytest.mark.parametrize("rows", [1, 3, 4, 8])
def test_no_row_is_left_out_and_none_is_read_again_to_skip_it(
    path, monkeypatch, change, skips, rows
):
    change(path)
    whole = read_catalogue(path)
    assert len(whole) == 8
    skipped, read = [], pyogrio.read_dataframe

    def read_noting(*arguments, **options):
        skipped.append(options.get("skip_features", 0))
        return read(*arguments, **options)

    monkeypatch.setattr(pyogrio, "read_dataframe", read_noting)
    monkeypatch.setattr("lunarcraters.catalogue.formats.geopackage.PART_ROWS", rows)
    pd.testing.assert_frame_equal(read_catalogue(path).craters, whole.craters)
    assert any(skipped) == skips
