"""Interruption: Ctrl-C ends a training at the next batch.

Keras swallows a KeyboardInterrupt that comes while it converts the metrics of a batch, and with JAX
this is where it waits for the batch.
"""

import signal
import threading
from types import FrameType
from typing import Any

import keras


class Interruption(keras.callbacks.Callback):
    """Callback that raises the KeyboardInterrupt of a Ctrl-C at the begin of the next batch.

    It is a context manager around the training. A second Ctrl-C acts at once.
    """

    def __init__(self) -> None:
        """Begin without a Ctrl-C."""
        super().__init__()
        self._came = False
        self._handles = False

    def __enter__(self) -> "Interruption":
        """Handle Ctrl-C, unless a program that uses this one does, or this is no main thread."""
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self._handles = True
        return self

    def __exit__(self, kind: type[BaseException] | None, *others: object) -> None:
        """Let Ctrl-C act at once again; one that came since the last batch acts now."""
        self._stop_handling()
        if kind is None:
            self._raise_if_it_came()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise the KeyboardInterrupt of a Ctrl-C that came."""
        self._raise_if_it_came()

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise the KeyboardInterrupt of a Ctrl-C that came."""
        self._raise_if_it_came()

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Note a Ctrl-C."""
        self._came = True
        self._stop_handling()

    def _stop_handling(self) -> None:
        """Put Python's own handler back."""
        if self._handles:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._handles = False

    def _raise_if_it_came(self) -> None:
        """Raise the KeyboardInterrupt of a Ctrl-C that came."""
        if self._came:
            self._came = False
            raise KeyboardInterrupt
