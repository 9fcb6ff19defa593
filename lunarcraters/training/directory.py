"""The directory of a training, in which another may begin or not."""

from pathlib import Path

from lunarcraters.errors import OutputError, RunError
from lunarcraters.files import LOCK
from lunarcraters.training.settings import read_settings


def holds_training(out: Path) -> bool:
    """Tell whether a directory is that of a training, by its settings."""
    try:
        read_settings(out)
    except RunError:
        return False
    return True


def check_unused(out: Path, *, overwrite: bool) -> None:
    """Refuse a directory that is in use, unless it is that of a training that may be replaced.

    Args:
        out: Directory.
        overwrite: True to replace a training.

    Raises:
        OutputError: The directory is in use.
    """
    if not out.exists() or (overwrite and holds_training(out)):
        return
    if not out.is_dir() or any(path.name != LOCK for path in out.iterdir()):
        raise OutputError(
            f"{out} exists already: give --resume to go on with the training in it, "
            "--overwrite to replace one, or another --output"
        )
