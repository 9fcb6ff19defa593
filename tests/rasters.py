"""Rasters whose every pixel is known."""

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

from lunarcraters.geometry import sphere
from lunarcraters.mosaic.statistics import sample_values, summarize_values

SIMPLE_CYLINDRICAL = "IAU_2015:30110"
STRETCHED = "+proj=eqc +lat_ts=60 +R=1737400 +units=m +type=crs"  # twice, to the east
HALF_TURN_M = np.pi * sphere.RADIUS_M


def brightness(lon, lat):
    """A smooth function on the sphere: it knows neither poles nor the antimeridian."""
    x, y, z = np.moveaxis(sphere.unit_vectors(lon, lat), -1, 0)
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


def write_part(path, scene, box, **changes):
    """Write a box of the pixels of a raster: left, top, width, height."""
    window = Window(*box)
    with rasterio.open(scene) as whole:
        values = whole.read(window=window)
        place = {"width": box[2], "height": box[3], "transform": whole.window_transform(window)}
        profile = {**whole.profile, **place, **changes}
    with rasterio.open(path, "w", **profile) as part:
        part.write(values)
    return path


def damage_block(path, block):
    """Make a block of a TIFF, named by its column and row as "3_2", undecodable."""
    with rasterio.open(path) as raster:
        offset = int(raster.get_tag_item(f"BLOCK_OFFSET_{block}", "TIFF", bidx=1))
    content = bytearray(path.read_bytes())
    content[offset : offset + 64] = b"\xff" * 64
    path.write_bytes(content)


def write_sphere(path, crs, affine, width, height, **options):
    """A float raster of `brightness`."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    where = affine.c + affine.a * x, affine.f + affine.e * y
    values = brightness(*sphere.to_lonlat(sphere.lunar_crs(crs, "test"), *where))
    return write_raster(path, values.astype(np.float32), crs, affine, **options)


def measure_statistics(mosaic):
    """Statistics of the values of a mosaic, all of which count."""
    return summarize_values(sample_values(mosaic), mosaic.dtype)
