import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from rasterio.transform import from_bounds

from lunarcraters.catalogue.format_names import FORMAT_NAMES
from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.formats.parquet import open_stored
from lunarcraters.cli.export import command
from lunarcraters.errors import AreaError, CatalogueError, OutputError, RunError
from lunarcraters.geometry import sphere


@pytest.fixture
def export(three, monkeypatch, tmp_path):
    def run(*arguments):
        write_catalogue(three, tmp_path / "run.parquet", overwrite=True)
        opened = open_stored(tmp_path / "run.parquet")
        monkeypatch.setattr("lunarcraters.detection.run.open_run", lambda path: opened)
        return CliRunner().invoke(command, ["run", *map(str, arguments)])

    return run


@pytest.fixture
def searched(tmp_path, monkeypatch):
    """A run whose mask says that 0 to 4 E, 2 S to 2 N were searched."""
    (tmp_path / "run").mkdir()
    with rasterio.open(
        tmp_path / "run" / "mask.tif", "w", driver="GTiff", width=800, height=800,
        count=1, dtype="uint8", nodata=255, crs="IAU_2015:30100",
        transform=from_bounds(0, -2, 4, 2, 800, 800),
    ) as raster:  # fmt: skip
        raster.write(np.zeros((800, 800), np.uint8), 1)
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".csv", ".csv.gz"])
def test_the_name_says_the_format(export, tmp_path, suffix):
    assert export(tmp_path / f"a{suffix}", "--quiet").output == ""
    assert len(read_catalogue(tmp_path / f"a{suffix}")) == 2


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_a_format_may_be_forced(export, searched, tmp_path, form):
    out = tmp_path / "craters.dat"
    assert isinstance(export(out).exception, OutputError)
    result = export(out, "--format", form, "--bbox", "0,-1,4,1")
    assert result.exit_code == 0, result.output
    assert len(read_catalogue(out.rename(tmp_path / f"a.{form}"))) == 2


def test_a_model_without_operating_points_exports_everything(export, three, tmp_path):
    three.thresholds.clear()
    assert "3 of 3 craters" in export(tmp_path / "a.csv").output


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--min-diameter", "1.5"], ["0000001", "0000002"]),
        (["--min-diameter", "1.5", "--max-diameter", "2"], ["0000002"]),
        (["--bbox", "0,-1,2.5,1"], ["0000001", "0000002"]),
        (["--bbox", "-358.5,-1,-357.5,1"], ["0000002"]),
    ],
)
def test_craters_are_chosen_by_size_and_place(export, searched, tmp_path, options, ids):
    result = export(tmp_path / "a.parquet", "--min-score", "0", *options)
    assert result.exit_code == 0, result.output
    assert f"{len(ids)} of 3 craters" in result.output
    assert read_catalogue(tmp_path / "a.parquet").craters["crater_id"].tolist() == ids


@pytest.mark.slow
def test_an_area_is_what_was_counted_on(export, searched, tmp_path):
    polygon = gpd.GeoDataFrame(geometry=[shapely.box(1, -1, 2.5, 1)], crs="IAU_2015:30100")
    polygon.to_file(tmp_path / "mare.gpkg")
    out = tmp_path / "a.scc"
    # The first crater has its centre on the edge of the area, and half of it inside.
    assert "1 of 3" in export(out, "--min-score", "0", "--area", tmp_path / "mare.gpkg").output
    found = read_catalogue(out)
    assert found.footprint_area_km2 == pytest.approx(
        sphere.area_km2(shapely.box(1, -1, 2.5, 1)), 0.01
    )
    options = ["--min-score", "0", "--area", tmp_path / "mare.gpkg", "--fractions", "--overwrite"]
    assert "2 of 3" in export(out, *options).output
    assert read_catalogue(out).craters["fraction"].tolist() == pytest.approx([0.5, 1.0], abs=0.01)


@pytest.mark.parametrize(
    "options",
    [
        ["--bbox", "1,2,3"],
        ["--bbox", "a,b,c,d"],
        ["--fractions"],
        ["--bbox", "0,0,1,1", "--area", "x"],
    ],
)
def test_options_that_make_no_area_are_usage_errors(export, tmp_path, options):
    assert export(tmp_path / "a.csv", *options).exit_code == 2


def test_an_area_that_was_not_searched_is_said(export, searched, tmp_path):
    result = export(tmp_path / "a.csv", "--bbox", "100,0,110,5")
    assert isinstance(result.exception, AreaError)
    assert not (tmp_path / "a.csv").exists()


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
