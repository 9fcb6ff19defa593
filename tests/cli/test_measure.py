import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import lunarcraters as lc
from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats import read_catalogue, read_edited, write_catalogue
from lunarcraters.catalogue.measures import MEASURES, MOVED, UNMEASURED
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.export import command as export_command
from lunarcraters.cli.measure import command
from lunarcraters.cli.review import command as review_command
from lunarcraters.detection.run import CRATERS, open_run, read_run
from lunarcraters.detection.run import MEASURES as FILE
from lunarcraters.errors import CatalogueError, CratersWarning, OutputError
from lunarcraters.files import locked
from lunarcraters.geometry import sphere
from lunarcraters.morphometry import measure
from lunarcraters.morphometry.measure import measure_craters

from ..morphometry.relief import plane, write_relief
from ..rasters import SIMPLE_CYLINDRICAL
from ..report.pages import write_run

NAMES = list(MEASURES)


def craters(*arguments, of=command):
    return CliRunner().invoke(of, list(map(str, arguments)))


@pytest.fixture
def dem(tmp_path):
    circles = [(10.0, 1.0, 3.0, 0.1), (10.15, 1.1, 2.4, 0.0)]
    affine = plane(10.1, 1.05, 100.0, 300)
    return write_relief(tmp_path / "dem.tif", SIMPLE_CYLINDRICAL, affine, (300, 300), circles)


@pytest.fixture
def three_craters():
    table = pd.DataFrame({"lon": [10.0, 10.15, 80.0], "lat": [1.0, 1.1, 0.0]})
    table = table.assign(diameter_km=[3.0, 2.4, 2.0], score=[0.9, 0.8, 0.1])
    return Catalogue(table, sphere.geographic_crs(), thresholds={"balanced": 0.5})


@pytest.fixture
def run(three_craters, dem, tmp_path):
    (tmp_path / "run").mkdir()
    return write_run(tmp_path / "run", three_craters, dem)


@pytest.mark.parametrize("name", [CRATERS, FILE])
def test_the_catalogue_of_a_run_is_not_replaced_by_a_part_of_it(run, dem, tmp_path, name):
    edited, target = tmp_path / "edited.geojson", run / name
    assert craters(run, edited, of=export_command).exit_code == 0
    before = (run / CRATERS).read_bytes()
    for command_of, arguments in (
        (export_command, [run, target]),
        (export_command, [edited, target]),
        (command, [run, "--elevation", dem, "--output", target]),
        (review_command, [run, edited, "--output", target]),
    ):
        result = craters(*arguments, "--overwrite", of=command_of)
        assert isinstance(result.exception, OutputError)
        assert "is a file of a run itself: give another name" in str(result.exception)
    for path in (target, run / name.upper()):
        with pytest.raises(OutputError, match="is a file of a run itself: give another name"):
            read_run(run).filter().to_file(path, overwrite=True)
    assert (run / CRATERS).read_bytes() == before
    assert not (run / FILE).exists()


def test_the_elevation_model_is_not_replaced(run, dem):
    path = dem.rename(dem.with_suffix(".csv"))  # GDAL knows it whatever its name is
    before = path.read_bytes()
    result = craters(run, "--elevation", path, "-o", path, "--overwrite")
    assert isinstance(result.exception, OutputError)
    assert "is read for the result, so it cannot be replaced" in str(result.exception)
    assert path.read_bytes() == before


def test_measures_are_not_those_of_a_run_that_is_made_again_meanwhile(run, dem, monkeypatch):
    def measure_slowly(*arguments, **options):
        write_catalogue(read_run(run).rows(slice(2)), run / CRATERS, overwrite=True)
        return measure_craters(*arguments, **options)

    monkeypatch.setattr(measure, "measure_craters", measure_slowly)
    assert craters(run, "--elevation", dem).exit_code == 0
    with pytest.warns(CratersWarning, match="of other craters than"):
        assert not set(NAMES) & set(read_run(run).craters)


def test_measures_of_another_process_are_not_replaced(run, dem, tmp_path):
    with locked(run):
        refused = craters(run, "--elevation", dem)
        assert craters(run, "--elevation", dem, "-o", tmp_path / "a.csv").exit_code == 0
    assert "another process is at work" in str(refused.exception)
    assert not (run / FILE).exists()


@pytest.mark.slow
def test_a_run_keeps_its_measures_and_every_export_has_them(run, dem, tmp_path):
    before = (run / CRATERS).read_bytes()
    result = craters(run, "--elevation", dem)
    assert result.exit_code == 0, result.exception
    assert "2 of 3 craters measured" in result.output
    assert "1 off the elevation model" in result.output
    assert (run / CRATERS).read_bytes() == before
    measured = read_run(run).craters
    assert measured["depth_m"][:2].between(300.0, 700.0).all()
    assert measured["measure_note"].tolist() == ["", "", "off the elevation model"]
    for suffix in ("gpkg", "geojson", "parquet", "csv", "fgb"):
        out = tmp_path / f"a.{suffix}"
        assert craters(run, out, "--min-score", 0, of=export_command).exit_code == 0
        again = read_catalogue(out).craters
        np.testing.assert_allclose(again["depth_m"], measured["depth_m"], rtol=1e-6)
        assert again["measure_note"].tolist() == measured["measure_note"].tolist()
    assert len(next(open_run(run).parts(0.5))) == 2


