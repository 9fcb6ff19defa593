"""Layers of other programs: what columns do not tell, geometries do."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.catalogue.places import Places
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CoordinateSystemError, CratersWarning
from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygon_files import read_polygons

MERCATOR = "+proj=merc +lat_ts=35 +lon_0=0 +R=1737400 +units=m +no_defs"
CYLINDRICAL = "+proj=eqc +lat_ts=0 +lon_0=0 +R=1737400 +units=m +no_defs"
SOUTH = "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m +no_defs"
DRIVERS = {".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON"}


@pytest.fixture
def craters():
    table = pd.DataFrame(
        {"lon": [28.98, 30.8, -12.0], "lat": [2.5, 60.0, -35.0], "diameter_km": [33.0, 30.0, 4.5]}
    )
    return Catalogue(table, sphere.geographic_crs())


def circles(catalogue, crs, points=256):
    lon, lat = sphere.circle_points(*catalogue.positions.T, catalogue.diameters, points)
    x, y = sphere.from_lonlat(CRS.from_user_input(crs), lon, lat)
    return shapely.polygons(np.stack([x, y], axis=-1))


def write(path, table, geometry, crs):
    frame = gpd.GeoDataFrame(table, geometry=list(geometry), crs=crs)
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(
        path, driver=DRIVERS[path.suffix]
    )
    return path


def assert_same(read, catalogue, rel=1e-3):
    assert read.diameters == pytest.approx(catalogue.diameters, rel=rel)
    away = sphere.distance_km(*read.positions.T, *catalogue.positions.T)
    assert (away < rel * catalogue.diameters).all()


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".fgb", ".parquet"])
@pytest.mark.parametrize("crs", [CYLINDRICAL, "IAU_2015:30100"])
def test_points_give_places(craters, tmp_path, suffix, crs):
    points = [circle.centroid for circle in circles(craters, crs)]
    table = pd.DataFrame({"DIAM_C_IM": craters.diameters, "LON_EL_IM": 0.0, "LAT_EL_IM": 0.0})
    assert_same(read_catalogue(write(tmp_path / f"a{suffix}", table, points, crs)), craters, 5e-2)


@pytest.mark.parametrize("crs", [CYLINDRICAL, MERCATOR, "IAU_2015:30100"])
@pytest.mark.parametrize("sizes", ["diameter", "Diam_km", "size", None])
def test_outlines_give_places_and_the_unit_of_sizes(craters, tmp_path, crs, sizes, caplog):
    metres = craters.diameters * 1000.0
    x, y = shapely.get_coordinates(shapely.centroid(circles(craters, CYLINDRICAL))).T
    table = pd.DataFrame({"center_lon": x, "center_lat": y, "tag": "standard"})
    if sizes:
        table[sizes] = craters.diameters if sizes == "Diam_km" else metres
    path = write(tmp_path / "circles.shp", table, circles(craters, crs), crs)
    assert_same(read_catalogue(path), craters)
    assert ("no column of sizes" in caplog.text) == (sizes is None)


def test_outlines_are_measured_on_the_sphere_wherever_they_lie():
    table = pd.DataFrame(
        {
            "lon": [10.0, 179.9, 30.0, 0.0, 77.0],
            "lat": [0.0, 5.0, -89.0, -90.0, 80.0],
            "diameter_km": [0.02, 60.0, 100.0, 40.0, 900.0],
        }
    )
    catalogue = Catalogue(table, sphere.geographic_crs())
    places = Places(outlines.crater_outlines(catalogue), catalogue.crs)
    assert places.diameters_km == pytest.approx(catalogue.diameters, rel=1e-3)
    away = sphere.distance_km(*places.positions.T, *catalogue.positions.T)
    assert (away < 1e-3 * catalogue.diameters).all()
    assert places.roundness > 0.99


@pytest.mark.parametrize("sizes", [None, "Diam_km"])
def test_outlines_may_jump_at_the_antimeridian(tmp_path, sizes):
    table = pd.DataFrame(
        {
            "lon": [-179.9, 179.99, 70.0, 30.0],
            "lat": [2.0, -80.0, -89.9, 60.0],
            "diameter_km": [30.0, 20.0, 20.0, 4.5],
        }
    )
    craters = Catalogue(table, sphere.geographic_crs())
    columns = {"name": list("abcd"), **({sizes: craters.diameters} if sizes else {})}
    path = write(tmp_path / "a.gpkg", columns, circles(craters, "IAU_2015:30100"), "IAU_2015:30100")
    assert_same(read_catalogue(path), craters)


def test_a_unit_drawn_as_a_polygon_is_no_crater(tmp_path):
    path = write(tmp_path / "a.gpkg", pd.DataFrame({"name": ["mare"]}),
                 [shapely.box(0, 0, 4, 4)], "IAU_2015:30100")  # fmt: skip
    with pytest.raises(CatalogueError, match="no column for diameter among name"):
        read_catalogue(path)


def test_an_outline_that_reaches_off_the_moon_is_no_crater(tmp_path):
    beyond = shapely.Point(50.0, 88.0).buffer(5.0)  # drawn in degrees, over the pole
    circle = shapely.Point(50.0, 0.0).buffer(0.5)
    path = write(tmp_path / "a.gpkg", {"name": ["a", "b"]}, [circle, beyond], "IAU_2015:30100")
    with pytest.raises(CatalogueError, match="crater 2 of the table is not on the Moon"):
        read_catalogue(path)


@pytest.mark.parametrize("sizes", [{}, {"diam_km": [30.0, 30.0, 30.0]}])
def test_an_outline_that_encloses_nothing_is_no_crater(tmp_path, sizes):
    circles = [shapely.Point(lon, 0.0).buffer(0.5) for lon in (10.0, 12.0)]
    line = shapely.Polygon([(1.0, 1.0), (1.1, 1.1), (1.2, 1.2), (1.0, 1.0)])
    table = {"name": ["a", "b", "c"], **sizes}
    path = write(tmp_path / "a.gpkg", table, [*circles, line], "IAU_2015:30100")
    with pytest.raises(CatalogueError, match=r"crater 3 of the table .* has no size .*: mend or"):
        read_catalogue(path)


def test_columns_in_degrees_come_before_geometries_beside_them(tmp_path):
    table = pd.DataFrame({"x_coord": [0.03], "y_coord": [0.06], "Diam_km": [2.0]})
    path = write(tmp_path / "a.shp", table, [shapely.Point(1000.0, 2000.0)], CYLINDRICAL)
    assert read_catalogue(path).positions.tolist() == [[0.03, 0.06]]


@pytest.mark.parametrize("names", [("lon", "lat"), ("x_coord", "y_coord")])
def test_geometries_elsewhere_than_their_columns_count(tmp_path, names):
    table = pd.DataFrame({names[0]: [50.0], names[1]: [5.0], "diam_km": [2.0]})
    path = write(tmp_path / "a.gpkg", table, [shapely.Point(10, 20)], "IAU_2015:30100")
    with pytest.warns(CratersWarning, match="elsewhere than their columns say"):
        assert read_catalogue(path).positions.tolist() == [[10.0, 20.0]]


def test_columns_x_and_y_say_nothing_beside_geometries(tmp_path):
    table = pd.DataFrame({"x": [50.0], "y": [5.0], "diameter_km": [2.0]})
    path = write(tmp_path / "a.gpkg", table, [shapely.Point(10, 20)], "IAU_2015:30100")
    assert read_catalogue(path).positions.tolist() == [[10.0, 20.0]]


def test_sizes_in_a_shapefile_have_ten_letters(tmp_path):
    points = [shapely.Point(10, 20), shapely.Point(40, 2)]
    for name, factor in (("diameter_k", 1.0), ("diam_m", 1e3)):
        table = pd.DataFrame({name: [1.5 * factor, 0.9 * factor]})
        path = write(tmp_path / f"{name}.shp", table, points, "IAU_2015:30100")
        assert read_catalogue(path).diameters.tolist() == [1.5, 0.9]
    table = pd.DataFrame({"Diameter (": [1500.0, 900.0]})
    path = write(tmp_path / "b.shp", table, points, "IAU_2015:30100")
    with pytest.raises(CatalogueError, match=r"unit of Diameter \( is cut off.*diam_m"):
        read_catalogue(path)


def test_of_several_layers_of_craters_the_one_that_is_read_is_said(tmp_path):
    table, point = pd.DataFrame({"diameter_km": [2.0]}), [shapely.Point(1, 2)]
    for name in ("small", "large"):
        frame = gpd.GeoDataFrame(table, geometry=point, crs="IAU_2015:30100")
        frame.to_file(tmp_path / "a.gpkg", layer=name, driver="GPKG")
    with pytest.warns(CratersWarning, match="layer 'small' are read; left out: 'large'"):
        assert len(read_catalogue(tmp_path / "a.gpkg")) == 1


def test_rims_that_are_lines_are_refused_with_advice_that_works(craters, tmp_path):
    table, rims = pd.DataFrame({"n": [1, 2, 3]}), circles(craters, "IAU_2015:30100")
    path = write(tmp_path / "a.gpkg", table, shapely.boundary(rims), "IAU_2015:30100")
    with pytest.raises(CatalogueError, match="Lines to Polygons"):
        read_catalogue(path)
    assert_same(read_catalogue(write(tmp_path / "b.gpkg", table, rims, "IAU_2015:30100")), craters)


def test_metres_of_a_layer_without_a_coordinate_system_are_told(tmp_path):
    path = points_without_crs(tmp_path / "a.geojson")
    path.write_text(path.read_text().replace("28.5, -1.25", "9e5, 6e5"))
    with pytest.raises(CatalogueError, match="metres of a map"):
        read_catalogue(path)
    path.write_text(path.read_text().replace("9e5, 6e5", "28.5, 120"))
    with pytest.raises(CatalogueError, match=r"exchanged: points are written lon, lat"):
        read_catalogue(path)


def test_the_advice_on_a_file_of_the_earth_works(tmp_path):
    table = pd.DataFrame({"diameter_km": [2.0]})
    path = write(tmp_path / "a.geojson", table, [shapely.Point(10, 20)], "EPSG:4326")
    path.write_text(path.read_text().replace("{", '{"crs": {"type": "name"},', 1))
    with pytest.raises(CoordinateSystemError, match=r"allow_override=True\).to_file\('moon.gpkg'"):
        read_catalogue(path)
    moon = gpd.read_file(path).set_crs("IAU_2015:30100", allow_override=True)
    moon.to_file(tmp_path / "moon.gpkg")
    assert read_catalogue(tmp_path / "moon.gpkg").positions.tolist() == [[10.0, 20.0]]


def test_a_shapefile_without_its_columns_asks_for_them(tmp_path):
    write(tmp_path / "a.shp", pd.DataFrame({"d": [2.0]}), [shapely.Point(1, 2)], "IAU_2015:30100")
    (tmp_path / "a.dbf").unlink()
    with pytest.raises(CatalogueError, match=r"put its \.dbf beside it"):
        read_catalogue(tmp_path / "a.shp")


def test_a_layer_that_is_cut_off_or_of_another_format_is_said(craters, tmp_path):
    table, rims = pd.DataFrame({"n": [1, 2, 3]}), circles(craters, "IAU_2015:30100")
    whole = write(tmp_path / "a.fgb", table, rims, "IAU_2015:30100").read_bytes()
    for name, content in (("a.fgb", whole[:300]), ("a.gpkg", b"lon,lat"), ("a.shp", b"<html>")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CatalogueError, match=r"is not a \w+ of craters: it is") as error:
            read_catalogue(tmp_path / name)
        assert "DRIVER" not in str(error.value)


def test_rows_without_a_geometry_are_left_out_and_said(tmp_path, caplog):
    table = pd.DataFrame({"diameter_km": [2.0, 3.0]})
    path = write(tmp_path / "a.gpkg", table, [shapely.Point(1, 2), None], "IAU_2015:30100")
    assert read_catalogue(path).diameters.tolist() == [2.0]
    assert "1 rows without a geometry" in caplog.text


def points_without_crs(path, crs=None):
    feature = {
        "type": "Feature",
        "properties": {"diameter_m": 1500.0},
        "geometry": {"type": "Point", "coordinates": [28.5, -1.25]},
    }
    members = {"type": "FeatureCollection", "features": [feature]}
    path.write_text(json.dumps(members if crs is None else {**members, "crs": crs}))
    return path


@pytest.mark.parametrize("name", ["a.geojson", "a.json"])
def test_geojson_that_names_no_globe_is_of_the_moon_and_says_so(tmp_path, name, caplog):
    catalogue = read_catalogue(points_without_crs(tmp_path / name))
    assert catalogue.positions.tolist() == [[28.5, -1.25]]
    assert catalogue.diameters.tolist() == [1.5]
    assert "names no coordinate system and is read as longitude and latitude on" in caplog.text


def test_longitudes_in_radians_are_refused_with_the_command_that_converts_them(tmp_path):
    frame = gpd.GeoDataFrame(
        {"diam_km": [2.0]},
        geometry=[shapely.Point(0.5, 0.1)],
        crs='GEOGCS["M",DATUM["D",SPHEROID["S",1737400,0]],PRIMEM["x",0],UNIT["radian",1]]',
    )
    frame.to_file(tmp_path / "a.shp")
    with pytest.raises(CoordinateSystemError, match=r"in radians.*ogr2ogr.* -t_srs"):
        read_catalogue(tmp_path / "a.shp")


def test_geojson_of_the_earth_is_refused_with_advice_that_works(tmp_path):
    earth = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    with pytest.raises(CoordinateSystemError, match=r"not of the Moon.*IAU_2015:30100"):
        read_catalogue(points_without_crs(tmp_path / "a.geojson", earth))
    frame = gpd.read_file(tmp_path / "a.geojson").set_crs("IAU_2015:30100", allow_override=True)
    frame.to_file(tmp_path / "b.gpkg")
    assert len(read_catalogue(tmp_path / "b.gpkg")) == 1


def test_a_shapefile_without_a_prj_is_of_the_moon_and_says_so(tmp_path, caplog):
    table = pd.DataFrame({"lon": [10.0], "lat": [20.0], "diam_km": [2.0]})
    path = write(tmp_path / "a.shp", table, [shapely.Point(10, 20)], "IAU_2015:30100")
    path.with_suffix(".prj").unlink()
    assert read_catalogue(path).radius_m == sphere.RADIUS_M
    assert "names no coordinate system" in caplog.text


def test_sizes_that_do_not_fit_their_outlines_are_refused(craters, tmp_path):
    outlines_, crs = circles(craters, CYLINDRICAL), CYLINDRICAL
    for name, factor in (("diameter_km", 1000.0), ("diameter", 33.0), ("diameter_m", 1.0)):
        table = pd.DataFrame({name: craters.diameters * factor})
        path = write(tmp_path / f"{name}.gpkg", table, outlines_, crs)
        with pytest.raises(CatalogueError, match="does not fit the outlines"):
            read_catalogue(path)


def test_outlines_may_be_wider_than_their_craters(craters, tmp_path):
    table = pd.DataFrame({"diameter": craters.diameters / 2.0})
    path = write(tmp_path / "a.gpkg", table, circles(craters, CYLINDRICAL), CYLINDRICAL)
    assert read_catalogue(path).diameters == pytest.approx(craters.diameters / 2.0)


def test_geometries_with_heights_are_flat(craters, tmp_path):
    points = [shapely.Point(*position, 7.0) for position in craters.positions]
    table = pd.DataFrame({"diameter_km": craters.diameters})
    path = write(tmp_path / "a.gpkg", table, points, "IAU_2015:30100")
    assert_same(read_catalogue(path), craters)
    solid = shapely.force_3d(circles(craters, CYLINDRICAL), 5.0)
    assert_same(read_catalogue(write(tmp_path / "b.gpkg", table, solid, CYLINDRICAL)), craters)


def test_of_several_layers_the_one_with_sizes_is_read(craters, tmp_path):
    path = tmp_path / "a.gpkg"
    write(path, pd.DataFrame({"name": ["unit"]}), [shapely.box(0, 0, 4, 4)], "IAU_2015:30100")
    table = pd.DataFrame({"diameter_km": craters.diameters})
    points = [shapely.Point(*position) for position in craters.positions]
    frame = gpd.GeoDataFrame(table, geometry=points, crs="IAU_2015:30100")
    frame.to_file(path, layer="craters")
    assert_same(read_catalogue(path), craters)


@pytest.mark.parametrize("suffix", [".csv", ".shp", ".gpkg", ".xlsx", ".scc"])
def test_a_pointer_of_git_lfs_is_told_from_a_catalogue(tmp_path, suffix):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
    (tmp_path / f"a{suffix}").write_text(pointer)
    with pytest.raises(CatalogueError, match="git lfs pull"):
        read_catalogue(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("crs", [CYLINDRICAL, "IAU_2015:30100"])
@pytest.mark.parametrize("points", [6, 12, 24])
def test_outlines_of_few_vertices_have_the_circles_on_which_these_lie(
    craters, tmp_path, crs, points
):
    path = write(tmp_path / "a.gpkg", {"name": list("abc")}, circles(craters, crs, points), crs)
    assert_same(read_catalogue(path), craters, 1e-5)


def test_outlines_that_are_not_round_have_the_circles_of_their_areas(tmp_path):
    round_one = shapely.Point(10.0, 0.0).buffer(0.5)
    long_one = shapely.affinity.scale(shapely.Point(20.0, 0.0).buffer(0.5), 1.0, 0.5)
    names = {"name": ["a", "b", "c"]}
    path = write(tmp_path / "a.gpkg", names, [round_one, long_one, round_one], "IAU_2015:30100")
    one, other, long = read_catalogue(path).diameters
    assert one == other
    assert long == pytest.approx(one * 0.5**0.5, rel=2e-3)


@pytest.mark.parametrize(
    ("outline", "share"),
    [
        (shapely.box(9.7, -0.1, 10.3, 0.1), 0.12),
        (shapely.box(9.7, -0.3, 10.3, 0.3), 0.36),
        (shapely.Polygon([(10.0, 0.0), (10.6, 0.0), (10.0, 0.4)]), 0.12),
    ],
)
def test_rectangles_and_triangles_have_the_circles_of_their_areas(tmp_path, outline, share):
    rims = [shapely.Point(lon, 0.0).buffer(0.05) for lon in (20.0, 30.0)]
    names = {"name": ["a", "b", "c"]}
    path = write(tmp_path / "a.gpkg", names, [outline, *rims], "IAU_2015:30100")
    catalogue = read_catalogue(path)  # the largest first
    km = np.radians(1.0) * sphere.RADIUS_M / 1000.0
    assert catalogue.diameters[0] == pytest.approx(km * 2.0 * (share / np.pi) ** 0.5, rel=1e-3)
    centre = shapely.get_coordinates(outline.centroid)[0]
    np.testing.assert_allclose(catalogue.positions[0], centre, atol=1e-4)


@pytest.mark.filterwarnings("error")
def test_outlines_that_do_not_end_where_they_begin_are_closed(craters, tmp_path):
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
        for shape in circles(craters, CRS("IAU_2015:30100"), points=64)
    ]
    for feature in features:
        ring = feature["geometry"]["coordinates"][0]
        feature["geometry"]["coordinates"] = [ring[:-1]]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (tmp_path / "a.geojson").write_text(text)
    assert_same(read_catalogue(tmp_path / "a.geojson"), craters)
    area, _ = read_polygons(tmp_path / "a.geojson")
    assert len(shapely.get_parts(area)) == len(features)


@pytest.mark.parametrize("wkid", [103881, 4326])
def test_the_json_of_arcgis_names_its_coordinate_system(craters, tmp_path, wkid):
    """ESRI:103881 is the simple cylindrical map of the Moon; EPSG:4326 is of the Earth."""
    x, y = sphere.from_lonlat(CRS(CYLINDRICAL), *craters.positions.T)
    rows = [
        {"attributes": {"Diam_km": diameter}, "geometry": {"x": east, "y": north}}
        for diameter, east, north in zip(craters.diameters, x, y, strict=True)
    ]
    text = {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": wkid},
        "fields": [{"name": "Diam_km", "type": "esriFieldTypeDouble"}],
        "features": rows,
    }
    (tmp_path / "a.json").write_text(json.dumps(text))
    if wkid == 4326:
        with pytest.raises(CoordinateSystemError, match="is in 'WGS 84', not of the Moon"):
            read_catalogue(tmp_path / "a.json")
    else:
        assert_same(read_catalogue(tmp_path / "a.json"), craters)
