"""Forecast: what a run will search and what it will cost, before it is paid for."""

import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lunarcraters.detection.batch import Batch, detect_batch
from lunarcraters.detection.cluster import cluster, worker_count
from lunarcraters.detection.tasks import run_tasks
from lunarcraters.errors import MosaicError, TileSetError
from lunarcraters.network.model_file import read_info
from lunarcraters.network.startup import inference_precision
from lunarcraters.tiling.plan import FINEST, LEAST_CRATER_PX, Tile
from lunarcraters.tiling.source import TileSource

_SAMPLED = 64  # tiles of the finest level that are looked at
_TRIAL_PX = 2 * 1024 * 1024  # that each worker searches, once to warm up and once by the clock
_MASK_COPIES = 2  # on disk: in the parts, and stitched


@dataclass(frozen=True)
class Level:
    """One octave of a plan.

    Attributes:
        level: A pixel is 2**level mosaic pixels.
        gsd_m: Ground size of its pixel, metres; None for a plain picture.
        diameters: Smallest and largest crater found in it, km (plain: mosaic pixels).
        tiles: Number of tiles.
        pixels: Pixels of all tiles, halos included.
    """

    level: int
    gsd_m: float | None
    diameters: tuple[float, float]
    tiles: int
    pixels: int


@dataclass(frozen=True)
class Cost:
    """What searching a source costs on this machine.

    Attributes:
        workers: Processes.
        empty_share: Tiles of the finest level that hold no data, of those looked at.
        looked_at: Number of tiles looked at.
        pixels_per_s: Searched, in all.
        seconds: Of the search; merging and stitching come on top.
        memory_bytes: At the peak, all processes together.
        disk_bytes: Of the run's directory.
    """

    workers: int
    empty_share: float
    looked_at: int
    pixels_per_s: float
    seconds: float
    memory_bytes: float
    disk_bytes: float


def levels_of(source: TileSource, model: Path) -> list[Level]:
    """The octaves of a plan.

    Raises:
        ModelError: The model file cannot be read.
    """
    answered_px = read_info(model).diameters_px
    gsd_m = source.mosaic.pixel_size_m
    found = []
    for level, group in groupby(sorted(source.tiles, key=_level), key=_level):
        tiles = list(group)
        unit = 2**level * (1.0 if gsd_m is None else gsd_m / 1000.0)
        smallest, largest = source.settings.answered_px(level, answered_px)
        found.append(
            Level(
                level=level,
                gsd_m=None if gsd_m is None else gsd_m * 2**level,
                diameters=(smallest * unit, largest * unit),
                tiles=len(tiles),
                pixels=sum(tile.size**2 for tile in tiles),
            )
        )
    return found


@dataclass(frozen=True)
class Finer:
    """What one octave more than a plan has, or two, would bring.

    Attributes:
        smallest_px: Smallest crater that would be found, pixels of the mosaic.
        diameter: The same in km (plain: mosaic pixels).
        times: Pixels to search, over those of the plan.
    """

    smallest_px: float
    diameter: float
    times: float


def finer_octaves(source: TileSource, plan: Sequence[Level], model: Path) -> list[Finer]:
    """The octaves that a plan could have besides: none, one or two.

    Args:
        source: Tiles that a run would search.
        plan: Octaves of these tiles, from `levels_of`.
        model: Model file.
    """
    answered_px = read_info(model).diameters_px[0]
    unit = 1.0 if source.mosaic.pixel_size_m is None else source.mosaic.pixel_size_m / 1000.0
    finest, total = plan[0], sum(level.pixels for level in plan)
    found, pixels = [], total
    for octave in range(finest.level - 1, FINEST - 1, -1):
        pixels += finest.pixels * 4 ** (finest.level - octave)
        smallest_px = max(answered_px * 2.0**octave, LEAST_CRATER_PX)
        found.append(Finer(smallest_px, smallest_px * unit, pixels / total))
    return found


def measure_cost(
    source: TileSource, model: Path, *, workers: int | None = None, precision: str = "auto"
) -> Cost:
    """Search a few tiles and tell what all of them will cost.

    Args:
        source: Tiles to search.
        model: Model file.
        workers: Processes, as of `detect`.
        precision: Of the network, as of `detect`.

    Raises:
        MosaicError: No tile that was looked at holds data.
        ModelError: The model cannot be used.
        TileSetError: The tiles do not fit the model.
    """
    precision = inference_precision(precision, has_int8=bool(read_info(model).eight_bit))
    finest = min(tile.level for tile in source.tiles)
    tiles = _spread([tile for tile in source.tiles if tile.level == finest], _SAMPLED)
    full = [tile for tile in tiles if _holds_data(source, tile)]
    if not full:
        raise MosaicError(
            f"none of {len(tiles)} tiles of {source.mosaic.name} that were looked at holds data: "
            "there is nothing to foretell the time from"
        )
    share = 1.0 - len(full) / len(tiles)
    count = worker_count(workers, len(full))
    first, second = _trials(full, count)
    bare = replace(source, tiles=())
    with (
        TemporaryDirectory() as folder,
        cluster(bare, model, precision, count, None, tasks=count) as client,
    ):
        work = partial(detect_batch, Path(folder), None, True)
        for _ in run_tasks(client, work, first):
            pass
        begun = time.perf_counter()
        for _ in run_tasks(client, work, second):
            pass
        seconds = time.perf_counter() - begun
        memory = sum(client.run(_peak_bytes).values()) + _peak_bytes()
        searched = sum(tile.size**2 for batch in second for tile in batch.tiles)
        written = sum((Path(folder) / batch.file).stat().st_size for batch in second)
    rate = searched / seconds
    pixels = (1.0 - share) * sum(tile.size**2 for tile in source.tiles)
    return Cost(
        workers=count,
        empty_share=share,
        looked_at=len(tiles),
        pixels_per_s=rate,
        seconds=pixels / rate,
        memory_bytes=float(memory),
        disk_bytes=_MASK_COPIES * pixels * written / searched,
    )


def _level(tile: Tile) -> int:
    return tile.level


def _spread(tiles: Sequence[Tile], count: int) -> list[Tile]:
    """Evenly spread over the mosaic."""
    places = np.unique(np.linspace(0, len(tiles) - 1, count).round().astype(int))
    return [tiles[int(place)] for place in places]


def _holds_data(source: TileSource, tile: Tile) -> bool:
    try:
        return bool(source.read(tile)[1].any())
    except (MosaicError, TileSetError):
        return False


def _trials(tiles: Sequence[Tile], workers: int) -> tuple[list[Batch], list[Batch]]:
    """A batch for each worker, twice, from all over the mosaic: local frames cost more.

    Of the size that most pixels are in; tiles come again where there are few.
    """
    sizes = Counter(tile.size for tile in tiles)
    size = max(sizes, key=lambda side: sizes[side] * side**2)
    each = max(_TRIAL_PX // size**2, 1)
    same = _spread([tile for tile in tiles if tile.size == size], 2 * workers * each)
    batches = []
    for first in range(2 * workers):
        chosen = (
            same[place % len(same)] for place in range(first, 2 * workers * each, 2 * workers)
        )
        batches.append(Batch(first, tuple(dict.fromkeys(chosen))))
    return batches[0::2], batches[1::2]


def _peak_bytes() -> int:
    """Most memory that this process has had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
