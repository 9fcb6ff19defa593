"""`craters purity` by reviews and references; what cannot be used is said in a sentence."""

import json
import sys
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from scipy.special import expit, logit

import lunarcraters as lc
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.main import cli, main
from lunarcraters.detection.measurements import PURITY
from lunarcraters.detection.run import CRATERS, RunResult, write_result
from lunarcraters.errors import CatalogueError, CratersWarning, OptionError, OutputError, RunError
from lunarcraters.geometry import sphere
from lunarcraters.purity.record import find_purity

GROUND = shapely.box(-5, -5, 5, 5)


@pytest.fixture(scope="module")
def detections():
    """Detections, and which of them are craters: fewer of the larger ones."""
    random = np.random.default_rng(0)
    sizes = random.random(3000) ** -0.5
    scores = np.round(random.beta(1.2, 1.0, 3000), 4)
    lon, lat = random.uniform(-5, 5, (2, 3000))
    table = {"lon": lon, "lat": lat, "diameter_km": sizes, "score": scores}
    catalogue = Catalogue(
        pd.DataFrame(table), sphere.geographic_crs(), GROUND, sphere.area_km2(GROUND),
        thresholds={"balanced": 0.25},
    )  # fmt: skip
    probability = expit(1.0 + logit(catalogue.scores) - np.log2(catalogue.diameters))
    return catalogue, random.random(3000) < probability


@pytest.fixture
def run(tmp_path, detections):
    path = tmp_path / "run"
    path.mkdir()
    detections[0].to_file(path / CRATERS)
    write_result(RunResult(craters=3000, tiles=1, unread_tiles={}, seconds=1.0), path)
    return path


def review(detections, path, number=300, decided=None, seed=0):
    """Write the catalogue of the run with craters that were reviewed at random."""
    catalogue, true = detections
    seen = np.random.default_rng(seed).permutation(len(true)) < number
    states = np.where(true if decided is None else decided, "accepted", "rejected")
    marked = catalogue.craters.assign(review=np.where(seen, states, "unseen"))
    Catalogue.from_table(marked, catalogue.info).to_file(path)
    return seen


def write_reference(detections, path, which=None):
    """Write the craters of the detections, or some of them, as somebody's table."""
    catalogue, true = detections
    rows = catalogue.craters[true if which is None else which]
    rows[["lon", "lat", "diameter_km"]].to_csv(path, index=False)
    return path


def write_area(path, west=-5.0, south=-5.0, east=0.0, north=5.0):
    box = shapely.box(west, south, east, north)
    gpd.GeoDataFrame(geometry=[box], crs=sphere.geographic_crs()).to_file(path)
    return path


