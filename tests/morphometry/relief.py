"""Relief whose craters are known, and what is measured of them."""

from functools import lru_cache

import numpy as np
import pytest
from affine import Affine
from scipy.ndimage import gaussian_filter

from lunarcraters.geometry import sphere
from lunarcraters.morphometry.measure import measure_craters
from lunarcraters.mosaic.examination.heights import make_elevation_model
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.rendering.profiles import compute_crater_profile

from ..rasters import write_raster

DEGREES = "IAU_2015:30100"

FINE = 64
"""Number of samples of a radius of the true profile."""


@lru_cache
def true_profile(diameter_km, wear=0.0):
    """Heights of a crater by distance over the radius it had when fresh, worn by diffusion.

    Returns:
        Distances, radii, and heights, metres.
    """
    side = np.arange(-4 * FINE, 4 * FINE + 1) / FINE
    heights = compute_crater_profile(np.hypot(*np.meshgrid(side, side)), diameter_km)
    if wear:
        heights = gaussian_filter(heights.astype(float), wear * FINE)
    return side[4 * FINE :], heights[4 * FINE, 4 * FINE :]


def true_measures(diameter_km, wear=0.0):
    """Diameter of the rim crest, km, and depth, metres, of that crater."""
    ratio, heights = true_profile(diameter_km, wear)
    crest = np.argmax(heights)
    return diameter_km * ratio[crest], heights[crest] - heights[:crest].min()


def make_heights(crs, affine, shape, craters, *, tilt=0.0):
    """Heights of craters on a plane, metres, of any grid.

    Args:
        crs: Coordinate system.
        affine: Affine transform of the grid.
        shape: Height and width, pixels.
        craters: Longitude, latitude, diameter in km and wear of each, oldest first; a crater
            replaces the ground within its rim.
        tilt: Rise of the ground to the north, metres per metre.
    """
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    lon, lat = sphere.to_lonlat(sphere.lunar_crs(crs, "test"), *(affine @ (x, y)))
    heights = tilt * np.radians(lat) * sphere.RADIUS_M
    for crater_lon, crater_lat, diameter_km, wear in craters:
        distance = sphere.distance_km(lon, lat, crater_lon, crater_lat)
        ratio, profile = true_profile(diameter_km, wear)
        at = distance / (diameter_km / 2.0)
        inside = at < 1.0
        if tilt == 0.0 and inside.any():
            heights = np.where(inside, np.median(heights[inside]), heights)
        heights = heights + np.interp(at, ratio, profile, right=0.0)
    return heights


def write_relief(path, crs, affine, shape, craters, *, tilt=0.0, dtype="float32", **options):
    """Write such heights as a raster."""
    heights = make_heights(crs, affine, shape, craters, tilt=tilt)
    return write_raster(path, heights.astype(dtype), crs, affine, **options)


def plane(lon, lat, side_m, size):
    """Square grid in simple cylindrical metres, its middle at a place near the equator."""
    x, y = np.radians([lon, lat]) * sphere.RADIUS_M
    half = side_m * size / 2.0
    return Affine(side_m, 0, x - half, 0, -side_m, y + half)


def measure(path, circles, unit=None, **options):
    """Table of measures of circles (lon, lat, km)."""
    circles = np.atleast_2d(circles).astype(float)
    model = make_elevation_model(open_mosaic(path, **options), unit=unit)
    return measure_craters(circles[:, :2], circles[:, 2], model, sphere.RADIUS_M).to_table()


def assert_known(row, diameter_km, wear=0.0, *, depth=0.05, diameter=0.03):
    """Make sure that a row has the measures of that crater."""
    rim_km, depth_m = true_measures(diameter_km, wear)
    assert row.measure_note == ""
    assert row.rim_diameter_km == pytest.approx(rim_km, rel=diameter)
    assert 0.0 < row.rim_diameter_sd_km < 0.1 * row.rim_diameter_km
    assert row.depth_m == pytest.approx(depth_m, rel=depth)
    assert row.depth_to_diameter == pytest.approx(row.depth_m / row.rim_diameter_km / 1000.0)
