import pytest

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.errors import CatalogueError

HEADING = "Feature_ID,Feature_Name,Target,Diameter,Center_Latitude,Center_Longitude,Feature_Type,"
ROWS = (
    '6163,"Tycho",Moon,85.29,-43.3,348.78,"Crater, craters",',
    '9384,"Tycho A",Moon,28.83,-39.94,347.93,"Satellite Feature",',
    '3691,"Mare Imbrium",Moon,1145.53,34.72,345.09,"Mare, maria",',
    '14985,"Marcello",Moon,0,1.5,2.5,"Crater, craters",',
)


def write(path, rows, heading=HEADING):
    path.write_text("\n".join([heading, *rows]) + "\n")
    return path


def test_craters_of_the_gazetteer_are_read_and_the_rest_is_counted(tmp_path, caplog):
    catalogue = read_catalogue(write(tmp_path / "a.csv", ROWS))
    assert catalogue.diameters.tolist() == [85.29, 28.83]
    assert catalogue.positions[0] == pytest.approx([-11.22, -43.3])
    assert "1 rows are left out, being no craters" in caplog.text
    assert "1 rows are left out, being of diameter 0" in caplog.text


def test_features_of_other_bodies_are_left_out(tmp_path, caplog):
    mars = ROWS[0].replace("Moon", "Mars")
    assert len(read_catalogue(write(tmp_path / "a.csv", [*ROWS, mars]))) == 2
    assert "1 rows are left out, being on other bodies" in caplog.text
    with pytest.raises(CatalogueError, match="no feature of the Moon"):
        read_catalogue(write(tmp_path / "b.csv", [mars]))


def test_a_gazetteer_without_types_is_read_and_said(tmp_path, caplog):
    heading = "Feature_ID,Feature_Name,Diameter,Center_Latitude,Center_Longitude,"
    rows = ['6163,"Tycho",85.29,-43.3,348.78,', '14985,"Marcello",0,1.5,2.5,']
    assert len(read_catalogue(write(tmp_path / "a.csv", rows, heading))) == 1
    assert "does not tell the types of its features" in caplog.text


def test_a_crater_without_a_size_in_another_table_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", ["1,2,0"], "lon,lat,diameter_km")
    with pytest.raises(CatalogueError, match="no size"):
        read_catalogue(path)
