import json
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from rasterio.transform import from_bounds

from lunarcraters.catalogue.format_names import FORMAT_NAMES
from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.formats.parquet import open_stored
from lunarcraters.cli.export import command
from lunarcraters.errors import AreaError, CatalogueError, CratersWarning, OutputError, RunError
from lunarcraters.geometry import sphere

from ..rasters import write_raster


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
    values, affine = np.zeros((800, 800), np.uint8), from_bounds(0, -2, 4, 2, 800, 800)
    write_raster(tmp_path / "run" / "mask.tif", values, "IAU_2015:30100", affine, nodata=255)
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


def test_the_password_of_a_database_is_not_printed(export, monkeypatch):
    written = []
    monkeypatch.setattr(
        "lunarcraters.catalogue.formats.postgis.write",
        lambda info, parts, name, *, overwrite: written.append(name),
    )
    address = "postgresql://me:SECRET@host/db?table=a"
    result = export(address)
    assert written == [address]
    assert "in postgresql://me@host/db?table=a\n" in result.output


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


@pytest.mark.parametrize(("area", "out"), [("a.gpkg", "a.gpkg"), ("a_AREA.shp", "a_CRATER.shp")])
def test_the_file_of_an_area_is_not_replaced(export, searched, tmp_path, area, out):
    ground = gpd.GeoDataFrame(geometry=[shapely.box(1, -1, 2, 1)], crs=sphere.geographic_crs())
    ground.to_file(tmp_path / area)
    before = (tmp_path / area).read_bytes()
    result = export(tmp_path / out, "--area", tmp_path / area, "--overwrite")
    assert isinstance(result.exception, OutputError)
    assert f"{area} is read for the result, so it cannot be replaced" in str(result.exception)
    assert (tmp_path / area).read_bytes() == before


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


def convert(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".parquet", ".csv", ".shp"])
def test_any_catalogue_is_converted(tmp_path, suffix):
    (tmp_path / "a.txt").write_text("Longitude\tLatitude\tDiameter(m)\n30.5\t-2\t1500\n1\t2\t900\n")
    out = tmp_path / f"b{suffix}"
    result = convert(tmp_path / "a.txt", out)
    assert result.exit_code == 0, result.output
    assert "2 of 2 craters" in result.output
    again = read_catalogue(out)
    assert again.diameters.tolist() == pytest.approx([1.5, 0.9])
    assert again.positions[0].tolist() == pytest.approx([30.5, -2.0])


@pytest.mark.slow
def test_a_conversion_keeps_the_ground_and_filters(three, tmp_path):
    ground = shapely.box(0, -1, 4, 1)
    area = sphere.area_km2(ground)
    write_catalogue(three.with_info(footprint=ground, footprint_area_km2=area), tmp_path / "a.gpkg")
    assert (
        "1 of 3" in convert(tmp_path / "a.gpkg", tmp_path / "b.scc", "--min-score", "pure").output
    )
    assert read_catalogue(tmp_path / "b.scc").footprint_area_km2 == pytest.approx(area)
    result = convert(tmp_path / "b.scc", tmp_path / "unit_CRATER.shp")
    assert result.exit_code == 0, result.output
    assert read_catalogue(tmp_path / "unit_CRATER.shp").footprint_area_km2 == pytest.approx(area)


@pytest.mark.parametrize("name", ["b.gpkg", "b.scc", "b.diam", "b_CRATER.shp"])
def test_the_area_of_a_table_is_all_counted_on(three, tmp_path, name):
    write_catalogue(three, tmp_path / "a.csv")
    with pytest.warns(CratersWarning, match="does not tell which ground .* all of the area counts"):
        convert(tmp_path / "a.csv", tmp_path / name, "--bbox", "0,-1,2.5,1")
    count = read_catalogue(tmp_path / name)
    assert len(count) == 2
    wanted = sphere.area_km2(shapely.box(0, -1, 2.5, 1))
    assert count.footprint_area_km2 == pytest.approx(wanted, rel=1e-4)


@pytest.mark.slow
def test_of_a_known_ground_the_part_in_the_area_is_counted_on(three, tmp_path):
    ground = three.with_info(footprint=shapely.box(1.5, -2, 9, 2), footprint_area_km2=5.0)
    write_catalogue(ground, tmp_path / "a.gpkg")
    with pytest.warns(CratersWarning, match="all of the area within it counts"):
        convert(tmp_path / "a.gpkg", tmp_path / "b.gpkg", "--bbox", "0,-1,2.5,1")
    assert read_catalogue(tmp_path / "b.gpkg").footprint.equals(shapely.box(1.5, -1, 2.5, 1))
    result = convert(tmp_path / "a.gpkg", tmp_path / "c.gpkg", "--bbox", "100,-1,102,1")
    assert isinstance(result.exception, AreaError)


def test_a_count_without_positions_is_converted_to_its_own_format_alone(tmp_path):
    (tmp_path / "a.diam").write_text("area = 100\ncrater = {diameter\n1.5\n0.2\n}")
    result = convert(tmp_path / "a.diam", tmp_path / "b.diam", "--min-diameter", "1")
    assert "1 of 2 craters" in result.output
    for arguments in ([tmp_path / "b.gpkg"], [tmp_path / "c.diam", "--bbox", "0,0,1,1"]):
        refused = convert(tmp_path / "a.diam", *arguments)
        assert "does not say where its craters are" in str(refused.exception)


def test_a_catalogue_that_is_not_there_is_said(tmp_path):
    result = convert(tmp_path / "a.csv", tmp_path / "b.csv")
    assert isinstance(result.exception, CatalogueError)
    assert "does not exist" in str(result.exception)


@pytest.mark.slow
def test_an_area_in_geojson_without_crs_is_of_the_moon(export, searched, tmp_path):
    ring = [[1, -1], [2.5, -1], [2.5, 1], [1, 1], [1, -1]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": polygon}
    path = tmp_path / "mare.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert "1 of 3" in export(tmp_path / "a.scc", "--min-score", "0", "--area", path).output
    area = read_catalogue(tmp_path / "a.scc").footprint_area_km2
    assert area == pytest.approx(sphere.area_km2(shapely.Polygon(ring)), rel=0.01)


@pytest.mark.slow
def test_an_export_starts_without_what_only_its_other_options_need(three, tmp_path):
    """Statistics and trees take half a second to import."""
    write_catalogue(three, tmp_path / "a.parquet")
    code = (
        "import sys\n"
        "from lunarcraters.cli.main import cli\n"
        "cli(['export', *sys.argv[1:]], standalone_mode=False)\n"
        "sys.exit(len({'scipy.stats', 'scipy.spatial'} & set(sys.modules)))"
    )
    words = [sys.executable, "-c", code, tmp_path / "a.parquet", tmp_path / "a.csv"]
    assert subprocess.run(words, check=False).returncode == 0
