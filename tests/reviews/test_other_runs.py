"""A review of another run is refused, also of one that was made again and is nearly the same."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection import run as directory
from lunarcraters.detection.run import CRATERS, read_run
from lunarcraters.errors import CatalogueError
from lunarcraters.files import hash_file
from lunarcraters.geometry import sphere

from ..report.pages import write_run

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*not tell which ground:lunarcraters.errors.CratersWarning"
)

ANOTHER = "was exported from another run"


def make_craters():
    place = np.arange(400)
    scores = np.random.default_rng(0).uniform(0.3, 1.0, 400)
    table = {"lon": place % 20, "lat": place // 20, "diameter_km": 9.0 - place / 50.0}
    return Catalogue(pd.DataFrame(table).assign(score=scores), sphere.geographic_crs())


def make_again(craters, lost):
    """A run made again, which lacks one crater: those after it have other numbers."""
    table = craters.craters.drop(index=lost).drop(columns="crater_id")
    return Catalogue(table.reset_index(drop=True), craters.crs)


@pytest.fixture
def runs(tmp_path):
    """A run, and the same one made again without its 300th crater."""
    craters = make_craters()
    again = make_again(craters, 299)
    return [
        write_run(tmp_path / name, some, tmp_path / "mosaic.tif")
        for name, some in (("run", craters), ("again", again))
    ]


@pytest.mark.filterwarnings("error::DeprecationWarning:lunarcraters")
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".csv"])
def test_an_export_of_the_run_before_it_was_made_again_is_refused(runs, tmp_path, suffix):
    run, again = runs
    path = tmp_path / f"craters{suffix}"
    lc.export(run, path, min_score=0)
    assert lc.review(run, path).counts.moved == 0
    with pytest.raises(CatalogueError, match=f"{ANOTHER}: 100 of its 399 craters"):
        lc.review(again, path)


def test_without_scores_craters_off_their_former_ground_are_others(runs, tmp_path):
    run, again = runs
    lc.export(run, tmp_path / "a.csv", min_score=0)
    table = pd.read_csv(tmp_path / "a.csv", dtype={"CRATER_ID": str}).drop(columns="SCORE")
    table.loc[:19, "LON_CIRC_IMG"] += 0.1  # moved on their ground
    table.to_csv(tmp_path / "a.csv", index=False)
    assert lc.review(run, tmp_path / "a.csv").counts.moved == 20
    with pytest.raises(CatalogueError, match=ANOTHER):
        lc.review(again, tmp_path / "a.csv")


def test_moved_craters_whose_scores_were_changed_too_are_told(runs, tmp_path):
    lc.export(runs[0], tmp_path / "a.csv", min_score=0)
    table = pd.read_csv(tmp_path / "a.csv", dtype={"CRATER_ID": str})
    table.loc[:3, "LON_CIRC_IMG"] += 3.0
    table.loc[:3, "SCORE"] = 1.0
    table.to_csv(tmp_path / "a.csv", index=False)
    told = lc.review(runs[0], tmp_path / "a.csv")
    assert told.counts.moved == 4
    assert "4 of the craters of" in told.notes[0]
    table.loc[4, ["LON_CIRC_IMG", "SCORE"]] = [9.5, 1.0]
    table.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(CatalogueError, match=f"{ANOTHER}: 5 of its 400"):
        lc.review(runs[0], tmp_path / "a.csv")


def read_exported(run, path):
    lc.export(run, path, min_score=0)
    return pd.read_csv(path, dtype={"CRATER_ID": str})


@pytest.mark.parametrize("score", [None, np.nan, 1.0])
def test_copies_of_craters_are_added_ones_and_no_others(runs, tmp_path, score):
    table = read_exported(runs[0], tmp_path / "a.csv")
    copies = table[:6].assign(LON_CIRC_IMG=table["LON_CIRC_IMG"][:6] + 30.5)
    copies = copies if score is None else copies.assign(SCORE=score)
    pd.concat([table, copies]).to_csv(tmp_path / "a.csv", index=False)
    told = lc.review(runs[0], tmp_path / "a.csv")
    assert (told.counts.added, told.counts.moved) == (6, 0)
    assert "have another place" not in "".join(told.notes)


def test_craters_moved_on_their_ground_are_no_others_where_scores_are_rounded(runs, tmp_path):
    table = read_exported(runs[0], tmp_path / "a.csv").round({"SCORE": 2})
    table.loc[:9, "LON_CIRC_IMG"] += 0.05
    table.to_csv(tmp_path / "a.csv", index=False)
    assert lc.review(runs[0], tmp_path / "a.csv").counts.moved == 10
    table = read_exported(runs[1], tmp_path / "b.csv").round({"SCORE": 2})
    table.to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(CatalogueError, match=ANOTHER):
        lc.review(runs[0], tmp_path / "b.csv")


def test_what_the_page_of_another_run_saved_is_refused(runs, tmp_path):
    run, again = runs
    craters = lc.read_run(run)
    states = np.where(np.arange(len(craters)) < 40, "accepted", "rejected")
    marked = Catalogue.from_table(craters.craters.assign(review=states), craters.info)
    for name, page in (("own", run), ("other", again)):
        properties = {"review_of": hash_file(page / CRATERS)}
        info = replace(marked.info, properties=properties)
        write_catalogue(Catalogue.from_table(marked.craters, info), tmp_path / f"{name}.geojson")
    assert lc.review(run, tmp_path / "own.geojson").counts.accepted == 40
    assert lc.measure_purity(run, tmp_path / "own.geojson").craters == 40
    content = json.loads((tmp_path / "own.geojson").read_text())
    for feature in content["features"][:10]:
        feature["properties"] |= {"lon": feature["properties"]["lon"] + 2.0, "score": 1.0}
        feature["geometry"] = None
    (tmp_path / "moved.geojson").write_text(json.dumps(content))
    assert lc.review(run, tmp_path / "moved.geojson").counts.moved == 10
    for verb in (lc.review, lc.measure_purity):
        with pytest.raises(CatalogueError, match="is a review of another run"):
            verb(run, tmp_path / "other.geojson", overwrite=True)


def test_a_run_that_is_made_again_while_it_is_read_has_another_hash(runs, monkeypatch):
    page, _ = runs
    former = hash_file(page / CRATERS)

    def read_slowly(path):
        catalogue = read_run(path)
        write_catalogue(catalogue.rows(slice(3)), path / CRATERS, overwrite=True)
        return catalogue

    monkeypatch.setattr(directory, "read_run", read_slowly)
    assert directory.read_with_hash(page)[1] == former != hash_file(page / CRATERS)


def test_columns_of_the_circle_may_be_lost_where_outlines_are_left(runs, tmp_path):
    path = tmp_path / "a.geojson"
    lc.export(runs[0], path, min_score=0)
    content = json.loads(path.read_text())
    for feature in content["features"]:
        feature["properties"] = {
            "crater_id": feature["properties"]["crater_id"], "review": "accepted"
        }  # fmt: skip
    outline = shapely.affinity.translate(
        shapely.geometry.shape(content["features"][7]["geometry"]), 0.1
    )
    content["features"][7]["geometry"] = shapely.geometry.mapping(outline)
    path.write_text(json.dumps(content))
    counts = lc.review(runs[0], path).counts
    assert (counts.accepted, counts.moved, counts.resized) == (400, 1, 0)
    with pytest.raises(CatalogueError, match=ANOTHER):
        lc.review(runs[1], path)


@pytest.mark.slow
def test_a_geopackage_keeps_the_rows_of_its_lost_columns(runs, tmp_path):
    import pyogrio

    path = tmp_path / "a.gpkg"
    lc.export(runs[0], path, min_score=0)
    frame = pyogrio.read_dataframe(path, layer="craters")[["crater_id", "review", "geometry"]]
    frame.loc[:9, "review"] = "rejected"
    pyogrio.write_dataframe(frame, path, layer="craters", driver="GPKG")
    counts = lc.review(runs[0], path).counts
    assert (counts.rejected, counts.moved, counts.unseen) == (10, 0, 390)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
@pytest.mark.parametrize("edited", [".csv", ".gpkg"])
def test_a_reviewed_catalogue_tells_which_craters_were_rejected(runs, tmp_path, edited, suffix):
    craters = lc.read_run(runs[0])
    west = craters.rows(craters.positions[:, 0] < 10)
    states = np.resize(["rejected", "accepted", "unseen"], len(west))
    # Whole, without limits; the corners of the ground are rejected too.
    table = tmp_path / f"edited{edited}"
    write_catalogue(Catalogue.from_table(west.craters.assign(review=states), west.info), table)
    wanted = lc.review(runs[0], table, tmp_path / f"reviewed{suffix}").counts
    assert (wanted.rejected, wanted.shown) == (67, 200)
    counts = lc.review(runs[0], tmp_path / f"reviewed{suffix}").counts
    assert counts == replace(wanted, deleted=67)
