"""Ctrl-C that is not lost."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ctrl_c_kept() -> Iterator[Callable[[], None]]:
    """Keep in mind that Ctrl-C was pressed, beside raising KeyboardInterrupt as ever.

    Python raises it wherever the main thread is; raised in a finalizer, of which Dask has many, it
    is lost.

    Yields:
        A function to call now and then, which raises it where it was.
    """
    before = signal.getsignal(signal.SIGINT)
    pressed = False

    def keep(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.default_int_handler(number, frame)

    def heed() -> None:
        if pressed:
            raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()
    if not main or before is not signal.default_int_handler:
        yield heed
        return
    signal.signal(signal.SIGINT, keep)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, before)
