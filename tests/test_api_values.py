"""Values as Python gives them: scalars and arrays of NumPy, numbers as text, and objects."""

import json
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import CRS

import lunarcraters as lc
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.datasets.classes import choose_classes
from lunarcraters.dating.isochrons import make_isochrons
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.errors import (
    AreaError,
    CatalogueError,
    CoordinateSystemError,
    OptionError,
)
from lunarcraters.records import to_json

MOON = "IAU_2015:30100"


class Client:
    """A client of Dask."""


FORMATS = ["a.gpkg", "a.parquet", "a.geojson"]


@pytest.fixture
def table():
    columns = {"lon": [10.0, 20.0, 30.0], "lat": [1.0, 2.0, 3.0], "diameter_km": [5.0, 3.0, 2.0]}
    return pd.DataFrame({**columns, "score": [0.9, 0.5, 0.2]})


@pytest.fixture
def craters(table):
    return lc.Catalogue(table, MOON, thresholds={"balanced": 0.4, "pure": 0.8})


@pytest.mark.parametrize("name", FORMATS)
def test_properties_that_are_no_text_are_read_back_as_text(table, tmp_path, name):
    lc.Catalogue(table, MOON, properties={"n": 3}).to_file(tmp_path / name)
    assert lc.read_catalogue(tmp_path / name).properties["n"] == "3"


@pytest.mark.parametrize("given", [{"thresholds": None}, {"properties": [1, 2]}])
def test_a_description_that_is_no_dictionary_is_refused(given):
    with pytest.raises(CatalogueError, match="by name"):
        CatalogueInfo(None, **given)


@pytest.mark.parametrize("name", FORMATS)
def test_scalars_of_numpy_are_written(table, tmp_path, name):
    thresholds = {"balanced": np.float32(0.5)}
    craters = lc.Catalogue(table, MOON, None, np.float32(1e4), thresholds)
    craters.to_file(tmp_path / name)
    again = lc.read_catalogue(tmp_path / name)
    assert (again.thresholds, again.footprint_area_km2) == ({"balanced": 0.5}, 1e4)
    exported = lc.export(
        tmp_path / name, tmp_path / f"b{name}", min_score=0, min_diameter=np.int64(3)
    )
    assert exported.written == 2
    assert lc.read_catalogue(tmp_path / f"b{name}").info.limits.min_diameter == 3.0


def test_a_threshold_that_is_no_number_is_refused(table):
    with pytest.raises(CatalogueError, match="is no number"):
        lc.Catalogue(table, MOON, thresholds={"balanced": "high"})


@pytest.mark.parametrize("with_positions", [True, False])
def test_limits_and_bins_of_an_evaluation_may_be_of_pandas_and_numpy(craters, with_positions):
    reference = craters if with_positions else craters.with_info(has_positions=False)
    expected = lc.evaluate(craters, reference, min_diameter=1.0, max_diameter=10.0, bins=[1.0, 4.0])
    for bins in (pd.Series([1, 4]), np.array([1, 4], np.float32), iter([1, 4])):
        limits = {"min_diameter": np.float32(1), "max_diameter": np.int64(10), "bins": bins}
        assert lc.evaluate(craters, reference, **limits).record() == expected.record()
        assert to_json(lc.evaluate(craters, reference, min_diameter=np.float32(1)).record())


def test_a_change_of_one_catalogue_is_not_one_of_another(craters):
    thresholds, properties = {"balanced": 0.4}, {"input": "a.tif"}
    made = lc.Catalogue(craters.craters, MOON, thresholds=thresholds, properties=properties)
    for other in (made.filter("balanced"), made.rows(slice(1)), made.with_info(lon_domain=360)):
        other.thresholds["balanced"] = 0.9
        other.properties["input"] = "b.tif"
    assert (made.thresholds, made.properties) == (thresholds, properties)
    assert made.thresholds["balanced"] == 0.4


@pytest.fixture
def run(craters, scene, tmp_path):
    craters.to_file(tmp_path / "run.parquet")
    return tmp_path / "run.parquet"


@pytest.mark.parametrize("nodata", [[0, 255], np.array([0, 255]), np.array(0), (0.0, 255.0)])
def test_several_values_of_no_data_may_be_a_list_or_an_array(scene, nodata):
    expected = tuple(np.ravel(nodata).tolist())
    expected = expected if len(expected) > 1 else expected[0]
    assert lc.open_mosaic(scene, nodata=nodata).nodata == expected
    options = lc.SourceOptions(nodata=nodata)
    assert options.nodata == expected
    assert options != lc.SourceOptions()


