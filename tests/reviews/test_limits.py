"""Craters that a file lacks are rejected only where every export of a chain kept them."""

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest

import lunarcraters as lc
from lunarcraters.catalogue.filter import CraterFilter
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CratersWarning
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area, make_box_area

from .test_review import save

pytestmark = pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")


@pytest.fixture(params=[0.0, 175.7], ids=["near 0", "across 180"])
def grid(request, tmp_path):
    """A run with a crater at every degree of a square, and the longitude of its western edge."""
    place = np.arange(100)
    table = pd.DataFrame(
        {"lon": request.param + place % 10, "lat": place // 10, "diameter_km": 2.0, "score": 0.5}
    )
    path = tmp_path / "run.parquet"
    write_catalogue(Catalogue(table, sphere.geographic_crs()), path)
    return path, request.param


@pytest.fixture
def run(tmp_path):
    """A run of twenty craters with scores from 0.1 to 0.9."""
    table = pd.DataFrame({"lon": 0.5, "lat": np.arange(20) / 2, "diameter_km": 2.0})
    craters = Catalogue(table.assign(score=np.linspace(0.1, 0.9, 20)), sphere.geographic_crs())
    write_catalogue(craters, tmp_path / "run.parquet")
    return tmp_path / "run.parquet"


@pytest.mark.parametrize("second", [(3.5, 0.5, 8.5, 6.5), (-1.0, -1.0, 9.5, 9.5)])
def test_an_export_of_an_export_keeps_the_areas_of_both(grid, tmp_path, second):
    run, west = grid
    middle = tmp_path / "a.gpkg"
    second = tuple(second + np.array([west, 0.0, west, 0.0]))
    lc.export(run, middle, area=(west + 0.5, 0.5, west + 5.5, 5.5))
    lc.export(middle, tmp_path / "b.geojson", area=second)
    lc.read_catalogue(middle).filter(area=second).to_file(tmp_path / "c.gpkg")
    for name in ("b.geojson", "c.gpkg"):
        read = lc.read_catalogue(tmp_path / name)
        counts = lc.review(run, tmp_path / name).counts
        assert (counts.rejected, counts.unseen) == (0, len(read)), name
        # Those that a reviewer deleted of it are rejected.
        read.rows(slice(2, None)).to_file(tmp_path / name, overwrite=True)
        assert lc.review(run, tmp_path / name).counts.rejected == 2, name


def test_craters_deleted_of_an_export_with_parts_are_rejected_at_its_edge_too(grid, tmp_path):
    run, west = grid
    parts, edited, reviewed = (tmp_path / f"{name}.gpkg" for name in "abc")
    lc.export(run, parts, area=(west + 0.02, 0.5, west + 5.5, 5.5), fractions=True)
    craters = lc.read_catalogue(parts)
    on_edge = craters.craters["fraction"] < 1.0
    assert (len(craters), on_edge.sum()) == (30, 5)
    craters.rows(~on_edge.to_numpy()).to_file(edited)
    lc.review(run, edited, reviewed)
    lc.export(edited, tmp_path / "d.geojson", min_diameter=1.0)
    for path in edited, reviewed, tmp_path / "d.geojson":
        counts = lc.review(run, path).counts
        assert (counts.rejected, counts.unseen) == (5, 25), path
    lc.export(parts, edited, area=(west - 0.5, 0.5, west + 3.5, 3.5), overwrite=True)
    assert lc.review(run, edited).counts.rejected == 0


def test_parts_are_measured_of_craters_near_the_area_alone(grid, monkeypatch):
    run, west = grid
    craters = lc.read_catalogue(run)
    area = make_box_area(west - 0.5, 0.5, west + 1.02, 1.5)
    limits = CraterFilter(area=area, fractions=True).limits(0.0)
    measured, compute = [], Area.compute_shares

    def count(area, positions, diameters):
        measured.append(len(positions))
        return compute(area, positions, diameters)

    monkeypatch.setattr(Area, "compute_shares", count)
    inside = limits.contain(craters.positions, craters.diameters, craters.scores)
    assert craters.positions[inside].tolist() == [[west, 1.0], [west + 1.0, 1.0]]
    assert measured[0] < 20


def test_a_filter_of_an_export_keeps_the_scores_and_diameters_of_both(tmp_path):
    table = pd.DataFrame(
        {"lon": 0.5, "lat": np.arange(9) / 2, "diameter_km": np.arange(1, 10), "score": 0.5}
    ).assign(score=np.linspace(0.2, 0.9, 9))
    write_catalogue(Catalogue(table, sphere.geographic_crs()), tmp_path / "run.parquet")
    lc.export(tmp_path / "run.parquet", tmp_path / "a.gpkg", min_diameter=3.0, min_score=0.3)
    some = lc.read_catalogue(tmp_path / "a.gpkg").filter(0.5, max_diameter=7.0)
    some.to_file(tmp_path / "b.gpkg")
    counts = lc.review(tmp_path / "run.parquet", tmp_path / "b.gpkg").counts
    assert (counts.rejected, counts.unseen) == (0, len(some))


@pytest.mark.parametrize("suffix", [".csv", ".shp"])
def test_an_export_of_a_file_that_keeps_no_limits_has_none(run, tmp_path, suffix):
    lc.export(run, tmp_path / f"a{suffix}", min_score=0.5)
    lc.export(tmp_path / f"a{suffix}", tmp_path / "b.gpkg")
    assert lc.read_catalogue(tmp_path / "b.gpkg").info.limits is None
    counts = lc.review(run, tmp_path / "b.gpkg").counts
    assert (counts.rejected, counts.unseen) == (0, 10)


def test_an_export_of_rows_that_another_program_saved_has_no_limits(tmp_path):
    lat = np.arange(20) / 2
    table = pd.DataFrame({"lon": 0.5, "lat": lat, "diameter_km": 2.0, "score": 0.5})
    craters, run = Catalogue(table, sphere.geographic_crs()), tmp_path / "run.parquet"
    write_catalogue(craters, run)
    lc.export(run, tmp_path / "a.gpkg")
    geopandas.read_file(tmp_path / "a.gpkg", layer="craters")[:10].to_file(tmp_path / "b.gpkg")
    lc.export(tmp_path / "b.gpkg", tmp_path / "c.gpkg")
    assert lc.read_catalogue(tmp_path / "c.gpkg").info.limits is None
    assert lc.review(run, tmp_path / "c.gpkg").counts.rejected == 0


@pytest.mark.parametrize("deleted", [False, True])
def test_an_export_of_an_edited_table_tells_the_rejected_craters_as_the_table_does(
    grid, tmp_path, deleted
):
    run, west = grid
    table, package = tmp_path / "a.csv", tmp_path / "b.gpkg"
    lc.export(run, table)
    rows = pd.read_csv(table, dtype={"CRATER_ID": str})
    east, lat = rows["LON_CIRC_IMG"] - west, rows["LAT_CIRC_IMG"]
    corner = rows["CRATER_ID"][np.isclose(east, 9.0) & (lat == 0.0)].item()
    inside = np.isclose(east, 5.0) & lat.between(4.0, 5.0)
    rows["review"] = np.where(np.isclose(east, 3.0) & (lat == 3.0), "rejected", "")
    rows[~inside].to_csv(table, index=False)
    rejected = 3
    lc.export(table, package)
    if deleted:  # it was on the ground that the exported craters enclose
        left = pyogrio.read_dataframe(package, layer="craters")
        save(left[left["crater_id"] != corner], package)
        rejected = 4
    result = lc.review(run, package, tmp_path / "c.gpkg")
    assert result.counts.rejected == rejected
    assert "does not tell which craters were exported" in result.notes[0]
    assert lc.review(run, tmp_path / "c.gpkg").counts.rejected == rejected


@pytest.mark.parametrize("suffix", [".csv", ".shp", ".gpkg"])
def test_accepted_craters_do_not_tell_the_lowest_score_of_an_export(tmp_path, suffix):
    place = np.arange(100)
    table = pd.DataFrame({"lon": place % 10, "lat": place // 10, "diameter_km": 2.0})
    craters = table.assign(score=np.linspace(0.9, 0.1, 100))
    run, edited, out = tmp_path / "run.parquet", tmp_path / "a.csv", tmp_path / f"b{suffix}"
    write_catalogue(Catalogue(craters, sphere.geographic_crs()), run)
    lc.export(run, edited, min_score=0)
    rows = pd.read_csv(edited, dtype={"CRATER_ID": str}).drop(index=[11, 12])
    rows["review"] = np.where(rows["SCORE"] < 0.15, "accepted", "")
    rows.to_csv(edited, index=False)
    accepted = int((rows["SCORE"] < 0.15).sum())
    lc.export(edited, out, min_score=0.5)
    counts = lc.review(run, out).counts
    assert (counts.accepted, counts.rejected) == (accepted, 2)
    if suffix == ".gpkg":  # one that is deleted now was accepted, too
        left = pyogrio.read_dataframe(out, layer="craters").iloc[:-1]
        save(left, out)
        counts = lc.review(run, out).counts
        assert (counts.accepted, counts.rejected) == (accepted - 1, 3)


@pytest.mark.parametrize("unseen", [0, 1])
def test_accepted_craters_tell_the_lowest_score_where_hardly_any_others_are_left(tmp_path, unseen):
    place = np.arange(100)
    table = pd.DataFrame({"lon": place % 10, "lat": place // 10, "diameter_km": 2.0})
    run, edited = tmp_path / "run.parquet", tmp_path / "a.csv"
    craters = Catalogue(table.assign(score=np.linspace(0.9, 0.1, 100)), sphere.geographic_crs())
    write_catalogue(craters, run)
    lc.export(run, edited, min_score=0.5)
    rows = pd.read_csv(edited, dtype={"CRATER_ID": str}).sort_values("SCORE", ascending=False)
    rows["review"] = ["" if number < unseen else "accepted" for number in range(len(rows))]
    rows.drop(index=[11, 34]).to_csv(edited, index=False)
    assert lc.review(run, edited).counts.rejected == 2


def test_an_export_without_clusters_of_a_table_has_no_limits(tmp_path):
    table = pd.DataFrame({"lon": 0.5, "lat": np.arange(20) / 2, "diameter_km": 2.0})
    table.assign(score=0.5).to_csv(tmp_path / "a.csv", index=False)
    lc.export(tmp_path / "a.csv", tmp_path / "b.gpkg", area=(-9, -9, 9, 19), without_clusters=True)
    assert lc.read_catalogue(tmp_path / "b.gpkg").info.limits is None


@pytest.mark.parametrize(
    "steps", [["a.csv", "b.gpkg", "c.geojson"], ["a.shp", "b.parquet", "c.gpkg"]]
)
def test_exports_of_exports_of_a_file_that_keeps_no_limits_have_none(run, tmp_path, steps):
    before = run
    for name in steps:
        lc.export(before, tmp_path / name, min_score=0.5)
        before = tmp_path / name
    assert lc.read_catalogue(before).info.limits is None
    assert lc.review(run, before).counts.rejected == 0


def test_a_filter_of_a_run_tells_which_craters_it_took(run, tmp_path):
    lc.read_catalogue(run).filter(0.5).to_file(tmp_path / "a.parquet")
    lc.export(tmp_path / "a.parquet", tmp_path / "b.gpkg")
    assert lc.read_catalogue(tmp_path / "b.gpkg").info.limits.min_score == 0.5
    assert lc.review(run, tmp_path / "b.gpkg").counts.rejected == 0


def test_lower_scores_than_an_export_has_are_warned_of(run, tmp_path):
    lc.export(run, tmp_path / "a.gpkg", min_score=0.5)
    exported = lc.read_catalogue(tmp_path / "a.gpkg")
    with pytest.warns(CratersWarning, match=r"less than 0\.500 were left out .* 0\.400 is asked"):
        exported.filter(0.4)
    assert len(exported.filter(0.5)) == len(exported.filter()) == 10
