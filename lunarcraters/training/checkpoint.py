"""Checkpoints: the state from which an interrupted training resumes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np

from lunarcraters.errors import RunError
from lunarcraters.files import find_replaced, replacing
from lunarcraters.records import RecordError, read_record, to_json
from lunarcraters.training.settings import FOLDER

BEST = "best.weights.h5"
"""File of the weights with the lowest validation loss, in `FOLDER`."""

STATE = "state.json"
"""File of the state of the training, in `FOLDER`."""

_HDF5_BYTES = 2**20  # more than a file of weights has beside them

Number = int | float | None


@dataclass(frozen=True)
class CheckpointState:
    """The file `state.json`.

    Attributes:
        epoch: Number of epochs that are done.
        best: Lowest validation loss; null before the first epoch.
        stopped: True if the training has come to its end.
        callbacks: Attributes of the other callbacks by name, in the order of the callbacks.
        file: Name of the file with weights and optimizer; of several, without their suffixes, in
            trainings of an earlier version.
    """

    epoch: int = 0
    best: float | None = None
    stopped: bool = False
    callbacks: tuple[dict[str, Number], ...] = ()
    file: str = ""


class FiniteLoss(keras.callbacks.Callback):
    """Callback that stops a training whose loss is no longer a finite number.

    It must come before callbacks that keep the loss.
    """

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Check the losses of training and validation.

        Raises:
            RunError: One of them is not finite.
        """
        losses = {name: float(v) for name, v in (logs or {}).items() if name.endswith("loss")}
        wrong = [name for name, value in losses.items() if not np.isfinite(value)]
        if wrong:
            raise RunError(
                f"the {wrong[0]} of epoch {epoch + 1} is {losses[wrong[0]]:g}, so the training "
                "cannot go on: begin it again with --overwrite and a lower --learning-rate, and "
                "look for odd values in the dataset"
            )


class Checkpoint(keras.callbacks.Callback):
    """Callback that stores weights, optimizer and the state of other callbacks after each epoch.

    BackupAndRestore of Keras forgets how long the others have waited for a better loss. A resumed
    training would then stop, or lower its learning rate, at another epoch.
    """

    _KEPT = ("best", "wait", "cooldown_counter", "stopped_epoch", "best_epoch")

    def __init__(self, network: keras.Model, out: Path, *, resume: bool) -> None:
        """Prepare the checkpoints of a training.

        Args:
            network: Compiled network.
            out: Directory of the training.
            resume: True to restore the last checkpoint.

        Raises:
            RunError: The state or the best weights in the directory are missing or damaged.
        """
        super().__init__()
        network.optimizer.build(network.trainable_variables)
        self.folder = out / FOLDER
        self.best_weights = self.folder / BEST
        self.variables = [*network.variables, *network.optimizer.variables]
        self.state = CheckpointState()
        self.others: list[keras.callbacks.Callback] = []
        for path in filter(find_replaced, self.folder.glob(".*")):
            path.unlink()  # what a killed process was writing
        if resume:
            self.state = read_state(out)
            self._restore(network)

    @property
    def stopped(self) -> bool:
        """True if the training had come to its end before it was resumed."""
        return self.state.stopped

    def track(self, others: list[keras.callbacks.Callback]) -> "Checkpoint":
        """Store the state of other callbacks too.

        Args:
            others: Callbacks, which must come before this one.
        """
        self.others = others
        return self

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Restore the state of the other callbacks, whose `on_train_begin` has just reset it."""
        for callback, kept in zip(self.others, self.state.callbacks, strict=False):
            for name, value in kept.items():
                setattr(callback, name, value)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write everything, and `state.json` last, so that the files it names exist."""
        loss = float((logs or {})["val_loss"])
        values = [np.asarray(variable.numpy()) for variable in self.variables]
        if self.state.best is None or loss < self.state.best:
            self.state = replace(self.state, best=loss)
            with replacing(self.best_weights) as temporary:
                # Keras insists on names that end in .weights.h5.
                named = temporary.with_suffix(".weights.h5")
                try:
                    # What has no room fails here: HDF5 would print tracebacks of its own.
                    named.write_bytes(bytes(_HDF5_BYTES + sum(value.nbytes for value in values)))
                    self.model.save_weights(named)
                    named.replace(temporary)
                finally:
                    named.unlink(missing_ok=True)
        before, file = self.state.file, f"state-{epoch + 1}.npz"
        with replacing(self.folder / file) as temporary, temporary.open("wb") as opened:
            np.savez(opened, *values)
        self.state = replace(
            self.state,
            epoch=epoch + 1,
            stopped=bool(self.model.stop_training),
            callbacks=tuple(self._read_attributes(callback) for callback in self.others),
            file=file,
        )
        with replacing(self.folder / STATE) as temporary:
            temporary.write_text(to_json(self.state, indent=None))
        if before:
            (self.folder / before).unlink(missing_ok=True)

    def _restore(self, network: keras.Model) -> None:
        """Give the network and its optimizer the values of the last checkpoint.

        The best weights are loaded before them, so that a damaged file shows now and not when the
        model file is written.
        """
        with _naming_damage(self.best_weights, "the best weights"):
            network.load_weights(self.best_weights)
        path = self.folder / self.state.file
        if path.with_name(f"{path.name}.index").is_file():
            _restore_by_tensorflow(path, network)
            return
        with _naming_damage(path, "the state"), np.load(path) as stored:
            values = [stored[name] for name in stored.files]
            for variable, value in zip(self.variables, values, strict=True):
                variable.assign(value)

    def _read_attributes(self, callback: keras.callbacks.Callback) -> dict[str, Number]:
        """Read the attributes of a callback that a resumed training needs."""
        values = {name: getattr(callback, name) for name in self._KEPT if hasattr(callback, name)}
        return {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}


