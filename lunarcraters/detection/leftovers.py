"""What is removed from the directory of a run: what killed processes left, or a run as a whole.

Hidden files that are none of this program, such as `.git`, stay in either case.
"""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lunarcraters.detection.fetched import FETCHED
from lunarcraters.detection.manifest import MANIFEST
from lunarcraters.detection.measurements import COMPLETENESS, PURITY
from lunarcraters.detection.run import (
    CRATERS,
    CRATERS_FOLDER,
    MASK,
    MASK_FOLDER,
    MEASURES,
    RESULT,
)
from lunarcraters.detection.search.batch_result import PARTS, SUFFIX
from lunarcraters.errors import OutputError
from lunarcraters.files import empty_directory, find_replaced

_FILES = (MANIFEST, RESULT, CRATERS, MASK, MEASURES, COMPLETENESS, PURITY)


def remove_leftovers(out: Path, *, keep: Sequence[str] = ()) -> None:
    """Remove what killed processes left of a run, and what was fetched for it, where possible.

    Args:
        out: Directory of the run, in which other files stay.
        keep: Names in it that stay too.
    """
    for path in out.glob(".*"):
        is_ours = path.name == FETCHED or path.name.startswith((MASK_FOLDER, CRATERS_FOLDER))
        if is_ours and path.name not in keep:
            shutil.rmtree(path, ignore_errors=True)
    for path in (*out.glob(".*"), *(out / PARTS).glob(f".*{SUFFIX}")):
        replaced = find_replaced(path)
        if replaced and (replaced.suffix == SUFFIX or replaced.name in _FILES):
            with suppress(OSError):
                path.unlink()


def empty_run(run: Path, *, keep: Sequence[str] = ()) -> None:
    """Remove all that is in the directory of a run but its manifest, which another then replaces.

    If this is interrupted, the directory is that of an unfinished run.

    Args:
        run: Directory of the run, in which hidden files that are none of this program stay.
        keep: Names in it that stay too.

    Raises:
        OutputError: Something in it cannot be removed.
    """
    try:
        (run / RESULT).unlink(missing_ok=True)
        remove_leftovers(run, keep=keep)
        hidden = [path.name for path in run.glob(".*")]
        empty_directory(run, keep=(MANIFEST, *hidden, *keep))
    except OSError as error:
        name = Path(error.filename or run).name
        raise OutputError(
            f"{name} in {run} cannot be removed ({error.strerror or error}): remove it by other "
            "means, or give another --output"
        ) from error
