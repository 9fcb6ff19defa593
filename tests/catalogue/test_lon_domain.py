import geopandas as gpd
import numpy as np
import pytest
import shapely

from lunarcraters.catalogue import outlines
from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere

# Grounds and areas of these tests are made up, each by itself.
pytestmark = pytest.mark.filterwarnings("ignore:.*outline encloses")

SUFFIXES = [".gpkg", ".fgb", ".parquet", ".csv", ".csv.gz", ".scc", ".diam", ".shp"]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_longitudes_may_go_from_0_to_360(lunar, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_catalogue(lunar.with_info(lon_domain=360), path)
    again = read_catalogue(path)
    turn = sphere.wrap_longitude(again.positions[:, 0] - lunar.positions[:, 0])
    assert len(again) == len(lunar)
    assert np.abs(turn).max() < 1e-7
    if suffix in (".gpkg", ".fgb", ".shp", ".parquet"):
        frame = gpd.read_parquet(path) if suffix == ".parquet" else gpd.read_file(path)
        assert frame.geometry.is_valid.all()
        assert frame["lon"].between(0, 360, inclusive="left").all()
        assert frame.total_bounds[0] >= 0
        assert frame.total_bounds[2] <= 360
        usual = gpd.GeoSeries(outlines.crater_outlines(lunar))
        if suffix != ".parquet":
            assert sorted(frame.area) == pytest.approx(sorted(usual.area), rel=1e-6)


def test_the_ground_searched_turns_with_its_craters(lunar, tmp_path):
    write_catalogue(lunar.with_info(lon_domain=360), tmp_path / "a.gpkg")
    ground = gpd.read_file(tmp_path / "a.gpkg", layer="footprint").geometry[0]
    assert ground.is_valid
    assert ground.area == pytest.approx(lunar.footprint.area)
    assert ground.covers(shapely.Point(280, 0))
    assert not ground.covers(shapely.Point(200, 0))
    assert read_catalogue(tmp_path / "a.gpkg").header() == lunar.header()


def test_longitudes_of_geojson_stay_as_its_standard_has_them(lunar, tmp_path):
    with pytest.raises(CatalogueError, match="-180 to 180"):
        write_catalogue(lunar.with_info(lon_domain=360), tmp_path / "a.geojson")
    assert list(tmp_path.iterdir()) == []
