"""Metres are never read as kilometres, nor as degrees."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError


def write(path, **columns):
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


@pytest.fixture
def small():
    """Two hundred craters of 30 to 300 m within a degree."""
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(20, 21, 200), rng.uniform(-1, 0, 200)
    return lon, lat, 30.0 * 10.0 ** rng.uniform(0, 1, 200)


@pytest.mark.parametrize("name", ["diameter", "Diam", "size", "D"])
def test_a_diameter_larger_than_the_moon_needs_its_unit(tmp_path, name):
    path = write(tmp_path / "a.csv", lon=[1, 2], lat=[3, 4], **{name: [1500.0, 33016.0]})
    with pytest.raises(CatalogueError, match=r"33016 km, larger than the Moon.*diameter_m or"):
        read_catalogue(path)
    renamed = write(tmp_path / "b.csv", lon=[1, 2], lat=[3, 4], diameter_m=[1500.0, 33016.0])
    assert read_catalogue(renamed).diameters.tolist() == [33.016, 1.5]


def test_a_unit_that_is_said_must_be_possible(tmp_path):
    path = write(tmp_path / "a.csv", lon=[1], lat=[3], diameter_km=[33016.0])
    with pytest.raises(CatalogueError, match=r"larger than the Moon.*diameter_m"):
        read_catalogue(path)


def test_sizes_that_would_bury_their_own_ground_need_their_unit(tmp_path, small):
    lon, lat, metres = small
    path = write(tmp_path / "a.csv", lon=lon, lat=lat, diameter=metres)
    with pytest.raises(CatalogueError, match=r"km and more for \d+ craters within .* km of ground"):
        read_catalogue(path)
    for name, factor in (("diameter_m", 1.0), ("diameter_km", 1e-3)):
        again = read_catalogue(
            write(tmp_path / "b.csv", lon=lon, lat=lat, **{name: metres * factor})
        )
        assert again.diameters.max() == pytest.approx(metres.max() / 1000.0)


def test_kilometres_without_a_unit_are_read_and_said(tmp_path, small, caplog):
    lon, lat, metres = small
    path = write(tmp_path / "a.csv", lon=lon, lat=lat, diameter=metres / 1000.0)
    assert read_catalogue(path).diameters.max() == pytest.approx(metres.max() / 1000.0)
    assert "diameter has no unit and is read as km" in caplog.text
    caplog.clear()
    read_catalogue(write(tmp_path / "b.csv", lon=lon, lat=lat, diameter_km=metres / 1000.0))
    assert caplog.text == ""


def test_nested_craters_in_km_are_believed(tmp_path):
    path = write(
        tmp_path / "a.csv", lon=[0, 0.1, -0.1, 0], lat=[0, 0.1, 0, 0.2], d=[300, 90, 40, 9]
    )
    assert len(read_catalogue(path)) == 4


def test_columns_that_contradict_each_other_are_refused(tmp_path):
    columns = {"lon": [1, 2], "lat": [3, 4], "diameter_km": [1.5, 3.0]}
    same = write(tmp_path / "a.csv", **columns, diameter_m=[1500.0, 3000.0])
    assert read_catalogue(same).diameters.tolist() == [3.0, 1.5]
    with pytest.raises(CatalogueError, match="diameter_km and diameter_m contradict"):
        read_catalogue(write(tmp_path / "b.csv", **columns, diameter_m=[1.5, 3.0]))


@pytest.mark.parametrize(
    ("lon", "lat", "meaning"),
    [
        ([10.0, 20.0], [120.0, 30.0], "exchanged"),
        ([907756.1, 1.0], [76246.9, 2.0], "metres of a map"),
        ([907756.1, 1.0], [3.0, 2.0], "metres of a map"),
        ([300.0, 1.0], [76246.9, 2.0], "metres of a map"),
        ([100.0, 1.0], [97.0, 2.0], "latitudes at 90"),
        ([400.0, 1.0], [7.0, 2.0], "longitudes end at 360"),
    ],
)
def test_positions_that_cannot_be_are_said_with_their_meaning(tmp_path, lon, lat, meaning):
    with pytest.raises(CatalogueError, match=meaning):
        read_catalogue(write(tmp_path / "a.csv", lon=lon, lat=lat, diameter_km=[1.0, 2.0]))


def test_the_deviation_of_diameters_has_a_unit_too(tmp_path):
    path = write(tmp_path / "a.csv", lon=[1], lat=[2], diameter_m=[900.0], diameter_sd_m=[30.0])
    assert read_catalogue(path).deviations.tolist() == [0.03]


def test_the_advice_on_a_radius_is_one_on_radii(tmp_path):
    path = write(tmp_path / "a.csv", lon=[1], lat=[2], Radius=[33016.0])
    with pytest.raises(
        CatalogueError, match=r"diameter of Radius would be .* radius_m or radius_km"
    ):
        read_catalogue(path)
    renamed = read_catalogue(write(tmp_path / "b.csv", lon=[1], lat=[2], radius_m=[33016.0]))
    assert renamed.diameters.tolist() == [66.032]


def test_the_advice_on_axes_is_one_on_axes(tmp_path):
    axes = {"major_axis": [40000.0], "minor_axis": [10000.0]}
    with pytest.raises(CatalogueError, match="majoraxis_m and minoraxis_m or"):
        read_catalogue(write(tmp_path / "a.csv", lon=[1], lat=[2], **axes))
    renamed = {f"{key.replace('_', '')}_m": value for key, value in axes.items()}
    path = write(tmp_path / "b.csv", lon=[1], lat=[2], **renamed)
    assert read_catalogue(path).diameters == pytest.approx([20.0])


def test_some_rows_in_metres_are_noticed(tmp_path, small):
    lon, lat, metres = small
    mixed = np.where(np.arange(len(metres)) % 5 == 0, metres, metres / 1000.0)
    with pytest.raises(CatalogueError, match="craters within"):
        read_catalogue(write(tmp_path / "a.csv", lon=lon, lat=lat, diameter=mixed))


@pytest.mark.parametrize(
    ("heading", "sd"),
    [
        ("lon,lat,diameter_m,diameter_sd", 0.2),
        ("lon,lat,diameter_m,diameter_sd_km", 200.0),
        ("lon,lat,radius_m,diameter_sd_m", 0.2),
        ("lon,lat,diameter_km,diameter_sd", 200.0),
    ],
)
def test_deviations_without_a_unit_have_that_of_the_sizes(tmp_path, heading, sd):
    (tmp_path / "a.csv").write_text(f"{heading}\n1,2,1000,200\n")
    assert read_catalogue(tmp_path / "a.csv").deviations.tolist() == [sd]


def test_deviations_are_in_metres_where_outlines_or_the_format_tell_it(tmp_path):
    outline = Catalogue(
        pd.DataFrame({"lon": [1.0], "lat": [2.0], "diameter_km": [5.0]}), "IAU_2015:30100"
    ).geodataframe.geometry
    columns = {"diameter": [5000.0], "diameter_sd": [200.0]}
    gpd.GeoDataFrame(columns, geometry=outline).to_file(tmp_path / "a.gpkg")
    assert read_catalogue(tmp_path / "a.gpkg").deviations.tolist() == [0.2]
    rows = "crater = {diameter, fraction, lon, lat, diameter_sd\n500 1 0 0 20\n}\n"
    (tmp_path / "a.diam").write_text(f"# diam (m)\narea = 1000\n{rows}")
    assert read_catalogue(tmp_path / "a.diam").deviations.tolist() == [0.02]
