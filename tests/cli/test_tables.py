import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.csfd import command as csfd
from lunarcraters.cli.plot import command as plot
from lunarcraters.cli.randomness import command as randomness
from lunarcraters.cli.tables import print_table
from lunarcraters.geometry import sphere

MOON = sphere.geographic_crs()
NAMES = ["Plains [old]", "[red]x[/red]", "[/b]", ":smile:", r"$\frac$", "Unit $^$ A", "_hidden"]


@pytest.fixture
def counted(tmp_path):
    """A catalogue and a file of areas whose names are markup to rich or matplotlib."""
    random = np.random.default_rng(0)
    width = len(NAMES)
    craters = pd.DataFrame(
        {"lon": random.uniform(0, width, 300), "lat": random.uniform(0, 1, 300),
         "diameter_km": random.uniform(1, 2, 300), "score": 0.9}
    )  # fmt: skip
    ground = shapely.box(0, 0, width, 1)
    Catalogue(craters, MOON, ground, sphere.area_km2(ground)).to_file(tmp_path / "a.gpkg")
    boxes = [shapely.box(i, 0, i + 1, 1) for i in range(width)]
    areas = gpd.GeoDataFrame({"name": NAMES}, geometry=boxes, crs=MOON)
    areas.to_file(tmp_path / "units.gpkg")
    return tmp_path / "a.gpkg", "--area", tmp_path / "units.gpkg"


def run(command, *arguments):
    result = CliRunner().invoke(command, list(map(str, arguments)))
    assert result.exit_code == 0, result.exception
    return result.output


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_printed_as_they_are(capsys, name):
    print_table(["area", "km2"], [(name, "1"), ("b", "12")])
    first, *rows = capsys.readouterr().out.splitlines()
    assert first.split() == ["area", "km2"]
    assert [" ".join(row.split()) for row in rows] == [f"{name} 1", "b 12"]


def test_a_long_name_is_printed_whole(capsys):
    print_table(["area", "km2"], [("x" * 200, "1")])
    assert capsys.readouterr().out.count("x") == 200


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_names_of_areas_are_printed_and_drawn_as_they_are(counted, tmp_path):
    tables = run(csfd, *counted), run(randomness, *counted, "--figure", tmp_path / "r.png")
    for table in tables:
        assert not [name for name in NAMES if f"\n{name} " not in table]
    run(plot, "csfd", counted[0], tmp_path / "c.png", *counted[1:])
