"""Runs and elevation models whose craters and slopes are known."""

import json

import numpy as np
import pandas as pd
import rasterio
from affine import Affine

from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.manifest import Manifest, write_manifest
from lunarcraters.detection.run import CRATERS, MASK, RESULT
from lunarcraters.geometry import sphere
from lunarcraters.mask.cog import NODATA

from ..rasters import write_raster

DEGREES = "IAU_2015:30100"


def degrees(west, north, step=0.01):
    """Affine transform of a grid in degrees."""
    return Affine(step, 0, west, 0, -step, north)


def write_mask(path, crs, affine, mask):
    """Write a mask: where it is True ground was searched."""
    values = np.where(mask, 7, NODATA).astype(np.uint8)
    return write_raster(path, values, crs, affine, nodata=NODATA)


def write_run(path, crs, affine, mask, craters, *, dem=None):
    """Write a finished run.

    Args:
        path: Directory.
        crs: Coordinate system of its grid.
        affine: Affine transform of its grid.
        mask: True for pixels that were searched, (height, width).
        craters: Longitude, latitude, diameter in km and score of each.
        dem: Elevation model that it searched; None for a picture.
    """
    path.mkdir()
    columns = ["lon", "lat", "diameter_km", "score"]
    table = pd.DataFrame(np.reshape(craters, (-1, 4)), columns=columns)
    catalogue = Catalogue(table, sphere.geographic_crs(), thresholds={"balanced": 0.5})
    settings = {"version": "1", "precision": "float32"} | ({"looks": 4} if dem else {})
    write_manifest(Manifest("a", str(dem or "mosaic.tif"), "b", "relief.keras", settings), path)
    write_catalogue(catalogue, path / CRATERS)
    result = {"craters": len(table), "tiles": 1, "unread_tiles": {}, "seconds": 1}
    (path / RESULT).write_text(json.dumps(result))
    write_mask(path / MASK, crs, affine, mask)
    return path


def write_heights(path, heights, crs, affine, unit="m", **options):
    """Write heights that declare their unit."""
    path = write_raster(path, np.asarray(heights, np.float32), crs, affine, **options)
    with rasterio.open(path, "r+") as raster:
        raster.units = (unit,)
    return path


def write_slope(path, crs, affine, shape, slope_deg, *, from_lat=-90.0, **options):
    """Write heights that rise to the north by a slope from a parallel on, and are level before."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    _, lat = sphere.to_lonlat(sphere.lunar_crs(crs, "test"), *(affine @ (x, y)))
    rise = np.tan(np.radians(slope_deg)) * sphere.RADIUS_M
    start = max(from_lat, np.nanmin(lat))
    heights = rise * np.radians(np.maximum(lat, start) - start)
    heights -= np.nanmedian(heights)
    return write_heights(path, heights, crs, affine, **options)
