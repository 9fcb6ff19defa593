"""The page of an edited catalogue, and files of a review that other programs have changed."""

import copy
import json

import numpy as np
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.csfd import count_by_size
from lunarcraters.catalogue.formats import read_edited
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CratersWarning
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.report.page import write_report

from .pages import points, press, save, stored, told, write_run

pytestmark = pytest.mark.slow


@pytest.fixture
def reviewed(open_tab, page, tmp_path):
    """A review of each kind, as the page saved it, and its decisions."""
    tab, complaints = open_tab(page, "#review")
    press(tab, "n", "a", "a", "r", "r", "n", "Shift+ArrowRight", "Shift+ArrowRight")
    press(tab, *"n...", "n", "i", "n", "i")
    save(tab, tmp_path / "review.geojson")
    assert complaints == []
    return tmp_path / "review.geojson", stored(tab)


def load(tab, path, content):
    path.write_text(json.dumps(content))
    tab.set_input_files("#review-file", path)
    tab.wait_for_function(f"review.element('note').value.startsWith('Loaded {path.name}')")


def test_the_page_of_an_edited_catalogue_begins_with_its_decisions(
    reviewed, run, scene, browser, open_tab, tmp_path
):
    path, decisions = reviewed
    edited = tmp_path / "edited.html"
    write_report(run, edited, open_mosaic(scene), edited=read_edited(path))
    assert len(decisions["accepted"]) == 4
    assert [len(decisions[name]) for name in ("rejected", "circles", "added")] == [2, 2, 2]
    with browser.new_context() as other:
        tab, complaints = open_tab(edited, "#review", other)
        assert stored(tab) == decisions
        assert told(tab, "counts").endswith("4 accepted, 2 rejected, 2 added.")
        save(tab, tmp_path / "again.geojson")
        assert (tmp_path / "again.geojson").read_bytes() == path.read_bytes()
        press(tab, "n", "r")
        tab.reload()
        tab.wait_for_selector("body[data-ready=yes]", state="attached")
        assert len(stored(tab)["rejected"]) == 3, "the browser keeps what was decided since"
        assert complaints == []


def test_a_review_in_the_browser_and_that_of_an_edited_catalogue_stay_apart(
    reviewed, run, scene, open_tab, page, tmp_path
):
    path, decisions = reviewed
    content = json.loads(path.read_text())
    for feature in content["features"]:
        feature["properties"]["review"] = "unseen"
    content["features"][7]["properties"]["review"] = "rejected"
    path.write_text(json.dumps({**content, "features": content["features"][:300]}))
    edited = tmp_path / "edited.html"
    write_report(run, edited, open_mosaic(scene), edited=read_edited(path))
    tab, _ = open_tab(edited, "#review")
    assert 7 in stored(tab)["rejected"]
    press(tab, "n", "a")
    tab, _ = open_tab(page, "#review")
    assert stored(tab) == decisions


def test_the_page_counts_parts_and_confirmed_craters_as_the_program_does(
    run, scene, open_tab, tmp_path
):
    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / "parts.geojson"
    catalogue = lc.read_catalogue(run / "craters.parquet")
    parts = np.resize([1.0, 0.25, 0.5], len(catalogue))
    states = np.resize(["unseen", "accepted"], len(catalogue))
    marked = Catalogue.from_table(
        catalogue.craters.assign(fraction=parts, review=states), catalogue.info
    )
    marked.to_file(path)
    edited = read_edited(path)
    with pytest.warns(CratersWarning, match="does not tell which craters were exported"):
        write_report(run, tmp_path / "page.html", open_mosaic(scene), edited=edited)
    tab, complaints = open_tab(tmp_path / "page.html")
    chosen = edited.to_catalogue().filter()
    assert len(chosen) > len(catalogue.filter())
    assert tab.get_attribute("body", "data-shown") == str(len(chosen))
    counted = count_by_size(chosen, chosen.footprint_area_km2)
    drawn = points(tab, "cumulative")["y"]
    assert drawn == pytest.approx(counted.cumulative[counted.counts > 0].tolist(), rel=1e-9)
    assert complaints == []


def test_a_file_that_other_programs_made_is_the_same_to_the_page(
    run, scene, browser, open_tab, tmp_path
):
    lc.export(run, tmp_path / "a.csv", min_score=0.3)
    lines = (tmp_path / "a.csv").read_text().splitlines(keepends=True)
    (tmp_path / "a.csv").write_text("".join(lines[:5] + lines[7:]))
    counts = lc.review(run, tmp_path / "a.csv").counts
    page = tmp_path / "edited.html"
    with pytest.warns(CratersWarning, match="does not tell which craters were exported"):
        write_report(run, page, open_mosaic(scene), edited=read_edited(tmp_path / "a.csv"))
    tab, complaints = open_tab(page, "#review")
    assert counts.rejected == len(stored(tab)["rejected"]) == 2
    rows = save(tab, tmp_path / "a.geojson")
    assert len(rows) == 300, "the craters of the run below the score of the export are there"
    assert lc.review(run, tmp_path / "a.geojson").counts.rejected == 2
    assert complaints == []


