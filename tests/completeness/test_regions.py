"""Regions show one core in all octaves."""

import numpy as np
import pytest

from lunarcraters.completeness.regions import make_region
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.local_frames import STRIDE_PX
from lunarcraters.tiling.source import MosaicTiles

from ..rasters import write_raster

HALO = 18


@pytest.fixture(scope="module", params=["native", "local"])
def source(tmp_path_factory, request):
    path = tmp_path_factory.mktemp("regions") / "a.tif"
    values = np.random.default_rng(0).integers(50, 200, (651, 639)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(path, values))
    return MosaicTiles.plan(mosaic, max_size=256, halo=HALO, levels=4, frames=request.param)


@pytest.mark.parametrize("number", [0, 7, -2])
def test_the_tiles_of_a_region_hold_its_core_with_a_halo_and_little_more(source, number):
    first = source.tiles[number]
    region = make_region(3, first, source)
    assert [tile.level for tile in region.tiles] == list(range(first.level, 4))
    assert [tile.name for tile in region.tiles] == [f"r00003_z{t.level}" for t in region.tiles]
    assert region.core_px == first.core.width * first.core.height / 4.0**first.level
    x = np.array([first.core.left, first.core.right])
    y = np.array([first.core.top, first.core.bottom])
    lonlat = source.mosaic.grid.to_lonlat(x.astype(float), y.astype(float))
    for tile in region.tiles:
        columns, rows = tile.frame.from_lonlat(*lonlat)
        margins = np.array([*columns, *rows]) * [1, -1, 1, -1] + [0, tile.size, 0, tile.size]
        least = HALO - 1.0 if tile.window is not None else 0.8 * HALO
        assert margins.min() >= least
        by = 2 ** (tile.level - first.level)
        assert tile.size < first.size / by + 2 * HALO * (1 - 1 / by) + STRIDE_PX
        assert tile.core == first.core
        if tile.window is not None:
            assert tile.window.width == tile.size * 2**tile.level
            assert (tile.window.left % 2**tile.level, tile.window.top % 2**tile.level) == (0, 0)


def test_the_tiles_of_a_region_have_one_centre(source):
    first = source.tiles[0]
    middle = np.array([first.size / 2.0])
    here = first.frame.to_lonlat(middle, middle)
    for tile in make_region(0, first, source).tiles[1:]:
        column, row = tile.frame.from_lonlat(*here)
        assert (column[0], row[0]) == pytest.approx((tile.size / 2.0, tile.size / 2.0), abs=1.0)
