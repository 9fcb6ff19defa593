"""Measurements of a run that are kept in its directory, each a record of a format of its own."""

from os import PathLike
from pathlib import Path
from typing import Protocol, TypeVar

from lunarcraters.detection.run import CRATERS
from lunarcraters.errors import RunError, warn
from lunarcraters.files import hash_file
from lunarcraters.records import RecordError, read_record

COMPLETENESS, PURITY = "completeness.json", "purity.json"
"""Names of the files in the directory of a run."""


class _Measurement(Protocol):
    @property
    def format(self) -> int: ...

    @property
    def catalogue(self) -> str: ...


M = TypeVar("M", bound=_Measurement)


def find_measurement(
    kind: type[M], source: object, name: str, version: int, command: str
) -> M | None:
    """Read a measurement of a run; None for what is not a run, or where it was not measured.

    One of other detections than the run has now is left out, of which a `CratersWarning` tells.

    Args:
        kind: Dataclass of the measurement.
        source: Catalogue, directory of a run, file of a catalogue, or address of a PostGIS table.
        name: Name of the file in the directory of a run.
        version: Format that the program writes.
        command: Command that measures again, for messages, with `{run}` for the run.

    Raises:
        RunError: The file is damaged, or of another version of the program.
    """
    if not isinstance(source, str | PathLike) or not (Path(source) / name).is_file():
        return None
    path = Path(source) / name
    record = read_measurement(kind, path, version, command)
    if is_of_other_detections(record, path.parent):
        warn(
            f"{path} is of other detections than the run has now and is left out: measure it "
            f"again with {command.format(run=path.parent)}"
        )
        return None
    return record


def read_measurement(kind: type[M], path: Path, version: int, command: str) -> M:
    """Read a measurement.

    Args:
        kind: Dataclass of the measurement.
        path: File in the directory of the run.
        version: Format that the program writes.
        command: Command that measures again, as in `find_measurement`.

    Raises:
        RunError: The file is damaged, or of another version of the program.
    """
    remedy = f"measure it again with {command.format(run=path.parent)}"
    try:
        record = read_record(kind, path)
    except RecordError as error:
        raise RunError(f"{path} is damaged ({error}): {remedy}") from error
    if record.format != version:
        raise RunError(f"{path} is of another version of the program: {remedy}")
    return record


def is_of_other_detections(record: _Measurement, run: Path) -> bool:
    """Tell whether a run was made again since it was measured, as far as the record tells."""
    return bool(record.catalogue) and record.catalogue != hash_file(run / CRATERS)
