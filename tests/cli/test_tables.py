import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.csfd import command as csfd
from lunarcraters.cli.evaluate import command as evaluate
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


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_tables_of_large_craters_and_grounds_have_no_exponents(tmp_path):
    craters = pd.DataFrame({"lon": [5.0, 50.0], "lat": 5.0, "diameter_km": [1200.0, 2400.0]})
    whole = shapely.box(-180, -90, 180, 90)
    Catalogue(craters, MOON, whole, sphere.area_km2(whole)).to_file(tmp_path / "a.gpkg")
    sizes = craters[["diameter_km"]].assign(fraction=1.0)
    rows = "\n".join(f"{row.diameter_km} {row.fraction}" for row in sizes.itertuples())
    (tmp_path / "b.diam").write_text(
        f"area = 37932400\ncrater = {{diameter, fraction\n{rows}\n}}\n"
    )
    tables = run(csfd, tmp_path / "a.gpkg"), run(randomness, tmp_path / "a.gpkg")
    compared = run(evaluate, tmp_path / "b.diam", tmp_path / "b.diam")
    assert not [table for table in (*tables, compared) if "e+" in table]
    assert "1020 - " in tables[0]
    assert "on 37932400 km2" in compared
