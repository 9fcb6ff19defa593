"""The history of a training: every metric of every epoch."""

import json
from collections.abc import Callable
from pathlib import Path

import keras

from lunarcraters.files import replacing

LOSSES = "losses.csv"
"""Its file of losses within the epochs: `step` and `loss`, the mean since the epoch's beginning."""

_EVERY = 50  # steps


class History(keras.callbacks.Callback):
    """Writes it as CSV and as JSON, and says each epoch as a line."""

    def __init__(self, out: Path, say: Callable[[str], None], *, resume: bool) -> None:
        super().__init__()
        self.out, self.say = out, say
        self.rows = read_history(out) if resume else []
        self.losses = read_losses(out) if resume else {}
        self.before = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Losses of steps that are done again are dropped."""
        self.before = epoch * int(self.params["steps"])
        self.losses = {step: loss for step, loss in self.losses.items() if step <= self.before}

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Note the loss now and then."""
        if (batch + 1) % _EVERY == 0:
            self.losses[self.before + batch + 1] = float((logs or {})["loss"])
            lines = ["step,loss", *(f"{step},{loss:.6g}" for step, loss in self.losses.items())]
            with replacing(self.out / LOSSES) as temporary:
                temporary.write_text("\n".join(lines) + "\n")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Add the epoch; rows of epochs that are done again are dropped."""
        row = {"epoch": float(epoch + 1), **{k: float(v) for k, v in (logs or {}).items()}}
        row["learning_rate"] = float(self.model.optimizer.learning_rate)
        self.rows = [old for old in self.rows if old["epoch"] <= epoch] + [row]
        write_history(self.rows, self.out)
        shown = ", ".join(f"{k} {v:.4g}" for k, v in row.items() if k != "epoch")
        self.say(f"epoch {epoch + 1}/{self.params['epochs']}: {shown}")


def write_history(rows: list[dict[str, float]], out: Path) -> None:
    """Write `history.csv` and `history.json`, one row an epoch."""
    with replacing(out / "history.json") as temporary:
        temporary.write_text(json.dumps(rows, indent=1) + "\n")
    columns = list(rows[0]) if rows else []
    lines = [",".join(columns), *(",".join(f"{row[c]:.8g}" for c in columns) for row in rows)]
    with replacing(out / "history.csv") as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def read_losses(out: Path) -> dict[int, float]:
    """Loss by step, from `losses.csv`; none where there is none."""
    path = out / LOSSES
    rows = path.read_text().splitlines()[1:] if path.is_file() else []
    return {int(step): float(loss) for step, loss in (row.split(",") for row in rows)}


def read_history(out: Path) -> list[dict[str, float]]:
    """Rows of `history.json`; none where there is none."""
    path = out / "history.json"
    return list(json.loads(path.read_text())) if path.is_file() else []
