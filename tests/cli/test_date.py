import csv
import json
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.date import command
from lunarcraters.cli.plot import command as plot
from lunarcraters.errors import OptionError, OutputError
from lunarcraters.geometry import sphere


def run(*arguments, of=command):
    return CliRunner().invoke(of, list(map(str, arguments)))


@pytest.fixture
def counted(tmp_path):
    """A hundred craters on ten degrees, and two units of five."""
    random = np.random.default_rng(0)
    ground = shapely.box(0, 0, 10, 10)
    table = {
        "lon": random.uniform(0, 10, 100),
        "lat": random.uniform(0, 10, 100),
        "diameter_km": random.uniform(0, 1, 100) ** (-1 / 2),
        "score": np.full(100, 0.9),
    }
    craters = gpd.pd.DataFrame(table)
    path = tmp_path / "counted.gpkg"
    crs = sphere.geographic_crs()
    Catalogue(craters, crs, ground, sphere.area_km2(ground)).to_file(path)
    units = [shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 10)]
    gpd.GeoDataFrame({"name": ["mare", "highland"]}, geometry=units, crs=crs).to_file(
        tmp_path / "units.gpkg"
    )
    return path


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_areas_are_dated_in_a_table_and_as_json(craterstats, counted, tmp_path):
    units, out = tmp_path / "units.gpkg", tmp_path / "ages.csv"
    told = run(counted, "--area", units, "--range", "1.5,8", "-o", out)
    assert told.exit_code == 0, told.output
    assert "mare" in told.output
    assert "highland" in told.output
    rows = list(csv.DictReader(out.open()))
    record = json.loads(run(counted, "--area", units, "--range", "1.5,8", "--json").output)
    assert [row["area"] for row in rows] == ["mare", "highland"]
    assert float(rows[0]["raw_age_ga"]) == record["areas"][0]["raw"]["age_ga"]
    assert record["system"] == "Moon, Neukum et al. (2001)"
    again = run(counted, "--area", units, "-o", out)
    assert isinstance(again.exception, OutputError)


@pytest.mark.slow
def test_isochrons_are_drawn(craterstats, counted, tmp_path):
    out = tmp_path / "a.png"
    told = run("csfd", counted, out, "--isochrons", "fit,3.5", of=plot)
    assert told.exit_code == 0, told.output
    assert out.stat().st_size > 10_000
    refused = run("csfd", counted, out, "--isochrons", "7", of=plot)
    assert "above 0 and up to 4.5" in str(refused.exception)


def test_without_craterstats_nothing_is_written(monkeypatch, counted, tmp_path):
    monkeypatch.setitem(sys.modules, "craterstats", None)
    refused = run(counted, "-o", tmp_path / "ages.csv")
    assert isinstance(refused.exception, OptionError)
    assert "lunarcraters[dating]" in str(refused.exception)
    assert not (tmp_path / "ages.csv").exists()


@pytest.mark.parametrize("text", ["3", "a,b", "1,2,3"])
def test_a_range_that_is_none_is_refused(counted, text):
    told = run(counted, "--range", text)
    assert told.exit_code == 2
    assert "1.5,6, or auto" in told.output


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_the_distributions_of_several_areas_are_drawn_in_one_figure(counted, tmp_path):
    options = "--area", tmp_path / "units.gpkg", "--binning", "10-per-decade", "--json"
    told = run("csfd", counted, tmp_path / "a.png", *options, of=plot)
    assert told.exit_code == 0, told.output
    record = json.loads(told.output)
    assert sum(record["counts"]) == 100
    assert record["edges_km"][1] / record["edges_km"][0] == pytest.approx(10**0.1)
