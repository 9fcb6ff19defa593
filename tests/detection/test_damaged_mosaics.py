"""Runs of local mosaics of which a part cannot be read."""

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from lunarcraters.completeness.source import leave_out_unread
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.run import RunResult, read_result, write_result
from lunarcraters.detection.search import batch
from lunarcraters.detection.search.batch_result import IN_PART
from lunarcraters.detection.source import open_source
from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.source import MosaicTiles
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import damage_block, write_raster

MODEL = shipped_model()
SIDE = 640
BLOCKS = {"tiled": True, "blockxsize": 128, "blockysize": 128, "compress": "deflate"}


@pytest.fixture(scope="module")
def mosaic(tmp_path_factory, scene):
    """A part of the sample scene in which the fourth block of the second row is damaged."""
    path = tmp_path_factory.mktemp("damaged") / "mosaic.tif"
    with rasterio.open(scene) as whole:
        window = Window(300, 300, SIDE, SIDE)
        transform, values = whole.window_transform(window), whole.read(1, window=window)
    write_raster(path, np.maximum(values, 1), affine=transform, nodata=0, **BLOCKS)
    damage_block(path, "3_1")
    return path


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(batch, "_PAUSE_S", 0.0)


def plan(path, levels=3, smallest_px=None):
    return MosaicTiles.plan(
        open_mosaic(path), max_size=256, halo=64, levels=levels, smallest_px=smallest_px
    )


def read(source):
    return batch._read_tiles(source, source.tiles, strict=False)


@pytest.mark.parametrize("smallest_px", [None, 4.0])
def test_what_can_be_read_of_tiles_of_other_resolutions_is_searched(mosaic, smallest_px):
    source = plan(mosaic, smallest_px=smallest_px)
    filled, unread = read(source)
    by_name = {tile.name: (tile, valid) for tile, _, valid in filled}
    levels = {tile.name: tile.level for tile in source.tiles}
    assert {levels[name] for name in unread} == set(levels.values())
    for name, why in unread.items():
        assert why.endswith(IN_PART) == (levels[name] != 0) == (name in by_name)
    assert len(by_name) + sum(levels[name] == 0 for name in unread) == len(source.tiles)
    whole = [valid.all() for name, (_, valid) in by_name.items() if name not in unread]
    assert any(whole)
    coarsest, valid = by_name["z2_r0000_c0000"]
    window = coarsest.window
    missing = [(384 - window.left) // 4, (128 - window.top) // 4]
    left, top = np.array(missing)
    inside = np.zeros(valid.shape, np.bool_)
    inside[-window.top // 4 :, -window.left // 4 :][: SIDE // 4, : SIDE // 4] = True
    inside[top : top + 32, left : left + 32] = False
    np.testing.assert_array_equal(valid, inside)


def test_strict_searches_read_whole_tiles_and_others_those_of_vrts_in_part(mosaic, tmp_path):
    source = plan(mosaic)
    with pytest.raises(MosaicError, match="damaged"):
        batch._read_tiles(source, source.tiles, strict=True)
    tiles = write_tiles(open_mosaic(mosaic), tmp_path / "tiles", max_size=256, virtual=True)
    _, unread = batch._read_tiles(tiles, tiles.tiles, strict=False)
    assert any(why.endswith(IN_PART) for why in unread.values())


def test_no_craters_are_planted_into_ground_that_could_not_be_read(mosaic, tmp_path):
    source = plan(mosaic)
    unread = read(source)[1]
    result = RunResult(craters=0, tiles=len(source.tiles), unread_tiles=unread, seconds=0.0)
    write_result(result, tmp_path)
    ground = leave_out_unread(source, tmp_path)
    assert {tile.name for tile in source.tiles} - {tile.name for tile in ground.tiles} == {
        name for name, why in unread.items() if not why.endswith(IN_PART)
    }
    assert all(ground.read(tile)[1].any() for tile in ground.tiles)


@pytest.mark.slow
def test_large_craters_are_found_beside_damage_and_none_on_unread_ground(mosaic, tmp_path):
    source = open_source([mosaic], MODEL, SourceOptions(size=256))
    craters = detect(source, tmp_path / "run", MODEL, DetectOptions(workers=1)).read()
    unread = read_result(tmp_path / "run").unread_tiles
    assert {tile.level for tile in source.tiles if tile.name in unread} == {0, 1, 2}
    assert craters.table["level"].max() == 2
    x, y = source.mosaic.grid.from_lonlat(*craters.positions.T)
    with rasterio.open(tmp_path / "run" / "mask.tif") as mask:
        searched = mask.read(1) != 255
    cores = [tile.core for tile in source.tiles if tile.level == 0 and tile.name in unread]
    for core in cores:
        assert not searched[core.slices].any()
    assert searched[y.astype(int), x.astype(int)].all()
