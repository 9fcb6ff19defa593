"""Files of a run that no export takes the place of."""

from os import PathLike
from pathlib import Path

from lunarcraters.detection.manifest import MANIFEST
from lunarcraters.detection.run import CRATERS, MEASURES
from lunarcraters.errors import OutputError


def refuse_file_of_run(path: str | PathLike[str]) -> None:
    """Refuse to write a catalogue in the place of that of a run, or of its measures.

    Args:
        path: File to write, or address of a PostGIS table.

    Raises:
        OutputError: It is such a file.
    """
    is_named_so = Path(path).name.lower() in (CRATERS, MEASURES)  # file systems may ignore case
    if is_named_so and (Path(path).parent / MANIFEST).is_file():
        raise OutputError(f"{path} is a file of a run itself: give another name")
