"""Progress: functions that long work calls as it goes on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Progress = Callable[[int, int], None]
"""Function of the number of tiles done and in all."""

ProgressDisplay = Callable[[str], AbstractContextManager[Progress]]
"""Function of the name of a piece of work; its context manager gives a `Progress`."""


def no_progress(done: int, total: int) -> None:
    """Show nothing."""


@contextmanager
def no_progress_of(task: str) -> Iterator[Progress]:
    """Begin a piece of work without a display."""
    yield no_progress
