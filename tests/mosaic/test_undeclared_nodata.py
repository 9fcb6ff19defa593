import cv2
import numpy as np
import pytest

from lunarcraters.elevation.shading import shade
from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster
from .collars import SIDE, examine, strip, validity

pytestmark = pytest.mark.slow


def circle():
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2.0
    return np.hypot(rows, columns) < 280


def top_left_out():
    return np.mgrid[:SIDE, :SIDE][0] > 80


def steps():
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return rows > columns // 150 * 40


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("float32", -9999), ("float32", -1e30), ("int16", -32768), ("uint16", 65535), ("int32", 1e6)],
)
def test_a_frequent_value_far_from_all_others_is_left_out(ground, tmp_path, dtype, value):
    values = ground.astype(dtype)
    values[100:140, 200:420] = value  # a hole, no collar
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values))
    assert (validity(mosaic) == (values != np.asarray(value, dtype))).all()
    assert len(said) == 1
    assert f"{np.float32(value):g}" in said[0]
    assert "--nodata nan" in said[0]


@pytest.mark.parametrize("inside", [strip(), strip(40), circle(), top_left_out(), steps()])
@pytest.mark.parametrize("value", [0, 255])
def test_a_collar_of_one_value_is_left_out(ground, tmp_path, inside, value):
    mosaic, said = examine(
        write_raster(tmp_path / "a.tif", np.where(inside, ground, value).astype(np.uint8))
    )
    assert (validity(mosaic) == inside).all()
    assert len(said) == 1
    assert f" {value} fills" in said[0]


def test_a_collar_spoilt_by_jpeg_is_left_out_but_for_its_edge(ground, tmp_path):
    inside = strip()
    values = np.where(inside, ground, 0).astype(np.uint8)
    options = {"compress": "jpeg", "jpeg_quality": 60, "tiled": True}
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values, **options))
    assert len(said) == 1
    assert validity(mosaic).mean() == pytest.approx(inside.mean(), rel=0.02)


def test_collars_of_overlapping_strips_hide_no_ground(ground, tmp_path):
    for name, inside in (("a", strip(14)), ("b", strip(-14))):
        write_raster(tmp_path / f"{name}.tif", np.where(inside, ground, 0).astype(np.uint8))
    mosaic, _ = examine(tmp_path)
    assert (validity(mosaic) == (strip(14) | strip(-14))).all()


def test_the_nodata_value_of_the_file_stays_nodata_besides(ground, tmp_path):
    values = np.where(strip(), ground, 0).astype(np.int16)
    values[290:300, 290:310] = -5
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values, nodata=-5))
    assert (validity(mosaic) == ((values != 0) & (values != -5))).all()
    assert "declares only -5" in said[0]
    assert "--nodata -5 to search it" in said[0]


@pytest.mark.parametrize("declared", [None, -7])
def test_several_values_are_left_out_and_all_are_said(ground, tmp_path, declared):
    values = np.where(strip(), ground, 0).astype(np.int16)
    values[:60] = -9999
    values[300:312, 290:312] = -32768
    values[400:402, 290:312] = -7 if declared else 9
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values, nodata=declared))
    assert (validity(mosaic) == (values > 0)).all()
    assert len(said) == 1
    assert all(f" {value}" in said[0] for value in (0, -9999, -32768))
    # The record of a run names them, and opens the same mosaic.
    again = open_mosaic(tmp_path / "a.tif").with_nodata(mosaic.nodata)
    assert again == mosaic
    assert again.fingerprint() == mosaic.fingerprint()


def test_several_values_hide_no_ground_of_overlapping_strips(ground, tmp_path):
    for name, inside in (("a", strip(14)), ("b", strip(-14))):
        values = np.where(inside, ground, 0).astype(np.float32)
        values[:60] = -9999
        write_raster(tmp_path / f"{name}.tif", values)
    mosaic, _ = examine(tmp_path)
    expected = strip(14) | strip(-14)
    expected[:60] = False
    assert (validity(mosaic) == expected).all()
    assert (mosaic.read(mosaic.grid.box)[0][expected] == ground[expected]).all()


def test_the_user_may_name_several_values(ground, tmp_path):
    values = np.where(strip(), ground, 0).astype(np.float32)
    values[:60] = -9999
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values), nodata=(-9999.0, 0.0))
    assert said == []
    assert (validity(mosaic) == (values > 0)).all()


def test_a_nodata_value_that_the_type_does_not_hold_changes_nothing(ground, tmp_path):
    path = write_raster(tmp_path / "a.tif", np.where(strip(), ground, 0).astype(np.uint8))
    mosaic, _ = examine(path, nodata=(300.0, 0.0, 255.0))
    assert (validity(mosaic) == (strip() & (ground < 255))).all()


@pytest.mark.parametrize("value", [-9999, -32768])
def test_a_few_pixels_of_a_customary_value_are_left_out(ground, tmp_path, value):
    values = ground.astype(np.float32)
    values[300:304, 300:304] = value
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values))
    assert (validity(mosaic) == (values != value)).all()
    assert f" {value}" in said[0]


