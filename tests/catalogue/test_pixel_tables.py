"""Tables of craters in the pixels of an image."""

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.catalogue.formats.vector import from_table
from lunarcraters.errors import CatalogueError, CratersWarning

ELLIPSES = (
    "ellipseCenterX(px),ellipseCenterY(px),ellipseSemimajor(px),ellipseSemiminor(px),"
    "ellipseRotation(deg),inputImage,crater_classification\n"
)


def read(path, text):
    path.write_text(text)
    return read_catalogue(path)


def test_ellipses_in_pixels_become_circles_of_their_area(tmp_path):
    rows = "100.5,200,40,10,30,a/b.png,3\n7,8,5,5,0,a/b.png,4\n-1,-1,-1,-1,-1,a/b.png,-1\n"
    catalogue = read(tmp_path / "a.csv", ELLIPSES + rows)
    assert not catalogue.has_crs
    assert catalogue.positions.tolist() == [[100.5, 200.0], [7.0, 8.0]]
    assert catalogue.diameters.tolist() == [40.0, 10.0]


def test_ellipses_of_several_images_are_refused_and_the_advice_works(tmp_path):
    rows = ["1,2,40,10,30,a.png,3\n", "7,8,5,5,0,b.png,4\n"]
    with pytest.raises(CatalogueError, match=r"craters of 2 images.*the rows of one image"):
        read(tmp_path / "a.csv", ELLIPSES + "".join(rows))
    assert len(read(tmp_path / "a.csv", ELLIPSES + rows[0])) == 1


@pytest.mark.parametrize(
    "heading",
    ["x_px,y_px,diameter_px", "x (px),y (px),Radius (px)", "center_x_px,center_y_px,d_px"],
)
def test_headings_in_pixels_make_a_catalogue_in_pixels(tmp_path, heading):
    catalogue = read(tmp_path / "a.csv", f"{heading}\n512,700,10\n")
    assert catalogue.positions.tolist() == [[512.0, 700.0]]
    assert catalogue.diameters.tolist() == [20.0 if "Radius" in heading else 10.0]


def test_pixels_without_a_unit_are_not_degrees_and_the_advice_works(tmp_path):
    with pytest.raises(CatalogueError, match="pixels are named x, y and diameter_px"):
        read(tmp_path / "a.csv", "x,y,diameter\n512,700,10\n")
    assert not read(tmp_path / "a.csv", "x,y,diameter_px\n512,700,10\n").has_crs


def test_scores_and_other_columns_of_a_table_in_pixels_are_read(tmp_path):
    heading = "Crater ID,x_px,y_px,diameter_px,diameter_sd_px,confidence,level,tile,fraction,review"
    rows = "007,512,700,10,1.5,0.25,1,z1_r0_c0,0.5,accepted\n8,7,9,-1,0,0,0,,0,\n"
    with pytest.raises(CatalogueError, match="fraction of crater 2 is nan"):
        read(tmp_path / "a.csv", f"{heading}\n{rows}9,12,8,20,2,0.75,,,,\n")
    craters = read(tmp_path / "a.csv", f"{heading}\n{rows}9,12,8,20,2,0.75,,,1,\n").craters
    assert craters["crater_id"].tolist() == ["9", "007"]
    assert craters[["diameter_sd_px", "score", "level", "fraction"]].to_numpy(float).tolist() == [
        [2.0, 0.75, 0.0, 1.0],
        [1.5, 0.25, 1.0, 0.5],
    ]
    assert craters["tile"].tolist() == ["", "z1_r0_c0"]
    assert craters["review"].tolist() == ["unseen", "accepted"]


def test_tables_named_x_and_y_are_read_as_those_named_x_px_and_y_px(tmp_path):
    heading = "id,x,y,diameter_px,confidence,fraction,inputImage"
    with pytest.raises(CatalogueError, match="fraction of crater 2 is 50, and the part"):
        read(tmp_path / "a.csv", f"{heading}\n7,1,2,3,0.5,1,a\n8,4,5,6,0.25,50,a\n")
    with pytest.raises(CatalogueError, match="craters of 2 images"):
        read(tmp_path / "a.csv", f"{heading}\n7,1,2,3,0.5,1,a\n8,4,5,6,0.25,0.5,b\n")
    craters = read(tmp_path / "a.csv", f"{heading}\n7,1,2,3,0.5,1,a\n8,4,5,6,0.25,0.5,a\n").craters
    assert craters["crater_id"].tolist() == ["8", "7"]
    assert craters[["score", "fraction"]].to_numpy().tolist() == [[0.25, 0.5], [0.5, 1.0]]
    with pytest.raises(CatalogueError, match=r"has no size \(x 4, y 5, diameter_px -1"):
        read(tmp_path / "a.csv", "x,y,diameter_px\n1,2,3\n4,5,-1\n")


