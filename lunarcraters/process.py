"""The process: its CPU cores and threads, and what native libraries print to its stderr."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def cpu_count() -> int:
    """Count the CPU cores that this process may run on, or all where that is not known."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_in_threads(work: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Work on items in threads, a few items ahead of what is asked for, which bounds memory.

    Args:
        work: Function of an item, which several threads may call at once.
        items: Items, perhaps without end.
        threads: Number of threads.

    Yields:
        Results in the order of the items.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Silence:
    """The silence of stderr, which ends when the last thread that asked for it is done."""

    def __init__(self) -> None:
        self._lock, self._threads, self._kept = Lock(), 0, -1

    def begin(self) -> None:
        with self._lock:
            if not self._threads:
                self._kept = os.dup(2)
                with Path(os.devnull).open("wb") as nowhere:
                    os.dup2(nowhere.fileno(), 2)
            self._threads += 1

    def end(self) -> None:
        with self._lock:
            self._threads -= 1
            if not self._threads:
                os.dup2(self._kept, 2)
                os.close(self._kept)


_SILENCE = _Silence()


@contextmanager
def suppress_native_stderr() -> Iterator[None]:
    """Keep stderr silent while C libraries print what is not for users.

    TensorFlow reports a missing GPU before its log levels are read; libtiff reports a full disk in
    its own words. Python's errors are raised, not printed. The whole process is silent, so that
    the block should be short. Several threads may be in such blocks at the same time.
    """
    _SILENCE.begin()
    try:
        yield
    finally:
        _SILENCE.end()
