"""Files that appear whole or not at all, and directories that one process at a time writes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lunarcraters.errors import OutputError, RunError

LOCK = ".lock"
"""A locked directory's lock; the system releases it when its process ends, however it ends."""


def is_database(name: str | os.PathLike[str]) -> bool:
    """Whether a name is the address of a database rather than a file."""
    return str(name).startswith(("postgresql://", "postgres://"))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary sibling, of the same suffix, that takes the file's place if all goes well.

    Raises:
        OutputError: It cannot be written: no such directory, no permission, no room.
    """
    suffixes = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    stem = path.name[: len(path.name) - len(suffixes)]
    temporary = path.with_name(f".{stem}.{os.getpid()}{suffixes}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a directory, which is made if need be, against other processes.

    Raises:
        RunError: Another process holds it.
        OutputError: It cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunError(
            f"another process is at work in {folder}: wait for it, or give another --output"
        ) from error
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()
