import numpy as np
import pandas as pd
import pytest
from affine import Affine

from lunarcraters.calibration.trials import Trial
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.source import MosaicTiles

from ..rasters import HALF_TURN_M, write_raster


def test_sizes_in_pixels_go_by_the_height_of_a_pixel_at_the_pole_too(tmp_path):
    affine = Affine(20_000.0, 0, 0, 0, -10_000.0, HALF_TURN_M / 2.0)
    values = np.random.default_rng(0).integers(80, 160, (256, 256)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values, affine=affine))
    table = pd.DataFrame({"lon": [1.0, 1.0], "lat": [89.9, 80.0], "diameter_km": 200.0})
    detections = Catalogue(table, sphere.geographic_crs())
    trial = Trial(MosaicTiles.plan(mosaic, max_size=256, halo=24), detections, None, 1.0)
    assert trial.diameters_px == pytest.approx([20.0, 20.0], rel=1e-5)
