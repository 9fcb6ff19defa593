"""The search: the tiles of all regions, with their planted craters, through the run's network."""

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread

import pandas as pd

from lunarcraters.completeness.planted_tiles import PlantedTiles, region_of
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.search.batch import search_batch
from lunarcraters.detection.search.batch_result import is_whole, read_craters
from lunarcraters.detection.search.batches import plan_batches
from lunarcraters.detection.search.cluster import cluster
from lunarcraters.detection.search.tasks import run_tasks
from lunarcraters.progress import Progress
from lunarcraters.tiling.plan import Tile

_ENDING = "lunarcraters.completeness.summary"  # what comes after: it takes a while to import


def search_planted(
    planted: PlantedTiles,
    tiles: Sequence[Tile],
    folder: Path,
    model: Path,
    options: DetectOptions,
    progress: Progress,
) -> dict[str, pd.DataFrame]:
    """Search tiles with planted craters; batches that are done are not searched again.

    Args:
        planted: Source of the tiles.
        tiles: Tiles of all regions.
        folder: Directory of the results of batches.
        model: Model file.
        options: Options of the search, as the run had them.
        progress: Function of the number of tiles done and in all.

    Returns:
        Detections of each region by its name, of all octaves, with the network's scores.

    Raises:
        CratersError: A tile cannot be read or searched.
    """
    batches = list(plan_batches(tiles))
    to_search = [batch for batch in batches if not is_whole(folder / batch.file)]
    # The largest first: otherwise one core waits for the other at the end.
    to_search.sort(key=lambda batch: -sum(tile.size**2 for tile in batch.tiles))
    done = len(tiles) - sum(len(batch.tiles) for batch in to_search)
    progress(done, len(tiles))
    if to_search:
        work = partial(search_batch, folder.resolve(), options.tiles_per_call, True)
        with cluster(planted.with_tiles(()), model, options, tasks=len(to_search)) as client:
            Thread(target=import_module, args=(_ENDING,), daemon=True).start()
            for number, _ in run_tasks(client, work, to_search):
                done += len(batches[number].tiles)
                progress(done, len(tiles))
    craters = pd.concat([read_craters(folder / batch.file) for batch in batches], ignore_index=True)
    regions = craters["tile"].astype(str).str.split("_").str[0]
    tables = {str(name): table for name, table in craters.groupby(regions)}
    names = dict.fromkeys(region_of(tile) for tile in tiles)
    return {name: tables.get(name, craters[:0]).reset_index(drop=True) for name in names}
