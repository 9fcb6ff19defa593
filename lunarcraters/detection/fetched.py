"""The directory, in that of a run, of what was read from the network: so it is read once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lunarcraters.detection.manifest import MANIFEST
from lunarcraters.errors import OutputError
from lunarcraters.files import LOCK, locked

FETCHED = ".fetched"
"""Name of the directory; it is removed when the run is done, and kept when it is interrupted."""


def refuse_other_directory(out: Path) -> None:
    """Leave alone a directory that is not a run.

    Raises:
        OutputError: The directory exists and is not that of a run.
    """
    if not out.exists() or (out / MANIFEST).is_file():
        return
    if not out.is_dir() or any(path.name not in (LOCK, FETCHED) for path in out.iterdir()):
        raise OutputError(f"{out} exists and is not a run of craters detect: give another --output")


@contextmanager
def fetched_directory(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give the directory of what is read from the network, which is made when it is needed.

    The directory of the run is held against other processes, which would fetch the same.

    Args:
        out: Directory of the run.
        overwrite: True to read anew what an interrupted run has read.

    Raises:
        OutputError: The directory exists and is not that of a run, or cannot be written.
        RunError: Another process is at work in it.
    """
    refuse_other_directory(out)
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    with locked(out):
        if overwrite:
            shutil.rmtree(out / FETCHED, ignore_errors=True)
        try:
            yield out / FETCHED
        except BaseException:
            if not (out / MANIFEST).is_file():  # the run has not begun
                shutil.rmtree(out / FETCHED, ignore_errors=True)
                for remove in ((out / LOCK).unlink, *(folder.rmdir for folder in made)):
                    with suppress(OSError):
                        remove()
            raise
