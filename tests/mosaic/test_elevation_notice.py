import shlex
import shutil
import subprocess
import warnings

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine

from lunarcraters.errors import CratersWarning
from lunarcraters.mosaic.examination.examine import examine_mosaic
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster

SPREAD = 20.585  # of the shaded terrain, grey values


@pytest.fixture(scope="module")
def terrain():
    """Elevations about 0, metres, (400, 400)."""
    noise = np.random.default_rng(2).normal(size=(400, 400)).astype(np.float32)
    return sum(cv2.GaussianBlur(noise, (0, 0), size) * size**2 for size in (3, 6, 12, 24)) * 20.0


def sentences(path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        examine_mosaic(open_mosaic(path))
    return [str(w.message) for w in caught if issubclass(w.category, CratersWarning)]


def described(path, *, unit="", description="", scale=1.0, offset=0.0):
    with rasterio.Env(GDAL_PAM_ENABLED=True), rasterio.open(path, "r+") as raster:
        raster.units, raster.descriptions = (unit,), (description,)
        raster.scales, raster.offsets = (scale,), (offset,)
    return path


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_metres_on_both_sides_of_zero_are_elevations(terrain, tmp_path, dtype):
    assert "elevations" in sentences(write_raster(tmp_path / "a.tif", terrain.astype(dtype)))[0]


@pytest.mark.parametrize("shift", [-3000.0, 1_737_400.0])
def test_metres_below_zero_or_from_the_centre_are_elevations(terrain, tmp_path, shift):
    values = (terrain + shift).astype(np.float64)
    assert len(sentences(write_raster(tmp_path / "a.tif", values))) == 1


@pytest.mark.parametrize("name", ["NAC_DTM_SITE.tif", "ldem_16.tif", "site_dem.tif"])
def test_heights_above_zero_are_elevations_by_the_name(terrain, tmp_path, name):
    values = (terrain - terrain.min()).astype(np.float32)
    assert len(sentences(write_raster(tmp_path / name, values))) == 1
    assert sentences(write_raster(tmp_path / "site.tif", values)) == []


def test_kilometres_from_the_centre_are_elevations(terrain, tmp_path):
    values = (terrain + 1_737_400.0).astype(np.float64) / 1000.0
    (said,) = sentences(write_raster(tmp_path / "a.tif", values))
    assert " -z 1000 " in said


def test_kilometres_are_elevations_by_the_name(terrain, tmp_path):
    values = (terrain / 1000.0).astype(np.float32)
    (said,) = sentences(write_raster(tmp_path / "site_dem.tif", values))
    assert " -z 1000 " in said
    assert sentences(write_raster(tmp_path / "site.tif", values)) == []


def test_a_unit_of_metres_says_elevations(terrain, tmp_path):
    path = write_raster(tmp_path / "a.tif", (terrain - terrain.min()).astype(np.float32))
    assert len(sentences(described(path, unit="m"))) == 1


def test_a_scaled_radius_is_an_elevation(terrain, tmp_path):
    path = write_raster(tmp_path / "a.tif", (2.0 * terrain + 20_000.0).astype(np.uint16))
    assert len(sentences(described(path, scale=0.5, offset=1_737_400.0 - 10_000.0))) == 1


@pytest.mark.parametrize("name", ["dem_shaded.tif", "site.tif"])
def test_pictures_are_no_elevations(terrain, tmp_path, name):
    rng = np.random.default_rng(0)
    picture = np.gradient(terrain)[1] + rng.normal(0, 0.2, terrain.shape)
    for values in (
        (picture - picture.min()).astype(np.float32) / 50.0,
        (100.0 * (picture - picture.min())).astype(np.int16),
        rng.normal(0, 300, terrain.shape).astype(np.float32),  # residuals of a filter
    ):
        assert sentences(write_raster(tmp_path / name, values)) == []


@pytest.mark.skipif(shutil.which("gdaldem") is None, reason="needs gdaldem of GDAL")
@pytest.mark.parametrize(
    ("crs", "metres", "unit", "scale"),
    [
        ("IAU_2015:30110", 1.0, "", 1.0),
        ("IAU_2015:30100", 30323.35, "", 1.0),
        ("+proj=eqc +R=1737400 +units=km", 1000.0, "", 1.0),
        ("IAU_2015:30110", 1.0, "km", 0.001),
        ("IAU_2015:30110", 1.0, "m", 0.5),
    ],
)
def test_the_command_that_is_named_makes_a_picture_that_is_searched(
    terrain, tmp_path, crs, metres, unit, scale
):
    affine = Affine(100.0 / metres, 0, 0, 0, -100.0 / metres, 0)
    path = write_raster(tmp_path / "my dem.tif", terrain / scale, crs, affine)
    if unit == "km":
        path = write_raster(tmp_path / "my dem.tif", terrain / 1000.0, crs, affine)
        scale = 1.0
    (said,) = sentences(described(path, unit=unit, scale=scale))
    command = shlex.split(said[said.index("(gdaldem") + 1 : said.index(") and search")])
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    assert sentences(tmp_path / "my dem_shaded.tif") == []
    with rasterio.open(tmp_path / "my dem_shaded.tif") as shaded:
        assert shaded.dtypes == ("uint8",)
        # Whatever the units, slopes are those of metres on metres.
        assert shaded.read(1).std() == pytest.approx(SPREAD, rel=1e-3)


def test_real_elevations_are_noticed(shared):
    for path in sorted((shared / "gld100_dem").glob("*.tif")):
        assert len(sentences(path)) == 1
