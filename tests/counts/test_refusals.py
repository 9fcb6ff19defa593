"""What the commands on counts refuse before they count."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from lunarcraters import api
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OptionError, OutputError
from lunarcraters.geometry import sphere

from ..report.pages import write_run


@pytest.fixture
def counted():
    craters = pd.DataFrame({"lon": [0.5, 1.5], "lat": 0.0, "diameter_km": [1.0, 2.0], "score": 0.9})
    ground = shapely.box(-5, -5, 5, 5)
    return Catalogue(craters, sphere.geographic_crs(), ground, sphere.area_km2(ground))


@pytest.mark.parametrize(
    "name", ["y.scc", "y.diam", "y.binned", "y.csv.gz", "y.json", "y.txt", "y.xlsx", "y"]
)
@pytest.mark.parametrize(
    ("verb", "formats"),
    [
        (api.csfd, r"\.csv or \.stat"),
        (api.date, r"\.csv"),
        (api.measure_randomness, r"\.csv"),
    ],
)
def test_a_table_has_no_name_of_another_format(counted, tmp_path, name, verb, formats):
    with pytest.raises(OutputError, match=rf"is written as {formats}: .*craters export writes"):
        verb(counted, out=tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", [api.date, api.measure_randomness])
def test_a_stat_is_of_counts_alone(counted, tmp_path, verb):
    with pytest.raises(OutputError, match=r"is written as \.csv: "):
        verb(counted, out=tmp_path / "y.stat")


@pytest.mark.parametrize("name", ["y.csv", "y.CSV", "y.stat", "y.STAT"])
def test_counts_are_written_as_the_name_says(counted, tmp_path, name):
    api.csfd(counted, out=tmp_path / name)
    is_stat = (tmp_path / name).read_text().startswith("# Crater count")
    assert is_stat == name.lower().endswith(".stat")


@pytest.mark.parametrize("edge", ["fractions", "buffered"])
def test_a_rule_for_edges_needs_an_area(counted, tmp_path, edge):
    out = tmp_path / "a.png"
    for call in (
        lambda: api.csfd(counted, edge=edge),
        lambda: api.date(counted, edge=edge),
        lambda: api.plot_csfd(counted, out, edge=edge),
        lambda: api.plot_errors(tmp_path, out, edge=edge),
    ):
        with pytest.raises(OptionError, match=rf"--edge {edge} .*none is given: give --area"):
            call()
    assert api.csfd(counted, edge="centre").edge == "centre"


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
@pytest.mark.parametrize("verb", [api.csfd, api.measure_randomness])
def test_four_edges_may_be_a_list(counted, verb):
    edges = (0.0, -1.0, 2.0, 1.0)
    assert verb(counted, area=list(edges)) == verb(counted, area=edges)
    with pytest.raises(OptionError, match="--name-column unit"):
        verb(counted, area=list(edges), name_column="unit")


@pytest.mark.parametrize("age", ["3.5", -1.0, float("nan")])
def test_ages_of_isochrons_are_numbers(counted, tmp_path, age):
    with pytest.raises(OptionError, match=r"isochrons has .*: give ages in Ga"):
        api.plot_csfd(counted, tmp_path / "a.png", isochrons=[age])


@pytest.mark.parametrize("area", [None, (-1.0, -1.0, 1.0, 1.0)])
def test_a_column_of_names_needs_a_file_of_polygons(counted, area):
    for verb in (api.csfd, api.measure_randomness):
        with pytest.raises(OptionError, match=r"--name-column unit .*none is given"):
            verb(counted, area=area, name_column="unit")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_craters_in_pixels_are_refused_before_all_that_a_count_needs_besides(tmp_path):
    table = pd.DataFrame({"x": [5.0], "y": [5.0], "diameter_px": [9.0], "score": [0.9]})
    run = write_run(tmp_path / "run", Catalogue(table, None), "moon.png")
    area = tmp_path / "area.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 9, 9)]).to_file(area)
    out = tmp_path / "a.png"
    for call in (
        lambda: api.csfd(run, area=area),
        lambda: api.date(run, area=area),
        lambda: api.measure_randomness(run, area=area),
        lambda: api.plot_csfd(run, out, area=area),
        lambda: api.plot_errors(run, out, area=area),
        lambda: api.plot_errors(run, out),
    ):
        with pytest.raises(CatalogueError, match="craters in pixels have no area in km2"):
            call()


@pytest.mark.parametrize("verb", [api.csfd, api.date, api.measure_randomness])
def test_a_table_takes_the_place_of_nothing_that_is_counted(counted, tmp_path, verb):
    path = tmp_path / "a.csv"
    counted.to_file(path)
    before = path.read_bytes()
    for overwrite in (True, False):
        with pytest.raises(OutputError, match="is read for the result, so it cannot be replaced"):
            verb(path, out=path, overwrite=overwrite)
        with pytest.raises(OutputError, match="is read for the result, so it cannot be replaced"):
            verb(counted, area=path, out=path, overwrite=overwrite)
    assert path.read_bytes() == before
