import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.columns import LUNAR_COLUMNS, PIXEL_COLUMNS
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CratersWarning
from lunarcraters.geometry import sphere


def table(**columns):
    return pd.DataFrame({"lon": [1.0, 359.0], "lat": [2.0, -3.0], **columns})


def test_a_catalogue_is_ordered_by_size_and_complete():
    catalogue = Catalogue(table(diameter_km=[1.0, 5.0]), sphere.geographic_crs())
    assert tuple(catalogue.craters.columns) == LUNAR_COLUMNS.names
    assert catalogue.diameters.tolist() == [5.0, 1.0]
    assert catalogue.positions[0].tolist() == [-1.0, -3.0]
    assert catalogue.craters["crater_id"].tolist() == ["0000001", "0000002"]
    assert np.isnan(catalogue.scores).all()


def test_a_catalogue_without_a_coordinate_system_is_in_pixels():
    craters = pd.DataFrame({"x": [1.0], "y": [400.0], "diameter_px": [3.0]})
    catalogue = Catalogue(craters, None)
    assert tuple(catalogue.craters.columns) == PIXEL_COLUMNS.names
    assert not catalogue.has_crs
    assert not catalogue.has_crs
    assert catalogue.radius_m is None


@pytest.mark.parametrize(
    ("lat", "diameter"), [(np.nan, 1.0), (91.0, 1.0), (0.0, 0.0), (0.0, np.nan), (0.0, np.inf)]
)
def test_craters_off_the_moon_are_named(lat, diameter):
    craters = pd.DataFrame({"lon": [1.0, 1.0], "lat": [0.0, lat], "diameter_km": [1.0, diameter]})
    with pytest.raises(CatalogueError, match="crater 2 of the table"):
        Catalogue(craters, sphere.geographic_crs())


@pytest.mark.parametrize(
    ("column", "wrong", "said"),
    [("score", -1.0, "from 0 to 1"), ("score", 2.0, "from 0 to 1"), ("score", np.inf, "0 to 1"),
     ("fraction", 50.0, "from 0 to 1"), ("fraction", -0.5, "from 0 to 1"),
     ("diameter_sd_km", np.inf, "0 or more"), ("diameter_sd_km", -2.0, "0 or more"),
     ("score", 1.0 + 1e-7, "is 1.0000001 ")],
)  # fmt: skip
def test_values_outside_their_range_are_named(column, wrong, said):
    craters = table(diameter_km=[5.0, 1.0], **{column: [0.5, wrong]})
    with pytest.raises(CatalogueError, match=f"{column} of crater 2 .*{said}"):
        Catalogue(craters, sphere.geographic_crs())


def test_states_of_a_review_are_read_as_in_files():
    craters = table(diameter_km=[5.0, 1.0], review=["REJECTED", None])
    states = Catalogue(craters, sphere.geographic_crs()).craters["review"]
    assert states.tolist() == ["rejected", "unseen"]
    with pytest.raises(CatalogueError, match="row 2: review is 'x'"):
        Catalogue(craters.assign(review=["added", "x"]), sphere.geographic_crs())


@pytest.mark.parametrize(
    ("given", "said"),
    [({"thresholds": {"pure": 50.0}}, "pure is 50"), ({"thresholds": {"pure": np.nan}}, "is nan"),
     ({"footprint_area_km2": -1.0}, "is -1"), ({"footprint_area_km2": np.nan}, "is nan"),
     ({"lon_domain": 90}, "lon_domain is 90"), ({"footprint": (0, 0, 1, 1)}, "type tuple"),
     ({"footprint": gpd.GeoSeries([shapely.box(0, 0, 1, 1)])}, "type GeoSeries")],
)  # fmt: skip
def test_a_description_that_no_catalogue_has_is_refused(given, said):
    with pytest.raises(CatalogueError, match=said):
        Catalogue(table(diameter_km=[5.0, 1.0]), sphere.geographic_crs(), **given)


@pytest.mark.parametrize(
    "craters",
    [table(diameter_km=["5 km", "1"]), table(diameter_km=[5.0, 1.0], level=[1.0, np.inf]),
     table(diameter_km=[5.0, 1.0], score=pd.Series([pd.NA, 0.5], dtype=object)), None,
     table(diameter_km=[5.0, 1.0])[["lon", "lat", "lat", "diameter_km"]],
     {"lon": [1.0], "lat": [2.0], "diameter_km": [3.0]}],
)  # fmt: skip
def test_what_is_no_table_of_numbers_is_refused(craters):
    with pytest.raises(CatalogueError, match="DataFrame of pandas"):
        Catalogue(craters, sphere.geographic_crs())


def test_a_missing_column_is_named():
    with pytest.raises(CatalogueError, match="no column diameter_km"):
        Catalogue(table(), sphere.geographic_crs())


def test_a_filter_keeps_identifiers_and_craters_without_a_score():
    catalogue = Catalogue(
        table(diameter_km=[1.0, 5.0], score=[0.6, 0.2], crater_id=["a", "b"]),
        sphere.geographic_crs(),
    )
    assert catalogue.filter(0.5).craters["crater_id"].tolist() == ["a"]
    assert len(catalogue.filter(0.2)) == 2
    assert len(Catalogue(table(diameter_km=[1.0, 5.0]), catalogue.crs).filter(0.9)) == 2