@pytest.mark.parametrize(
    "area",
    [
        shapely.box(5, 0, 15, 5),
        gpd.GeoSeries([shapely.box(5, 0, 15, 5)], crs=MOON),
        gpd.GeoDataFrame(geometry=[shapely.box(5, 0, 15, 5)], crs=MOON),
        ("5", "0", "15", "north"),
        (None,) * 4,
        5,
    ],
)
def test_an_area_of_another_kind_is_refused(craters, area):
    for call in (lambda: craters.filter(0, area=area), lambda: lc.csfd(craters, area=area)):
        with pytest.raises(AreaError, match="give a file of polygons, or west, south, east and"):
            call()


@pytest.mark.filterwarnings("ignore:the catalogue names an outline")
@pytest.mark.parametrize("area", [("5", "0", "15", "5"), [5, 0, 15, 5], np.array([5, 0, 15, 5])])
def test_four_edges_may_be_text_a_list_or_an_array(craters, area):
    assert len(craters.filter(0, area=area)) == 1
    searched = craters.with_info(footprint=shapely.box(0, 0, 40, 5))
    assert {row.area for row in lc.csfd(searched, area=area, min_score=0).bins} == {"5,0,15,5"}


def test_numbers_outside_the_ranges_of_the_commands_are_refused(run, tmp_path):
    edited = tmp_path / "edited.gpkg"
    lc.read_catalogue(run).to_file(edited)
    calls = [
        (
            "suggest is -3: give a whole number of 0 or more",
            lambda: lc.review(run, edited, suggest=-3),
        ),
        ("count is 0: .* from 1 to 50", lambda: lc.plot_tiles(run, tmp_path / "a.png", count=0)),
        ("count is -1: ", lambda: lc.plot_tiles(run, tmp_path / "a.png", count=-1)),
        ("workers is 0: give a whole", lambda: lc.info("nowhere", workers=0, plan_only=True)),
        ("precision is 'x'", lambda: lc.info("nowhere", precision="x", plan_only=True)),
        ("type Client: give the address", lambda: lc.detect("nowhere", run, scheduler=Client())),
        ("seed is 0.5: give a whole", lambda: lc.measure_completeness(run, seed=0.5)),
        ("closeups is -1: ", lambda: lc.write_report(run, tmp_path / "a.html", closeups=-1)),
    ]
    for words, call in calls:
        with pytest.raises(OptionError, match=words):
            call()


def test_no_number_of_suggestions_is_none(run, tmp_path):
    edited = tmp_path / "edited.gpkg"
    lc.read_catalogue(run).to_file(edited)
    assert lc.review(run, edited, suggest=None).suggested == ()
    assert len(lc.review(run, edited, suggest=True).suggested) <= 1


def test_options_may_be_scalars_of_numpy():
    options = DetectOptions(workers=np.int64(2), tta=np.bool_(True))
    assert (options.workers, options.tta) == (2, True)
    assert json.loads(to_json(options))["tta"] is True
    assert type(SourceOptions(smallest_px=np.float32(4.0)).smallest_px) is float


def test_fractions_of_a_series_are_in_the_order_of_the_craters(craters):
    shares = pd.Series([0.5, 0.6, 0.7], index=[2, 1, 9])
    assert craters.with_fractions(shares).craters["fraction"].tolist() == [0.5, 0.6, 0.7]


def test_a_score_holds_for_the_craters_of_a_catalogue_that_is_drawn(craters, scene, tmp_path):
    def shown(**options):
        plot = lc.explore(craters, **options)._layout.select_one({"name": "craters"})
        return len(plot.data_source.data["x"])

    assert [shown(), shown(min_score="pure"), shown(min_score=0.3)] == [3, 1, 2]
    mosaic = lc.open_mosaic(scene)
    draw = partial(lc.plot_map, craters, tmp_path / "a.png", mosaic)
    assert [draw(), draw(min_score="pure")] == [3, 1]
    for call in (partial(lc.explore, craters), draw):
        with pytest.raises(CatalogueError, match="no operating point 'nonsense'"):
            call(min_score="nonsense")


