"""Detections of planted craters go to the regions that they were planted in."""

from dataclasses import replace

import pandas as pd
import pytest

from lunarcraters.completeness.planted_tiles import PlantedTiles
from lunarcraters.completeness.search import search_planted
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.search.batch_result import BatchResult, write_batch_result
from lunarcraters.detection.search.batches import plan_batches
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.progress import no_progress
from lunarcraters.tiling.source import MosaicTiles

CRATERS = pd.DataFrame({"lon": [1.0, 2.0, 3.0], "score": 0.5, "tile": ["a_1", "b_2_3", "a_4"]})


@pytest.mark.parametrize("count", [3, 0])
def test_detections_are_told_apart_by_region_even_where_there_are_none(scene, tmp_path, count):
    source = MosaicTiles.plan(open_mosaic(scene), max_size=256, levels=1, elevation=False)
    first, second, *_ = source.tiles
    tiles = [replace(first, name="a_1"), replace(second, name="b_2")]
    for batch in plan_batches(tiles):
        write_batch_result(BatchResult(CRATERS[:count], {}), tmp_path / batch.file)
    planted, options = PlantedTiles(source, {}), DetectOptions()
    detected = search_planted(planted, tiles, tmp_path, shipped_model(), options, no_progress)
    expected = {"a": [1.0, 3.0], "b": [2.0]} if count else {"a": [], "b": []}
    assert {name: list(table["lon"]) for name, table in detected.items()} == expected
