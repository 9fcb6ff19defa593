import pandas as pd
from hypothesis import settings

from lunarcraters import moon
from lunarcraters.catalogue.schema import Catalogue

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def lunar_catalogue(rows, **more):
    """A catalogue of rows lon, lat, diameter_km, score."""
    craters = pd.DataFrame(rows, columns=["lon", "lat", "diameter_km", "score"], dtype=float)
    return Catalogue(craters, moon.geographic_crs(), **more)


def pixel_catalogue(rows, **more):
    """A catalogue of rows x, y, diameter_px, score."""
    craters = pd.DataFrame(rows, columns=["x", "y", "diameter_px", "score"], dtype=float)
    return Catalogue(craters, None, **more)
