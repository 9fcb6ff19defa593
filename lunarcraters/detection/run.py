"""A run's directory: what is in it, and how it is read."""

from dataclasses import replace
from pathlib import Path

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.catalogue.formats.parquet import Stored, stored
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.manifest import read_manifest
from lunarcraters.errors import AreaError, RunError
from lunarcraters.geometry.area import Area
from lunarcraters.mask.footprint import searched_ground
from lunarcraters.mosaic.mosaic import Mosaic, open_mosaic

CRATERS = "craters.parquet"
MASK = "mask.tif"
PARTS = "parts"
RESULT = "run.json"  # written last: a run that has it is finished


def read_run(path: Path) -> Catalogue:
    """The catalogue of a finished run.

    Raises:
        RunError: It is no run, or not finished.
    """
    return open_run(path).read()


def read_found(path: Path | str) -> Catalogue:
    """The catalogue of a finished run, of a file, or of a database.

    Raises:
        RunError: The directory is no run, or not finished.
        CatalogueError: The file cannot be read, or is no catalogue.
    """
    return read_run(Path(path)) if Path(path).is_dir() else read_catalogue(path)


def open_run(path: Path) -> Stored:
    """The catalogue of a finished run, to be read part by part.

    Raises:
        RunError: It is no run, or not finished.
    """
    if not path.is_dir():
        raise RunError(f"{path} is not a run: give the directory that craters detect wrote")
    if not (path / RESULT).is_file():
        raise RunError(
            f"{path} is not a finished run: run the same craters detect again to finish it"
        )
    return stored(path / CRATERS)


def searched_within(run: Path, about: Catalogue, area: Area) -> Catalogue:
    """A run's catalogue with only the ground of an area as what was searched.

    Raises:
        AreaError: Nothing of it was searched.
    """
    mask = run / MASK
    footprint, area_km2 = searched_ground(open_mosaic(mask), mask, area)
    if footprint.is_empty:
        raise AreaError("nothing of the area was searched: look where it lies")
    return replace(about, footprint=footprint, footprint_area_km2=area_km2)


def searched_mosaic(run: Path, mosaic: Path | None = None, *, crs: str | None = None) -> Mosaic:
    """The mosaic that a run searched, or another in its place.

    Raises:
        RunError: It is no run, so that its mosaic is not known, and none is given.
        MosaicError: The mosaic cannot be used.
    """
    if mosaic is None and not run.is_dir():
        raise RunError(f"{run} does not tell which mosaic was searched: give it with --mosaic")
    return open_mosaic(mosaic or Path(read_manifest(run).input_name), crs=crs)