@pytest.mark.parametrize("nodata", [float("nan"), 7.0])
def test_the_user_decides(ground, tmp_path, nodata):
    path = write_raster(tmp_path / "a.tif", np.where(strip(), ground, 0).astype(np.uint8))
    mosaic, said = examine(path, nodata=nodata)
    assert said == []
    assert validity(mosaic)[0, 0]
    assert mosaic == open_mosaic(path, nodata=nodata) or np.isnan(nodata)


@pytest.mark.parametrize("sun_deg", [2, 4, 7])
def test_shadow_is_kept(terrain, tmp_path, sun_deg):
    light = shade(terrain, 10.0, sun_azimuth_deg=300, sun_elevation_deg=sun_deg)
    values = np.clip(light * 900.0, 0, 255).astype(np.uint8)
    assert 0.05 < np.mean(values == 0) < 0.95
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values))
    assert said == []
    assert validity(mosaic).all()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_picture_without_a_collar_is_searched_whole(ground, tmp_path, dtype):
    mosaic, said = examine(write_raster(tmp_path / "a.tif", ground.astype(dtype)))
    assert said == []
    assert mosaic.nodata is None


def test_a_plain_of_one_value_between_craters_is_kept(ground, tmp_path):
    rows, columns = np.mgrid[:SIDE, :SIDE] % 200 - 100.0
    values = np.where(np.hypot(rows, columns) < 60, ground, 130).astype(np.uint8)
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values))
    assert said == []
    assert validity(mosaic).all()


def test_a_value_that_is_a_collar_and_may_be_shadow_too_stops_the_run(ground, tmp_path):
    values = np.where(strip(), ground, 0).astype(np.uint8)
    for row in range(40, SIDE, 60):  # patches in a line along the middle of the strip
        left = 210 + row // 4
        values[row : row + 40, left : left + 40] = 0
    path = write_raster(tmp_path / "a.tif", values)
    with pytest.raises(MosaicError, match="give --nodata 0 to leave out both, or --nodata nan"):
        examine(path)
    for nodata, share in ((0.0, np.mean(values > 0)), (float("nan"), 1.0)):
        assert validity(examine(path, nodata=nodata)[0]).mean() == share


def blobs(size, limit):
    """True in blobs all over a square, like shadow but of one brightness up to its edge."""
    noise = np.random.default_rng(0).normal(size=(SIDE, SIDE))
    smooth = cv2.GaussianBlur(noise, (0, 0), size)
    return smooth > limit * smooth.std()


@pytest.mark.parametrize("size", [5, 12])
@pytest.mark.parametrize("inside", [strip(12, 440), np.mgrid[:SIDE, :SIDE][1] >= 40])
def test_a_collar_beside_large_shadows_stops_the_run(ground, tmp_path, inside, size):
    values = np.where(inside & ~blobs(size, 1.2), ground, 0).astype(np.uint8)
    with pytest.raises(MosaicError, match="give --nodata 0 to leave out both, or --nodata nan"):
        examine(write_raster(tmp_path / "a.tif", values))


def test_advice_on_a_doubtful_value_keeps_the_values_that_are_left_out(ground, tmp_path):
    values = np.where(strip(12, 440) & ~blobs(12, 1.2), ground, 0).astype(np.float32)
    values[:60] = -9999
    path = write_raster(tmp_path / "a.tif", values)
    with pytest.raises(MosaicError, match=r"--nodata -9999,0 to .*, or --nodata -9999 to search"):
        examine(path)
    assert (validity(examine(path, nodata=(-9999.0, 0.0))[0]) == (values > 0)).all()
    assert (validity(examine(path, nodata=-9999.0)[0]) == (values >= 0)).all()


def test_blobs_without_a_collar_are_kept(ground, tmp_path):
    values = np.where(blobs(12, 0.7), 0, ground).astype(np.uint8)
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values))
    assert said == []
    assert validity(mosaic).all()


def test_a_little_ground_in_a_wide_frame_is_found(tmp_path):
    values = np.zeros((3000, 3000), np.uint8)
    values[1700:1720, 1200:1220] = np.random.default_rng(0).integers(90, 111, (20, 20))
    mosaic, said = examine(write_raster(tmp_path / "a.tif", values, compress="deflate"))
    assert (validity(mosaic) == (values > 0)).all()
    assert len(said) == 1


def test_a_mosaic_of_one_value_is_refused(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.full((300, 300), 9, np.uint8))
    with pytest.raises(MosaicError, match=r"every valid pixel of .* is 9"):
        examine(path)


def test_a_mosaic_of_nodata_is_refused(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.zeros((300, 300), np.uint8), nodata=0)
    with pytest.raises(MosaicError, match="no valid pixel"):
        examine(path)


@pytest.mark.slow
@pytest.mark.parametrize("tiles", ["lroc_wac/test/images", "ohrc/images", "gld100"])
def test_real_pictures_are_searched_whole(shared, tiles):
    for path in sorted((shared / tiles).glob("*.[pjt][npi][gf]"))[:60]:
        mosaic, said = examine(path)
        assert said == [], path
        assert mosaic.nodata is None
