import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.cli.plot import command
from lunarcraters.errors import CatalogueError, OutputError


def plot(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)))


@pytest.fixture
def found(three):
    return three.with_info(footprint_area_km2=500.0)


@pytest.mark.slow
def test_counts_are_drawn_and_printed(found, tmp_path):
    path, out = tmp_path / "a.gpkg", tmp_path / "csfd.png"
    write_catalogue(found, path)
    result = plot("csfd", path, out, "--json")
    assert result.exit_code == 0, result.output
    assert sum(json.loads(result.output)["counts"]) == 2
    assert "3 craters on 500.0 km2" in plot("csfd", path, out, "--min-score", 0).output
    assert out.stat().st_size > 10_000


@pytest.mark.parametrize(("area_km2", "told"), [(0.159988, "0.16"), (0.0412, "0.0412")])
def test_the_ground_of_a_small_site_is_told(three, tmp_path, area_km2, told):
    site = three.with_info(footprint_area_km2=area_km2)
    write_catalogue(site, tmp_path / "a.gpkg")
    said = plot("csfd", tmp_path / "a.gpkg", tmp_path / "csfd.png", "--min-score", 0).output
    assert f"3 craters on {told} km2" in said
    assert f"{told} km² searched" in site._repr_html_()


def test_a_file_without_an_area_is_refused(found, tmp_path):
    write_catalogue(found, tmp_path / "a.csv")
    result = plot("csfd", tmp_path / "a.csv", tmp_path / "csfd.png")
    assert isinstance(result.exception, CatalogueError)
    assert "area" in str(result.exception)
    assert not (tmp_path / "csfd.png").exists()


@pytest.mark.slow
def test_a_count_without_positions_has_its_distribution_drawn(tmp_path):
    path, out = tmp_path / "a.diam", tmp_path / "csfd.png"
    path.write_text("area=3.8112519\ncrater={diameter,fraction\n0.412 1\n1.105 0.731\n}\n")
    result = plot("csfd", path, out, "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.output)
    assert record["area_km2"] == 3.8112519
    assert sum(record["counts"]) == pytest.approx(1.731)
    assert out.stat().st_size > 10_000


@pytest.mark.slow
def test_the_distribution_of_a_plain_table_needs_an_area_and_the_advice_works(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,diameter_km\n1,2,3\n")
    result = plot("csfd", tmp_path / "a.csv", tmp_path / "csfd.png")
    assert ".diam" in str(result.exception)
    (tmp_path / "a.diam").write_text("area = 5\ncrater = {diameter, lon, lat\n3 1 2\n}\n")
    assert plot("csfd", tmp_path / "a.diam", tmp_path / "csfd.png").exit_code == 0


@pytest.mark.slow
def test_any_catalogue_is_drawn_over_a_mosaic_that_is_given(scene, tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,diameter_km\n30,0,2\n")
    refused = plot("map", tmp_path / "a.csv", tmp_path / "a.png")
    assert "--mosaic" in str(refused.exception)
    done = plot("map", tmp_path / "a.csv", tmp_path / "a.png", "--mosaic", scene)
    assert done.output.startswith("1 craters drawn in"), done.exception


@pytest.mark.parametrize("figure", ["map", "tiles"])
def test_a_mosaic_is_not_replaced_by_a_figure_of_it(figure, tmp_path):
    site = tmp_path / "site.png"
    cv2.imwrite(str(site), np.random.default_rng(0).integers(1, 255, (300, 300), np.uint8))
    before = site.read_bytes()
    (tmp_path / "a.csv").write_text("x,y,diameter_px\n100,100,40\n")
    refused = plot(figure, tmp_path / "a.csv", site, "--mosaic", site)
    assert isinstance(refused.exception, OutputError)
    assert "is read for the result, so it cannot be replaced" in str(refused.exception)
    assert site.read_bytes() == before


def test_a_catalogue_in_place_of_a_run_is_refused_with_what_to_do(scene, tmp_path):
    from lunarcraters.cli.report import command as report

    (tmp_path / "a.csv").write_text("lon,lat,diameter_km\n30,0,2\n")
    arguments = [str(tmp_path / "a.csv"), "-o", str(tmp_path / "a.html"), "--mosaic", str(scene)]
    refused = CliRunner().invoke(report, arguments)
    assert "is a file, not a run" in str(refused.exception)
    assert "craters plot map FILE OUT --mosaic MOSAIC" in str(refused.exception)


def test_curves_of_a_training_are_drawn_without_tensorflow(tmp_path):
    """TensorFlow takes seconds to start, and prints lines of its own."""
    (tmp_path / "history.json").write_text('[{"epoch": 1, "loss": 2.0}]')
    code = (
        "import sys\n"
        "from lunarcraters.cli.main import cli\n"
        "cli(sys.argv[1:], standalone_mode=False)\n"
        "sys.exit(len({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    arguments = ["plot", "training", tmp_path, tmp_path / "curves.png"]
    drawn = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert drawn.returncode == 0, drawn.stderr
    assert drawn.stderr == ""
    assert drawn.stdout == f"1 epoch drawn in {tmp_path / 'curves.png'}\n"
