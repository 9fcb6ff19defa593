"""Layers to which a row was drawn: its cells are empty, and those of the other rows count."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.measures import MOVED
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere

DEGREES = "IAU_2015:30100"


def draw(lon, lat, diameter_km):
    table = pd.DataFrame({"lon": [lon], "lat": [lat], "diameter_km": [diameter_km]})
    return outlines.crater_outlines(Catalogue(table, sphere.geographic_crs()))[0]


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".fgb", ".parquet"])
def test_a_move_counts_in_a_copy_in_which_a_crater_was_drawn(tmp_path, suffix):
    table = pd.DataFrame({"lon": [10.0, 12.0, 14.0], "lat": [60.0, 61.0, 62.0], "score": 0.2})
    table["diameter_km"], table["depth_m"], table["measure_note"] = [8.0, 6.0, 5.0], 900.0, ""
    first = tmp_path / f"first{'.shp' if suffix == '.shp' else '.gpkg'}"
    write_catalogue(Catalogue(table, sphere.geographic_crs()), first)
    frame = gpd.read_file(first, layer=0)
    (moved,) = np.flatnonzero(np.isclose(frame["lon"], 12.0))
    frame.loc[moved, "geometry"] = draw(12.1, 61.0, 6.0)
    drawn = gpd.GeoDataFrame(geometry=[draw(15.0, 60.0, 4.0)], crs=frame.crs)
    frame = pd.concat([frame, drawn], ignore_index=True)
    path = tmp_path / f"copy{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    craters = read_catalogue(path).craters.set_index("diameter_km").sort_index()
    craters.index = craters.index.to_numpy().round(2)
    assert craters["review"].to_dict() == {4: "added", 5: "unseen", 6: "accepted", 8: "unseen"}
    assert craters["lon"].to_numpy() == pytest.approx([15.0, 14.0, 12.1, 10.0], abs=1e-3)
    assert craters["lat"].to_numpy() == pytest.approx([60.0, 62.0, 61.0, 60.0], abs=1e-3)
    assert craters["measure_note"][6.0] == MOVED
    assert np.isnan(craters["depth_m"][6.0])
    assert craters["depth_m"][8.0] == 900.0


def add_outline(path, copy, circle):
    """Save the first layer of a file as a copy with an outline whose cells are empty."""
    frame = gpd.read_file(path, layer=0)
    drawn = gpd.GeoDataFrame(geometry=[draw(*circle)], crs=frame.crs)
    frame = pd.concat([frame, drawn], ignore_index=True)
    if copy.suffix == ".parquet":
        frame.to_parquet(copy)
    else:
        frame.to_file(copy)


@pytest.fixture
def cut():
    """Two craters on a square of ground, one of which its edge cuts."""
    table = pd.DataFrame({"lon": [10.0, 12.0], "lat": [0.0, 0.0], "diameter_km": [9.0, 6.0]})
    table["score"], table["fraction"] = 0.9, [0.5, 1.0]
    return Catalogue(table, sphere.geographic_crs(), shapely.box(10, -10, 20, 10))


@pytest.mark.filterwarnings("ignore:Normalized/laundered", "ignore:Column names longer")
@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".fgb", ".parquet"])
@pytest.mark.parametrize("first", [".gpkg", ".shp"])
def test_a_drawn_row_counts_as_a_whole_where_a_copy_does_not_tell_its_ground(
    cut, tmp_path, first, suffix
):
    write_catalogue(cut, tmp_path / f"first{first}")
    add_outline(tmp_path / f"first{first}", tmp_path / f"copy{suffix}", (20.0, 0.0, 3.0))
    craters = read_catalogue(tmp_path / f"copy{suffix}").craters
    assert craters["fraction"].tolist() == [0.5, 1.0, 1.0]
    assert craters["crater_id"].tolist() == ["0000001", "0000002", "A0000001"]
    assert craters["diameter_km"][2] == pytest.approx(3.0, rel=1e-3)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_a_crater_that_was_not_drawn_keeps_its_fraction(cut, tmp_path, suffix):
    write_catalogue(cut, tmp_path / "first.gpkg")
    frame = gpd.read_file(tmp_path / "first.gpkg", layer="craters")
    frame.loc[0, "fraction"] = np.nan
    copy = tmp_path / f"copy{suffix}"
    frame.to_parquet(copy) if suffix == ".parquet" else frame.to_file(copy)
    with pytest.raises(CatalogueError, match="fraction of crater 1 is nan"):
        read_catalogue(copy)


@pytest.mark.parametrize(("lon", "part"), [(15.0, 1.0), (20.0, 0.5), (25.0, 0.0)])
def test_an_outline_drawn_to_a_pair_has_its_part_of_the_area(cut, tmp_path, lon, part):
    path = tmp_path / "a_CRATER.shp"
    write_catalogue(cut, path)
    add_outline(path, path, (lon, 0.0, 3.0))
    catalogue = read_catalogue(path)
    assert catalogue.craters["fraction"].to_numpy() == pytest.approx([0.5, 1.0, part], abs=1e-3)
    assert catalogue.diameters == pytest.approx([9.0, 6.0, 3.0], rel=2e-3)
    assert catalogue.positions[2] == pytest.approx([lon, 0.0], abs=1e-3)


def test_added_rows_of_a_table_count_as_a_whole(tmp_path):
    head, row = "crater_id,lon,lat,diameter_km,review,fraction", "1,1,2,9,accepted,0.5"
    path = tmp_path / "a.csv"
    path.write_text(f"{head}\n{row}\n,3,4,8,,\n2,5,6,7,added,\n")
    assert read_catalogue(path).craters["fraction"].tolist() == [0.5, 1.0, 1.0]
    path.write_text(f"{head}\n{row}\n2,3,4,8,unseen,\n")
    with pytest.raises(CatalogueError, match="fraction of crater 2 is nan"):
        read_catalogue(path)


@pytest.mark.parametrize("empty", [["lon", "lat"], ["lat"]])
def test_rows_without_a_position_have_that_of_their_geometry(tmp_path, empty):
    table = pd.DataFrame({"lon": [10.01, 20.01], "lat": [0.01, 1.01], "diam_m": [6e3, 5e3]})
    table.loc[1, empty] = np.nan
    points = [shapely.Point(10, 0), shapely.Point(20, 1)]
    gpd.GeoDataFrame(table, geometry=points, crs=DEGREES).to_file(tmp_path / "a.gpkg")
    positions = read_catalogue(tmp_path / "a.gpkg").positions
    assert positions.ravel() == pytest.approx([10.01, 0.01, 20.0, 1.0], abs=1e-9)
