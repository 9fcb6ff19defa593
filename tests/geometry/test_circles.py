"""Sizes in pixels, by which scores and deviations are looked up."""

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine

from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import compute_diameters_px
from lunarcraters.mosaic.mosaic import open_mosaic

GSD_M = 10_000.0
LATITUDES = np.array([-60.0, 0.0, 45.0, 60.0])


def mosaic_in(path, proj, top_m):
    """A small mosaic round 0, 0."""
    crs = f"{proj} +R={sphere.RADIUS_M} +units=m +no_defs"
    affine = Affine(GSD_M, 0, -5 * GSD_M, 0, -GSD_M, top_m)
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype="uint8", crs=crs, transform=affine, width=10,
        height=int(2 * top_m / GSD_M),
    ) as raster:  # fmt: skip
        raster.write(np.ones(raster.shape, np.uint8), 1)
    return open_mosaic([path])


@pytest.mark.parametrize(
    ("proj", "shrink"),
    [("+proj=merc", np.cos(np.radians(LATITUDES))), ("+proj=eqc", np.ones(4))],
)
def test_pixels_are_as_large_as_they_are_where_the_crater_is(tmp_path, proj, shrink):
    mosaic = mosaic_in(tmp_path / "m.tif", proj, 2_400_000.0)
    positions = np.column_stack([np.zeros(4), LATITUDES])
    diameters_px = compute_diameters_px(
        positions, np.full(4, 50.0), mosaic.grid, mosaic.pixel_size_m
    )
    np.testing.assert_allclose(diameters_px, 5.0 / shrink, rtol=2e-3)


def test_pixels_of_an_image_without_coordinates_are_themselves(tmp_path):
    cv2.imwrite(str(tmp_path / "p.png"), np.ones((8, 8), np.uint8))
    mosaic = open_mosaic([tmp_path / "p.png"])
    diameters_px = compute_diameters_px(
        np.array([[3.0, 4.0]]), np.array([5.0]), mosaic.grid, mosaic.pixel_size_m
    )
    assert diameters_px.tolist() == [5.0]
