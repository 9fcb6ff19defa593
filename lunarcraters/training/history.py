"""The history of a training: every metric of every epoch."""

import json
from collections.abc import Callable
from pathlib import Path

import keras

from lunarcraters.errors import RunError
from lunarcraters.files import replacing
from lunarcraters.records import RecordError, read_record

HISTORY = "history.json"
"""File of the history in the directory of a training; `history.csv` holds the same."""

LOSSES = "losses.csv"
"""File of the losses within epochs: `step` and `loss`, the mean since the epoch began."""

Row = dict[str, float]
"""Metrics of an epoch by name, with `epoch`, counted from 1, and `learning_rate`."""

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
            lines = ["step,loss", *(f"{step},{loss:.6g}" for step, loss in self.losses.items())]
            with replacing(self.out / LOSSES) as temporary:
                temporary.write_text("\n".join(lines) + "\n")

    def on_epoch_end(self, epoch: int, logs: Row | None = None) -> None:
        """Add the metrics of the epoch. Rows of epochs that are repeated are dropped."""
        row = {"epoch": float(epoch + 1), **{k: float(v) for k, v in (logs or {}).items()}}
        row["learning_rate"] = float(self.model.optimizer.learning_rate)
        self.rows = [old for old in self.rows if old["epoch"] <= epoch] + [row]
        _write_history(self.rows, self.out)
        metrics = ", ".join(f"{k} {v:.4g}" for k, v in row.items() if k != "epoch")
        self.say(f"epoch {epoch + 1}/{self.params['epochs']}: {metrics}")


def _write_history(rows: list[Row], out: Path) -> None:
    """Write `history.csv` and `history.json` in the directory of a training."""
    with replacing(out / HISTORY) as temporary:
        temporary.write_text(json.dumps(rows, indent=1) + "\n")
    columns = list(rows[0]) if rows else []
    lines = [",".join(columns), *(",".join(f"{row[c]:.8g}" for c in columns) for row in rows)]
    with replacing(out / "history.csv") as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def read_losses(out: Path) -> dict[int, float]:
    """Read `losses.csv` of the directory of a training.

    Returns:
        Loss by step; empty if there is no such file.

    Raises:
        RunError: The file is damaged.
    """
    path = out / LOSSES
    rows = path.read_text().splitlines()[1:] if path.is_file() else []
    try:
        return {int(step): float(loss) for step, loss in (row.split(",") for row in rows)}
    except ValueError as error:
        raise RunError(f"{path} does not hold the losses of a training: {error}") from error


def read_history(out: Path) -> list[Row]:
    """Read `history.json` of the directory of a training.

    Returns:
        Metrics of each epoch; empty if there is no such file.

    Raises:
        RunError: The file is damaged.
    """
    path = out / HISTORY
    try:
        return read_record(list[Row], path) if path.is_file() else []
    except RecordError as error:
        raise RunError(f"{path} does not hold the history of a training: {error}") from error
