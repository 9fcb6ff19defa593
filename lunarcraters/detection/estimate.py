"""Estimates: what a run would search, and what it would cost on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from lunarcraters.detection.cost import Cost, measure_cost
from lunarcraters.detection.options import SMALLEST_PX, AskedPrecision
from lunarcraters.mosaic.remote.transfer import count_fetched_bytes
from lunarcraters.network.model_file import read_info
from lunarcraters.tiling.plan import FINEST
from lunarcraters.tiling.source import TileSource


@dataclass(frozen=True)
class Level:
    """One octave of a plan.

    Attributes:
        level: Number of the octave; a pixel is 2**level mosaic pixels.
        gsd_m: North-south ground size of a pixel, metres; null without a coordinate system.
        diameters: Smallest and largest crater that is searched for, km (or mosaic pixels).
        tiles: Number of tiles.
        pixels: Number of pixels of all tiles, halos included.
    """

    level: int
    gsd_m: float | None
    diameters: tuple[float, float]
    tiles: int
    pixels: int


@dataclass(frozen=True)
class RunEstimate:
    """What a run would search and cost, as `craters info --json` prints it.

    Attributes:
        mosaic: Mosaic as the user named it.
        size: Size of the mosaic in words.
        place: Name of the coordinate system, in words.
        levels: Octaves of the plan.
        cost: Cost on this machine; null where it was not asked for.
        finer: Octaves that the plan could have besides.
        fetched_bytes: Largest number of bytes that the run fetches from the network; null for a
            local mosaic.
    """

    mosaic: str
    size: str
    place: str
    levels: tuple[Level, ...]
    cost: Cost | None
    finer: tuple["Finer", ...]
    fetched_bytes: int | None = None


def estimate_run(
    source: TileSource,
    model: Path,
    *,
    workers: int | None = None,
    precision: AskedPrecision = "auto",
    plan_only: bool = False,
) -> RunEstimate:
    """Tell what a run would search, and what it would cost on this machine.

    Args:
        source: Tiles to search.
        model: Model file.
        workers: Number of worker processes; None for one for two cores, up to 8.
        precision: Arithmetic of the network.
        plan_only: True to leave out the cost.

    Raises:
        MosaicError: No tile that was looked at holds data.
        ModelError: The model cannot be used.
        TileSetError: The tiles do not fit the model.
    """
    mosaic, levels = source.mosaic, plan_levels(source, model)
    size = f"{mosaic.width:,} x {mosaic.height:,} pixels, {mosaic.dtype}"
    place = "none: an image without coordinates"
    if mosaic.crs is not None:
        size += f", {mosaic.meridian_pixel_size_m:.4g} m a pixel at the centre"
        place = mosaic.crs.name
    cost = None
    if not plan_only:
        cost = measure_cost(source, model, workers=workers, precision=precision)
    finer = list_finer_octaves(source, levels, model)
    return RunEstimate(
        mosaic.name, size, place, tuple(levels), cost, tuple(finer), count_fetched_bytes(mosaic)
    )


def plan_levels(source: TileSource, model: Path) -> list[Level]:
    """List the octaves of a plan.

    Raises:
        ModelError: The model file cannot be read.
    """
    detectable_px, level_of = read_info(model).diameters_px, attrgetter("level")
    gsd_m = source.mosaic.meridian_pixel_size_m
    levels = []
    for level, group in groupby(sorted(source.tiles, key=level_of), key=level_of):
        tiles = list(group)
        unit = 2**level * (1.0 if gsd_m is None else gsd_m / 1000.0)
        smallest, largest = source.settings.diameter_range_px(level, detectable_px)
        levels.append(
            Level(
                level=level,
                gsd_m=None if gsd_m is None else gsd_m * 2**level,
                diameters=(smallest * unit, largest * unit),
                tiles=len(tiles),
                pixels=sum(tile.size**2 for tile in tiles),
            )
        )
    return levels


@dataclass(frozen=True)
class Finer:
    """One octave more than a plan has, or two.

    Attributes:
        smallest_px: Smallest crater that would be searched for, pixels of the mosaic.
        diameter: Diameter of that crater, km (or mosaic pixels).
        times: Number of pixels to search, over that of the plan.
    """

    smallest_px: float
    diameter: float
    times: float


def list_finer_octaves(source: TileSource, plan: Sequence[Level], model: Path) -> list[Finer]:
    """List the octaves that a plan could have besides: none, one or two.

    Args:
        source: Tiles that a run would search.
        plan: Octaves of these tiles, from `plan_levels`.
        model: Model file.
    """
    min_detectable_px = read_info(model).diameters_px[0]
    pixel_size_m = source.mosaic.meridian_pixel_size_m
    unit = 1.0 if pixel_size_m is None else pixel_size_m / 1000.0
    finest, total = plan[0], sum(level.pixels for level in plan)
    octaves, pixels = [], total
    for octave in range(finest.level - 1, FINEST - 1, -1):
        pixels += finest.pixels * 4 ** (finest.level - octave)
        smallest_px = max(min_detectable_px * 2.0**octave, SMALLEST_PX[0])
        octaves.append(Finer(smallest_px, smallest_px * unit, pixels / total))
    return octaves
