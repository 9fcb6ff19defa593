"""What a run will cost is foretold from tiles like those that most of it goes into."""

import sys
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lunarcraters import api
from lunarcraters.detection import cost, estimate
from lunarcraters.detection.run import read_result
from lunarcraters.detection.search import batches
from lunarcraters.detection.search.cluster import count_tasks_at_once, count_workers
from lunarcraters.errors import TileSetError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.source import MosaicTiles
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import STRETCHED, write_raster


@pytest.mark.slow
def test_trial_tiles_are_spread_over_the_mosaic_and_of_the_common_size(tmp_path, monkeypatch):
    values = np.random.default_rng(0).integers(1, 200, (3000, 1100)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    plan = MosaicTiles.plan(mosaic, max_size=256, halo=16)
    source = replace(plan, tiles=tuple(sorted(plan.tiles, key=lambda tile: tile.size)))
    assert source.tiles[0].size < 240
    tried = []

    def run_tasks(client, work, batches):
        tried.append(batches)
        return (work(None, None, batch) for batch in batches)

    monkeypatch.setattr(cost, "run_tasks", run_tasks)
    monkeypatch.setattr(cost, "TASK_PX", 4 * 256**2)
    monkeypatch.setattr(cost, "search_batch", search_nothing)
    monkeypatch.setattr(cost, "_time_stitching", lambda *given: 0.01)
    measured = cost.measure_cost(source, shipped_model(), workers=1)
    warm, timed = tried
    assert len(warm) == len(timed) == count_tasks_at_once(count_workers(1, len(source.tiles)))
    tiles = [tile for batch in timed for tile in batch.tiles]
    assert {tile.size for tile in tiles} == {240}
    rows = [tile.core[1] for tile in tiles]
    assert min(rows) < 1000
    assert max(rows) > 2000
    assert not {tile.name for tile in tiles} & {t.name for batch in warm for t in batch.tiles}
    assert measured.seconds > 0


def search_nothing(folder, tiles_per_call, strict, detector, source, batch):
    (folder / batch.file).write_bytes(b"part")
    return len(batch.tiles)


@pytest.mark.slow
def test_octaves_that_a_plan_lacks_are_told_with_what_they_bring(tmp_path):
    values = np.random.default_rng(0).integers(1, 200, (1500, 1500)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    model, told = shipped_model(), {}
    for smallest_px in (None, 4.0, 2.75):
        source = MosaicTiles.plan(mosaic, smallest_px=smallest_px)
        plan = estimate.plan_levels(source, model)
        told[smallest_px] = estimate.list_finer_octaves(source, plan, model)
        if smallest_px:
            assert plan[0].diameters[0] == pytest.approx(smallest_px / 10.0)
    assert [octave.smallest_px for octave in told[None]] == [4.0, 2.75]
    assert [octave.diameter for octave in told[None]] == pytest.approx([0.4, 0.275])
    assert [octave.smallest_px for octave in told[4.0]] == [2.75]
    assert told[2.75] == []
    # What is told is what such a plan then has.
    pixels = {
        px: sum(tile.size**2 for tile in MosaicTiles.plan(mosaic, smallest_px=px).tiles)
        for px in (None, 4.0, 2.75)
    }
    assert told[None][0].times == pytest.approx(pixels[4.0] / pixels[None], rel=0.15)
    assert told[None][1].times == pytest.approx(pixels[2.75] / pixels[None], rel=0.15)


@pytest.mark.slow
def test_the_time_with_smaller_craters_counts_the_start_of_a_run_once(tmp_path):
    values = np.random.default_rng(0).integers(1, 200, (300, 300)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", values)
    summary = api.detect_to_directory(path, tmp_path / "run", options=api.DetectOptions(workers=1))
    result = read_result(tmp_path / "run")
    assert 0.0 <= result.search_seconds < 0.5 * result.seconds
    searching = (summary.smaller.times - 1.0) * result.search_seconds
    assert summary.smaller_seconds == pytest.approx(result.seconds + searching)
    assert summary.smaller_seconds < 0.6 * summary.smaller.times * result.seconds


def test_memory_is_measured_where_python_has_no_module_resource(monkeypatch):
    """On Windows."""
    used = SimpleNamespace(memory_info=lambda: SimpleNamespace(peak_wset=7))
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace(Process=lambda: used))
    assert cost._peak_bytes() == 7


@pytest.mark.parametrize(("precision", "count"), [("float32", 2), ("int8", 1)])
def test_a_trial_has_as_many_tiles_in_a_batch_as_a_run(tmp_path, monkeypatch, precision, count):
    values = np.random.default_rng(0).integers(1, 200, (1000, 1000)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    source = MosaicTiles.plan(mosaic, max_size=256, halo=16, levels=1)
    tried = []

    def run_tasks(client, work, some):
        tried.extend(some)
        return (work(None, None, batch) for batch in some)

    client = SimpleNamespace(run=lambda _: {})
    monkeypatch.setattr(cost, "cluster", lambda *_, **__: nullcontext(client))
    monkeypatch.setattr(cost, "run_tasks", run_tasks)
    monkeypatch.setattr(cost, "search_batch", search_nothing)
    monkeypatch.setattr(cost, "_time_stitching", lambda *_: 0.01)
    for module in (batches, cost):
        monkeypatch.setattr(module, "TASK_PX", 1)
    cost.measure_cost(source, shipped_model(), workers=1, precision=precision)
    assert {len(batch.tiles) for batch in tried} == {count}
    assert len(next(batches.plan_batches(source.tiles, count)).tiles) == count


def test_tiles_that_cannot_be_read_do_not_count_as_empty(tmp_path, monkeypatch):
    values = np.random.default_rng(0).integers(1, 200, (256, 512)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    source = write_tiles(mosaic, tmp_path / "tiles", max_size=256, halo=16, levels=1)
    first, *others = sorted((tmp_path / "tiles").rglob("z0_*.tif"))
    first.write_bytes(first.read_bytes()[:200])
    nothing = cost._Trial(1, 1.0, 0.0, 1, 1)
    monkeypatch.setattr(cost, "_search_trials", lambda *_: nothing)
    measured = cost.measure_cost(source, shipped_model())
    assert (measured.looked_at, measured.empty_share) == (len(others), 0.0)
    for path in others:
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(TileSetError, match="is missing or damaged"):
        cost.measure_cost(source, shipped_model())


def test_octaves_are_told_by_the_size_of_pixels_that_they_are_searched_in(tmp_path):
    values = np.random.default_rng(0).integers(1, 200, (256, 256)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values, crs=STRETCHED))
    source, model = MosaicTiles.plan(mosaic), shipped_model()
    plan = estimate.plan_levels(source, model)
    assert plan[0].gsd_m == pytest.approx(100.0)
    assert plan[0].diameters == pytest.approx((0.8, 7.2))
    assert plan[1].gsd_m == pytest.approx(200.0)
    assert plan[1].diameters == pytest.approx((1.6, 14.4))
    assert sum(level.pixels for level in plan) == sum(tile.size**2 for tile in source.tiles)
    assert estimate.list_finer_octaves(source, plan, model)[0].diameter == pytest.approx(0.4)
    told = estimate.estimate_run(source, model, plan_only=True)
    assert "100 m a pixel" in told.size
