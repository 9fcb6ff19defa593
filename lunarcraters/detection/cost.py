"""The cost of a run, measured by searching a few of its tiles."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from lunarcraters.detection.options import AskedPrecision, DetectOptions
from lunarcraters.detection.search.batch import search_batch
from lunarcraters.detection.search.batches import TASK_PX, Batch
from lunarcraters.detection.search.cluster import cluster, count_tasks_at_once, count_workers
from lunarcraters.detection.search.results import Results
from lunarcraters.detection.search.tasks import run_tasks
from lunarcraters.errors import MosaicError, TileSetError
from lunarcraters.geometry.spread import spread_evenly
from lunarcraters.mask.stitching import stitch_blocks
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.network.model_file import read_info
from lunarcraters.network.startup import choose_precision, count_least_images
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import TileSource

_SAMPLED = 64  # tiles of the finest level that are looked at

_MASK_COPIES = 2  # on disk: in the parts, and stitched


@dataclass(frozen=True)
class Cost:
    """The cost of a run on this machine.

    Attributes:
        workers: Number of worker processes.
        empty_share: Share of the tiles looked at that hold no data, 0 to 1.
        looked_at: Number of tiles of the finest octave that were looked at and could be read.
        pixels_per_s: Number of pixels searched in a second, by all workers together.
        seconds: Time of searching and of stitching the mask, seconds; merging comes on top.
        memory_bytes: Peak memory of all processes together, bytes.
        disk_bytes: Size of the run's directory, bytes.
    """

    workers: int
    empty_share: float
    looked_at: int
    pixels_per_s: float
    seconds: float
    memory_bytes: float
    disk_bytes: float


def measure_cost(
    source: TileSource,
    model: Path,
    *,
    workers: int | None = None,
    precision: AskedPrecision = "auto",
) -> Cost:
    """Search a few tiles, and estimate the cost of all.

    Args:
        source: Tiles to search.
        model: Model file.
        workers: Number of worker processes; None for one for two cores, up to 8.
        precision: Arithmetic of the network.

    Raises:
        MosaicError: No tile that was looked at holds data, or none can be read.
        ModelError: The model cannot be used.
        TileSetError: The tiles do not fit the model, or no file of them can be read.
    """
    precision = choose_precision(precision, has_int8=bool(read_info(model).int8))
    finest = min(tile.level for tile in source.tiles)
    tiles = spread_evenly([tile for tile in source.tiles if tile.level == finest], _SAMPLED)
    hold_data = _look_for_data(source, tiles)
    full = [tile for tile, holds_data in hold_data.items() if holds_data]
    if not full:
        raise MosaicError(
            f"none of {len(hold_data)} tiles of {source.mosaic.name} that were looked at holds "
            "data: there is nothing to foretell the time from"
        )
    share = 1.0 - len(full) / len(hold_data)
    count = count_workers(workers, len(full))
    least = count_least_images(precision)
    first, second = _trials(full, count * count_tasks_at_once(count), least)
    options = DetectOptions(workers=count, precision=precision)
    trial = _search_trials(source.with_tiles(()), model, options, first, second)
    rate = trial.pixels / trial.seconds
    pixels = (1.0 - share) * sum(tile.size**2 for tile in source.tiles)
    return Cost(
        workers=count,
        empty_share=share,
        looked_at=len(hold_data),
        pixels_per_s=rate,
        seconds=pixels / rate + (1.0 - share) * len(source.tiles) * trial.stitching_s,
        memory_bytes=float(trial.memory_bytes),
        disk_bytes=_MASK_COPIES * pixels * trial.written_bytes / trial.pixels,
    )


@dataclass(frozen=True)
class _Trial:
    """Some tiles that were searched by the clock."""

    pixels: int
    seconds: float
    stitching_s: float  # of a tile
    memory_bytes: int
    written_bytes: int


def _search_trials(
    source: TileSource,
    model: Path,
    options: DetectOptions,
    warm_up: Sequence[Batch],
    timed: Sequence[Batch],
) -> _Trial:
    """Search some batches to warm up, and some by the clock."""
    with (
        TemporaryDirectory() as folder,
        cluster(source, model, options, tasks=len(timed)) as client,
    ):
        work = partial(search_batch, Path(folder), None, True)
        for _ in run_tasks(client, work, warm_up):
            pass
        begun = time.perf_counter()
        for _ in run_tasks(client, work, timed):
            pass
        seconds = time.perf_counter() - begun
        return _Trial(
            pixels=sum(tile.size**2 for batch in timed for tile in batch.tiles),
            seconds=seconds,
            stitching_s=_time_stitching(source.mosaic, Path(folder), timed),
            memory_bytes=sum(client.run(_peak_bytes).values()) + _peak_bytes(),
            written_bytes=sum((Path(folder) / batch.file).stat().st_size for batch in timed),
        )


def _time_stitching(mosaic: Mosaic, folder: Path, batches: Sequence[Batch]) -> float:
    """Seconds that the mask of a tile of full resolution takes, which is done beside the search."""
    tiles = [tile for batch in batches for tile in batch.tiles]
    results = Results(batches, folder, ())
    begun = time.perf_counter()
    for _ in stitch_blocks(mosaic, tiles, results.read_mask):
        pass
    return (time.perf_counter() - begun) / len(tiles)


def _look_for_data(source: TileSource, tiles: Sequence[Tile]) -> dict[Tile, bool]:
    """Tell of each tile whether it holds data. Those that cannot be read are left out.

    Raises:
        MosaicError, TileSetError: None can be read.
    """
    hold_data: dict[Tile, bool] = {}
    reasons: list[MosaicError | TileSetError] = []
    for tile in tiles:
        try:
            hold_data[tile] = bool(source.read(tile)[1].any())
        except (MosaicError, TileSetError) as error:
            reasons.append(error)
    if reasons and not hold_data:
        raise reasons[0]
    return hold_data


def _trials(tiles: Sequence[Tile], at_once: int, least: int) -> tuple[list[Batch], list[Batch]]:
    """A batch for each task that runs at the same time, once to warm up and once by the clock.

    They are from all over the mosaic, because local frames cost more, and of the size that most
    pixels are in; tiles come again where there are few.
    """
    sizes = Counter(tile.size for tile in tiles)
    size = max(sizes, key=lambda side: sizes[side] * side**2)
    each = max(TASK_PX // size**2, least)
    same = spread_evenly([tile for tile in tiles if tile.size == size], 2 * at_once * each)
    batches = []
    for first in range(2 * at_once):
        places = range(first, 2 * at_once * each, 2 * at_once)
        chosen = (same[place % len(same)] for place in places)
        batches.append(Batch(first, tuple(dict.fromkeys(chosen))))
    return batches[0::2], batches[1::2]


def _peak_bytes() -> int:
    """Most memory that this process has had."""
    try:
        import resource
    except ImportError:  # on Windows
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