def test_the_page_of_an_edited_catalogue_of_another_run_is_refused(reviewed, run, scene, tmp_path):
    write_run(tmp_path / "other", lc.read_run(run).rows(slice(200)), scene)
    with pytest.raises(CatalogueError, match="is a review of another run"):
        lc.write_report(tmp_path / "other", tmp_path / "a.html", edited=reviewed[0], mosaic=scene)
    assert not (tmp_path / "a.html").exists()


def test_the_page_reads_a_changed_file_as_the_program_does(reviewed, run, open_tab, page, tmp_path):
    path, decisions = reviewed
    content = json.loads(path.read_text())
    features = content["features"]
    unseen = [k for k, one in enumerate(features) if one["properties"]["review"] == "unseen"]
    near = copy.deepcopy(features[unseen[9]])  # as a GIS copies it
    outline = shapely.affinity.translate(shapely.geometry.shape(near["geometry"]), 0.3)
    near["geometry"] = shapely.geometry.mapping(outline)
    lost = unseen[20:23]
    left = [one for k, one in enumerate(features) if k not in lost]
    tab, _ = open_tab(page, "#review")
    for number, some in enumerate(([near, *left], [*left, near])):
        load(tab, tmp_path / f"changed{number}.geojson", {**content, "features": some})
        state = stored(tab)
        assert state["rejected"] == sorted([*decisions["rejected"], *lost])
        assert state["accepted"] == decisions["accepted"]
        assert len(state["added"]) == len(decisions["added"]) + 1
        counts = lc.review(run, tmp_path / f"changed{number}.geojson").counts
        assert (counts.accepted, counts.rejected, counts.added) == tuple(
            len(state[name]) for name in ("accepted", "rejected", "added")
        )
    del content["catalogue"]  # as GDAL writes it
    load(tab, tmp_path / "bare.geojson", {**content, "features": left})
    assert stored(tab)["rejected"] == decisions["rejected"]
    assert "3 craters that it lacks are unseen" in told(tab, "note")


def test_the_page_refuses_an_export_of_its_run_before_it_was_made_again(
    run, scene, open_tab, page, tmp_path
):
    craters = lc.read_run(run)
    table = craters.craters.drop(index=200).drop(columns="crater_id").reset_index(drop=True)
    again = type(craters)(table, craters.crs, thresholds=craters.thresholds)
    lc.export(write_run(tmp_path / "again", again, scene), tmp_path / "a.geojson", min_score=0)
    tab, _ = open_tab(page, "#review")
    tab.set_input_files("#review-file", tmp_path / "a.geojson")
    tab.wait_for_function("review.element('note').value.includes('not those of this page')")


def test_the_page_tells_craters_that_were_moved_from_those_of_another_run(
    run, open_tab, page, tmp_path
):
    lc.export(run, tmp_path / "a.geojson", min_score=0)
    content = json.loads((tmp_path / "a.geojson").read_text())
    half = content["features"][: 2 * len(content["features"]) // 3]
    tab, _ = open_tab(page, "#review")

    def move(features, diameters):
        """Move craters by their columns; a degree has 30.3 km."""
        for one in features:
            one["geometry"] = None
            one["properties"]["lat"] += diameters * one["properties"]["diameter_km"] / 30.3
        return content

    # Most are moved, with the scores of the run.
    load(tab, tmp_path / "moved.geojson", move(half, 2.0))
    assert len(stored(tab)["circles"]) == len(half)
    assert lc.review(run, tmp_path / "moved.geojson").counts.moved == len(half)
    move(half, -2.0)
    # Without scores, some are moved on their ground, and then off it.
    for one in content["features"]:
        del one["properties"]["score"]
    load(tab, tmp_path / "near.geojson", move(half[:20], 0.25))
    assert len(stored(tab)["circles"]) == 20
    (tmp_path / "far.geojson").write_text(json.dumps(move(half[:20], 2.0)))
    tab.set_input_files("#review-file", tmp_path / "far.geojson")
    tab.wait_for_function("review.element('note').value.includes('not those of this page')")
    with pytest.raises(CatalogueError, match="was exported from another run"):
        lc.review(run, tmp_path / "far.geojson")
