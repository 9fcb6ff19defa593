"""Catalogues reviewed as files that do not say what was exported: tables, counts, Shapefiles."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere


@pytest.fixture
def run(tmp_path):
    place = np.arange(40.0)
    table = pd.DataFrame(
        {"lon": place % 8, "lat": place // 8, "diameter_km": 1.0 + place / 20.0, "score": 0.5}
    )
    path = tmp_path / "run.parquet"
    write_catalogue(Catalogue(table, sphere.geographic_crs(), thresholds={"balanced": 0.4}), path)
    return path


@pytest.mark.parametrize("added", [False, True])
def test_identifiers_without_their_zeros_are_known_again(run, tmp_path, added):
    table = tmp_path / "reviewed.csv"
    write_catalogue(lc.read_catalogue(run), table)
    # As pandas and spreadsheets read it: 0000001 is 1, and 1.0 where a row has no identifier.
    sheet = pd.read_csv(table).assign(review="unseen")
    sheet.loc[:9, "review"] = "accepted"
    sheet.loc[10:11, "review"] = "rejected"
    if added:
        new = {"LON_CIRC_IMG": 20.0, "LAT_CIRC_IMG": 9.0, "DIAM_CIRC_IMG": 2.0, "review": "added"}
        sheet = pd.concat([sheet, pd.DataFrame([new])], ignore_index=True)
    sheet.to_csv(table, index=False)
    assert table.read_text().splitlines()[1].startswith("1.0,") is added
    result = lc.review(run, table)
    assert (result.counts.accepted, result.counts.rejected) == (10, 2)
    assert result.counts.added == added


def test_a_run_without_craters_has_none_to_review(tmp_path):
    path, table = tmp_path / "run.parquet", tmp_path / "reviewed.csv"
    none = pd.DataFrame(columns=["lon", "lat", "diameter_km", "score"], dtype=float)
    write_catalogue(Catalogue(none, sphere.geographic_crs()), path)
    pd.DataFrame({"crater_id": [1], "lon": 0.1, "lat": 0.1, "diameter_km": 2.0}).to_csv(table)
    with pytest.raises(CatalogueError, match=r"no crater of .* is one of the run"):
        lc.review(path, table)


@pytest.mark.parametrize("suffix", [".csv", ".shp"])
def test_craters_beyond_those_of_the_file_are_not_rejected(run, tmp_path, suffix):
    table = tmp_path / f"part{suffix}"
    catalogue = lc.read_catalogue(run)
    west = catalogue.positions[:, 0] < 4
    write_catalogue(catalogue.rows(west), table)
    counts = lc.review(run, table).counts
    assert (counts.rejected, counts.unseen) == (0, int(west.sum()))
    # One that is gone among those that are there was rejected.
    inside = west & ~((catalogue.positions == [2.0, 2.0]).all(axis=1))
    write_catalogue(catalogue.rows(inside), table, overwrite=True)
    result = lc.review(run, table)
    assert (result.counts.rejected, result.counts.unseen) == (1, int(west.sum()) - 1)
    assert "on the ground that its craters enclose" in " ".join(result.notes)


@pytest.mark.parametrize("suffix", [".csv", ".shp", ".fgb"])
def test_a_table_whose_rows_lost_their_names_does_not_name_the_craters(run, tmp_path, suffix):
    table = tmp_path / f"a{suffix}"
    craters = lc.read_catalogue(run).craters.drop(columns=["crater_id", "tile"])
    points = gpd.points_from_xy(craters["lon"], craters["lat"])
    rows = gpd.GeoDataFrame(craters, geometry=points, crs="IAU_2015:30100").drop(index=0)
    if suffix == ".csv":
        rows.drop(columns="geometry").to_csv(table, index=False)
    else:
        rows.to_file(table)
    assert len(lc.read_catalogue(table)) == 39
    with pytest.raises(CatalogueError, match="has no column crater_id"):
        lc.review(run, table)


@pytest.mark.parametrize("name", ["count.scc", "count.diam", "count_CRATER.shp"])
def test_a_count_does_not_name_the_craters_of_a_run(run, tmp_path, name):
    table = tmp_path / name
    catalogue = lc.read_catalogue(run)
    ground = shapely.box(-1, -1, 9, 9)
    write_catalogue(
        Catalogue(catalogue.craters, sphere.geographic_crs(), ground, sphere.area_km2(ground)),
        table,
    )
    with pytest.raises(CatalogueError, match="has no column crater_id"):
        lc.review(run, table)
