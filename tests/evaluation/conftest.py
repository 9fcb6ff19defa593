import pandas as pd

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere


def lunar_catalogue(rows, **more):
    """A catalogue of rows lon, lat, diameter_km, score."""
    craters = pd.DataFrame(rows, columns=["lon", "lat", "diameter_km", "score"], dtype=float)
    return Catalogue(craters, sphere.geographic_crs(), **more)


def pixel_catalogue(rows, **more):
    """A catalogue of rows x, y, diameter_px, score."""
    craters = pd.DataFrame(rows, columns=["x", "y", "diameter_px", "score"], dtype=float)
    return Catalogue(craters, None, **more)
