"""Elevation models of the whole Moon, whose columns are meridians: the seam and the poles."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window
from scipy.ndimage import gaussian_filter

from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.morphometry.measure import measure_craters
from lunarcraters.mosaic.examination.heights import make_elevation_model
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import SIMPLE_CYLINDRICAL, write_raster
from .relief import DEGREES, assert_known, make_heights, measure

KM = 600.0


def write_globe(path, first_lon, lon, lat, crs=DEGREES):
    """A globe of half a degree a pixel, of gentle hills and one crater."""
    affine, shape = Affine(0.5, 0, first_lon, 0, -0.5, 90), (360, 720)
    if crs != DEGREES:
        affine = Affine.scale(float(np.radians(sphere.RADIUS_M))) @ affine
    hills = gaussian_filter(np.random.default_rng(0).normal(size=shape), 2.0, mode="wrap")
    heights = make_heights(crs, affine, shape, [(lon, lat, KM, 0.1)]) + 80.0 * hills / hills.std()
    return write_raster(path, heights.astype(np.float32), crs, affine)


@pytest.mark.parametrize("first_lon", [-180.0, 0.0])
@pytest.mark.parametrize("crs", [DEGREES, SIMPLE_CYLINDRICAL])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_rim_beyond_the_seam_is_measured_as_elsewhere(tmp_path, side, crs, first_lon):
    path = write_globe(tmp_path / "dem.tif", first_lon, first_lon - 0.5 * side, 0.0, crs)
    for offset in (-1.0, -0.1, 0.1, 1.0):
        row = measure(path, (first_lon + offset, 0.0, KM)).iloc[0]
        assert_known(row, KM, 0.1)
        assert row.ground_share == 1.0


@pytest.mark.parametrize(
    ("rim", "circle"),
    [
        ((0.0, 90.0), (0.0, 90.0)),
        ((0.0, 90.0), (0.0, 89.5)),
        ((10.0, -89.0), (190.0, -89.0)),
        # Only the profiles from the centre of the rim reach the pole.
        ((5.0, 66.0), (-5.0, 63.5)),
    ],
)
def test_a_rim_at_a_pole_is_measured_as_elsewhere(tmp_path, rim, circle):
    path = write_globe(tmp_path / "dem.tif", 0.0, *rim)
    assert_known(measure(path, (*circle, KM)).iloc[0], KM, 0.1, diameter=0.015)


def test_craters_of_both_poles_in_one_batch_have_all_their_ground(tmp_path):
    path = write_globe(tmp_path / "dem.tif", -180.0, 20.0, -83.0)
    circles = [(0.0, 83.0, KM), (20.0, -83.0, KM), (60.0, 82.5, KM)]
    alone, among = measure(path, circles[1]).iloc[0], measure(path, circles).iloc[1]
    assert_known(among, KM, 0.1, diameter=0.015)
    assert among.ground_share == alone.ground_share == 1.0


@pytest.mark.parametrize(
    ("lon", "words"),
    [((177, 179, -178), "177 to 182"), ((-5, 3), "-5 to 3"), ((-60, -50), "-60 to -50")],
)
def test_craters_off_an_elevation_model_are_refused_before_the_work(tmp_path, lon, words):
    path = write_globe(tmp_path / "a.tif", -180.0, 80.0, 20.0)
    with rasterio.open(path) as globe:
        part = Window(400, 60, 200, 120)
        affine, heights = globe.window_transform(part), globe.read(1, window=part)
    write_raster(path, heights, DEGREES, affine)
    calls = []
    with pytest.raises(CatalogueError, match=rf"\({words} degrees east, -1 to 1 north\)"):
        measure_craters(
            np.column_stack([lon, np.linspace(-1, 1, len(lon))]),
            np.full(len(lon), 3.0),
            make_elevation_model(open_mosaic(path)),
            sphere.RADIUS_M,
            progress=lambda *numbers: calls.append(numbers),
        )
    assert not calls
