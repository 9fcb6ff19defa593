"""The callback of Keras that writes the history of a training."""

from collections.abc import Callable
from pathlib import Path

import keras

from lunarcraters.training.history_files import (
    Row,
    read_history,
    read_losses,
    write_history,
    write_losses,
)

_EVERY = 50  # steps between two losses


class History(keras.callbacks.Callback):
    """Callback that writes the history after each epoch, and reports it as a line."""

    def __init__(self, out: Path, say: Callable[[str], None], *, resume: bool) -> None:
        """Begin or continue a history.

        Args:
            out: Directory of the training.
            say: Function that takes lines for the user.
            resume: True to continue the history in the directory.

        Raises:
            RunError: The history in the directory is damaged.
        """
        super().__init__()
        self.out, self.say = out, say
        self.rows = read_history(out) if resume else []
        self.losses = read_losses(out) if resume else {}
        self.steps_before = 0

    def on_epoch_begin(self, epoch: int, logs: Row | None = None) -> None:
        """Drop the losses of steps that are repeated."""
        self.steps_before = epoch * int(self.params["steps"])
        self.losses = {
            step: loss for step, loss in self.losses.items() if step <= self.steps_before
        }

    def on_train_batch_end(self, batch: int, logs: Row | None = None) -> None:
        """Write the loss every 50 steps."""
        if (batch + 1) % _EVERY == 0:
            self.losses[self.steps_before + batch + 1] = float((logs or {})["loss"])
            write_losses(self.losses, self.out)

    def on_epoch_end(self, epoch: int, logs: Row | None = None) -> None:
        """Add the metrics of the epoch. Rows of epochs that are repeated are dropped."""
        row = {"epoch": float(epoch + 1), **{k: float(v) for k, v in (logs or {}).items()}}
        row["learning_rate"] = float(self.model.optimizer.learning_rate)
        self.rows = [old for old in self.rows if old["epoch"] <= epoch] + [row]
        write_history(self.rows, self.out)
        metrics = ", ".join(f"{k} {v:.4g}" for k, v in row.items() if k != "epoch")
        self.say(f"epoch {epoch + 1}/{self.params['epochs']}: {metrics}")
