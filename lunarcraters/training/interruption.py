"""Interruption: Ctrl-C ends a training at the next batch.

Keras swallows a KeyboardInterrupt that comes while it converts the metrics of a batch, and with JAX
this is where it waits for the batch.
"""

from typing import Any

import keras

from lunarcraters.process import LateInterrupt


class Interruption(LateInterrupt, keras.callbacks.Callback):
    """Callback that raises the KeyboardInterrupt of a Ctrl-C at the begin of the next batch.

    It is a context manager around the training. A second Ctrl-C acts at once.
    """

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise the KeyboardInterrupt of a Ctrl-C that came."""
        self.raise_if_it_came()

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise the KeyboardInterrupt of a Ctrl-C that came."""
        self.raise_if_it_came()
