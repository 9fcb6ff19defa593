"""GeoParquet of other programs."""

import geopandas as gpd
import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue


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