@pytest.fixture
def refuse(monkeypatch, capsys):
    """Run `craters purity`; returns its one line of error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["craters", "purity", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        assert (stopped.value.code, captured.out) == (1, "")
        return captured.err.splitlines()[-1]

    return call


@pytest.mark.slow
def test_a_review_tells_which_of_its_craters_are_true(run, detections, tmp_path):
    seen = review(detections, tmp_path / "a.gpkg")
    told = CliRunner().invoke(cli, ["purity", str(run), str(tmp_path / "a.gpkg")])
    assert told.exit_code == 0, told.output
    craters = int(detections[1][seen].sum())
    assert told.output.startswith(f"300 detections labelled by a review: {craters} are craters")
    purity = find_purity(run)
    assert (purity.kind, purity.labelled, purity.craters) == ("review", 300, craters)
    catalogue, true = detections
    probability = purity.probability(catalogue.scores, catalogue.diameters)
    assert probability.mean() == pytest.approx(true.mean(), abs=0.05)
    large = catalogue.diameters > 3.0
    assert probability[large].mean() == pytest.approx(true[large].mean(), abs=0.12)
    told = CliRunner().invoke(
        cli, ["purity", str(run), str(tmp_path / "a.gpkg"), "--json", "--overwrite"]
    )
    assert json.loads(told.output) == json.loads((run / PURITY).read_text())


def test_craters_that_were_deleted_are_rejected_and_unseen_ones_left_out(run, detections, tmp_path):
    catalogue, true = detections
    path = tmp_path / "a.geojson"
    Catalogue.from_table(catalogue.craters[true], catalogue.info).to_file(path)
    with pytest.raises(CatalogueError, match=r"tells of .* needs 30"):
        # Of a file that does not tell what was exported, all craters of its sizes were.
        lc.measure_purity(run, path, min_diameter=30.0)
    purity = lc.measure_purity(run, path, all_seen=True)
    assert purity.kind == "review"
    assert purity.craters == true.sum()
    assert purity.labelled > 2500


def test_all_accepted_is_a_high_purity_that_is_not_certain(run, detections, tmp_path):
    review(detections, tmp_path / "a.parquet", 60, decided=np.ones(3000, bool))
    purity = lc.measure_purity(run, tmp_path / "a.parquet")
    assert purity.craters == purity.labelled == 60
    assert 0.9 < purity.probability([0.5], [2.0])[0] < 1.0


def test_all_rejected_is_a_low_purity(run, detections, tmp_path):
    review(detections, tmp_path / "a.parquet", 60, decided=np.zeros(3000, bool))
    assert lc.measure_purity(run, tmp_path / "a.parquet").probability([0.5], [2.0])[0] < 0.1


def test_a_crater_that_was_moved_away_was_no_crater_where_it_was(run, detections, tmp_path):
    catalogue, _ = detections
    table = catalogue.craters.assign(review="accepted")
    table["lat"] += np.where(np.arange(3000) % 2 == 0, 0.0, 1.0)
    Catalogue.from_table(table, catalogue.info).to_file(tmp_path / "a.parquet")
    purity = lc.measure_purity(run, tmp_path / "a.parquet")
    assert purity.labelled == 3000
    assert purity.craters == pytest.approx(1500, abs=10), "some lie on others now"


def test_few_reviewed_craters_are_refused(run, detections, tmp_path, refuse):
    review(detections, tmp_path / "a.parquet", 29)
    assert "tells of 29 detections" in refuse(run, tmp_path / "a.parquet")
    review(detections, tmp_path / "b.parquet", 0)
    assert "was accepted or rejected: review some" in refuse(run, tmp_path / "b.parquet")
    assert not (run / PURITY).exists()


def test_a_reference_as_a_table_needs_its_ground(run, detections, tmp_path, refuse):
    table = write_reference(detections, tmp_path / "a.csv")
    assert "give the outline of its ground with --area" in refuse(run, table)
    area = write_area(tmp_path / "west.gpkg")
    purity = lc.measure_purity(run, table, area=area, min_diameter=1.0)
    catalogue, true = detections
    inside = (catalogue.positions[:, 0] < 0.0) & (catalogue.scores >= 0.1)
    west = catalogue.positions[:, 0] < 0.0
    inside &= catalogue.diameters <= catalogue.diameters[true & west].max() / 2.0**0.5
    assert purity.kind == "reference"
    assert purity.labelled == pytest.approx(inside.sum(), abs=15)
    assert purity.craters == pytest.approx((inside & true).sum(), abs=10)


def test_a_reference_with_its_own_ground_needs_no_area(run, detections, tmp_path):
    catalogue, true = detections
    table = catalogue.craters[true].drop(columns=["crater_id", "score"])
    west = shapely.box(-5, -5, 0, 5)
    info = replace(catalogue.info, footprint=west, footprint_area_km2=sphere.area_km2(west))
    Catalogue.from_table(table, info).to_file(tmp_path / "a.gpkg")
    own = lc.measure_purity(run, tmp_path / "a.gpkg")
    table = write_reference(detections, tmp_path / "a.csv")
    area = write_area(tmp_path / "west.gpkg")
    with_area = lc.measure_purity(run, table, area=area, overwrite=True)
    assert own.kind == "reference"
    assert (own.labelled, own.craters) == (with_area.labelled, with_area.craters)


def test_sizes_that_a_reference_does_not_hold_are_not_labelled(run, detections, tmp_path):
    catalogue, true = detections
    held = true & (catalogue.diameters > 1.5) & (catalogue.diameters < 9.0)
    table = write_reference(detections, tmp_path / "a.csv", held)
    purity = lc.measure_purity(run, table, area=(-5, -5, 5, 5))
    assert purity.min_km >= 2.0
    assert purity.max_km <= 9.0 / 2.0**0.5
    whole = lc.measure_purity(run, table, area=(-5, -5, 5, 5), min_diameter=1.0, overwrite=True)
    every = lc.measure_purity(run, table, area=(-5, -5, 5, 5), min_diameter=0, overwrite=True)
    assert every.labelled == whole.labelled, "no detection is smaller than 1 km"
    assert whole.craters / whole.labelled < 0.8 * purity.craters / purity.labelled


def test_a_reference_of_other_ground_is_refused(run, detections, tmp_path, refuse):
    table = write_reference(detections, tmp_path / "a.csv")
    far = write_area(tmp_path / "far.gpkg", 40, 0, 50, 10)
    assert "no detection of the run lies on the ground of" in refuse(run, table, "--area", far)
    moved = pd.read_csv(table).assign(lon=lambda rows: rows["lon"] + 90.0)
    moved.to_csv(tmp_path / "b.csv", index=False)
    west = write_area(tmp_path / "west.gpkg")
    told = refuse(run, tmp_path / "b.csv", "--area", west)
    assert "matches a crater of it: see whether its positions are right" in told


def test_a_reference_without_a_crater_on_its_ground_is_refused(run, detections, tmp_path, refuse):
    """A detection lies on the ground, and the crater that it matches just beyond."""
    catalogue, true = detections
    one = catalogue.craters[true].nlargest(1, "diameter_km")
    lon, lat = float(one["lon"].iloc[0]), float(one["lat"].iloc[0])
    table = one[["lon", "lat", "diameter_km"]].assign(lon=lon + 0.002)
    table.to_csv(tmp_path / "a.csv", index=False)
    ground = write_area(tmp_path / "a.gpkg", lon - 0.001, lat - 0.001, lon + 0.001, lat + 0.001)
    told = refuse(run, tmp_path / "a.csv", "--area", ground)
    assert "lies on the ground that it is said to cover" in told


@pytest.mark.slow
def test_the_review_counts_where_a_file_is_a_catalogue_of_the_run_too(run, detections, tmp_path):
    """With its column review it would be a reference of all that was not rejected."""
    review(detections, tmp_path / "a.gpkg", 200)
    assert lc.measure_purity(run, tmp_path / "a.gpkg").labelled == 200
    west = lc.measure_purity(run, tmp_path / "a.gpkg", area=(-5, -5, 0, 5), overwrite=True).labelled
    assert 60 < west < 140


def test_a_review_of_another_run_is_no_reference(run, detections, tmp_path, refuse):
    catalogue, _ = detections
    table = catalogue.craters.assign(
        review="accepted", score=0.5, lat=catalogue.positions[:, 1] / 2
    )
    Catalogue.from_table(table, catalogue.info).to_file(tmp_path / "a.gpkg")
    assert "was exported from another run" in refuse(run, tmp_path / "a.gpkg")


def test_detections_whose_rows_lost_their_names_are_no_reference(run, detections, tmp_path, refuse):
    table = detections[0].craters.drop(columns="crater_id")
    table.to_csv(tmp_path / "a.csv", index=False)
    assert "has no column crater_id" in refuse(run, tmp_path / "a.csv")


def test_all_seen_is_of_a_review(run, detections, tmp_path):
    table = write_reference(detections, tmp_path / "a.csv")
    with pytest.raises(OptionError, match="is a reference, not a review"):
        lc.measure_purity(run, table, area=(-5, -5, 5, 5), all_seen=True)


def test_a_purity_is_replaced_only_if_asked(run, detections, tmp_path):
    review(detections, tmp_path / "a.parquet")
    first = lc.measure_purity(run, tmp_path / "a.parquet")
    with pytest.raises(OutputError, match=r"give --overwrite to replace it$"):
        lc.measure_purity(run, tmp_path / "a.parquet")
    assert lc.measure_purity(run, tmp_path / "a.parquet", overwrite=True) == first


def test_a_purity_that_is_there_is_said_before_anything_is_read(run, detections, tmp_path):
    review(detections, tmp_path / "a.parquet")
    lc.measure_purity(run, tmp_path / "a.parquet")
    with pytest.raises(OutputError, match="--overwrite"):
        lc.measure_purity(run, tmp_path / "not_there.parquet")


def test_a_purity_of_other_detections_is_left_out(run, detections, tmp_path):
    review(detections, tmp_path / "a.parquet")
    lc.measure_purity(run, tmp_path / "a.parquet")
    detections[0].rows(slice(0, 2000)).to_file(run / CRATERS, overwrite=True)
    with pytest.warns(CratersWarning, match="is of other detections than the run has now"):
        assert find_purity(run) is None


@pytest.mark.parametrize("text", ["{", "{}", '{"bins": 3}'])
def test_a_damaged_record_is_refused_with_the_remedy(run, text):
    (run / PURITY).write_text(text)
    with pytest.raises(RunError, match=r"is damaged .* craters purity .* --overwrite"):
        lc.csfd(run)


def test_a_record_of_another_version_is_refused(run, detections, tmp_path):
    review(detections, tmp_path / "a.parquet")
    lc.measure_purity(run, tmp_path / "a.parquet")
    text = (run / PURITY).read_text()
    (run / PURITY).write_text(text.replace('"format": 1', '"format": 99'))
    with pytest.raises(RunError, match="another version"):
        find_purity(run)


def test_craters_in_pixels_have_a_purity_too(tmp_path):
    random = np.random.default_rng(1)
    table = {"x": random.uniform(0, 9000, 500), "y": random.uniform(0, 9000, 500),
             "diameter_px": random.uniform(10, 40, 500),
             "score": random.uniform(0.2, 1.0, 500)}  # fmt: skip
    run = tmp_path / "run"
    run.mkdir()
    catalogue = Catalogue(pd.DataFrame(table), None)
    catalogue.to_file(run / CRATERS)
    write_result(RunResult(craters=500, tiles=1, unread_tiles={}, seconds=1.0), run)
    marked = catalogue.craters.assign(
        review=np.where(catalogue.scores > 0.6, "accepted", "rejected")
    )
    Catalogue.from_table(marked, catalogue.info).to_file(tmp_path / "a.parquet")
    purity = lc.measure_purity(run, tmp_path / "a.parquet")
    assert (purity.unit, purity.labelled) == ("px", 500)
    assert purity.probability([0.9], [20.0])[0] > 0.9
