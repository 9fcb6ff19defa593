import numpy as np
import pytest

from lunarcraters.datasets.images import read_image

from ..rasters import write_raster

GROUND = np.random.default_rng(1).normal(2000.0, 50.0, (60, 60))


@pytest.mark.parametrize(
    ("dtype", "fills"),
    [
        ("float32", (-3.4028227e38, -3.4028231e38)),
        ("float32", (-9999.0, -9999.0)),
        ("int16", (-32768, -32768)),
        ("uint16", (65535, 65535)),
    ],
)
def test_a_fill_that_no_file_declares_is_no_ground(tmp_path, dtype, fills):
    values = GROUND.astype(dtype)
    values[:2, :9], values[2, :9] = fills[0], fills[1]
    grey, valid = read_image(write_raster(tmp_path / "a.tif", values, nodata=None))
    np.testing.assert_array_equal(valid, np.abs(values.astype(float) - 2000.0) < 500.0)
    assert len(np.unique(grey[valid])) > 200


def test_shadow_with_a_soft_edge_is_ground(tmp_path):
    values = GROUND.astype("uint16")
    values[:3, :9] = 0
    values[3, :9] = np.linspace(100, 1500, 9)
    assert read_image(write_raster(tmp_path / "a.tif", values, nodata=None))[1].all()
