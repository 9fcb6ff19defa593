"""A reviewed catalogue that a second reviewer edits, compared with the run and with the first."""

import json
import re

import pandas as pd
import pyogrio
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.errors import CatalogueError

from .test_review import make_run, save

pytestmark = pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")


def edit(path, change, layer="craters"):
    frame = pyogrio.read_dataframe(path, layer=layer).set_index("crater_id", drop=False)
    save(change(frame).reset_index(drop=True), path, layer)


def draw(path, lon, lat):
    outline = shapely.Point(lon, lat).buffer(0.05)
    frame = pyogrio.read_dataframe(path, layer="craters")
    save(frame.iloc[:1].assign(geometry=[outline])[["geometry"]], path, "added_craters")


def scale(frame, name, factor):
    frame.loc[[name], "geometry"] = frame.loc[[name]].geometry.scale(factor, factor)
    return frame


def get_size(path, name):
    return lc.read_catalogue(path).craters.set_index("crater_id")["diameter_km"][name]


@pytest.fixture
def files(tmp_path):
    """A run, its export, and the latter as the first reviewer left it."""
    run, export, reviewed = (tmp_path / name for name in ("run.parquet", "a.gpkg", "reviewed.gpkg"))
    write_catalogue(make_run(30), run)
    lc.export(run, export, min_score=0)

    def change(frame):
        frame.loc[["0000004", "0000005"], "review"] = "rejected"
        return scale(frame, "0000003", 1.5).drop(index="0000006")

    edited = tmp_path / "edited.gpkg"
    edited.write_bytes(export.read_bytes())
    edit(edited, change)
    draw(edited, 5.5, 0.5)
    lc.review(run, edited, reviewed)
    return run, export, reviewed


@pytest.mark.parametrize("name", ["0000003", "A0000001"])
def test_a_size_that_the_second_reviewer_types_counts(files, tmp_path, name):
    run, _, reviewed = files

    def change(frame):
        frame.loc[name, "diameter_km"] *= 2.0
        return frame

    typed = 2.0 * get_size(reviewed, name)
    edit(reviewed, change)
    assert get_size(reviewed, name) == pytest.approx(typed)
    lc.review(run, reviewed, tmp_path / "both.gpkg")
    assert get_size(tmp_path / "both.gpkg", name) == pytest.approx(typed)


def test_the_second_reviewer_puts_a_crater_back(files, tmp_path):
    run, export, reviewed = files
    first = pyogrio.read_dataframe(export, layer="craters").set_index("crater_id").geometry

    def change(frame):
        frame.loc["0000003", "geometry"] = first["0000003"]
        return frame

    edit(reviewed, change)
    counts = lc.review(run, reviewed, tmp_path / "both.gpkg").counts
    assert (counts.moved, counts.resized) == (0, 0)
    size = get_size(export, "0000003")
    assert get_size(tmp_path / "both.gpkg", "0000003") == pytest.approx(size, rel=1e-3)


def test_a_crater_that_was_added_before_is_one_of_a_reviewed_catalogue(files, tmp_path):
    _, _, reviewed = files
    both = tmp_path / "both.gpkg"
    counts = lc.review(reviewed, reviewed, both).counts
    assert (counts.accepted, counts.rejected, counts.added) == (2, 0, 0)
    states = [lc.read_catalogue(path).craters["review"].tolist() for path in (reviewed, both)]
    assert states[0] == states[1]
    other = tmp_path / "other.gpkg"
    other.write_bytes(reviewed.read_bytes())
    edit(other, lambda frame: scale(frame, "A0000001", 2.0))
    counts = lc.review(reviewed, other).counts
    assert (counts.resized, counts.rejected, counts.added) == (1, 0, 0)
    # The crater that is drawn in its place has its number.
    edit(other, lambda frame: frame.drop(index="A0000001"))
    draw(other, 2.5, 0.5)
    counts = lc.review(reviewed, other).counts
    assert (counts.deleted, counts.added) == (1, 1)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".csv"])
def test_craters_that_the_first_reviewer_rejected_are_not_added(files, tmp_path, suffix):
    run, _, reviewed = files
    second = tmp_path / f"second{suffix}"
    lc.export(run, second, min_score=0)
    with pytest.raises(CatalogueError, match=r"has 3 craters that the run has not \(crater_id 000"):
        lc.review(reviewed, second)


def test_rows_that_are_marked_as_added_may_have_the_numbers_of_another_catalogue(files, tmp_path):
    run, _, reviewed = files
    lc.export(run, tmp_path / "second.csv", min_score=0)
    table = pd.read_csv(tmp_path / "second.csv", dtype={"CRATER_ID": str})
    table.loc[table["CRATER_ID"].isin(["0000004", "0000005"]), "review"] = "added"
    table.loc[table["CRATER_ID"] == "0000006", "review"] = "rejected"
    table.to_csv(tmp_path / "second.csv", index=False)
    assert lc.review(reviewed, tmp_path / "second.csv").counts.added == 2


@pytest.mark.parametrize("suffix", [".geojson", ".fgb", ".shp"])
@pytest.mark.parametrize("name", ["0000003", "A0000001"])
def test_a_typed_size_that_only_the_first_review_tells_from_the_outline_is_noted(
    files, tmp_path, suffix, name
):
    run = files[0]
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    lc.review(run, tmp_path / "edited.gpkg", first)
    noted = r"\(1 such\), and their outlines count: .* name the file of the first one as RUN"
    assert not any(re.search(noted, note) for note in lc.review(run, first).notes)
    frame = pyogrio.read_dataframe(first).set_index("crater_id", drop=False)
    column = "diam_km" if suffix == ".shp" else "diameter_km"
    typed = 2.0 * get_size(first, name)
    frame.loc[name, column] = typed
    copy = {path.suffix: path for path in tmp_path.glob("first.*")}
    for ending, path in copy.items():
        (tmp_path / f"second{ending}").write_bytes(path.read_bytes())
    if suffix == ".geojson":
        content = json.loads(second.read_text())
        for feature in content["features"]:
            if feature["properties"]["crater_id"] == name:
                feature["properties"][column] = typed
        second.write_text(json.dumps(content))
    else:
        pyogrio.write_dataframe(frame.reset_index(drop=True), second)
    assert any(re.search(noted, note) for note in lc.review(run, second).notes)
    review = lc.review(first, second, tmp_path / "both.csv")
    assert not any(re.search(noted, note) for note in review.notes)
    assert get_size(tmp_path / "both.csv", name) == pytest.approx(typed, rel=1e-3)
