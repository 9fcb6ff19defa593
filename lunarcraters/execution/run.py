"""A run's directory: what is in it, and how it is read."""

from pathlib import Path

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.catalogue.schema import Catalogue
from lunarcraters.errors import RunError

CRATERS = "craters.parquet"
MASK = "mask.tif"
PARTS = "parts"
RESULT = "run.json"  # written last: a run that has it is finished


def read_run(path: Path) -> Catalogue:
    """The catalogue of a finished run.

    Raises:
        RunError: It is no run, or not finished.
    """
    if not path.is_dir():
        raise RunError(f"{path} is not a run: give the directory that craters detect wrote")
    if not (path / RESULT).is_file():
        raise RunError(
            f"{path} is not a finished run: run the same craters detect again to finish it"
        )
    return read_catalogue(path / CRATERS)
