import warnings

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.shutil import copy

from lunarcraters.errors import CoordinateSystemError, CratersWarning, MosaicError
from lunarcraters.mosaic.examination.examine import examine_mosaic
from lunarcraters.mosaic.examination.heights import make_elevation_model
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.nodata import list_values
from lunarcraters.mosaic.preview import read_preview

from ..rasters import write_raster
from ..servers import serve


@pytest.fixture(scope="module")
def terrain():
    """Elevations about 0, metres, (400, 400)."""
    noise = np.random.default_rng(2).normal(size=(400, 400)).astype(np.float32)
    return sum(cv2.GaussianBlur(noise, (0, 0), size) * size**2 for size in (3, 6, 12, 24)) * 20.0


def examined(path, elevation=None, **options):
    """What an examination shows, and its sentences."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        examination = examine_mosaic(open_mosaic(path, **options), elevation)
    said = [str(w.message) for w in caught if issubclass(w.category, CratersWarning)]
    return examination, said


def sentences(path):
    return examined(path)[1]


def unit_m(path, elevation=None):
    return examined(path, elevation)[0].height_unit_m


def described(path, *, unit="", description="", scale=1.0, offset=0.0):
    with rasterio.Env(GDAL_PAM_ENABLED=True), rasterio.open(path, "r+") as raster:
        raster.units, raster.descriptions = (unit,), (description,)
        raster.scales, raster.offsets = (scale,), (offset,)
    return path


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_metres_on_both_sides_of_zero_are_elevations(terrain, tmp_path, dtype):
    assert (
        "holds heights in metres"
        in sentences(write_raster(tmp_path / "a.tif", terrain.astype(dtype)))[0]
    )


@pytest.mark.parametrize("shift", [-3000.0, 1_737_400.0])
def test_metres_below_zero_or_from_the_centre_are_elevations(terrain, tmp_path, shift):
    values = (terrain + shift).astype(np.float64)
    assert len(sentences(write_raster(tmp_path / "a.tif", values))) == 1


@pytest.mark.parametrize("name", ["NAC_DTM_SITE.tif", "ldem_16.tif", "site_dem.tif"])
def test_heights_above_zero_are_elevations_by_the_name(terrain, tmp_path, name):
    values = (terrain - terrain.min()).astype(np.float32)
    assert len(sentences(write_raster(tmp_path / name, values))) == 1
    assert sentences(write_raster(tmp_path / "site.tif", values)) == []


@pytest.mark.parametrize(
    ("name", "middle"),
    [("site.tif", -1900.0), ("site.tif", 1_735_500.0), ("NAC_DTM_SITE.tif", 1200.0)],
)
def test_gentle_ground_far_from_the_datum_is_an_elevation_model(terrain, tmp_path, name, middle):
    values = middle + terrain / np.ptp(terrain) * 8.0
    affine = Affine(0.5, 0, 500, 0, -0.5, 500)
    assert unit_m(write_raster(tmp_path / name, values, affine=affine)) == 1.0


def test_small_values_about_zero_are_no_elevations(terrain, tmp_path):
    values = (terrain / np.ptp(terrain) * 8.0).astype(np.float32)
    assert sentences(write_raster(tmp_path / "residual.tif", values)) == []


def test_kilometres_from_the_centre_are_elevations(terrain, tmp_path):
    values = (terrain + 1_737_400.0).astype(np.float64) / 1000.0
    path = write_raster(tmp_path / "a.tif", values)
    assert "kilometres" in sentences(path)[0]
    assert unit_m(path) == 1000.0


def test_kilometres_are_elevations_by_the_name(terrain, tmp_path):
    values = (terrain / 1000.0).astype(np.float32)
    assert unit_m(write_raster(tmp_path / "site_dem.tif", values)) == 1000.0
    assert sentences(write_raster(tmp_path / "site.tif", values)) == []


def test_a_unit_of_metres_says_elevations(terrain, tmp_path):
    path = write_raster(tmp_path / "a.tif", (terrain - terrain.min()).astype(np.float32))
    assert len(sentences(described(path, unit="m"))) == 1


def test_a_scaled_radius_is_an_elevation(terrain, tmp_path):
    path = write_raster(tmp_path / "a.tif", (2.0 * terrain + 20_000.0).astype(np.uint16))
    assert unit_m(described(path, scale=0.5, offset=1_737_400.0 - 10_000.0)) == 0.5


@pytest.mark.parametrize("name", ["dem_shaded.tif", "site.tif"])
def test_pictures_are_no_elevations(terrain, tmp_path, name):
    rng, picture = np.random.default_rng(0), shades(terrain)
    for values in (
        (picture - picture.min()).astype(np.float32) / 50.0,
        (100.0 * (picture - picture.min())).astype(np.int16),
        rng.normal(0, 300, terrain.shape).astype(np.float32),  # residuals of a filter
    ):
        assert sentences(write_raster(tmp_path / name, values)) == []


@pytest.mark.parametrize(
    ("unit", "metres"),
    [
        ("km", 1000.0), ("feet", 0.3048), ("US survey foot", 0.3048006), ("m", 1.0), ("dm", 0.1),
        ("Centimetre", 0.01), ("mm", 0.001), ("miles", 1609.344),
    ],
)  # fmt: skip
def test_the_unit_that_a_file_declares_is_converted(terrain, tmp_path, unit, metres):
    path = described(write_raster(tmp_path / "a.tif", terrain / metres), unit=unit)
    examination, (said,) = examined(path)
    assert examination.height_unit_m == pytest.approx(metres, rel=1e-6)
    assert f"heights in {unit.lower()}" in said


def test_the_user_decides(terrain, tmp_path):
    heights = write_raster(tmp_path / "a.tif", terrain.astype(np.float32))
    assert examined(heights, elevation=False) == (examined(heights, elevation=False)[0], [])
    assert unit_m(heights, elevation=False) is None
    above = write_raster(tmp_path / "b.tif", (terrain - terrain.min()).astype(np.float32))
    assert unit_m(above) is None
    assert unit_m(above, elevation=True) == 1.0


def test_a_gentle_site_is_in_metres(terrain, tmp_path):
    small = (terrain - terrain.min()) / np.ptp(terrain) * 9.0
    affine = Affine(1, 0, 500, 0, -1, 500)
    path = write_raster(tmp_path / "site.tif", small.astype(np.float32), affine=affine)
    assert unit_m(path, elevation=True) == 1.0


def shades(terrain):
    rng = np.random.default_rng(0)
    return np.gradient(terrain)[1] + rng.normal(0, 0.2, terrain.shape)


@pytest.mark.slow
def test_a_picture_is_refused_as_an_elevation_model(terrain, tmp_path):
    shaded = shades(terrain)
    grey = np.clip(128 + 40 * shaded, 1, 255)
    for name, values in (("a", grey.astype(np.uint8)), ("b", grey.astype(np.int16))):
        path = write_raster(tmp_path / f"{name}.tif", values)
        with pytest.raises(MosaicError, match=r"grey values.*leave --elevation out"):
            examined(path, elevation=True)


def test_a_map_of_slopes_is_noticed_and_refused_as_an_elevation_model(terrain, tmp_path):
    slopes = np.degrees(np.arctan(np.hypot(*np.gradient(terrain)) / 10.0)).astype(np.float32)
    named = write_raster(tmp_path / "site_slope.tif", slopes)
    declared = described(write_raster(tmp_path / "b.tif", slopes), unit="degrees")
    for path in (named, declared):
        assert "holds slopes" in sentences(path)[0]
    for path in (named, declared, write_raster(tmp_path / "a.tif", slopes)):
        with pytest.raises(MosaicError, match="holds slopes"):
            examined(path, elevation=True)


def test_depths_are_refused(terrain, tmp_path):
    path = write_raster(tmp_path / "a.tif", -terrain.astype(np.float32))
    for words in ("depth", "depths, positive downwards"):
        with pytest.raises(MosaicError, match="craters are hills: change the sign"):
            examined(described(path, description=words, unit="m"))
    unnamed = write_raster(tmp_path / "b.tif", -terrain.astype(np.float32))
    assert unit_m(unnamed) == 1.0, "without a word, nothing tells depths from heights"


@pytest.mark.parametrize("unit", ["", "m"])
def test_a_geoid_is_refused(tmp_path, unit):
    rows, columns = np.mgrid[:400, :400]
    undulations = (60 * np.sin(rows / 70) * np.cos(columns / 90) - 20).astype(np.float32)
    affine = Affine(5_000, 0, -1e6, 0, -5_000, 1e6)
    path = write_raster(tmp_path / "geoid.tif", undulations, affine=affine)
    described(path, unit=unit)
    for elevation in (None, True):
        with pytest.raises(MosaicError, match="as no lunar ground has"):
            examined(path, elevation)
    assert unit_m(path, elevation=False) is None
    with pytest.raises(CoordinateSystemError):
        open_mosaic(write_raster(tmp_path / "earth.tif", undulations, "EPSG:4326"))


def test_kilometres_called_metres_are_refused(terrain, tmp_path):
    path = described(write_raster(tmp_path / "a.tif", terrain / 1000.0), unit="m")
    with pytest.raises(MosaicError, match=r"gdal_edit\.py -units km"):
        examined(path)


def test_heights_without_a_pixel_size_are_refused(terrain, tmp_path):
    path = tmp_path / "dem.png"
    cv2.imwrite(str(path), (terrain - terrain.min()).astype(np.uint16))
    with pytest.raises(MosaicError, match="give --crs, or give --no-elevation"):
        examined(path)


def test_constant_heights_are_refused(tmp_path):
    path = described(write_raster(tmp_path / "a.tif", np.full((400, 400), -1200.0)), unit="m")
    with pytest.raises(MosaicError, match="nothing to search"):
        examined(path)


@pytest.mark.slow
def test_real_elevations_are_noticed(shared):
    for path in sorted((shared / "gld100_dem").glob("*.tif")):
        assert len(sentences(path)) == 1


def measured_unit_m(path):
    """Unit of the heights that `craters measure` takes; None where it refuses them."""
    try:
        return make_elevation_model(open_mosaic(path)).unit_m
    except MosaicError:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["", "unspecified", "m", "km", "cm", "mgal", "degrees"])
@pytest.mark.parametrize("name", ["site.tif", "site_dem.tif", "site_slope.tif", "depth.tif"])
@pytest.mark.parametrize("change", [1.0, 0.001, 1000.0])
@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_detecting_and_measuring_take_the_same_rasters(terrain, tmp_path, unit, name, change):
    path = described(write_raster(tmp_path / name, terrain * change), unit=unit)
    try:
        searched = unit_m(path, elevation=True)
    except MosaicError:
        searched = None
    assert measured_unit_m(path) == searched


@pytest.mark.parametrize("elevation", [None, True])
def test_a_plain_between_other_heights_is_searched(terrain, tmp_path, elevation):
    values = terrain.astype(np.float32).copy()
    values[100:200, 50:300] = np.median(values)
    values[:30] = -32768.0
    examination, said = examined(write_raster(tmp_path / "a.tif", values), elevation)
    assert examination.height_unit_m == 1.0
    assert examination.mosaic.nodata == -32768.0
    assert len(said) == 2


def test_heights_are_drawn_as_shaded_relief(terrain, tmp_path):
    tilted = terrain + np.linspace(0.0, 3000.0, 400)[:, None]
    grey, valid = read_preview(open_mosaic(write_raster(tmp_path / "a.tif", tilted - 1500.0)), 400)
    assert valid.all()
    rows = grey.mean(axis=1)
    assert abs(np.corrcoef(rows, np.arange(400))[0, 1]) < 0.5, "a slope has one brightness"
    assert np.corrcoef(grey.ravel(), tilted.ravel())[0, 1] < 0.5


def test_rasters_of_one_scale_have_the_heights_that_they_stand_for(terrain, tmp_path):
    for left in (0, 200):
        stored = np.rint(terrain[:, left : left + 200] / 0.25).astype(np.int16)
        path = write_raster(tmp_path / f"{left}.tif", stored, affine=Affine(100, 0, left * 100,
                            0, -100, 0))  # fmt: skip
        described(path, unit="m", scale=0.25, offset=7.0)
    model = make_elevation_model(open_mosaic(tmp_path))
    heights_m = model.read(model.mosaic.grid.box, (1, 1))[0]
    assert model.unit_m == 0.25
    np.testing.assert_allclose(heights_m - heights_m[0, 0], terrain - terrain[0, 0], atol=0.26)


def test_the_unit_of_xml_is_read(terrain, tmp_path):
    path = described(write_raster(tmp_path / "a.tif", terrain / 0.3048), unit="ft")
    with rasterio.open(path) as raster:
        copy(raster, str(tmp_path / "a.vrt"), driver="VRT")
    xml = (tmp_path / "a.vrt").read_text().replace('relativeToVRT="1">', f">{tmp_path}/")
    assert unit_m(xml) == 0.3048


@pytest.mark.parametrize("nodata", [None, (-32768, -32767)])
def test_the_unit_is_read_beside_several_values_of_no_data(terrain, tmp_path, nodata):
    feet = np.rint(terrain / 0.3048).astype(np.int16)
    feet[:60], feet[:, :60] = -32768, -32767
    path = described(write_raster(tmp_path / "a.tif", feet), unit="ft")
    examination = examined(path, nodata=nodata)[0]
    assert sorted(list_values(examination.mosaic.nodata)) == [-32768, -32767]
    assert examination.height_unit_m == 0.3048


def test_depths_are_refused_beside_several_values_of_no_data(terrain, tmp_path):
    path = write_raster(tmp_path / "a.tif", terrain)
    described(path, unit="m", description="depth below the datum")
    with pytest.raises(MosaicError, match="holds depths"):
        examined(path, nodata=(-9999, -8888))


def test_the_unit_of_a_raster_on_a_server_is_read_with_the_query_of_its_address(terrain, tmp_path):
    described(write_raster(tmp_path / "a.tif", terrain / 0.3048), unit="ft")
    with serve(tmp_path) as server:
        assert unit_m(f"{server.url}/a.tif?X-Amz-Signature=1") == 0.3048
        assert [path for path in server.asked if "?" not in path] == []
