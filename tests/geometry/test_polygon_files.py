"""Of a file with several layers, the ground that craters were counted on is read."""

import geopandas as gpd
import pyogrio
import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import AreaError, CatalogueError, CratersWarning
from lunarcraters.geometry import sphere
from lunarcraters.geometry.given_areas import read_area
from lunarcraters.geometry.polygon_files import read_polygons

MOON = "IAU_2015:30100"
SQUARE = shapely.box(0, 0, 2, 1)


def add_layer(path, name, shapes, crs=MOON, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    frame.to_file(path, layer=name, driver="GPKG")
    return path


@pytest.fixture
def counted(three):
    return Catalogue(three.craters, sphere.geographic_crs(), SQUARE, 1.0)


def test_the_area_of_a_geopackage_of_craters_is_its_footprint(tmp_path, counted):
    write_catalogue(counted, tmp_path / "a.gpkg")
    assert read_area(tmp_path / "a.gpkg").outline.equals(SQUARE)


@pytest.mark.parametrize("name", ["a.fgb", "a.geojson", "a.shp", "a_CRATER.shp"])
def test_craters_are_not_taken_for_the_ground_they_were_counted_on(tmp_path, counted, name):
    write_catalogue(counted, tmp_path / name)
    with pytest.raises(AreaError, match=r"holds craters \(column [Dd]iam\w*_km\)"):
        read_area(tmp_path / name)


def test_the_floor_of_one_crater_may_be_an_area(tmp_path):
    path = add_layer(tmp_path / "a.gpkg", "floor", [SQUARE], diameter_km=[90.0])
    assert read_area(path).outline.equals(SQUARE)


def test_the_layer_of_polygons_is_taken_wherever_it_is(tmp_path):
    path = add_layer(tmp_path / "a.gpkg", "points", [shapely.Point(5, 5)])
    add_layer(path, "ground", [SQUARE])
    assert read_area(path).outline.equals(SQUARE)
    add_layer(path, "more", [shapely.box(5, 5, 6, 6)])
    with pytest.warns(CratersWarning, match="its layer 'ground'; left out: 'more'"):
        assert read_area(path).outline.equals(SQUARE)


def test_polygons_that_cross_themselves_enclose_ground(tmp_path):
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    assert read_area(add_layer(tmp_path / "a.gpkg", "bow", [bow])).outline.area == 2.0


@pytest.mark.parametrize(
    ("name", "fault"),
    [("none.gpkg", "does not exist"), ("", "is a directory"), ("a.scc", "not a file of polygons")],
)
def test_what_is_no_file_of_polygons_is_said(tmp_path, name, fault):
    (tmp_path / "a.scc").write_text("crater = {diam\n1\n}\n")
    with pytest.raises(AreaError, match=rf"{fault}.*give a \.gpkg") as error:
        read_area(tmp_path / name)
    assert "DRIVER" not in str(error.value)


def test_coordinates_of_a_map_are_not_taken_for_degrees(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(str(shapely.to_geojson(shapely.box(-5.4e6, 0, 9e5, 9e4))))
    with pytest.raises(AreaError, match=r"\(up to 5400000\.0\) are not degrees"):
        read_area(path)


def test_the_advice_on_an_area_of_the_earth_works(tmp_path):
    path = tmp_path / "a.gpkg"
    add_layer(path, "ground", [SQUARE], crs="EPSG:4326")
    with pytest.raises(AreaError, match=r"set_crs\('IAU_2015:30100', allow_override=True\)"):
        read_area(path)
    moon = gpd.read_file(path).set_crs(MOON, allow_override=True)
    moon.to_file(tmp_path / "moon.gpkg")
    assert read_area(tmp_path / "moon.gpkg").outline.equals(SQUARE)


@pytest.mark.parametrize(("name", "driver"), [("unit.json", "JSONFG"), ("unit.gml", "GML")])
def test_formats_whose_axes_gdal_exchanges_are_refused(tmp_path, name, driver):
    square = shapely.box(29.0, -46.0, 31.0, -44.0)
    frame = gpd.GeoDataFrame({"diam_km": [10.0]}, geometry=[square], crs="IAU_2015:30100")
    pyogrio.write_dataframe(frame, tmp_path / name, driver=driver)
    with pytest.raises(AreaError, match="may have exchanged its longitudes and latitudes"):
        read_polygons(tmp_path / name)
    if driver == "JSONFG":
        with pytest.raises(CatalogueError, match="may have exchanged"):
            read_catalogue(tmp_path / name)
