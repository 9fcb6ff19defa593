"""What columns may not mean is not read, and what they mean is said."""

import warnings

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.errors import CatalogueError, CratersWarning


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["lon_w", "Longitude (W)", "West Longitude", "Longitude (°W)"])
def test_longitudes_to_the_west_are_turned(tmp_path, name):
    path = write(tmp_path / "a.csv", f"{name},lat,diameter_km\n30,20,2\n31W,21,1\n")
    with pytest.raises(CatalogueError, match="31W"):
        read_catalogue(path)
    write(path, f"{name},lat,diameter_km\n30,20,2\n31,21,1\n")
    with pytest.warns(CratersWarning, match="degrees to the west"):
        assert read_catalogue(path).positions.tolist() == [[-30.0, 20.0], [-31.0, 21.0]]


@pytest.mark.parametrize(
    "name", ["Latitude (°S)", "lat (deg S)", "LAT [deg S]", "lat_degS", "Lat_S"]
)
def test_latitudes_to_the_south_are_not_taken_for_northern_ones(tmp_path, name):
    path = write(tmp_path / "a.csv", f"lon,{name},diameter_km\n30,20,2\n")
    with pytest.raises(CatalogueError, match="convert it to degrees, north positive, as lat"):
        read_catalogue(path)


@pytest.mark.parametrize(
    "names", ["Lon (degs),Lat (degs)", "lon_degs,lat_degs", "Lon Degs,Lat Degs"]
)
def test_degs_are_degrees(tmp_path, names):
    path = write(tmp_path / "a.csv", f"{names},diameter_km\n30,20,2\n")
    assert read_catalogue(path).positions.tolist() == [[30.0, 20.0]]


def test_geometries_count_where_they_lie_off_the_circles_of_their_columns(tmp_path):
    table = pd.DataFrame({"lon": [350.0], "lat": [0.0], "diam_km": [30.3]})  # of one degree
    for shift, lat in ((0.4, 0.0), (0.6, 0.6)):
        path = tmp_path / f"{shift}.gpkg"
        point = [shapely.Point(-10.0, shift)]
        gpd.GeoDataFrame(table, geometry=point, crs="IAU_2015:30100").to_file(path)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", CratersWarning)
            assert read_catalogue(path).positions.tolist() == [[-10.0, pytest.approx(lat)]]
        assert any("elsewhere" in str(one.message) for one in said) == (lat == shift)


def test_directions_of_values_count_once(tmp_path):
    path = write(tmp_path / "a.csv", "Longitude (W),lat,diameter_km\n30W,20,2\n31W,21,1\n")
    assert read_catalogue(path).positions.tolist() == [[-30.0, 20.0], [-31.0, 21.0]]


def test_the_gazetteer_may_count_to_the_west(tmp_path):
    head = "Feature_Name,Diameter_km,Center_Latitude,Center_Longitude,Coordinate_System\n"
    rows = 'A,85,-43,11,"Planetographic, +West, 0 - 360"\nB,9,1,5,"Planetocentric, +East"\n'
    path = write(tmp_path / "a.csv", head.replace("Feature_Name", "Name") + rows)
    with pytest.warns(CratersWarning, match="degrees to the west"):
        assert read_catalogue(path).positions[:, 0].tolist() == [-11.0, 5.0]


@pytest.mark.parametrize(
    ("heading", "advice"),
    [
        ("lon,lat,diameter_cm", "diameter_cm is in 'cm', .* convert it to km, as diameter_km"),
        ("lon,lat,diameter (mi)", "is in 'mi', .* convert it to km, as diameter_km"),
        ("lon,lat,diameter (deg)", "is in 'deg', .* convert it to km, as diameter_km"),
        ("lon,lat,semi-major axis (km)", r"axis .km. is one of two axes: .* or .* as diameter_km"),
        ("lon,lat,minor_m", "minor_m is one of two axes: .* or diameters as diameter_m"),
        ("lon (rad),lat (rad),diameter_km", "lon .rad. is in 'rad', .* to degrees, east positive"),
        ("x_px,y_px,diameter_km", "x_px is in pixels: .* x_px, y_px and diameter_px"),
        ("x_m,y_m,diameter_m", "x_m is in 'm', .* to degrees"),
    ],
)
def test_no_column_in_another_unit_is_to_be_renamed(tmp_path, heading, advice):
    path = write(tmp_path / "a.csv", f"{heading}\n1,0.2,150\n")
    with pytest.raises(CatalogueError, match=advice) as error:
        read_catalogue(path)
    assert "rename" not in str(error.value)


@pytest.mark.parametrize("value", ["100", "2.5", "-0.5", ""])
def test_fractions_are_from_0_to_1(tmp_path, value):
    path = write(tmp_path / "a.csv", f"lon,lat,diameter_km,fraction\n1,2,3,1\n4,5,6,{value}\n")
    with pytest.raises(CatalogueError, match=r"fraction of crater 2 is .* from 0 to 1"):
        read_catalogue(path)


