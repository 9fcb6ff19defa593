"""GeoParquet of other programs."""

import json

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.errors import CatalogueError


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
@pytest.mark.parametrize("box", [False, True])
def test_geometries_are_read_in_any_encoding(tmp_path, encoding, box):
    points = [shapely.Point(1, 2), shapely.Point(3, 4)]
    frame = gpd.GeoDataFrame({"diameter_km": [5.0, 4.0]}, geometry=points, crs="IAU_2015:30100")
    frame.to_parquet(
        tmp_path / "a.parquet",
        geometry_encoding=encoding,
        write_covering_bbox=box,
        schema_version="1.1.0",
    )
    catalogue = read_catalogue(tmp_path / "a.parquet")
    assert catalogue.positions.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert catalogue.diameters.tolist() == [5.0, 4.0]


@pytest.mark.parametrize(
    "change",
    [
        {"geometry": {"encoding": "WKB"}},
        {"geometry": {"encoding": "point"}},
        {"geometry": {"encoding": "other"}},
        {"shape": {"encoding": "WKB"}},
        {"geometry": None},
        None,
        [],
    ],
)
def test_damaged_geometries_are_said_in_a_sentence(tmp_path, change):
    column = next(iter(change), "geometry") if change else "geometry"
    geo = {"version": "1.1.0", "primary_column": column, "columns": change}
    table = pa.table({"lon": [1.0], "lat": [2.0], "diameter_km": [3.0], "geometry": [b"garbage"]})
    table = table.replace_schema_metadata({b"geo": json.dumps(geo).encode()})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(CatalogueError, match=r"a.parquet is not a Parquet file of craters: \S"):
        read_catalogue(tmp_path / "a.parquet")


@pytest.mark.parametrize("drop", [True, False])
def test_a_column_that_became_the_index_of_pandas_is_read(tmp_path, drop):
    columns = {"crater_id": ["a7"], "lon": [1.0], "lat": [2.0], "diameter_km": [3.0]}
    pd.DataFrame(columns).set_index("crater_id", drop=drop).to_parquet(tmp_path / "a.parquet")
    assert read_catalogue(tmp_path / "a.parquet").craters["crater_id"].tolist() == ["a7"]
