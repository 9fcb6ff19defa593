import json

import pytest
from click.testing import CliRunner

from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.cli.plot import command
from lunarcraters.errors import CatalogueError


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


def test_a_file_without_an_area_is_refused(found, tmp_path):
    write_catalogue(found, tmp_path / "a.csv")
    result = plot("csfd", tmp_path / "a.csv", tmp_path / "csfd.png")
    assert isinstance(result.exception, CatalogueError)
    assert "area" in str(result.exception)
    assert not (tmp_path / "csfd.png").exists()
