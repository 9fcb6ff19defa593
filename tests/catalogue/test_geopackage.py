import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from lunarcraters.catalogue.formats import (
    read_catalogue,
    write_catalogue,
    write_catalogue_parts,
)
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CratersWarning, OutputError
from lunarcraters.geometry import sphere

from .conftest import is_lunar


def test_a_geopackage_has_its_layers_in_the_lunar_crs(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)
    layers = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    geometries = {"craters", "centres", "bounding_boxes", "footprint"}
    assert set(layers) == {*geometries, "added_craters", "catalogue", "layer_styles"}
    for name in ("craters", "centres", "bounding_boxes", "footprint"):
        frame = pyogrio.read_dataframe(path, layer=name)
        assert is_lunar(frame.crs)
        assert frame.geometry.is_valid.all()
        assert frame.total_bounds[0] >= -180
        assert frame.total_bounds[2] <= 180
    assert frame["area_km2"].tolist() == [123456.789]
    centres = pyogrio.read_dataframe(path, layer="centres")
    assert np.allclose(centres.geometry.x, centres["lon"])


def test_a_geopackage_names_an_authority_that_proj_knows(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)
    with closing(sqlite3.connect(path)) as database:
        known = database.execute(
            "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
            "WHERE srs_id = (SELECT srs_id FROM gpkg_contents WHERE table_name = 'craters')"
        ).fetchone()
    assert CRS.from_authority(*known[:2]).ellipsoid.semi_major_metre == sphere.RADIUS_M
    assert 'AUTHORITY["IAU",' not in known[2]
    assert is_lunar(CRS.from_wkt(known[2]))


def test_qgis_is_told_how_to_draw_a_geopackage(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)
    styles = pyogrio.read_dataframe(path, layer="layer_styles")
    assert styles.groupby("f_table_name")["useAsDefault"].sum().eq(1).all()
    layers = {"craters", "centres", "bounding_boxes", "footprint", "added_craters"}
    assert set(styles["f_table_name"]) == layers
    for row in styles.itertuples():
        renderer = ElementTree.fromstring(row.styleQML).find("renderer-v2")
        ranges = renderer.findall("ranges/range")
        symbols = {symbol.get("name") for symbol in renderer.findall("symbols/symbol")}
        assert {one.get("symbol") for one in ranges} <= symbols
        if ranges:
            assert renderer.get("attr") in lunar.columns.names
            low, high = float(ranges[0].get("lower")), float(ranges[-1].get("upper"))
            values = lunar.craters[renderer.get("attr")]
            assert low <= values.min(skipna=True)
            assert values.max(skipna=True) <= high


def test_qgis_is_told_how_to_review_a_geopackage(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)
    assert pyogrio.read_dataframe(path, layer="craters")["review"].eq("unseen").all()
    assert "review" not in read_catalogue(path).craters
    assert len(pyogrio.read_dataframe(path, layer="added_craters")) == 0
    table = pyogrio.read_dataframe(path, layer="layer_styles")
    states = ["unseen", "accepted", "rejected", "added"]
    for qml in table.loc[table["f_table_name"] == "craters", "styleQML"]:
        style = ElementTree.fromstring(qml)
        values = style.findall(
            "fieldConfiguration/field[@name='review']/editWidget//Option[@value]"
        )
        assert [value.get("value") for value in values] == states
        editable = {f.get("name") for f in style.findall("editable/field[@editable='1']")}
        assert editable == {"review", "lon", "lat", "diameter_km"}
        shown = style.findall("attributeEditorForm//attributeEditorField")
        assert {field.get("name") for field in shown} <= {*lunar.columns.names, "review"}
        for action in style.findall("attributeactions/actionsetting"):
            compile(re.sub(r"\[%.*?%\]", "0", action.get("action")), "action", "exec")
    by_review = table.loc[table["styleName"] == "by review", "styleQML"].item()
    categories = ElementTree.fromstring(by_review).findall("renderer-v2/categories/category")
    assert {one.get("label") for one in categories} == set(states)
    assert {one.get("value") for one in categories} == {"", *states[1:]}
    drawn = table.loc[table["f_table_name"] == "added_craters", "styleQML"].item()
    assert ElementTree.fromstring(drawn).find("featformsuppress").text == "1"


