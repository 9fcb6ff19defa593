"""The end of a run: what killed processes left is removed, and `run.json` is written."""

import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from lunarcraters.catalogue.formats.parquet import StoredCatalogue
from lunarcraters.detection.fetched import FETCHED
from lunarcraters.detection.manifest import MANIFEST
from lunarcraters.detection.plan import RunPlan
from lunarcraters.detection.run import (
    CRATERS,
    MASK,
    MEASURES,
    RESULT,
    RunResult,
    read_result,
    write_result,
)
from lunarcraters.detection.search.batch_result import PARTS, SUFFIX
from lunarcraters.files import find_replaced

_FOLDERS = (".mask.", ".merged.")  # of unfinished outputs
_FILES = (MANIFEST, RESULT, CRATERS, MASK, MEASURES)


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


def remove_leftovers(out: Path) -> None:
    """Remove what killed processes left of a run, and what was fetched for it, where possible.

    Args:
        out: Directory of the run, in which other files stay.
    """
    for path in out.glob(".*"):
        if path.name == FETCHED or path.name.startswith(_FOLDERS):
            shutil.rmtree(path, ignore_errors=True)
    for path in (*out.glob(".*"), *(out / PARTS).glob(f".*{SUFFIX}")):
        replaced = find_replaced(path)
        if replaced and (replaced.suffix == SUFFIX or replaced.name in _FILES):
            with suppress(OSError):
                path.unlink()


def find_finish_time(run: Path) -> datetime:
    """Find when a run was finished, as `run.json` tells, or the time of that file in older runs.

    Args:
        run: Directory of the run.

    Returns:
        Time in UTC, whole seconds.

    Raises:
        RunError: `run.json` is missing or damaged.
    """
    finished = read_result(run).finished
    changed = datetime.fromtimestamp(int((run / RESULT).stat().st_mtime), UTC)
    return finished.astimezone(UTC) if finished else changed
