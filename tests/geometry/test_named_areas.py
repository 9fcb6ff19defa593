"""Areas as people draw them: several polygons with names in one file."""

import geopandas as gpd
import pytest
import shapely

from lunarcraters.errors import AreaError, CratersWarning
from lunarcraters.geometry.given_areas import read_named_areas

MOON = "IAU_2015:30100"
SQUARES = [shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1), shapely.box(4, 0, 6, 1)]


def draw(path, shapes=SQUARES, crs=MOON, **columns):
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs).to_file(path)
    return path


def sizes(areas):
    return {name: area.outline.area for name, area in areas.items()}


@pytest.mark.parametrize("name", ["units.gpkg", "units.geojson", "units.shp", "units_AREA.shp"])
def test_polygons_of_one_name_are_one_area_in_every_format(tmp_path, name):
    column = "area_name" if "AREA" in name else "Name"
    path = draw(tmp_path / name, **{column: ["mare", "mare", "ejecta"]})
    assert sizes(read_named_areas(path)) == {"mare": 2.0, "ejecta": 2.0}


def test_polygons_without_names_have_numbers(tmp_path):
    assert list(read_named_areas(draw(tmp_path / "a.gpkg", id=[7, 7, 7]))) == ["1", "2", "3"]
    some = draw(tmp_path / "b.gpkg", name=["mare", None, " "])
    assert list(read_named_areas(some)) == ["mare", "2", "3"]


def test_a_polygon_that_is_alone_has_the_name_of_its_file(tmp_path):
    path = draw(tmp_path / "Pickering_AREA.shp", SQUARES[:1], area_name=[None])
    assert list(read_named_areas(path)) == ["Pickering"]


def test_areas_that_enclose_no_ground_are_told(tmp_path):
    shapes = [SQUARES[0], shapely.Polygon(), None]
    path = draw(tmp_path / "a.gpkg", shapes, name=["mare", "empty", "missing"])
    with pytest.warns(CratersWarning, match=r"no ground and are left out \('empty' ..., 2 such\)"):
        assert list(read_named_areas(path)) == ["mare"]


def test_the_column_of_the_names_may_be_said(tmp_path):
    path = draw(tmp_path / "a.gpkg", name=["x", "y", "z"], GeoUnit=["Im2", "Em", "Im2"])
    assert list(read_named_areas(path, column="geounit")) == ["Im2", "Em"]
    with pytest.raises(AreaError, match=r"no column 'age' of names \(it has: name, GeoUnit\)"):
        read_named_areas(path, column="age")


def test_a_projected_file_is_read_in_its_coordinate_system(tmp_path):
    path = draw(tmp_path / "a.gpkg", [shapely.box(0, 0, 3e4, 3e4)], "IAU_2015:30110", name=["p"])
    assert read_named_areas(path)["p"].contains(0.5, 0.5)
    assert not read_named_areas(path)["p"].contains(1.5, 0.5)


def test_a_file_without_ground_is_refused(tmp_path):
    with pytest.raises(AreaError, match="no polygon"):
        read_named_areas(draw(tmp_path / "a.gpkg", [shapely.Point(0, 0)], name=["point"]))
