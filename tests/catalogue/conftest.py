import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere


@pytest.fixture
def lunar():
    """Craters in the middle of the map, at the antimeridian and around both poles."""
    craters = pd.DataFrame(
        {
            "lon": [10.0, -180.0, 179.99, 30.0, 12.3456789012, 0.0],
            "lat": [20.0, 0.0, -60.0, 89.9, -45.0, -90.0],
            "diameter_km": [5.0, 300.0, 20.0, 40.0, 1.2345678901, 0.7],
            "diameter_sd_km": [0.1, np.nan, 1.0, 0.2, 0.01, 0.1],
            "score": [0.9, 0.8, 0.31, 0.5, 0.123456789, 1.0],
            "level": [0, 3, 1, 2, 0, 0],
            "tile": ["z0_r0000_c0001", "z3_r0000_c0000", "", "a", "b", "c"],
        }
    )
    ground = shapely.MultiPolygon(
        [shapely.Point(-80, 0).buffer(10), shapely.box(0, -90, 40, 90 - 1 / 3)]
    )
    return Catalogue(
        craters,
        sphere.geographic_crs(),
        ground,
        123456.789,
        {"balanced": 0.31, "pure": 0.7},
        {"mosaic": "wac.tif", "model": "octave"},
    )


@pytest.fixture
def pixels():
    craters = pd.DataFrame(
        {"x": [10.5, 200.0], "y": [20.25, 400.0], "diameter_px": [12.0, 30.5], "score": [0.5, 0.9]}
    )
    return Catalogue(craters, None, shapely.box(0, 0, 512, 480), None, {"balanced": 0.4}, {})


def is_lunar(crs):
    return crs.is_geographic and sphere.radius_m(CRS.from_user_input(crs)) == sphere.RADIUS_M
