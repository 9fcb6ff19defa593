"""Collars whose edges compression or resampling has spoilt, which the file no longer tells."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.warp import Resampling, reproject

from ..rasters import SIMPLE_CYLINDRICAL, write_raster
from .collars import SIDE, examine, strip, validity

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
@pytest.mark.parametrize(
    "options",
    [
        {"driver": "GTiff", "compress": "jpeg", "jpeg_quality": 60, "tiled": True},
        {"driver": "JP2OpenJPEG", "reversible": "no", "quality": 25},
    ],
)
def test_a_collar_that_was_compressed_lossily_before_is_left_out_too(
    ground, tmp_path, name, options
):
    values = np.where(strip(), ground, 0).astype(np.uint8)
    with rasterio.open(write_raster(tmp_path / "lossy", values, **options)) as lossy:
        values = lossy.read(1)
    driver = "PNG" if name == "a.png" else "GTiff"
    mosaic, said = examine(write_raster(tmp_path / name, values, driver=driver))
    assert len(said) == 1
    assert " 0 fills" in said[0]
    assert validity(mosaic).mean() == pytest.approx(strip().mean(), rel=0.03)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("how", [Resampling.bilinear, Resampling.cubic, Resampling.lanczos])
def test_a_collar_that_was_resampled_is_left_out_too(ground, tmp_path, dtype, how):
    values, large = np.where(strip(), ground, 0).astype(dtype), np.zeros((730, 730), dtype)
    before = Affine(100, 0, 0, 0, -100, 0)
    affine = before @ Affine.scale(SIDE / 730)
    reproject(
        values, large, src_transform=before, dst_transform=affine, resampling=how,
        src_crs=SIMPLE_CYLINDRICAL, dst_crs=SIMPLE_CYLINDRICAL,
    )  # fmt: skip
    mosaic, said = examine(write_raster(tmp_path / "a.tif", large, affine=affine))
    assert len(said) == 1
    assert " 0 fills" in said[0]
    assert validity(mosaic).mean() == pytest.approx(strip().mean(), rel=0.03)


def test_a_smooth_shadow_at_the_frame_is_kept(ground, tmp_path):
    rows, columns = np.mgrid[:SIDE, :SIDE]
    light = np.clip((np.hypot(rows, columns) - 300) / 12.7, 0, 1)  # penumbra
    values = np.where(light > 0, np.maximum(ground * light, 1), 0).astype(np.uint8)
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values))
    assert said == []
    assert validity(mosaic).all()