def test_operating_points_are_found_by_name_or_number():
    catalogue = Catalogue(
        table(diameter_km=[1.0, 5.0]), sphere.geographic_crs(), thresholds={"balanced": 0.31}
    )
    assert catalogue.threshold("balanced") == 0.31
    assert catalogue.threshold("0.5") == catalogue.threshold(0.5) == 0.5
    with pytest.raises(CatalogueError, match=r"'pure'.*balanced"):
        catalogue.threshold("pure")


@pytest.mark.parametrize(
    "crs",
    [
        "EPSG:4326",
        "IAU_2015:30110",
        "rubbish",
        sphere.lunar_crs("IAU_2015:30130", "a"),
        7.5,
        "+proj=longlat +a=1738140 +b=1735970",
    ],
)
def test_a_coordinate_system_other_than_degrees_on_a_sphere_is_refused(crs):
    with pytest.raises(CatalogueError, match="not longitude and latitude on a sphere: give"):
        Catalogue(table(diameter_km=[1.0, 5.0]), crs)


@pytest.mark.parametrize("turned", ["+pm=30", "+axis=wnu"])
def test_longitudes_to_the_west_or_from_another_meridian_are_refused(turned):
    crs = f"+proj=longlat +R=1737400 {turned} +type=crs"
    with pytest.raises(CatalogueError, match="to the west or from another meridian: convert"):
        Catalogue(table(diameter_km=[1.0, 5.0]), crs)


def test_a_coordinate_system_may_be_named():
    catalogue = Catalogue(table(diameter_km=[1.0, 5.0]), "IAU_2015:30100")
    assert catalogue.crs == sphere.geographic_crs()
    assert catalogue.radius_m == sphere.RADIUS_M


def test_the_header_survives_json():
    catalogue = Catalogue(
        table(diameter_km=[1.0, 5.0]),
        sphere.geographic_crs(1_738_000.0),
        shapely.box(0, 0, 1, 1 / 3),
        1234.5,
        {"balanced": 0.31},
        {"mosaic": "wac.tif"},
    )
    again = Catalogue.from_header(catalogue.craters, json.loads(json.dumps(catalogue.header())))
    assert again.radius_m == 1_738_000.0
    assert again.footprint.equals(catalogue.footprint)
    assert again.header() == catalogue.header()
    pd.testing.assert_frame_equal(again.craters, catalogue.craters)


def test_a_footprint_is_read_without_lines(lunar):
    line = shapely.LineString([(180, -1), (180, 1)])
    header = lunar.with_info(footprint=shapely.GeometryCollection([line, *lunar.footprint.geoms]))
    again = Catalogue.from_header(lunar.craters, header.header())
    assert again.footprint == lunar.footprint


def test_a_damaged_header_is_said():
    with pytest.raises(CatalogueError, match="damaged"):
        Catalogue.from_header(table(diameter_km=[1.0, 5.0]), {"crs": "rubbish"})


def test_parts_and_filters_keep_the_order_and_are_not_sorted_again(monkeypatch):
    craters = table(diameter_km=[1.0, 5.0], score=[0.6, 0.2], crater_id=["a", "b"])
    catalogue = Catalogue(craters, sphere.geographic_crs())
    monkeypatch.setattr("lunarcraters.catalogue.table.validate_table", None)
    assert [len(part) for part in catalogue.parts()] == [2]
    assert catalogue.filter(0.5).craters["crater_id"].tolist() == ["a"]
    assert catalogue.filter(0.5).craters.index.tolist() == [0]
    assert catalogue.with_info(lon_domain=360).table["lon"].tolist() == [357.0 + 2.0, 1.0]


def test_earlier_names_of_the_filter_still_work():
    catalogue = Catalogue(table(diameter_km=[1.0, 5.0], score=[0.6, 0.2]), sphere.geographic_crs())
    assert len(catalogue.chosen(0.5)) == len(catalogue.select(0.5)) == len(catalogue.filter(0.5))


def test_a_damaged_table_is_said():
    header = Catalogue(table(diameter_km=[1.0, 5.0]), sphere.geographic_crs()).header()
    with pytest.raises(CatalogueError, match="damaged"):
        Catalogue.from_header(table(diameter_km=["large", "small"]), header)


def test_fractions_on_another_sphere_are_those_of_an_export(tmp_path):
    craters = pd.DataFrame({"lon": [10.2], "lat": [5.0], "diameter_km": [100.0]})
    mars = Catalogue(craters, sphere.geographic_crs(3396190.0))
    mars.to_file(tmp_path / "mars.gpkg")
    edges = (0.0, 0.0, 10.0, 10.0)
    with pytest.warns(CratersWarning, match="does not tell which ground was searched"):
        lc.export(tmp_path / "mars.gpkg", tmp_path / "part.gpkg", area=edges, fractions=True)
    exported = lc.read_catalogue(tmp_path / "part.gpkg").craters["fraction"]
    filtered = mars.filter(area=edges, fractions=True).craters["fraction"]
    assert filtered.tolist() == exported.tolist() == pytest.approx([0.353], abs=0.002)


def test_a_level_that_is_not_known_is_0():
    craters = table(diameter_km=[5.0, 4.0], level=[np.nan, -1])
    assert Catalogue(craters, sphere.geographic_crs()).craters["level"].tolist() == [0, -1]


def test_a_geodataframe_has_the_longitudes_of_its_geometries():
    craters = table(diameter_km=[5.0, 4.0])
    frame = Catalogue(craters, sphere.geographic_crs(), lon_domain=360).geodataframe
    assert frame["lon"].tolist() == [1.0, 359.0]
    assert frame.geometry[1].covers(shapely.Point(359, -3))
