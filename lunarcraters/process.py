"""The process: its cores, threads, environment and Ctrl-C, and what libraries print to stderr."""

import os
import re
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import Generic, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def cpu_count() -> int:
    """Count the CPU cores that this process may use, by its affinity and its container's quota."""
    from dask.system import cpu_count  # here: dask takes a tenth of a second to import

    return int(cpu_count())


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


class SharedState(Generic[T]):
    """A state of the whole process, which holds while any thread is in a block of it."""

    def __init__(self, begin: Callable[[], T], end: Callable[[T], object]) -> None:
        """Name the functions that begin and end the state.

        Args:
            begin: Begins it, and returns what `end` needs.
            end: Ends it.
        """
        self._begin, self._end = begin, end
        self._lock, self._threads, self._before = Lock(), 0, list[T]()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the state until the last of the threads in such blocks has left its own."""
        with self._lock:
            if not self._threads:
                self._before = [self._begin()]
            self._threads += 1
        try:
            yield
        finally:
            with self._lock:
                self._threads -= 1
                if not self._threads:
                    self._end(self._before.pop())


class LateInterrupt:
    """A block in which Ctrl-C acts at the end, or where the block lets it; a second acts at once.

    It is for work that a KeyboardInterrupt would leave halfway.
    """

    def __init__(self) -> None:
        """Begin without a Ctrl-C."""
        super().__init__()
        self._came = False
        self._handles = False

    def __enter__(self) -> Self:
        """Handle Ctrl-C, unless a program that uses this one does, or this is no main thread."""
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self._handles = True
        return self

    def __exit__(self, kind: type[BaseException] | None, *others: object) -> None:
        """Let Ctrl-C act at once again; one that came meanwhile acts now."""
        self._stop_handling()
        if kind is None:
            self.raise_if_it_came()

    def raise_if_it_came(self) -> None:
        """Raise the KeyboardInterrupt of a Ctrl-C that came."""
        if self._came:
            self._came = False
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Note a Ctrl-C."""
        self._came = True
        self._stop_handling()

    def _stop_handling(self) -> None:
        """Put Python's own handler back."""
        if self._handles:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._handles = False


def end_as_by_ctrl_c() -> None:
    """Let the process end by SIGTERM and SIGHUP as by Ctrl-C: it removes what is half-written.

    Job schedulers, `timeout` and a terminal that is closed send them. One that is ignored, as
    `nohup` has it, stays so.
    """
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):  # not in Windows
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does, also where a shell has started the process in the background."""
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)


@contextmanager
def keeping_environment(names: Iterable[str]) -> Iterator[None]:
    """Put variables of the environment back at the end.

    Args:
        names: Names of the variables, which may not be set.
    """
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _silence_stderr() -> int:
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    return kept


def _restore_stderr(kept: int) -> None:
    os.dup2(kept, 2)
    os.close(kept)


_SILENCE = SharedState(_silence_stderr, _restore_stderr)


def suppress_native_stderr() -> AbstractContextManager[None]:
    """Keep stderr silent while C libraries print what is not for users.

    TensorFlow reports a missing GPU before its log levels are read; libtiff reports a full disk in
    its own words. Python's errors are raised, not printed. The whole process is silent, so that
    the block should be short. Several threads may be in such blocks at the same time.
    """
    return _SILENCE.held()


_filters = Lock()


@contextmanager
def suppress_warnings(category: type[Warning], message: str = "") -> Iterator[None]:
    """Suppress warnings of Python in all threads. Several may be in such blocks at the same time.

    `warnings.catch_warnings` puts back all filters as they were, those of other threads too.

    Args:
        category: Class of the warnings.
        message: Regular expression of how their text begins; empty for any text.
    """
    entry = ("ignore", re.compile(message, re.IGNORECASE), category, None, 0)
    with _filters:
        warnings.filters = [entry, *warnings.filters]
    try:
        yield
    finally:
        with _filters:
            remaining = list(warnings.filters)
            if entry in remaining:  # another's `catch_warnings` may have taken it away
                remaining.remove(entry)
            warnings.filters = remaining