def test_measures_are_replaced_when_asked_only(run, dem):
    assert craters(run, "--elevation", dem).exit_code == 0
    again = craters(run, "--elevation", dem)
    assert isinstance(again.exception, OutputError)
    assert "--overwrite" in str(again.exception)
    record = craters(run, "--elevation", dem, "--overwrite", "--json")
    told = json.loads(record.output)
    assert (told["craters"], told["measured"]) == (3, 2)
    assert told["notes"] == {"off the elevation model": 1}
    assert told["median_depth_to_diameter"] == pytest.approx(0.18, abs=0.03)


@pytest.mark.parametrize(("scores", "told"), [((0.9, 0.1), 0), ((0.1, 0.9), 1), ((0.1, 0.1), None)])
def test_the_median_is_that_of_craters_of_the_operating_point(
    three_craters, dem, tmp_path, scores, told
):
    table = three_craters.craters.assign(score=[*scores, 0.9])
    path, out = tmp_path / "a.gpkg", tmp_path / "b.gpkg"
    Catalogue(table, three_craters.crs, thresholds={"balanced": 0.5}).to_file(path)
    median = lc.measure(path, dem, out).median_depth_to_diameter
    ratios = read_catalogue(out).craters["depth_to_diameter"]
    assert median == (None if told is None else ratios[told])


@pytest.mark.parametrize(
    ("thresholds", "least", "words"), [({"balanced": 0.85}, 0.85, ", score >= 0.85"), ({}, 0.0, "")]
)
def test_the_printed_median_says_of_which_craters_it_is(
    three_craters, dem, tmp_path, thresholds, least, words
):
    path, out = tmp_path / "a.gpkg", tmp_path / "b.gpkg"
    three_craters.with_info(thresholds=thresholds).to_file(path)
    output = craters(path, "--elevation", dem, "--output", out).output
    table = read_catalogue(out).craters
    median = table["depth_to_diameter"][table["score"] >= least].median()
    assert f"2 of 3 craters measured (median depth/diameter {median:.3f}{words}) in" in output
    told = craters(path, "--elevation", dem, "--output", out, "--overwrite", "--json").stdout
    assert json.loads(told)["min_score"] == least


def test_a_catalogue_that_cannot_be_written_is_refused_before_craters_are_measured(
    run, dem, tmp_path, monkeypatch
):
    def measure_nothing(*arguments, **options):
        raise AssertionError("craters were measured")

    monkeypatch.setattr("lunarcraters.morphometry.measure.measure_craters", measure_nothing)
    (tmp_path / "there.csv").touch()
    for out, words in (
        (tmp_path / "there.csv", "exists"),
        (tmp_path / "a.xyz", "a catalogue is written as"),
        (tmp_path / "none" / "a.csv", "does not exist"),
        ("https://host/a.csv", "not a local path"),
    ):
        refused = craters(run, "--elevation", dem, "-o", out).exception
        assert isinstance(refused, OutputError)
        assert words in str(refused)


def test_measures_of_other_craters_are_left_out_and_this_is_said(run, dem, three_craters):
    assert craters(run, "--elevation", dem).exit_code == 0
    write_catalogue(three_craters.rows(slice(2)), run / CRATERS, overwrite=True)
    with pytest.warns(CratersWarning, match="measure them again"):
        assert "depth_m" not in read_run(run).craters
    assert (run / FILE).exists()


@pytest.mark.slow
def test_a_catalogue_is_written_with_its_measures(three_craters, dem, tmp_path):
    write_catalogue(three_craters, tmp_path / "a.csv")
    refused = craters(tmp_path / "a.csv", "--elevation", dem)
    assert "--output" in str(refused.exception)
    done = craters(tmp_path / "a.csv", "--elevation", dem, "-o", tmp_path / "b.csv")
    assert done.exit_code == 0, done.exception
    header = (tmp_path / "b.csv").read_text().splitlines()[0].split(",")
    assert header[-len(NAMES) :] == [name.upper() for name in NAMES]
    # Measured again, from a catalogue that has measures already.
    again = craters(tmp_path / "b.csv", "--elevation", dem, "-o", tmp_path / "c.gpkg")
    assert again.exit_code == 0, again.exception
    first, second = (read_catalogue(tmp_path / name).craters for name in ("b.csv", "c.gpkg"))
    np.testing.assert_allclose(first["depth_m"], second["depth_m"], rtol=1e-4)


def test_a_crater_that_is_moved_loses_its_measures(run, dem, tmp_path):
    assert craters(run, "--elevation", dem).exit_code == 0
    craters(run, tmp_path / "a.gpkg", "--min-score", 0, of=export_command)
    edited = read_edited(tmp_path / "a.gpkg")
    rows = edited.rows.copy()
    rows.loc[0, "diameter_km"] = 4.0
    rows = pd.concat([rows, rows.iloc[[1]].assign(crater_id="", lon=11.0)], ignore_index=True)
    changed = EditedCatalogue(
        rows, edited.info, np.full((len(rows), 3), np.nan), edited.before, "a.gpkg"
    )
    table = changed.resolve()
    assert table["measure_note"].tolist() == [MOVED, "", "off the elevation model", UNMEASURED]
    assert table["depth_m"].notna().tolist() == [False, True, False, False]


def test_craters_in_pixels_are_refused(dem, tmp_path):
    table = pd.DataFrame({"x": [10.0], "y": [10.0], "diameter_px": [9.0]})
    write_catalogue(Catalogue(table, None), tmp_path / "a.csv")
    refused = craters(tmp_path / "a.csv", "--elevation", dem, "-o", tmp_path / "b.csv")
    assert isinstance(refused.exception, CatalogueError)
    assert "pixels" in str(refused.exception)
    assert not (tmp_path / "b.csv").exists()
