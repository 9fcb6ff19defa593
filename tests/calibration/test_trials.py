from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from lunarcraters.calibration.trials import Trial
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import DatasetError
from lunarcraters.evaluation.reference import from_catalogue
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


@pytest.mark.parametrize(
    ("label_px", "detected_px", "told"),
    [
        (
            8.0,
            8.0,
            "none of the labels of 'valid' has 11 px or more and is whole, as .* larger",
        ),
        (20.0, 90.0, r"m\.keras finds none of the labels of 'valid': train longer, with more"),
        (20.0, 20.0, None),
    ],
)
def test_labels_that_are_too_small_are_told_from_those_that_are_not_found(
    label_px, detected_px, told
):
    label, detection = (
        Catalogue(pd.DataFrame({"x": [50.0], "y": [50.0], "diameter_px": [size]}), None)
        for size in (label_px, detected_px)
    )
    trial = Trial(None, detection, from_catalogue(label), 11.0)
    refusal = nullcontext() if told is None else pytest.raises(DatasetError, match=told)
    with refusal:
        trial.require_matches("m.keras", "the labels of 'valid'")
