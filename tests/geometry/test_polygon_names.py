"""Which polygons of a file are areas, and by which names."""

import geopandas as gpd
import pytest
import shapely

from lunarcraters.geometry.polygon_files import read_named_polygons, read_polygons

SQUARES = [shapely.box(2 * i, 0, 2 * i + 1, 1) for i in range(3)]
BOW_TIE = shapely.Polygon([(29, -1), (31, 1), (31, -1), (29, 1)])  # its signed area is 0


def read(path, shapes=SQUARES, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs="IAU_2015:30100")
    frame.to_file(path)
    return read_named_polygons(path)[0]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["2", None, "x"], ["2", "2 (unnamed)", "x"]),
        ([None, None, "1"], ["1 (unnamed)", "2", "1"]),
        (["2", None, "2 (unnamed)"], ["2", "2 (unnamed) (unnamed)", "2 (unnamed)"]),
    ],
)
def test_a_polygon_without_a_name_is_an_area_of_its_own(tmp_path, names, expected):
    areas = read(tmp_path / "a.gpkg", name=names)
    assert list(areas) == expected
    assert {area.area for area in areas.values()} == {1.0}


def test_a_name_is_one_line(tmp_path):
    names = ["Mare Crisium\r\n (west)", "A, B\n", 'the "old" unit']
    wanted = ["Mare Crisium (west)", "A, B", 'the "old" unit']
    assert list(read(tmp_path / "a.gpkg", name=names)) == wanted


@pytest.mark.parametrize("form", ["gpkg", "geojson", "shp"])
@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([1, None, 3], ["1", "2", "3"]),
        ([1, 2, 2], ["1", "2"]),
        ([0.5, 2.0, None], ["0.5", "2", "3"]),
    ],
)
def test_numbers_are_names_as_they_are_written(tmp_path, form, units, expected):
    dtype = "Float64" if 0.5 in units else "Int64"
    column = gpd.pd.array(units, dtype)
    assert list(read(tmp_path / f"a.{form}", unit=column)) == expected


def test_a_symmetric_bow_tie_is_repaired_as_any_other(tmp_path):
    alone = read(tmp_path / "alone.gpkg", [BOW_TIE], name=["bow"])
    assert alone["bow"].equals(read_polygons(tmp_path / "alone.gpkg")[0])
    areas = read(tmp_path / "two.gpkg", [BOW_TIE, SQUARES[0]], name=["bow", "P"])
    assert {name: area.area for name, area in areas.items()} == {"bow": 2.0, "P": 1.0}
