"""Checkpoints: all that a training needs to go on where it was killed."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from lunarcraters.files import replacing

FOLDER = "checkpoint"
BEST = "best.weights.h5"
STATE = "state.json"


class Checkpoint(keras.callbacks.Callback):
    """After each epoch: weights, optimizer and the state of the other callbacks, on disk.

    Keras' own BackupAndRestore forgets how long the others have waited for a better loss, so a
    resumed training would stop, or lower its learning rate, at another epoch.
    """

    _KEPT = ("best", "wait", "cooldown_counter", "stopped_epoch", "best_epoch")

    def __init__(self, network: keras.Model, out: Path, *, resume: bool) -> None:
        super().__init__()
        network.optimizer.build(network.trainable_variables)
        self.folder = out / FOLDER
        self.best_weights = self.folder / BEST
        self.manager = tf.train.CheckpointManager(
            tf.train.Checkpoint(model=network, optimizer=network.optimizer),
            str(self.folder),
            max_to_keep=2,  # the last, and the one that state.json names until it is replaced
            checkpoint_name="state",
        )
        self.state: dict[str, Any] = {"epoch": 0, "best": None, "stopped": False, "callbacks": []}
        self.others: list[keras.callbacks.Callback] = []
        if resume:
            self.state = json.loads((self.folder / STATE).read_text())
            self.manager.checkpoint.restore(str(self.folder / self.state["file"])).expect_partial()

    @property
    def stopped(self) -> bool:
        """True where the training had come to its end before it was resumed."""
        return bool(self.state["stopped"])

    def following(self, others: list[keras.callbacks.Callback]) -> "Checkpoint":
        """Keep the state of these callbacks too, which must come before this one."""
        self.others = others
        return self

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Give the other callbacks back what they had."""
        # Their own `on_train_begin` has just reset them.
        for callback, kept in zip(self.others, self.state["callbacks"], strict=False):
            for name, value in kept.items():
                setattr(callback, name, value)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write everything; `state.json` last, so that it never names what is not there."""
        loss = float((logs or {})["val_loss"])
        if self.state["best"] is None or loss < self.state["best"]:
            self.state["best"] = loss
            with replacing(self.best_weights) as temporary:
                # Keras insists on names that end in .weights.h5.
                named = temporary.with_suffix(".weights.h5")
                self.model.save_weights(named)
                named.replace(temporary)
        self.state["epoch"] = epoch + 1
        self.state["stopped"] = bool(self.model.stop_training)
        self.state["callbacks"] = [
            {name: _plain(getattr(c, name)) for name in self._KEPT if hasattr(c, name)}
            for c in self.others
        ]
        self.state["file"] = Path(self.manager.save(epoch + 1)).name
        with replacing(self.folder / STATE) as temporary:
            temporary.write_text(json.dumps(self.state))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
