"""The catalogue that a review leaves: parts of craters, measures and the ground."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import OutputError
from lunarcraters.geometry import sphere

pytestmark = pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")

AREA = (-0.5, -0.5, 3.0, 4.5)


@pytest.fixture
def run(tmp_path):
    """A run with a crater of 30 km at every degree of a square, and its measures."""
    place = np.arange(100)
    table = pd.DataFrame({
        "lon": place % 10 * 1.0, "lat": place // 10 * 1.0, "diameter_km": 30.0, "score": 0.5,
        "depth_m": 900.0, "measure_note": "",
    })  # fmt: skip
    ground = shapely.box(-1, -1, 10, 10)
    area_km2 = sphere.area_km2(ground)
    path = tmp_path / "run.parquet"
    catalogue = Catalogue(table, sphere.geographic_crs(), ground, area_km2, {"balanced": 0.4})
    write_catalogue(catalogue, path)
    return path


def review(run, edited):
    out = edited.with_name("reviewed.gpkg")
    notes = lc.review(run, edited, out, overwrite=True).notes
    return lc.read_catalogue(out), notes


def edit(path, change):
    collection = json.loads(path.read_text())
    change(collection["features"])
    path.write_text(json.dumps(collection))


def test_the_edited_catalogue_is_not_replaced(run, tmp_path):
    path = tmp_path / "a.geojson"
    lc.export(run, path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match=r"a\.geojson is read for the result"):
        lc.review(run, path, path, overwrite=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("suffix", [".geojson", ".csv"])
def test_craters_keep_the_parts_of_the_export(run, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    lc.export(run, path, area=AREA, fractions=True)
    parts = lc.read_catalogue(path).craters.set_index("crater_id")["fraction"]
    assert parts.between(0.1, 0.9).any()
    reviewed, _ = review(run, path)
    kept = reviewed.craters.set_index("crater_id")["fraction"]
    np.testing.assert_array_equal(kept[parts.index], parts)
    assert (reviewed.footprint_area_km2 is None) == (suffix == ".csv")


def test_a_moved_crater_has_the_part_at_its_place_and_no_measures(run, tmp_path):
    path = tmp_path / "a.geojson"
    lc.export(run, path, area=AREA, fractions=True)
    names = []

    def change(features):
        whole = [one for one in features if one["properties"]["fraction"] > 0.99]
        whole[0]["geometry"] = {"type": "Point", "coordinates": [3.0, 1.5]}
        added = {"crater_id": None, "lon": 3.0, "lat": 2.5, "diameter_km": 3.0, "review": "added"}
        features.append({"type": "Feature", "properties": added, "geometry": None})
        names.append(whole[0]["properties"]["crater_id"])

    edit(path, change)
    table = review(run, path)[0].craters.set_index("crater_id")
    assert table["fraction"][[*names, "A0000001"]].tolist() == pytest.approx([0.5, 0.5], abs=0.03)
    assert table["measure_note"][names[0]] == "moved or resized since it was measured"
    assert table["measure_note"]["A0000001"] == "not measured"
    assert np.isnan(table["depth_m"][[*names, "A0000001"]]).all()
    assert (table["depth_m"].drop([*names, "A0000001"]) == 900.0).all()


@pytest.mark.parametrize("suffix", [".csv", ".shp"])
def test_the_ground_of_a_run_is_not_that_of_a_table_of_a_part_of_it(run, tmp_path, suffix):
    path = tmp_path / f"part{suffix}"
    lc.export(run, path, area=AREA)
    reviewed, notes = review(run, path)
    assert (reviewed.footprint, reviewed.footprint_area_km2) == (None, None)
    assert "does not tell its ground" in notes[-1]
    assert "--area" in notes[-1]
    whole = tmp_path / f"whole{suffix}"
    lc.export(run, whole)
    reviewed, notes = review(run, whole)
    assert reviewed.footprint_area_km2 == lc.read_catalogue(run).footprint_area_km2
    assert not any("does not tell its ground" in note for note in notes)


def test_the_notes_on_the_ground_are_of_files_that_are_written(run, tmp_path):
    lc.export(run, tmp_path / "a.csv", area=AREA)
    notes = lc.review(run, tmp_path / "a.csv").notes
    assert not any("does not tell its ground" in note for note in notes)


def test_a_table_that_lost_its_parts_has_those_of_the_run(tmp_path):
    columns = {
        "lon": [5.0, 0.0, 3.0, 8.0, 10.0],
        "lat": [5.0, 2.0, 3.0, 8.0, 4.0],
        "diameter_km": 30.0,
    }
    table = pd.DataFrame({**columns, "score": 0.5, "fraction": [1.0, 0.4, 1.0, 1.0, 0.4]})
    table = table.assign(depth_m=900.0, measure_note="")
    ground = shapely.box(0, 0, 10, 10)
    area_km2 = sphere.area_km2(ground)
    run = Catalogue(table, sphere.geographic_crs(), ground, area_km2, {"balanced": 0.4})
    write_catalogue(run, tmp_path / "run.parquet")
    rows = run.craters.drop(columns="fraction").assign(review="accepted")
    added = rows.iloc[[0]].assign(crater_id="", lon=0.0, lat=7.0, review="added")
    rows.loc[rows["lon"] == 10.0, "diameter_km"] = 20.0
    rows.loc[rows["lon"] == 8.0, "lon"] = 10.0
    pd.concat([rows, added]).to_csv(tmp_path / "a.csv", index=False)
    reviewed, _ = review(tmp_path / "run.parquet", tmp_path / "a.csv")
    places = reviewed.craters.set_index(["lon", "lat"])["fraction"]
    assert places[0.0, 2.0] == 0.4
    # The moved, resized and added ones count for their parts on the ground of the run.
    assert places[10.0, 8.0] == pytest.approx(0.5, abs=0.01)
    assert places[10.0, 4.0] == pytest.approx(0.5, abs=0.01)
    assert places[0.0, 7.0] == pytest.approx(0.5, abs=0.01)
    assert places[3.0, 3.0] == 1.0
    depths = reviewed.craters.set_index(["lon", "lat"])["depth_m"]
    assert np.isnan(depths[[(10.0, 8.0), (10.0, 4.0), (0.0, 7.0)]]).all()
    assert depths[0.0, 2.0] == 900.0
