"""What a run will cost is foretold from tiles like those that most of it goes into."""

from dataclasses import replace

import numpy as np

from lunarcraters.execution import forecast
from lunarcraters.execution.engine import worker_count
from lunarcraters.network.model_file import shipped_model
from lunarcraters.raster.mosaic import open_mosaic
from lunarcraters.raster.tile_source import MosaicTiles

from ..raster.conftest import write_raster


def test_trial_tiles_are_spread_over_the_mosaic_and_of_the_common_size(tmp_path, monkeypatch):
    values = np.random.default_rng(0).integers(1, 200, (3000, 1100)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    plan = MosaicTiles.plan(mosaic, max_size=256, halo=16)
    source = replace(plan, tiles=tuple(sorted(plan.tiles, key=lambda tile: tile.size)))
    assert source.tiles[0].size < 240
    tried = []

    def run_tasks(client, work, batches):
        tried.append(batches)
        return map(work, batches)

    monkeypatch.setattr(forecast.engine, "run_tasks", run_tasks)
    monkeypatch.setattr(forecast, "_TRIAL_PX", 4 * 256**2)
    monkeypatch.setattr(forecast, "search", search_nothing)
    cost = forecast.measure_cost(source, shipped_model(), workers=1)
    warm, timed = tried
    assert len(warm) == len(timed) == worker_count(1, len(source.tiles))
    tiles = [tile for batch in timed for tile in batch.tiles]
    assert {tile.size for tile in tiles} == {240}
    rows = [tile.core[1] for tile in tiles]
    assert min(rows) < 1000
    assert max(rows) > 2000
    assert not {tile.name for tile in tiles} & {t.name for batch in warm for t in batch.tiles}
    assert cost.seconds > 0


def search_nothing(folder, at_once, strict, batch):
    (folder / batch.file).write_bytes(b"part")
    return len(batch.tiles)
