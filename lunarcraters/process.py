"""The machine under a process: the cores that it may use, and what libraries say to its stderr."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cores() -> int:
    """Processors that this process may run on, where the system tells; else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def hushed() -> Iterator[None]:
    """Keep stderr silent: what libraries in C print there is not for users.

    TensorFlow greets all with the lack of a GPU, before its log levels are read; libtiff tells of a
    full disk in its own words. Python's errors are raised, not printed.
    """
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