def test_a_row_of_a_table_in_pixels_may_have_a_name_that_begins_with_a_hash(tmp_path):
    text = "name,x_px,y_px,diameter_px\n#a,1,2,3\nb,4,5,6\n"
    with pytest.warns(CratersWarning, match="'#a,1,2,3', are read as craters"):
        assert len(read(tmp_path / "a.csv", text)) == 2


def test_values_in_pixels_that_are_no_scores_are_left_out_and_said(tmp_path):
    with pytest.warns(CratersWarning, match="confidence has values outside 0 to 1"):
        catalogue = read(tmp_path / "a.csv", "x_px,y_px,diameter_px,confidence\n512,700,10,95\n")
    assert catalogue.craters["score"].isna().all()


@pytest.mark.parametrize("pixels", ["x_px,y_px,diameter_px", "x,y,diameter_px"])
def test_a_table_in_degrees_may_have_pixels_as_well(tmp_path, pixels):
    catalogue = read(tmp_path / "a.csv", f"lon,lat,diameter_km,{pixels}\n1,2,5,100,100,50\n")
    assert catalogue.positions.tolist() == [[1.0, 2.0]]
    assert catalogue.diameters.tolist() == [5.0]


@pytest.mark.parametrize("pixels", [("x_px", "y_px"), ("x", "y")])
def test_a_layer_of_the_moon_may_have_pixels_as_well(tmp_path, pixels):
    columns = {name: [100.0] for name in (*pixels, "diameter_px")} | {"diameter_km": [5.0]}
    frame = gpd.GeoDataFrame(columns, geometry=[shapely.Point(1, 2)], crs="IAU_2015:30100")
    frame.to_file(tmp_path / "a.gpkg")
    catalogue = read_catalogue(tmp_path / "a.gpkg")
    assert catalogue.positions.tolist() == [[1.0, 2.0]]
    assert catalogue.diameters.tolist() == [5.0]


@pytest.mark.parametrize("heading", ["x_px,y_px,diameter_px,name", "x,y,diameter_px,name"])
def test_empty_rows_in_pixels_are_left_out_as_those_in_degrees_are(tmp_path, heading):
    with pytest.warns(CratersWarning, match=r"without a position and a size are left out \(1\)"):
        catalogue = read(tmp_path / "a.csv", f"{heading}\n1,2,5,a\n,,,\n,,,b\n3,4,6,c\n")
    assert catalogue.positions.tolist() == [[3.0, 4.0], [1.0, 2.0]]


def test_every_kind_of_table_is_read_in_pixels():
    table = pd.DataFrame({"x": [1.0], "y": [2.0], "diameter_px": [3.0]})
    catalogue = from_table(table, "a table").to_catalogue()
    assert not catalogue.has_crs
    assert catalogue.diameters.tolist() == [3.0]


@pytest.mark.parametrize("names", [("x_px", "y_px"), ("x", "y")])
@pytest.mark.parametrize("geometry", [False, True])
def test_a_layer_without_geometries_is_read_in_pixels_as_a_table_is(tmp_path, names, geometry):
    frame = pd.DataFrame({names[0]: [1.0], names[1]: [2.0], "diameter_px": [3.0]})
    if geometry:
        frame = gpd.GeoDataFrame(frame, geometry=[None], crs="IAU_2015:30100")
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg", geometry_type="Point" if geometry else None)
    catalogue = read_catalogue(tmp_path / "a.gpkg")
    assert not catalogue.has_crs
    assert catalogue.positions.tolist() == [[1.0, 2.0]]


def test_an_empty_row_of_a_layer_in_pixels_is_left_out_as_that_of_a_table_is(tmp_path):
    columns = {"x": [1.0, None, 3.0], "y": [2.0, None, 4.0], "diameter_px": [5.0, None, 6.0]}
    points = [shapely.Point(1, -2), shapely.Point(9, -9), shapely.Point(3, -4)]
    gpd.GeoDataFrame({**columns, "name": "a"}, geometry=points).to_file(tmp_path / "a.gpkg")
    with pytest.warns(CratersWarning, match=r"without a position and a size are left out \(1\)"):
        catalogue = read_catalogue(tmp_path / "a.gpkg")
    assert catalogue.positions.tolist() == [[3.0, 4.0], [1.0, 2.0]]
