"""Rasters whose every pixel is known."""

import numpy as np
import pytest
import rasterio
from affine import Affine

from lunarcraters import moon

SIMPLE_CYLINDRICAL = "IAU_2015:30110"
HALF_TURN_M = np.pi * moon.RADIUS_M


def brightness(lon, lat):
    """A smooth function on the sphere: it knows neither poles nor the antimeridian."""
    x, y, z = np.moveaxis(moon.unit_vectors(lon, lat), -1, 0)
    return 1000.0 + 300.0 * x - 500.0 * y + 700.0 * z + 50.0 * np.sin(20.0 * z) * x


def write_raster(path, values, crs=SIMPLE_CYLINDRICAL, affine=None, mask=None, **options):
    """Write (height, width) or (bands, height, width) values."""
    values = np.asarray(values)
    bands = values[None] if values.ndim == 2 else values
    affine = Affine(100, 0, -10_000, 0, -100, 10_000) if affine is None else affine
    profile = {
        "driver": "GTiff", "count": len(bands), "height": bands.shape[1], "width": bands.shape[2],
        "dtype": bands.dtype, "crs": crs, "transform": affine, **options,
    }  # fmt: skip
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True, GDAL_PAM_ENABLED=False),
        rasterio.open(path, "w", **profile) as raster,
    ):
        raster.write(bands)
        if mask is not None:
            raster.write_mask(mask)
    return path


def write_sphere(path, crs, affine, width, height, **options):
    """A float raster of `brightness`."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    where = affine.c + affine.a * x, affine.f + affine.e * y
    values = brightness(*moon.to_lonlat(moon.lunar_crs(crs, "test"), *where))
    return write_raster(path, values.astype(np.float32), crs, affine, **options)


@pytest.fixture
def noise():
    """Values 20..199, shape (300, 280), uint8."""
    return np.random.default_rng(1).integers(20, 200, (300, 280)).astype(np.uint8)


@pytest.fixture(scope="session")
def globe(tmp_path_factory):
    """The whole Moon in simple cylindrical, 1500 x 750."""
    side = 2.0 * HALF_TURN_M / 1500
    affine = Affine(side, 0, -HALF_TURN_M, 0, -side, HALF_TURN_M / 2.0)
    path = tmp_path_factory.mktemp("globe") / "globe.tif"
    return write_sphere(path, SIMPLE_CYLINDRICAL, affine, 1500, 750)


@pytest.fixture(scope="session")
def cap(tmp_path_factory):
    """The north pole in polar stereographic, 700 x 700."""
    path = tmp_path_factory.mktemp("cap") / "cap.tif"
    return write_sphere(path, "IAU_2015:30130", Affine(1000, 0, -350e3, 0, -1000, 350e3), 700, 700)


@pytest.fixture(scope="session")
def midlatitude(tmp_path_factory):
    """60 N, stretched about twofold, 700 x 500."""
    affine = Affine(1000, 0, -300e3, 0, -1000, 2000e3)
    path = tmp_path_factory.mktemp("midlatitude") / "midlatitude.tif"
    return write_sphere(path, SIMPLE_CYLINDRICAL, affine, 700, 500)
