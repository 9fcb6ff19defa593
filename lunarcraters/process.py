"""The process: CPU cores that it may use, and what native libraries print to its stderr."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cpu_count() -> int:
    """Count the CPU cores that this process may run on, or all where that is not known."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def suppress_native_stderr() -> Iterator[None]:
    """Keep stderr silent while C libraries print what is not for users.

    TensorFlow reports a missing GPU before its log levels are read; libtiff reports a full disk in
    its own words. Python's errors are raised, not printed. The whole process is silent, so that
    the block should be short.
    """
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