@pytest.mark.parametrize("share", ["1.0000000000000002", "1.000001"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "lon,lat,diameter_km,fraction\n1,2,3,{}\n4,5,2,0.5\n"),
        ("a.diam", "area = 1000\ncrater = {{diameter, fraction, lon, lat\n3 {} 1 2\n2 0.5 4 5\n"),
        ("b.diam", "Area <km^2> = 1000\n#diameter, fraction, lon, lat\n3 {} 1 2\n2 0.5 4 5\n"),
        (
            "a.scc",
            "a_axis_radius = 1737.4\nTotal_area = 1000 <km^2>\n"
            "crater = {{diam, fraction, lon, lat\n3 {} 1 2\n2 0.5 4 5\n}}\n",
        ),
    ],
)
def test_fractions_above_1_by_rounding_are_1(tmp_path, name, text, share):
    path = write(tmp_path / name, text.format(share))
    assert read_catalogue(path).craters["fraction"].tolist() == [1.0, 0.5]


def test_scores_that_are_none_are_left_out_and_said(tmp_path):
    path = write(tmp_path / "a.csv", "lon,lat,diameter_km,score\n1,2,3,95\n4,5,6,0.5\n")
    with pytest.warns(CratersWarning, match="score has values outside 0 to 1"):
        assert read_catalogue(path).craters["score"].isna().all()


def test_columns_x_and_y_are_said_to_be_degrees(tmp_path):
    path = write(tmp_path / "a.csv", "x,y,diameter\n190.5,2,3\n")
    with pytest.warns(CratersWarning, match="x and y are read as longitude and latitude"):
        assert read_catalogue(path).positions.tolist() == [[-169.5, 2.0]]


def test_columns_of_one_meaning_have_one_value(tmp_path):
    path = write(tmp_path / "a.csv", "lon,lat,diameter_km,diameter_km\n1,2,3,3\n")
    assert read_catalogue(path).diameters.tolist() == [3.0]
    for head in ("diameter_km,diameter_km", "diameter_km,Diameter (km)"):
        write(path, f"lon,lat,{head}\n1,2,3,9\n")
        with pytest.raises(CatalogueError, match="two columns of one meaning"):
            read_catalogue(path)


def test_rows_without_values_are_left_out(tmp_path):
    path = write(tmp_path / "a.csv", "lon,lat,diameter_km,note\n1,2,3,\n,,,\n4,5,6,\n")
    assert len(read_catalogue(path)) == 2
    write(path, "lon,lat,diameter_km,note\n1,2,3,\n,,,sum\n")
    with pytest.warns(CratersWarning, match="without a position and a size"):
        assert len(read_catalogue(path)) == 1
    write(path, "lon,lat,diameter_km\n1,2,3\n4,,6\n")
    with pytest.raises(CatalogueError, match=r"a\.csv: crater 2 of the table .* lat nan"):
        read_catalogue(path)


def test_a_row_that_is_wrong_is_named(tmp_path):
    rows = "".join(f"{i},{i},1\n" for i in range(5))
    path = write(tmp_path / "a.csv", f"lon,lat,diameter_km\n{rows}10,95,1\n")
    with pytest.raises(CatalogueError, match=r"crater 6 .* lat 95 .* mend or remove these rows"):
        read_catalogue(path)
    write(path, "lon,lat,diameter_km\n1,2,inf\n")
    with pytest.raises(CatalogueError, match="row 1: diameter_km is 'inf', which is not a number"):
        read_catalogue(path)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-32", "utf-32-le"])
def test_wide_letters_are_read(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes("lon,lat,diameter_km\n1,2,3\n".encode(encoding))
    assert read_catalogue(tmp_path / "a.csv").diameters.tolist() == [3.0]


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("a.csv", b"PK\x03\x04\0\0", r"such as \.xlsx"),
        ("a.csv", b"SQLite format 3\0", r"its format, \.gpkg"),
        ("a.csv", b"<!DOCTYPE html><p>", "HTML page"),
        ("a.xls", b"\xd0\xcf", r"save it as \.xlsx"),
        ("a.zip", b"PK", "unpack it"),
    ],
)
def test_what_a_file_is_instead_is_said(tmp_path, name, content, advice):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CatalogueError, match=advice):
        read_catalogue(tmp_path / name)


@pytest.mark.parametrize("name", ["confidence", "Confidence_Score", "level"])
def test_scores_and_levels_that_are_words_are_left_out_and_said(tmp_path, name):
    path = write(tmp_path / "a.csv", f"lon,lat,diameter_km,{name}\n1,2,3,0.5\n4,5,6,high\n")
    with pytest.warns(CratersWarning, match=f"row 2: {name} is 'high', .* the column is left out"):
        craters = read_catalogue(path).craters
    assert craters["score"].isna().all()
    assert (craters["level"] == 0).all()
