"""The files of the history of a training: every metric of every epoch, and losses within epochs."""

import json
from pathlib import Path

from lunarcraters.errors import RunError
from lunarcraters.files import replacing
from lunarcraters.records import RecordError, read_record

HISTORY = "history.json"
"""File of the history in the directory of a training; `history.csv` holds the same."""

LOSSES = "losses.csv"
"""File of the losses within epochs: `step` and `loss`, the mean since the epoch began."""

Row = dict[str, float]
"""Metrics of an epoch by name, with `epoch`, counted from 1, and `learning_rate`."""


def write_history(rows: list[Row], out: Path) -> None:
    """Write `history.csv` and `history.json` in the directory of a training."""
    with replacing(out / HISTORY) as temporary:
        temporary.write_text(json.dumps(rows, indent=1) + "\n")
    columns = list(rows[0]) if rows else []
    lines = [",".join(columns), *(",".join(f"{row[c]:.8g}" for c in columns) for row in rows)]
    with replacing(out / "history.csv") as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def write_losses(losses: dict[int, float], out: Path) -> None:
    """Write `losses.csv` in the directory of a training, from the loss by step."""
    lines = ["step,loss", *(f"{step},{loss:.6g}" for step, loss in losses.items())]
    with replacing(out / LOSSES) as temporary:
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
