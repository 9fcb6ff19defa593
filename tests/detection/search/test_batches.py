from pathlib import Path

from lunarcraters.detection.options import SourceOptions
from lunarcraters.detection.search.batches import plan_batches
from lunarcraters.detection.source import open_source
from lunarcraters.network.model_file import shipped_model


def test_batches_hold_tiles_of_one_size_and_every_tile_once(scene):
    tiles = open_source([scene], shipped_model(), SourceOptions(size=256)).tiles
    batches = list(plan_batches(tiles))
    batched = [tile.name for batch in batches for tile in batch.tiles]
    assert sorted(batched) == sorted(tile.name for tile in tiles)
    assert all(len({tile.size for tile in batch.tiles}) == 1 for batch in batches)
    assert len({batch.file for batch in batches}) == len(batches)
    assert isinstance(Path(batches[0].file), Path)
