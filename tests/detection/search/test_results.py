import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import rasterio

from lunarcraters.detection.search.batch_result import BatchResult, write_batch_result
from lunarcraters.detection.search.batches import plan_batches
from lunarcraters.detection.search.results import Results, stitching
from lunarcraters.errors import RunError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.source import MosaicTiles

from ...rasters import write_raster


@pytest.fixture
def source(tmp_path):
    values = np.random.default_rng(0).integers(1, 200, (600, 300)).astype(np.uint8)
    return MosaicTiles.plan(open_mosaic(write_raster(tmp_path / "a.tif", values)), max_size=256)


def search(source, batch, folder):
    """Write the result of a batch: each tile has the mask of its number."""
    masks = {
        tile.name: np.full((tile.size, tile.size), source.tiles.index(tile), np.uint8)
        for tile in batch.tiles
    }
    write_batch_result(BatchResult(pd.DataFrame({"score": []}), masks), folder / batch.file)


def test_the_mask_is_stitched_of_results_in_any_order(source, tmp_path):
    batches = list(plan_batches(source.tiles))
    results = Results(batches, tmp_path, batches)
    with stitching(source, results, tmp_path) as mask:
        assert not mask.done()
        for batch in reversed(batches):
            search(source, batch, tmp_path)
            results.add(batch)
        stitched = mask.result(timeout=20)
        with rasterio.open(stitched.path) as raster:
            values = raster.read(1)
    # The coarser octaves come last in the plan, and of all octaves the largest value is taken.
    assert (values >= max(i for i, tile in enumerate(source.tiles) if tile.level == 0)).all()
    assert stitched.area_km2 > 0
    assert not list(tmp_path.glob(".*")), "what it wrote is gone"


def test_coarse_octaves_are_searched_first(source):
    levels = [tile.level for batch in plan_batches(source.tiles) for tile in batch.tiles]
    assert levels == sorted(levels, reverse=True)


def test_results_of_before_are_read_at_once_and_others_waited_for(source, tmp_path):
    first, *others = plan_batches(source.tiles)
    search(source, first, tmp_path)
    results = Results([first, *others], tmp_path, others)
    assert results.read_mask(first.tiles[0]).shape == (first.tiles[0].size,) * 2
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(results.read_mask, others[0].tiles[0])
        assert not later.done()
        search(source, others[0], tmp_path)
        results.add(others[0])
        assert later.result(timeout=20) is not None


def test_nobody_waits_for_a_search_that_has_ended(source, tmp_path):
    batches = list(plan_batches(source.tiles))
    results = Results(batches, tmp_path, batches)
    threading.Timer(0.05, results.give_up).start()
    with pytest.raises(RunError, match="resume"):
        results.read_mask(batches[0].tiles[0])
    with pytest.raises(ZeroDivisionError), stitching(source, results, tmp_path):
        raise ZeroDivisionError
    assert not list(tmp_path.glob(".*"))