def test_isochrons_may_be_one_age_or_an_array(craterstats, craters, tmp_path):
    searched = craters.with_info(footprint=shapely.box(0, 0, 40, 5), footprint_area_km2=1e5)
    for ages in (np.array([3.5, 3.6]), "fit", 3.5, np.float32(3.5), ("fit", 1)):
        lc.plot_csfd(searched, tmp_path / "a.png", isochrons=ages)


@pytest.mark.parametrize("ages", [np.array([3.5, 9.0]), "old", 9.0, np.float32(9), ["fit", 9]])
def test_isochrons_of_no_age_are_refused_whole(ages):
    with pytest.raises(OptionError, match=r"isochrons has (.*9.*|'old'): give ages in Ga"):
        make_isochrons([], ages, None, 0.0)


def test_classes_may_be_numbers():
    names, used = {0: "crater", 1: "boulder"}, {0: 4, 1: 5}
    for wanted in ([1], ["1"], 1, np.array([1]), "boulder"):
        assert choose_classes(names, used, wanted).numbers == {1}
    assert choose_classes(names, used, 0).numbers == {0}


def test_a_coordinate_system_may_be_an_object_or_a_path(scene, tmp_path):
    name = "IAU_2015:30110"
    (tmp_path / "moon.prj").write_text(CRS(name).to_wkt())
    expected = lc.open_mosaic(scene, crs=name).crs
    for crs in (CRS(name), rasterio.CRS.from_user_input(name), tmp_path / "moon.prj"):
        assert lc.open_mosaic(scene, crs=crs).crs == expected


@pytest.mark.parametrize("crs", [30110, 4326, CRS(4326), Path("moon.prj"), object()])
def test_a_coordinate_system_that_is_not_lunar_is_refused(scene, crs):
    with pytest.raises(CoordinateSystemError, match=r"not understood: give|not of the Moon"):
        lc.open_mosaic(scene, crs=crs)


def test_fewer_than_two_runs_are_not_merged(tmp_path):
    for runs, words in (([], "fewer than two runs were given"), ([tmp_path] * 2, "named twice")):
        with pytest.raises(OptionError, match=words):
            lc.merge(runs, tmp_path / "out")


def test_tables_and_pixels_in_memory_are_no_names_of_files(craters, scene, tmp_path):
    table, pixels = craters.geodataframe, np.zeros((300, 300))
    gallery, mosaic = tmp_path / "gallery", lc.open_mosaic(scene)
    refused = {
        "GeoDataFrame": [
            lambda: craters.evaluate(table),
            lambda: lc.evaluate(table, craters),
            lambda: lc.csfd(table),
            lambda: lc.plot_map(table, tmp_path / "a.png"),
            lambda: lc.explore(table),
        ],
        "Catalogue": [
            lambda: lc.export(craters, tmp_path / "a.gpkg"),
            lambda: lc.read_catalogue(craters),
        ],
        "ndarray": [lambda: lc.detect(pixels, tmp_path / "a"), lambda: lc.open_mosaic(pixels)],
        "Mosaic": [
            lambda: lc.detect(mosaic, tmp_path / "a"),
            lambda: lc.evaluate(craters, craters, gallery=gallery, mosaic=mosaic),
        ],
    }
    for kind, calls in refused.items():
        for call in calls:
            with pytest.raises(OptionError, match=f"{kind} is no name of a file"):
                call()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "verb",
    [
        lc.read_run,
        lc.measure_completeness,
        lambda craters: lc.measure(craters, "elevation.tif"),
        lambda craters: lc.measure_purity(craters, "labels.csv"),
        lambda craters: lc.plot_errors(craters, "errors.png"),
        lambda craters: lc.review(craters, "edited.gpkg"),
        lambda craters: lc.write_report(craters, "page.html"),
        lambda craters: lc.write_stac_item(craters, "item.json"),
    ],
)
def test_a_catalogue_is_no_directory_of_a_run(craters, verb):
    with pytest.raises(OptionError, match="Catalogue is no directory of a run: give the name"):
        verb(craters)


def test_a_run_in_place_of_a_catalogue_is_to_be_exported(tmp_path):
    (tmp_path / "craters.parquet").touch()
    for read in (lc.read_catalogue, lc.read_reference):
        with pytest.raises(CatalogueError, match="is a run: write its craters with craters export"):
            read(tmp_path)
