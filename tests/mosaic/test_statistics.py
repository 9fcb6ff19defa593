import numpy as np
import pytest

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.examination.examine import examine_mosaic
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.statistics import ValueStatistics, plan_samples, summarize_values
from lunarcraters.network.preprocessing import normalise, scale_to_unit

from ..rasters import measure_statistics, write_raster


def test_outliers_do_not_count(tmp_path):
    values = np.random.default_rng(0).normal(1000.0, 50.0, (600, 600))
    values[::40, ::40] = 60_000  # hot pixels
    statistics = measure_statistics(
        open_mosaic(write_raster(tmp_path / "a.tif", values.astype(np.uint16)))
    )
    assert statistics.deviation == pytest.approx(50.0, rel=0.05)
    assert 840 < statistics.low < 900
    assert 1100 < statistics.high < 1160


def test_it_is_the_same_every_time(tmp_path, noise):
    path = write_raster(tmp_path / "a.tif", noise)
    assert measure_statistics(open_mosaic(path)) == measure_statistics(open_mosaic(path))


def test_nodata_does_not_count(tmp_path):
    values = np.zeros((500, 500), np.uint8)
    values[240:260, 240:260] = np.random.default_rng(0).integers(90, 111, (20, 20))
    statistics = measure_statistics(open_mosaic(write_raster(tmp_path / "a.tif", values, nodata=0)))
    assert 90 <= statistics.low < statistics.high <= 110


def test_a_little_data_in_a_wide_frame_is_found(tmp_path):
    values = np.zeros((3000, 3000), np.uint8)
    values[:4, :4] = 7
    path = write_raster(tmp_path / "a.tif", values, nodata=0, compress="deflate")
    assert measure_statistics(open_mosaic(path)) == ValueStatistics(7.0, 7.0, 0.5)


def test_a_mosaic_of_nodata_is_an_error(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.zeros((300, 300), np.uint8), nodata=0)
    with pytest.raises(MosaicError, match="no valid pixel"):
        measure_statistics(open_mosaic(path))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_constant_image_divides_by_something(tmp_path, dtype):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", np.full((200, 200), 9, dtype)))
    deviation = measure_statistics(mosaic).deviation
    assert deviation > 0
    values, valid = mosaic.read((0, 0, 200, 200))
    assert np.isfinite(normalise(values, valid, deviation)).all()


@pytest.mark.parametrize(
    ("value", "dtype", "deviation"),
    [(9, "uint8", 0.5), (-9, "int16", 0.5), (-9, "float32", 9e-6), (0, "float32", 1e-12)],
)
def test_one_value_has_the_deviation_of_its_rounding(value, dtype, deviation):
    statistics = summarize_values(np.full(5, float(value)), dtype)
    assert statistics == ValueStatistics(value, value, deviation)


def test_windows_are_spread_evenly_or_lie_edge_to_edge_where_they_cover_all():
    four = plan_samples((Box(0, 0, 10_000, 10_000),), 4)
    assert four == [Box(x, y, 256, 256) for y in (2372, 7372) for x in (2372, 7372)]
    assert plan_samples((Box(7, 9, 600, 200),)) == [Box(x, 9, 256, 200) for x in (7, 179, 351)]
    wide = plan_samples((Box(0, 0, 8000, 1000),))
    assert len({box.left for box in wide}) == 23
    assert len({box.top for box in wide}) == 3
    several = plan_samples(tuple(Box(5000 * k, 0, 4000, 4000) for k in range(4)))
    assert len(several) == 64


def test_brightness_and_contrast_change_nothing(tmp_path, noise):
    valid = np.ones(noise.shape, bool)
    dim = normalise(noise, valid, 50.0)
    bright = normalise(noise.astype(np.float32) * 30.0 + 700.0, valid, 1500.0)
    np.testing.assert_allclose(dim, bright, atol=2e-3)


@pytest.mark.parametrize("unit", [2.0**-50, 2.0**40])
def test_the_unit_of_the_values_changes_nothing(noise, unit):
    valid = np.ones(noise.shape, bool)
    plain = summarize_values(noise.ravel().astype(np.float64), "float32")
    other = summarize_values(noise.ravel() * unit, "float32")
    assert other.deviation == plain.deviation * unit
    np.testing.assert_array_equal(
        normalise(noise.astype(np.float32) * np.float32(unit), valid, other.deviation),
        normalise(noise.astype(np.float32), valid, plain.deviation),
    )
    np.testing.assert_array_equal(
        scale_to_unit(noise * unit, valid, other), scale_to_unit(noise * 1.0, valid, plain)
    )


@pytest.mark.parametrize(("unit", "said"), [(1e-30, "too small .*1e29"), (1e30, "too large")])
def test_values_beyond_single_precision_are_refused(tmp_path, noise, unit, said):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", (noise * unit).astype(np.float32)))
    with pytest.raises(MosaicError, match=said):
        examine_mosaic(mosaic)
