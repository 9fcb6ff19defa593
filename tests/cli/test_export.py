import pandas as pd
import pytest
from click.testing import CliRunner

from lunarcraters import moon
from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.formats.parquet import stored
from lunarcraters.catalogue.schema import Catalogue
from lunarcraters.cli.export import command
from lunarcraters.errors import CatalogueError, OutputError, RunError


@pytest.fixture
def found():
    craters = pd.DataFrame(
        {
            "lon": [1.0, 2.0, 3.0],
            "lat": [0.0, 0.0, 0.0],
            "diameter_km": [3.0, 2.0, 1.0],
            "score": [0.9, 0.5, 0.1],
        }
    )
    return Catalogue(craters, moon.geographic_crs(), thresholds={"balanced": 0.4, "pure": 0.8})


@pytest.fixture
def export(found, monkeypatch, tmp_path):
    def run(*arguments):
        write_catalogue(found, tmp_path / "run.parquet", overwrite=True)
        opened = stored(tmp_path / "run.parquet")
        monkeypatch.setattr("lunarcraters.execution.run.open_run", lambda path: opened)
        return CliRunner().invoke(command, ["run", *map(str, arguments)])

    return run


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], ["0000001", "0000002"]),
        (["--min-score", "pure"], ["0000001"]),
        (["--min-score", "0"], ["0000001", "0000002", "0000003"]),
        (["--min-score", "0.5"], ["0000001", "0000002"]),
    ],
)
def test_export_writes_what_scores_enough(export, tmp_path, options, ids):
    out = tmp_path / "a.gpkg"
    result = export(out, *options)
    assert result.exit_code == 0, result.output
    assert f"{len(ids)} of 3 craters" in result.output
    assert read_catalogue(out).craters["crater_id"].tolist() == ids


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".csv", ".csv.gz"])
def test_the_name_says_the_format(export, tmp_path, suffix):
    assert export(tmp_path / f"a{suffix}", "--quiet").output == ""
    assert len(read_catalogue(tmp_path / f"a{suffix}")) == 2


def test_a_model_without_operating_points_exports_everything(export, found, tmp_path):
    found.thresholds.clear()
    assert "3 of 3 craters" in export(tmp_path / "a.csv").output


def test_an_unknown_operating_point_is_said(export, tmp_path):
    result = export(tmp_path / "a.csv", "--min-score", "best")
    assert isinstance(result.exception, CatalogueError)
    assert "balanced, pure" in str(result.exception)


def test_an_existing_file_is_kept_unless_told(export, tmp_path):
    out = tmp_path / "a.csv"
    out.write_text("precious")
    assert isinstance(export(out).exception, OutputError)
    assert out.read_text() == "precious"
    assert export(out, "--overwrite").exit_code == 0


def test_what_is_no_run_is_said(tmp_path):
    result = CliRunner().invoke(command, [str(tmp_path / "nothing"), str(tmp_path / "a.csv")])
    assert isinstance(result.exception, RunError)


def test_help_has_an_example():
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert "craters export run craters.gpkg" in result.output
