"""The parts of an outline that was split have the circle of the whole: they are no two craters."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.errors import CatalogueError

from .test_review import make_run


@pytest.fixture
def run(tmp_path):
    write_catalogue(make_run(), tmp_path / "run.parquet")
    return tmp_path / "run.parquet"


def layer(path):
    return {"layer": "craters"} if path.suffix == ".gpkg" else {}


def write(frame, path):
    gpd.GeoDataFrame(frame).to_file(path, mode="w", **layer(path))


@pytest.mark.parametrize("share", [0.25, 0.5])
@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.fgb", "a.shp"])
@pytest.mark.parametrize("state", ["unseen", "rejected"])
def test_an_outline_that_was_split_is_refused(run, tmp_path, name, share, state):
    path = tmp_path / name
    lc.export(run, path)
    frame = gpd.read_file(path, **layer(path))
    outline, crater_id = frame.geometry.iloc[5], frame["crater_id"].iloc[5]
    west, south, east, north = outline.bounds
    middle = west + share * (east - west)
    parts = frame.iloc[[5, 5]].assign(review=["unseen", state])
    parts["geometry"] = [
        outline & shapely.box(west, south, middle, north),
        outline & shapely.box(middle, south, east, north),
    ]
    write(pd.concat([frame.drop(index=5), parts], ignore_index=True), path)
    with pytest.raises(CatalogueError, match=rf"\({crater_id} \.\.\., 1 such\): delete them"):
        lc.review(run, path)


def test_outlines_that_are_drawn_in_place_of_one_are_two_craters(run, tmp_path):
    path = tmp_path / "a.gpkg"
    lc.export(run, path)
    frame = gpd.read_file(path, **layer(path))
    middle, size = frame.geometry.iloc[5].centroid, frame["diameter_km"].iloc[5] / 120.0
    parts = frame.iloc[[5, 5]].copy()
    parts["geometry"] = [
        shapely.Point(middle.x + shift, middle.y).buffer(size / 2) for shift in (-size, size)
    ]
    write(pd.concat([frame.drop(index=5), parts], ignore_index=True), path)
    counts = lc.review(run, path).counts
    assert (counts.moved, counts.resized, counts.added, counts.rejected) == (1, 1, 1, 0)
