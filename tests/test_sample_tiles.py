import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from lunarcraters.geometry.sphere import from_lonlat, lunar_crs

SAMPLES = Path(__file__).parent.parent / "sample_tiles"


@pytest.fixture(scope="module")
def scene():
    with rasterio.open(SAMPLES / "rendered_scene.tif") as raster:
        craters = pd.read_csv(SAMPLES / "rendered_scene_craters.csv")
        x, y = from_lonlat(lunar_crs(raster.crs, "the scene"), craters.lon, craters.lat)
        column, row = ~raster.transform @ (x, y)
        return raster.read(1), raster.nodata, column, row, craters


def test_every_crater_of_the_truth_is_centred_on_imaged_ground(scene):
    image, nodata, column, row, craters = scene
    assert len(craters) > 5000
    assert craters.diam_km.min() >= 0.4
    assert (image[row.astype(int), column.astype(int)] != nodata).all()


def test_sunlit_walls_are_where_the_truth_says(scene):
    # The sun is in the west: the eastern wall of a crater is brighter than the western one.
    image, _, column, row, craters = scene
    quarter = craters.diam_km.to_numpy() * 10 / 4
    inside = (column > 200) & (column < 1100) & (row > 200) & (row < 1336)
    rows, columns = row[inside].astype(int), column[inside]
    east = image[rows, (columns + quarter[inside]).astype(int)].astype(int)
    west = image[rows, (columns - quarter[inside]).astype(int)].astype(int)
    assert (east > west).mean() > 0.95


@pytest.mark.slow
def test_the_script_rebuilds_both_files(scene, tmp_path):
    runpy.run_path(str(SAMPLES / "rebuild.py"))["main"](tmp_path)
    rebuilt = pd.read_csv(tmp_path / "rendered_scene_craters.csv")
    np.testing.assert_allclose(rebuilt, scene[-1], atol=1e-4)
    with rasterio.open(tmp_path / "rendered_scene.tif") as raster:
        # Other versions of the libraries may round a pixel otherwise.
        difference = np.abs(raster.read(1).astype(int) - scene[0])
    assert (difference > 1).mean() < 0.001
