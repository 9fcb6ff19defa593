import numpy as np
import pytest
from affine import Affine

from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.plots.graticule import graticule_lines, scale_bar_km

from ..rasters import write_raster


def a_mosaic(path, crs, affine, size=(400, 300)):
    return open_mosaic(write_raster(path, np.full(size[::-1], 7, np.uint8), crs, affine))


CAP = "IAU_2015:30130"
MAPS = {
    "equator": ("IAU_2015:30100", Affine(0.1, 0, -20, 0, -0.1, 15), "10° W", "0°"),
    "antimeridian": ("IAU_2015:30100", Affine(0.1, 0, 160, 0, -0.1, 15), "170° W", "10° S"),
    "pole": (CAP, Affine(3000, 0, -600_000, 0, -3000, 450_000), "150° E", "80° N"),
}


@pytest.mark.parametrize("where", MAPS)
def test_lines_lie_at_round_degrees(tmp_path, where):
    crs, affine, meridian, parallel = MAPS[where]
    mosaic = a_mosaic(tmp_path / "a.tif", crs, affine)
    lines = list(graticule_lines(mosaic))
    labels = [line.label for line in lines]
    assert {meridian, parallel} <= set(labels)
    assert len({(line.label, line.is_meridian) for line in lines}) == len(lines) <= 26
    for line in lines:
        seen = line.points[np.isfinite(line.points).all(axis=1)]
        lon, lat = mosaic.grid.to_lonlat(*seen.T)
        at = lon if line.is_meridian else lat
        if line.is_meridian:
            at = at[np.abs(lat) < 89.9]
        value = float(line.label.split("°")[0])
        assert np.abs(np.abs(at) - value).max(initial=0.0) < 1e-6
        assert (seen >= 0).all()
        assert (seen <= [mosaic.width, mosaic.height]).all()


def test_a_site_of_some_hundred_metres_has_lines(tmp_path):
    affine = Affine(0.5, 0, 500_013, 0, -0.5, 700_017)
    lines = list(graticule_lines(a_mosaic(tmp_path / "a.tif", "IAU_2015:30110", affine)))
    for is_meridian in (True, False):
        assert len({line.label for line in lines if line.is_meridian == is_meridian}) >= 2


@pytest.mark.parametrize("width", [0.4, 7.0, 120.0, 10_000.0])
def test_a_scale_bar_is_round_and_fits(width):
    length = scale_bar_km(width)
    assert width / 9 < length < width / 2.5
    assert f"{length:.0e}"[0] in "125"
