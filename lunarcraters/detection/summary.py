"""The summary of a run, as `craters detect` prints it."""

from dataclasses import dataclass
from pathlib import Path

from lunarcraters.catalogue.formats.parquet import StoredCatalogue
from lunarcraters.detection.estimate import Finer, list_finer_octaves, plan_levels
from lunarcraters.detection.run import read_result
from lunarcraters.tiling.source import TileSet, TileSource

_SOON_S = 60.0


@dataclass(frozen=True)
class RunCounts:
    """Counts of a run, as `craters detect --json` prints them.

    Attributes:
        run: Directory of the run.
        craters: Number of craters in the catalogue, of any score.
        balanced: Number of craters at the operating point `balanced`; null where the model has
            none.
        searched_km2: Ground searched, km^2; null without a coordinate system.
        unread_tiles: Number of tiles that could not be read.
    """

    run: str
    craters: int
    balanced: int | None
    searched_km2: float | None
    unread_tiles: int


@dataclass(frozen=True)
class RunSummary:
    """A run that was made.

    Attributes:
        counts: Counts of the run.
        tiles: Number of tiles.
        balanced_score: Score of the operating point `balanced`; None where the model has none.
        has_crs: True where craters have a longitude and latitude.
        smaller: One octave more, where it takes less than a minute; else None.
        smaller_seconds: Time that a run with it would take, seconds.
        is_tile_set: True where the source is a directory of tiles.
    """

    counts: RunCounts
    tiles: int
    balanced_score: float | None
    has_crs: bool
    smaller: Finer | None
    smaller_seconds: float
    is_tile_set: bool


def count_craters(run: Path, catalogue: StoredCatalogue) -> RunCounts:
    """Count what a run has found."""
    balanced = catalogue.info.thresholds.get("balanced")
    return RunCounts(
        run=str(run),
        craters=len(catalogue),
        balanced=None if balanced is None else catalogue.count(balanced),
        searched_km2=catalogue.info.footprint_area_km2,
        unread_tiles=len(read_result(run).unread_tiles),
    )


def summarize_run(
    run: Path, catalogue: StoredCatalogue, source: TileSource, model: Path
) -> RunSummary:
    """Summarize a run that has just been made."""
    info, result = catalogue.info, read_result(run)
    finer = list_finer_octaves(source, plan_levels(source, model), model)[:1]
    # The time of a run that was resumed is that of its last part.
    whole = result.searched_tiles == result.tiles
    more = finer[0].times - 1.0 if finer else 0.0
    seconds = result.seconds + more * (result.search_seconds or 0.0)  # it starts but once
    return RunSummary(
        counts=count_craters(run, catalogue),
        tiles=len(source.tiles),
        balanced_score=info.thresholds.get("balanced"),
        has_crs=info.has_crs,
        smaller=finer[0] if finer and whole and seconds < _SOON_S else None,
        smaller_seconds=seconds,
        is_tile_set=isinstance(source, TileSet),
    )
