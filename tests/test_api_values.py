"""Values as Python gives them: scalars and arrays of NumPy, numbers as text, and objects."""

import numpy as np
import pandas as pd
import pytest

import lunarcraters as lc
from lunarcraters.errors import CatalogueError
from lunarcraters.records import to_json

MOON = "IAU_2015:30100"
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
