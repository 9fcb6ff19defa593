"""Files that are read again: no column of a measured and reviewed catalogue is lost."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import mapping, shape

from lunarcraters.catalogue.columns import FRACTION, LUNAR_COLUMNS, REVIEW
from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.measures import MEASURE_NOTE, MEASURES
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere

POLAR = "urn:ogc:def:crs:IAU:2015:30130"

COLUMNS = [*LUNAR_COLUMNS.names, FRACTION, REVIEW, *MEASURES]


@pytest.fixture
def measured():
    """Craters with values of their own in every column; the smallest was added by a person."""
    table = pd.DataFrame(
        {
            "crater_id": ["0000001", "00-1-000003", "A0000001"],
            "lon": [10.3, -17.7, 179.5],
            "lat": [-3.2, 60.1, 0.5],
            "diameter_km": [8.0, 5.5, 3.25],
            "diameter_sd_km": [0.25, 0.125, np.nan],
            "score": [0.9, 0.55, 1.0],
            "level": [2, -1, 0],
            "tile": ["z2_r0000_c0001", "007", ""],
            FRACTION: [1.0, 0.5, 0.25],
            REVIEW: ["unseen", "accepted", "added"],
        }
    )
    for number, name in enumerate(MEASURES, 1):
        table[name] = [number + 0.5, number / 8.0, np.nan]
    table[MEASURE_NOTE] = ["", "", "not measured"]
    return Catalogue(table, sphere.geographic_crs())


def assert_same(catalogue, expected):
    assert list(catalogue.craters) == list(expected.craters) == COLUMNS
    pd.testing.assert_frame_equal(catalogue.craters, expected.craters, rtol=0.0, atol=1e-9)


def copy_by_gdal(path, copy):
    frame = gpd.read_file(path, layer=0)
    frame.to_parquet(copy) if copy.suffix == ".parquet" else frame.to_file(copy)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".parquet", ".shp"])
def test_every_column_is_read_again(measured, tmp_path, suffix):
    write_catalogue(measured, tmp_path / f"a{suffix}")
    assert_same(read_catalogue(tmp_path / f"a{suffix}"), measured)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_csv_keeps_all_but_level_and_tile(measured, tmp_path, suffix):
    write_catalogue(measured, tmp_path / f"a{suffix}")
    left = Catalogue(measured.craters.drop(columns=["level", "tile"]), measured.crs)
    assert_same(read_catalogue(tmp_path / f"a{suffix}"), left)


@pytest.mark.filterwarnings("ignore:Normalized/laundered", "ignore:Column names longer")
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".parquet", ".shp"])
@pytest.mark.parametrize("first", [".gpkg", ".shp"])
def test_copies_by_gdal_keep_every_column(measured, tmp_path, first, suffix):
    write_catalogue(measured, tmp_path / f"a{first}")
    copy_by_gdal(tmp_path / f"a{first}", tmp_path / f"b{suffix}")
    assert_same(read_catalogue(tmp_path / f"b{suffix}"), measured)


@pytest.mark.parametrize("sep", [",", "\t"])
def test_tables_with_the_names_of_shapefiles_keep_every_column(measured, tmp_path, sep):
    write_catalogue(measured, tmp_path / "a.shp")
    table = pd.DataFrame(gpd.read_file(tmp_path / "a.shp").drop(columns="geometry"))
    table.to_csv(tmp_path / "b.tsv", sep=sep, index=False)
    assert_same(read_catalogue(tmp_path / "b.tsv"), measured)


def test_short_names_of_other_programs_are_no_measures(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,lon,lat,diam_km,slope_deg,dep_diam\n1,2,3,4,5,0.1\n")
    assert not set(MEASURES) & set(read_catalogue(path).craters)


def test_a_geojson_that_is_indented_keeps_its_description(lunar, pixels, tmp_path):
    path = tmp_path / "a.geojson"
    for catalogue in (lunar, pixels):
        write_catalogue(catalogue, path, overwrite=True)
        path.write_text(json.dumps(json.loads(path.read_text()), indent=2))
        assert read_catalogue(path).header() == catalogue.header()


@pytest.mark.parametrize("crs", [{"type": "name", "properties": {"name": POLAR}}, None])
def test_a_copy_of_a_geojson_in_another_projection_has_no_description(measured, tmp_path, crs):
    path = tmp_path / "a.geojson"
    north = measured.rows(measured.craters["lat"].to_numpy() > 0.0)
    write_catalogue(north.with_info(thresholds={"balanced": 0.3}), path)
    members = json.loads(path.read_text())
    to_polar = Transformer.from_crs("IAU_2015:30100", "IAU_2015:30130", always_xy=True).transform
    for feature in members["features"]:
        outline = shapely.transform(shape(feature["geometry"]), to_polar, interleaved=False)
        feature["geometry"] = mapping(outline)
    members |= {"crs": crs}
    path.write_text(json.dumps({name: one for name, one in members.items() if one}, indent=2))
    if crs is None:
        with pytest.raises(CatalogueError, match="metres of a map"):
            read_catalogue(path)
    else:
        again = read_catalogue(path)
        assert again.thresholds == {}
        assert again.positions == pytest.approx(north.positions)


@pytest.mark.filterwarnings("ignore:Normalized/laundered", "ignore:Column names longer")
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp"])
def test_joined_runs_may_share_identifiers_and_copies_in_them_are_added(measured, tmp_path, suffix):
    runs = []
    for lons, scores in (([10.3, -17.7], [0.9, 0.55]), ([40.0, 50.0], [0.7, 0.3])):
        craters = measured.craters[:2].drop(columns=REVIEW).assign(lon=lons, score=scores)
        write_catalogue(Catalogue(craters, measured.crs), tmp_path / "a.gpkg", overwrite=True)
        runs.append(gpd.read_file(tmp_path / "a.gpkg", layer="craters"))
    joined, path = pd.concat(runs).sort_values("lon", ignore_index=True), tmp_path / f"b{suffix}"
    joined.to_file(path)
    craters = read_catalogue(path).craters.sort_values("lon", ignore_index=True)
    assert REVIEW not in craters
    expected = pd.DataFrame(joined[list(craters)])
    pd.testing.assert_frame_equal(craters, expected, check_dtype=False)
    moved = runs[0][:1].set_geometry(runs[0].geometry[:1].translate(3.0, 0.0))
    pd.concat([joined, runs[0][:1], moved], ignore_index=True).to_file(path)
    craters = read_catalogue(path).craters.sort_values(["lon", "score"])
    assert list(craters[REVIEW]) == ["unseen", "unseen", "added", "added", "unseen", "unseen"]
    assert list(craters["score"]) == pytest.approx([0.55, 0.9, 1.0, 1.0, 0.7, 0.3])
