"""The directory of a run: its files, and how they are read."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from lunarcraters.catalogue.formats import is_catalogue_name, read_catalogue
from lunarcraters.catalogue.formats.parquet import StoredCatalogue, open_stored
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.manifest import MANIFEST, read_manifest, read_names
from lunarcraters.errors import AreaError, RunError, refuse_address
from lunarcraters.files import hash_file, is_database, require_name
from lunarcraters.geometry.area import Area
from lunarcraters.mask.cog import open_mask
from lunarcraters.mask.footprint import measure_searched_km2, searched_footprint
from lunarcraters.records import RecordError, read_record, write_record

CRATERS = "craters.parquet"
MEASURES = "measures.parquet"
MASK = "mask.tif"
RESULT = "run.json"
"""Name of the file that is written last: a run that has it is finished."""

MASK_FOLDER, CRATERS_FOLDER = ".mask.", ".merged."
"""Beginnings of the names of directories in which the mask and the catalogue are made."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """The result of a run in numbers, the file `run.json`.

    Attributes:
        craters: Number of craters in the catalogue, of any score.
        tiles: Number of tiles.
        searched_tiles: Number of tiles that the last command searched; the others were done before.
        unread_tiles: Names of the tiles that could not be read, whole or in part, and why; in a
            merged run with the directory of their run before them.
        searched_km2: Ground searched, km^2; null without a coordinate system.
        seconds: Time of the last command, seconds.
        search_seconds: Time that its tiles took where workers are never idle, seconds: without
            start-up, merging and writing; null where it is not known.
        finished: Time at which the run was finished, ISO 8601 in UTC; a command that searches no
            tile does not change it. Null in older runs.
    """

    craters: int
    tiles: int
    searched_tiles: int = 0
    unread_tiles: dict[str, str]
    searched_km2: float | None = None
    seconds: float
    search_seconds: float | None = None
    finished: datetime | None = None


def write_result(result: RunResult, run: Path) -> None:
    """Write `run.json`, by which a run is finished: now, where the result has no other time.

    Raises:
        OutputError: The file cannot be written.
    """
    finished = result.finished or datetime.now(UTC).replace(microsecond=0)
    write_record(replace(result, finished=finished), run / RESULT)


def read_result(run: Path) -> RunResult:
    """Read `run.json` of a finished run.

    Raises:
        RunError: The file is missing or damaged.
    """
    path = run / RESULT
    try:
        return read_record(RunResult, path)
    except RecordError as error:
        raise RunError(
            f"{path} is missing or damaged: {_how_to_finish(run)} to finish the run"
        ) from error


def read_run(path: Path) -> Catalogue:
    """Read the catalogue of a finished run.

    Raises:
        RunError: The directory is not a run, or the run is not finished.
    """
    return open_run(path).read()


def read_with_hash(path: Path) -> tuple[Catalogue, str]:
    """Read the catalogue of a finished run, and compute the SHA-256 of its file.

    The hash comes first: of a run that is made again meanwhile it is not that of the new file.

    Raises:
        RunError: The directory is not a run, or the run is not finished.
    """
    file = path / CRATERS
    file_hash = hash_file(file) if file.is_file() else ""
    return read_run(path), file_hash


def read_detections(path: str | PathLike[str]) -> Catalogue:
    """Read the catalogue of a finished run, of a file, or of a database.

    Args:
        path: Directory of a run, file of a catalogue, or address of a PostGIS table.

    Raises:
        RunError: The directory is not a run, or the run is not finished.
        CatalogueError: The file cannot be read, or is not a catalogue.
        OptionError: It is an object in memory, such as a table.
    """
    name = require_name(path)
    return read_run(Path(name)) if Path(name).is_dir() else read_catalogue(name)


def open_stored_catalogue(path: str | PathLike[str]) -> StoredCatalogue | Catalogue:
    """Open the catalogue of a run, to be read part by part, or read that of a file or database.

    Args:
        path: Directory of a run, file of a catalogue, or address of a PostGIS table.

    Raises:
        RunError: The path is no directory of a finished run, nor named as a catalogue.
        CatalogueError: The file cannot be read, or is not a catalogue.
        OptionError: It is an object in memory, such as a table.
    """
    name = require_name(path)
    if is_database(name):
        return read_catalogue(name)
    folder = Path(name)
    is_file = folder.is_file() or (is_catalogue_name(folder) and not folder.is_dir())
    return read_catalogue(folder) if is_file else open_run(folder)


def open_run(path: Path) -> StoredCatalogue:
    """Open the catalogue of a finished run, to be read part by part, with its names of now.

    Raises:
        RunError: The directory is not a run, or the run is not finished.
    """
    if path.is_file():
        raise RunError(
            f"{path} is a file, not a run: give the directory that craters detect wrote; craters "
            "of a file are drawn by craters plot map FILE OUT --mosaic MOSAIC"
        )
    if not (path / MANIFEST).is_file() and not (path / RESULT).is_file():
        refuse_address(path, RunError)
        raise RunError(f"{path} is not a run: give the directory that craters detect wrote")
    if not all((path / name).is_file() for name in (RESULT, CRATERS)):
        raise RunError(f"{path} is not a finished run: {_how_to_finish(path)} to finish it")
    stored = open_stored(path / CRATERS, path / MEASURES).with_properties(read_names(path))
    return replace(stored, info=replace(stored.info, run=path.absolute()))


def _how_to_finish(run: Path) -> str:
    """What is to be done with a run that was interrupted."""
    if (run / MANIFEST).is_file() and read_manifest(run).is_merged:
        return "merge its runs again, with craters merge --overwrite,"
    return "run the same craters detect again"


class SearchedGround:
    """The ground that a run searched; its mask is opened once for any number of areas."""

    def __init__(self, run: Path) -> None:
        """Open the mask of a run.

        Raises:
            MosaicError: The mask is missing or damaged.
        """
        self._path = run / MASK
        self._mask = open_mask(self._path)

    def clip(self, info: CatalogueInfo, area: Area) -> CatalogueInfo:
        """Leave the part of the ground that lies within an area.

        Raises:
            AreaError: Nothing of the area was searched.
        """
        footprint, area_km2 = searched_footprint(self._mask, self._path, area)
        if footprint.is_empty:
            raise AreaError("nothing of the area was searched: look where it lies")
        return replace(info, footprint=footprint, footprint_area_km2=area_km2)

    def measure_km2(self, area: Area) -> float:
        """Measure the part of the ground that lies within an area on the Moon, km^2."""
        return measure_searched_km2(self._mask, self._path, area)
