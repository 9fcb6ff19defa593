"""Measurements of a run that are kept in its directory, each a record of a format of its own."""

import warnings
from os import PathLike
from pathlib import Path
from typing import Protocol, TypeVar

from lunarcraters.errors import CratersWarning, RunError
from lunarcraters.records import RecordError, read_record

COMPLETENESS, PURITY = "completeness.json", "purity.json"
"""Names of the files in the directory of a run."""


class _Versioned(Protocol):
    @property
    def format(self) -> int: ...


M = TypeVar("M", bound=_Versioned)


def find_measurement(source: object, name: str) -> Path | None:
    """Find a measurement; None for what is not a run, or where it was not measured.

    Args:
        source: Catalogue, directory of a run, file of a catalogue, or address of a PostGIS table.
        name: Name of the file in the directory of a run.
    """
    if not isinstance(source, str | PathLike):
        return None
    path = Path(source) / name
    return path if path.is_file() else None


def read_measurement(kind: type[M], path: Path, version: int, command: str) -> M:
    """Read a measurement.

    Args:
        kind: Dataclass of the measurement.
        path: File that is there.
        version: Format that the program writes.
        command: Command that measures again, for messages.

    Raises:
        RunError: The file is damaged, or of another version of the program.
    """
    remedy = f"measure it again with {command}"
    try:
        record = read_record(kind, path)
    except RecordError as error:
        raise RunError(f"{path} is damaged ({error}): {remedy}") from error
    if record.format != version:
        raise RunError(f"{path} is of another version of the program: {remedy}")
    return record


def warn_of_other_detections(path: Path, command: str) -> None:
    """Warn that a measurement is left out, because the run was made again since.

    Args:
        path: File of the measurement.
        command: Command that measures again.
    """
    warnings.warn(
        f"{path} is of other detections than the run has now and is left out: measure it again "
        f"with {command}",
        CratersWarning,
        stacklevel=3,
    )