def _restore_by_tensorflow(path: Path, network: keras.Model) -> None:
    """Restore a checkpoint of an earlier version of the program, which TensorFlow wrote.

    Args:
        path: Checkpoint, without the suffixes of its files.
        network: Compiled network.

    Raises:
        RunError: The checkpoint is damaged, or Keras has another backend.
    """
    if keras.backend.backend() != "tensorflow":
        raise RunError(
            f"{path} was written by an earlier version of craters, with TensorFlow: leave "
            "KERAS_BACKEND out to resume the training"
        )
    import tensorflow as tf

    stored = tf.train.Checkpoint(model=network, optimizer=network.optimizer)
    with _naming_damage(path.with_name(f"{path.name}.index"), "the state"):
        try:
            stored.restore(str(path)).assert_consumed()
        except (AssertionError, IndexError, tf.errors.OpError) as error:
            raise ValueError(str(error).splitlines()[0]) from error


@contextmanager
def _naming_damage(path: Path, content: str) -> Iterator[None]:
    """Name the file in an error that its reading raises.

    Args:
        path: File of a checkpoint.
        content: Noun for its content in the message, such as `the state`.
    """
    try:
        yield
    except (OSError, EOFError, ValueError, TypeError, KeyError, BadZipFile) as error:
        reason = error if path.is_file() else "there is no such file"
        raise RunError(
            f"{path} does not hold {content} of this training ({reason}): begin it again with "
            "--overwrite"
        ) from error


def read_state(out: Path) -> CheckpointState:
    """Read `state.json` of the directory of a training.

    Returns:
        State of the training; that before the first epoch if there is no such file.

    Raises:
        RunError: The file is damaged.
    """
    path = out / FOLDER / STATE
    try:
        return read_record(CheckpointState, path) if path.is_file() else CheckpointState()
    except RecordError as error:
        raise RunError(
            f"{path} does not hold the state of a training ({error}): begin it again with "
            "--overwrite"
        ) from error