def test_gdal_of_the_system_sees_the_moon_in_a_geopackage(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)
    try:
        told = subprocess.run(
            ["ogrinfo", "-so", "-al", str(path)], capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        pytest.skip("ogrinfo is not installed")
    assert told.stdout.count('ELLIPSOID["Moon (2015) - Sphere",1737400') == 5
    assert "Warning" not in told.stderr


@pytest.mark.parametrize("ids", [["1", "1", "2"], ["", "", "2"]])
def test_identifiers_of_others_that_are_not_unique_add_no_craters(tmp_path, ids):
    table = pd.DataFrame({"crater_id": ids, "lon": [0.0, 9.0, 18.0], "lat": 0.0, "score": 0.5})
    catalogue = Catalogue(table.assign(diameter_km=[5.0, 4.0, 3.0]), "IAU_2015:30100")
    write_catalogue(catalogue, tmp_path / "a.gpkg")
    again = read_catalogue(tmp_path / "a.gpkg")
    assert again.craters["crater_id"].tolist() == ids
    assert again.scores.tolist() == [0.5, 0.5, 0.5]
    assert "review" not in again.craters


@pytest.mark.parametrize("ids", [["1", "1", "2"], ["", "", "2"], ["", "1", "2"]])
def test_a_crater_drawn_beside_identifiers_that_are_not_unique_is_added(tmp_path, ids):
    table = pd.DataFrame({"crater_id": ids, "lon": [0.0, 9.0, 18.0], "lat": 0.0, "score": 0.5})
    catalogue = Catalogue(table.assign(diameter_km=[7.0, 6.0, 4.0]), "IAU_2015:30100")
    path = tmp_path / "a.gpkg"
    write_catalogue(catalogue, path)
    layer = pyogrio.read_dataframe(path, layer="craters")
    outline = shapely.Point(20.0, 20.0).buffer(0.08)
    drawn = gpd.GeoDataFrame({"crater_id": ids[:1]}, geometry=[outline], crs=layer.crs)
    pyogrio.write_dataframe(
        drawn.reindex(columns=layer.columns), path, layer="craters", append=True
    )
    craters = read_catalogue(path).craters
    assert craters["review"].tolist() == ["unseen", "unseen", "added", "unseen"]
    assert craters["crater_id"].tolist() == [*ids[:2], "A0000001", ids[2]]
    assert craters["score"].tolist() == [0.5, 0.5, 1.0, 0.5]


def test_a_geopackage_that_is_open_elsewhere_is_not_replaced(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)
    with closing(sqlite3.connect(path)) as other:  # as QGIS opens it
        other.execute("PRAGMA journal_mode = wal")
        other.execute("UPDATE catalogue SET value = '1' WHERE key = 'version'")
        other.commit()
        before = path.read_bytes()
        with pytest.raises(OutputError, match="open in another program"):
            write_catalogue(lunar.rows(slice(2)), path, overwrite=True)
        assert path.read_bytes() == before
    write_catalogue(lunar.rows(slice(2)), path, overwrite=True)
    assert len(read_catalogue(path)) == 2


def test_a_geopackage_that_is_opened_while_it_is_written_anew_is_not_replaced(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)

    def parts():
        (tmp_path / "a.gpkg-journal").touch()
        yield lunar.rows(slice(2))

    with pytest.raises(OutputError, match=r"a\.gpkg-journal goes"):
        write_catalogue_parts(lunar.info, parts(), path, overwrite=True)
    (tmp_path / "a.gpkg-journal").unlink()
    assert len(read_catalogue(path)) == len(lunar)
    assert [file.name for file in tmp_path.iterdir()] == ["a.gpkg"]


def test_changes_to_a_geopackage_that_is_gone_are_not_put_into_a_new_one(lunar, tmp_path):
    changes = tmp_path / "a.gpkg-wal"
    changes.touch()
    with pytest.raises(OutputError, match=r"a\.gpkg-wal .* is gone: remove it"):
        write_catalogue(lunar, tmp_path / "a.gpkg")
    changes.unlink()
    write_catalogue(lunar, tmp_path / "a.gpkg")


@pytest.mark.slow
def test_a_geopackage_is_read_where_keras_was_imported_first(lunar, tmp_path):
    """The SQL of pyogrio's GDAL ends such a process."""
    write_catalogue(lunar, tmp_path / "a #1?.gpkg")
    code = (
        "import keras, sys; from lunarcraters import api; "
        "print(len(api.read_catalogue(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a #1?.gpkg"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(len(lunar)))


def test_a_layer_under_another_name_is_said_to_be_left_out(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)
    craters = pyogrio.read_dataframe(path, layer="craters")
    pyogrio.write_dataframe(craters.head(1), path, layer="checked", driver="GPKG")
    with pytest.warns(CratersWarning, match="layer 'craters' are read; left out: 'checked'"):
        assert len(read_catalogue(path)) == len(lunar)


def test_a_layer_of_added_craters_without_geometries_has_none_or_is_refused(lunar, tmp_path):
    path = tmp_path / "a.gpkg"
    write_catalogue(lunar, path)
    rows = pd.DataFrame({"diameter_km": [3.0]})
    pyogrio.write_dataframe(rows.head(0), path, layer="added_craters", driver="GPKG")
    assert len(read_catalogue(path)) == len(lunar)
    pyogrio.write_dataframe(rows, path, layer="added_craters", driver="GPKG")
    with pytest.raises(CatalogueError, match="the 1 rows of added_craters have no geometries"):
        read_catalogue(path)
