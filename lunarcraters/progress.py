"""Progress: what long work tells of itself while it goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Called with what is done and what there is in all."""


def silent(done: int, total: int) -> None:
    """Tell nothing."""


@contextmanager
def silently(what: str) -> Iterator[Progress]:
    """Begin a piece of work of which nothing is told."""
    yield silent
