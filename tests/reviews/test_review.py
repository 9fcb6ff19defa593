"""Reviews: counts, intervals and suggestions; what cannot be reviewed is said in a sentence."""

import json
import re
import sys
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner

import lunarcraters as lc
from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.main import cli, main
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.reviews.proportions import compute_proportion


def make_run(count=60, crs=None, offset=0.0, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({
        "lon": offset + np.arange(count) % 10, "lat": np.arange(count) // 10 * 1.0,
        "diameter_km": 1.0 + np.arange(count) / 20.0, "score": rng.uniform(0.02, 1.0, count),
        "tile": np.where(np.arange(count) % 10 < 5, "z0_r0000_c0000", "z0_r0000_c0001"),
    })  # fmt: skip
    crs = sphere.geographic_crs() if crs is None else crs
    return Catalogue(table, crs, thresholds={"balanced": 0.4})


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "run.parquet"
    write_catalogue(make_run(), path)
    return path


@pytest.fixture
def refuse(monkeypatch, capsys):
    """Run `craters review`; returns its one line of error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["craters", "review", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        assert (stopped.value.code, captured.out) == (1, "")
        (line,) = captured.err.splitlines()
        return line

    return call


def save(frame, path, layer="craters"):
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG")


def test_the_interval_is_wilsons():
    share = compute_proportion(8, 10)
    assert (share.low, share.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert compute_proportion(0, 0).value is None
    assert compute_proportion(3, 3).high == pytest.approx(1.0)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".geojson", ".csv", ".fgb", ".parquet", ".gpkg"])
def test_states_are_read_from_every_format(run, tmp_path, suffix):
    craters = lc.read_catalogue(run).filter()
    states = np.resize(["accepted", "rejected", "unseen", "accepted"], len(craters))
    marked = Catalogue.from_table(craters.craters.assign(review=states), craters.info)
    write_catalogue(marked, tmp_path / f"a{suffix}")
    read = read_catalogue(tmp_path / f"a{suffix}")
    assert sorted(read.craters["review"]) == sorted(states[states != "rejected"])
    told = lc.review(run, tmp_path / f"a{suffix}")
    assert told.counts.rejected == told.precision.total - told.precision.count
    assert told.counts.shown == len(craters)
    assert sum(one.accepted for one in told.bins) == told.counts.accepted
    assert told.recall.value == 1.0
    everything = lc.review(run, tmp_path / f"a{suffix}", all_seen=True)
    assert everything.counts.unseen == 0
    assert everything.counts.accepted == told.counts.accepted + told.counts.unseen


def test_members_of_clusters_that_an_export_left_out_are_not_rejected(tmp_path):
    # 60 craters on a grid of a degree, and 12 of the smallest bin around one point.
    craters = make_run()
    tight = craters.craters.head(12).assign(
        lon=4.5 + np.arange(12) / 500.0, lat=2.5, diameter_km=1.2, score=0.9, crater_id=""
    )
    table = pd.concat([craters.craters.drop(columns="crater_id"), tight.drop(columns="crater_id")])
    ground = shapely.box(-1, -1, 10, 6)
    run = Catalogue(
        table, craters.crs, ground, sphere.area_km2(ground), thresholds={"balanced": 0.4}
    )
    write_catalogue(run, tmp_path / "run.parquet")
    done = lc.export(tmp_path / "run.parquet", tmp_path / "a.geojson", without_clusters=True)
    assert done.clustered >= 12
    told = lc.review(tmp_path / "run.parquet", tmp_path / "a.geojson")
    assert (told.counts.rejected, told.counts.shown) == (0, done.written)
    assert "exported without clusters" in told.notes[0]


@pytest.mark.filterwarnings("ignore:.*not tell which ground:lunarcraters.errors.CratersWarning")
def test_what_an_export_left_out_is_not_rejected(run, tmp_path):
    lc.export(run, tmp_path / "a.geojson", area=(-1, -1, 5, 9), min_diameter=2.0, min_score=0.3)
    told = lc.review(run, tmp_path / "a.geojson")
    assert told.counts.rejected == 0
    text = (tmp_path / "a.geojson").read_text().splitlines(keepends=True)
    (tmp_path / "a.geojson").write_text("".join(text[:2] + text[4:]))
    assert lc.review(run, tmp_path / "a.geojson").counts.deleted == 2


@pytest.mark.slow
def test_columns_count_where_only_they_were_edited(run, tmp_path):
    path = tmp_path / "a.gpkg"
    lc.export(run, path)
    frame = pyogrio.read_dataframe(path, layer="craters")
    frame.loc[3, ["lon", "diameter_km"]] = [77.0, 9.0]
    save(frame, path)
    for read in (read_catalogue(path), read_catalogue(path.rename(tmp_path / "b.gpkg"))):
        row = read.craters.set_index("crater_id").loc[frame["crater_id"][3]]
        assert row[["lon", "diameter_km", "review"]].tolist() == [77.0, 9.0, "accepted"]
        path = tmp_path / "b.gpkg"
        save(frame, path)
    counts = lc.review(run, tmp_path / "b.gpkg").counts
    assert (counts.moved, counts.resized, counts.accepted) == (1, 1, 1)


def test_a_crater_that_is_moved_in_a_gis_may_have_its_diameter_typed(run, tmp_path):
    path = tmp_path / "a.gpkg"
    lc.export(run, path)
    frame = pyogrio.read_dataframe(path, layer="craters").set_index("crater_id", drop=False)
    moved, scaled = frame.index[[3, 4]]
    shape = frame.geometry[moved]
    frame.loc[moved, "geometry"] = shapely.affinity.translate(shape, 0.2, 0.0)
    frame.loc[moved, "diameter_km"] *= 1.3
    frame.loc[scaled, "geometry"] = shapely.affinity.scale(frame.geometry[scaled], 1.2, 1.2)
    frame.loc[scaled, "lon"] += 0.3
    save(frame, path)
    before = read_catalogue(run).craters.set_index("crater_id")
    assert lc.review(run, path, tmp_path / "reviewed.gpkg").counts.moved == 2
    for file in ("a.gpkg", "reviewed.gpkg"):
        after = read_catalogue(tmp_path / file).craters.set_index("crater_id")
        shifts = after.lon - before.lon
        growth = after.diameter_km / before.diameter_km
        assert shifts[[moved, scaled]].tolist() == pytest.approx([0.2, 0.3], abs=1e-3)
        assert growth[[moved, scaled]].tolist() == pytest.approx([1.3, 1.2], rel=1e-3)


@pytest.mark.slow
def test_the_geometry_counts_where_the_former_row_is_not_known(run, tmp_path):
    path = tmp_path / "a.geojson"
    lc.export(run, path)
    collection = json.loads(path.read_text())
    first, second = collection["features"][:2]
    first["properties"]["diameter_km"] *= 2.0
    second["geometry"] = {"type": "Point", "coordinates": [50.0, 1.0]}
    # As the page of a report saves an added crater.
    added = {"crater_id": None, "lon": 50.0, "lat": 20.0, "diameter_km": 3.0, "score": None,
             "review": "added"}  # fmt: skip
    collection["features"].append({"type": "Feature", "properties": added, "geometry": None})
    solid = collection["features"][2]["geometry"]
    solid["coordinates"] = [[[*point, 5.0] for point in ring] for ring in solid["coordinates"]]
    path.write_text(json.dumps(collection))
    before, read = lc.read_catalogue(run).craters, read_catalogue(path).craters
    sizes = read.set_index("crater_id")["diameter_km"]
    name = first["properties"]["crater_id"]
    assert sizes[name] == pytest.approx(before.set_index("crater_id").loc[name, "diameter_km"])
    assert read.set_index("crater_id").loc[second["properties"]["crater_id"], "lon"] == 50.0
    assert read.set_index("review").loc["added", ["crater_id", "score"]].tolist() == ["A0000001", 1]
    counts = lc.review(run, path).counts
    assert (counts.resized, counts.moved, counts.added) == (1, 1, 1)


def test_a_copy_of_a_crater_is_an_added_one(run, tmp_path):
    path = tmp_path / "a.gpkg"
    lc.export(run, path)
    frame = pyogrio.read_dataframe(path, layer="craters")
    copy = frame.iloc[[5]].copy()
    copy["geometry"] = copy.geometry.translate(0.3, 0.0)
    drawn = copy.assign(geometry=copy.geometry.translate(0.3, 0.0))
    both = pd.concat([copy, drawn[["geometry"]], frame], ignore_index=True)
    save(gpd.GeoDataFrame(both, crs=frame.crs), path)
    read = read_catalogue(path).craters
    assert (read["review"] == "added").sum() == 2
    assert read["crater_id"].is_unique
    counts = lc.review(run, path).counts
    assert (counts.added, counts.moved, counts.rejected) == (2, 0, 0)


@pytest.mark.slow
def test_columns_may_be_lost_but_for_the_identifier(run, tmp_path):
    path = tmp_path / "a.gpkg"
    lc.export(run, path)
    frame = pyogrio.read_dataframe(path, layer="craters")
    save(frame[["crater_id", "score", "geometry"]].iloc[1:], path)
    counts = lc.review(run, path).counts
    assert (counts.accepted, counts.deleted, counts.unseen) == (0, 1, len(frame) - 1)
    assert read_catalogue(path).positions.shape == (len(frame) - 1, 2)


@pytest.mark.slow
def test_a_copy_of_the_layer_alone_is_an_edited_catalogue(run, tmp_path):
    lc.export(run, tmp_path / "a.gpkg")
    frame = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="craters")
    frame.loc[2, "review"] = "rejected"
    frame.loc[4, "geometry"] = shapely.affinity.translate(frame.geometry[4], 0.2, 0.0)
    save(frame.drop(index=6), tmp_path / "b.gpkg", layer="checked")
    told = lc.review(run, tmp_path / "b.gpkg")
    assert (told.counts.rejected, told.counts.deleted, told.counts.moved) == (2, 1, 1)
    assert "does not tell which craters were exported" in told.notes[0]
    assert len(read_catalogue(tmp_path / "b.gpkg")) == len(frame) - 2


def test_accepted_craters_count_whatever_they_score(run, tmp_path):
    lc.export(run, tmp_path / "a.csv", min_score=0)
    table = pd.read_csv(tmp_path / "a.csv", dtype={"CRATER_ID": str})
    table["review"] = np.where(table["SCORE"] < 0.1, "accepted", "")
    table.to_csv(tmp_path / "a.csv", index=False)
    kept = read_catalogue(tmp_path / "a.csv").filter(0.5).craters
    assert set(kept.loc[kept["score"] < 0.5, "review"]) == {"accepted"}


def test_remarks_of_other_authors_are_no_states(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,diameter_km,review\n1,2,3,fine\n2,3,4,degraded\n")
    assert "review" not in read_catalogue(tmp_path / "a.csv").craters


@pytest.mark.parametrize("words", [("accept", "reject"), (True, False), (1, 0)])
def test_other_words_of_a_reviewer_are_refused(run, tmp_path, refuse, words):
    for name, read, write in (
        ("a.csv", partial(pd.read_csv, dtype=str), pd.DataFrame.to_csv),
        ("a.geojson", gpd.read_file, gpd.GeoDataFrame.to_file),
        ("a.parquet", gpd.read_parquet, gpd.GeoDataFrame.to_parquet),
    ):
        lc.export(run, tmp_path / name)
        table = read(tmp_path / name)
        table["review"] = np.where(np.arange(len(table)) % 2, *words)
        write(table, tmp_path / f"b-{name}")
        message = f"row 1: review is '{words[1]}': write unseen, accepted"
        assert message in refuse(run, tmp_path / f"b-{name}")


def test_the_most_doubtful_craters_are_suggested_over_all_sizes(run, tmp_path):
    lc.export(run, tmp_path / "a.csv", min_score=0)
    told = lc.review(run, tmp_path / "a.csv", suggest=4)
    assert len(told.suggested) == 4
    assert {int(np.log2(one.diameter)) for one in told.suggested[:2]} == {0, 1}
    scores = lc.read_catalogue(run).craters["score"]
    assert abs(told.suggested[0].score - 0.5) == pytest.approx(abs(scores - 0.5).min())
    assert {tile.tile for tile in told.suggested_tiles} == {"z0_r0000_c0000", "z0_r0000_c0001"}
    assert told.suggested_tiles[0].variance >= told.suggested_tiles[1].variance


def test_the_text_tells_shares_by_diameter(run, tmp_path):
    lc.export(run, tmp_path / "a.csv")
    arguments = ["review", run, tmp_path / "a.csv", "--suggest", 2, "--all-seen"]
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    assert "precision 1.000 (0.9" in done.output
    assert re.search(r"^2 - 2.83 +\d+ +0 +0 +0 +1.00 0.\d\d-1.00 +1.00", done.output, re.MULTILINE)
    assert "review these" not in done.output, "every crater was seen"


def test_pixels_are_reviewed_too(tmp_path):
    table = pd.DataFrame({"x": [50.0, 90.0, 20.0], "y": [40.0, 60.0, 9.0],
                          "diameter_px": [30.0, 20.0, 9.0], "score": [0.9, 0.8, 0.7]})  # fmt: skip
    write_catalogue(Catalogue(table, None), tmp_path / "run.parquet")
    path = tmp_path / "a.gpkg"
    lc.export(tmp_path / "run.parquet", path)
    frame = pyogrio.read_dataframe(path, layer="craters")
    frame.loc[0, "geometry"] = shapely.Point(53.0, -41.0).buffer(20.0)
    with pytest.warns(UserWarning, match="crs"):
        save(frame.drop(index=1), path)
    read = read_catalogue(path)
    assert read.positions[0] == pytest.approx([53.0, 41.0])
    assert read.diameters == pytest.approx([40.0, 9.0], rel=1e-3)
    counts = lc.review(tmp_path / "run.parquet", path).counts
    assert (counts.moved, counts.resized, counts.deleted, counts.unseen) == (1, 1, 1, 1)


@pytest.mark.slow
def test_a_file_that_lost_its_identifiers_is_refused(run, tmp_path, refuse):
    lc.export(run, tmp_path / "a.gpkg")
    frame = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="craters")
    save(frame.drop(columns="crater_id"), tmp_path / "a.gpkg")
    assert "has no column crater_id" in refuse(run, tmp_path / "a.gpkg")


@pytest.mark.slow
def test_a_catalogue_of_another_body_is_refused(run, tmp_path, refuse):
    write_catalogue(make_run(crs=sphere.geographic_crs(1_738_000.0)), tmp_path / "a.gpkg")
    assert "is of a body of 1738 km radius" in refuse(run, tmp_path / "a.gpkg")
    frame = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="craters")
    save(frame.set_crs("EPSG:4326", allow_override=True), tmp_path / "b.gpkg")
    assert "not of the Moon" in refuse(run, tmp_path / "b.gpkg")
    lc.export(run, tmp_path / "d.gpkg")
    for layer in ("added_craters", "craters"):  # of a file of ours
        save(frame.set_crs("EPSG:4326", allow_override=True), tmp_path / "d.gpkg", layer)
        line = refuse(run, tmp_path / "d.gpkg")
        assert "not of the Moon" in line
        assert "QGIS: Layer > Set Layer CRS" in line
        assert "--crs" not in line
    pixels = pd.DataFrame({"x": [9.0], "y": [9.0], "diameter_px": [9.0]})
    write_catalogue(Catalogue(pixels, None), tmp_path / "c.csv")
    assert "is in pixels and the run is not" in refuse(run, tmp_path / "c.csv")


def test_a_catalogue_of_another_run_is_refused(run, tmp_path, refuse):
    write_catalogue(make_run(offset=30.0, seed=1), tmp_path / "a.geojson")
    assert "was exported from another run" in refuse(run, tmp_path / "a.geojson")
    table = make_run(5).craters.assign(crater_id=[f"r{k}" for k in range(5)])
    write_catalogue(Catalogue(table, sphere.geographic_crs()), tmp_path / "b.geojson")
    assert "no crater of" in refuse(run, tmp_path / "b.geojson")


@pytest.mark.slow
def test_geometries_that_are_no_outlines_are_refused(run, tmp_path, refuse):
    path = tmp_path / "a.gpkg"
    lc.export(run, path)
    line = shapely.Polygon([(0, 0), (1, 0), (2, 0), (0, 0)])
    crs = pyogrio.read_dataframe(path, layer="craters").crs
    save(gpd.GeoDataFrame(geometry=[line], crs=crs), path, "added_craters")
    assert "geometries in added_craters are not outlines of craters" in refuse(run, path)
    lc.export(run, path, overwrite=True)
    frame = pyogrio.read_dataframe(path, layer="craters")
    frame.loc[1, "geometry"] = line
    save(frame, path)
    assert "the geometry of row 2 is not the outline of a crater" in refuse(run, path)
    frame.loc[1, "geometry"] = None
    frame.loc[1, "lon"] = np.nan
    save(frame, path)
    assert "row 2 has neither an outline nor lon, lat, diameter_km" in refuse(run, path)
    frame = frame.drop(index=1)
    frame.loc[2, "review"] = "maybe"
    save(frame, path)
    assert "review is 'maybe': write unseen, accepted" in refuse(run, path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("diameter_km", 0.0), ("diameter_km", -1.0), ("diameter_km", 5000.0), ("lat", 95.0)],
)
def test_numbers_that_no_crater_has_are_refused(run, tmp_path, refuse, name, value):
    path = tmp_path / "a.gpkg"
    lc.export(run, path)
    frame = pyogrio.read_dataframe(path, layer="craters")
    frame.loc[2, name] = value
    save(frame, path)
    assert re.search(f"crater 3 of .*a.gpkg is not on the Moon.* {value:g}", refuse(run, path))
    with pytest.raises(CatalogueError, match="is larger than it, or has no size"):
        read_catalogue(path)


@pytest.mark.slow
def test_a_run_or_file_that_is_not_there_is_said(run, tmp_path, refuse):
    assert "does not exist" in refuse(run, tmp_path / "a.gpkg")
    (tmp_path / "b.gpkg").write_text("nothing")
    assert "is not a GeoPackage of craters" in refuse(run, tmp_path / "b.gpkg")
    lc.export(run, tmp_path / "a.gpkg")
    assert "exists" in refuse(run, tmp_path / "a.gpkg", "-o", tmp_path / "a.gpkg")
