import pandas as pd
import pyogrio
import pytest

from lunarcraters.catalogue.formats import read_catalogue, spreadsheet
from lunarcraters.errors import CatalogueError, CratersWarning

SHEETS = {".xlsx": "XLSX", ".ods": "ODS"}


def write(path, rows, layer="Sheet1", **options):
    table = pd.DataFrame(rows, dtype=object).astype(str)
    table.columns = [f"c{i}" for i in table.columns]
    pyogrio.write_dataframe(table, path, driver=SHEETS[path.suffix], layer=layer, **options)
    return path


@pytest.mark.parametrize("suffix", SHEETS)
def test_a_spreadsheet_is_read_below_its_titles(tmp_path, suffix):
    rows = [
        ["Craters of the mare", "", "", ""],
        ["Name", "Longitude (deg)", "Latitude", "Diameter (m)"],
        ["a", "30.123456789", "1.5", "2000"],
        ["b", "-31", "-2", "333.25"],
        ["", "", "", ""],
    ]
    catalogue = read_catalogue(write(tmp_path / f"a{suffix}", rows))
    assert catalogue.positions.tolist() == [[30.123456789, 1.5], [-31.0, -2.0]]
    assert catalogue.diameters.tolist() == [2.0, 0.33325]


def test_numbers_stay_numbers(tmp_path):
    table = pd.DataFrame({"lon": [30.123456789012], "lat": [1.0], "diam_km": [1 / 3]})
    pyogrio.write_dataframe(table, tmp_path / "a.xlsx", driver="XLSX", layer="craters")
    catalogue = read_catalogue(tmp_path / "a.xlsx")
    assert catalogue.positions[0, 0] == pytest.approx(30.123456789012, abs=1e-12)
    assert catalogue.diameters[0] == pytest.approx(1 / 3, abs=1e-12)


def test_a_spreadsheet_without_craters_says_what_to_name(tmp_path):
    path = write(tmp_path / "a.xlsx", [["lon", "lat"], ["1", "2"]])
    with pytest.raises(CatalogueError, match="name them lon, lat and diameter_km"):
        read_catalogue(path)
    write(tmp_path / "b.xlsx", [["lon", "lat", "diameter_km"], ["1", "2", "3"]])
    assert len(read_catalogue(tmp_path / "b.xlsx")) == 1


@pytest.mark.parametrize("suffix", SHEETS)
def test_sheets_of_craters_that_are_left_out_are_said(tmp_path, suffix):
    heading = ["lon", "lat", "diameter_km"]
    path = write(tmp_path / f"a{suffix}", [["about"], ["a mare"]], layer="notes")
    for number, name in enumerate(("north", "south", "east")):
        write(path, [heading, [str(number), "2", "3"]], layer=name, append=True)
    with pytest.warns(CratersWarning, match="sheet 'north' are read; left out: 'south', 'east'"):
        assert read_catalogue(path).positions.tolist() == [[0.0, 2.0]]


def test_large_sheets_below_that_of_the_craters_are_not_gone_through(tmp_path, monkeypatch):
    heading = ["lon", "lat", "diameter_km"]
    path = write(tmp_path / "a.xlsx", [heading, ["1", "2", "3"]], layer="craters")
    write(path, [["4", "5", "6"]] * 1000, layer="points", append=True)
    looked_at = []
    monkeypatch.setattr(
        spreadsheet, "is_catalogue", lambda row: looked_at.append(row) or "lon" in row
    )
    assert read_catalogue(path).positions.tolist() == [[1.0, 2.0]]
    assert len(looked_at) < 300
