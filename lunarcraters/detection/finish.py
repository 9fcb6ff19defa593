"""The end of a run: what killed processes left is removed, and `run.json` is written."""

from datetime import UTC, datetime
from pathlib import Path

from lunarcraters.catalogue.formats.parquet import StoredCatalogue
from lunarcraters.detection.leftovers import remove_leftovers
from lunarcraters.detection.plan import RunPlan
from lunarcraters.detection.run import RESULT, RunResult, read_result, write_result


def finish_run(
    run: RunPlan,
    catalogue: StoredCatalogue,
    searched_tiles: int,
    unread: dict[str, str],
    seconds: tuple[float, float],
    finished: datetime | None,
) -> None:
    """Remove leftovers and write `run.json`, whose presence marks the run as finished.

    The numbers of tiles and seconds that it holds are those of this call.

    Args:
        run: Run.
        catalogue: Catalogue that was written.
        searched_tiles: Number of tiles that were searched.
        unread: Names of the tiles that could not be read, and why.
        seconds: Time of all, and of the search of tiles alone, seconds.
        finished: Time at which the run was finished before; None for now.

    Raises:
        OutputError: The file cannot be written.
    """
    remove_leftovers(run.out)
    result = RunResult(
        craters=len(catalogue),
        tiles=len(run.source.tiles),
        searched_tiles=searched_tiles,
        unread_tiles=unread,
        searched_km2=catalogue.info.footprint_area_km2,
        seconds=round(seconds[0], 1),
        search_seconds=round(seconds[1], 1),
        finished=finished,
    )
    write_result(result, run.out)


def find_finish_time(run: Path) -> datetime:
    """Find when a run was finished, as `run.json` tells, or the time of that file in older runs.

    Returns:
        Time in UTC, whole seconds.

    Raises:
        RunError: `run.json` is missing or damaged.
    """
    finished = read_result(run).finished
    changed = datetime.fromtimestamp(int((run / RESULT).stat().st_mtime), UTC)
    return finished.astimezone(UTC) if finished else changed
