"""Fitting: one resumable training, from samples to a model file and its history."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from lunarcraters.errors import CratersError, ModelError, OutputError, RunError
from lunarcraters.files import LOCK, empty_directory, locked, remove_directory
from lunarcraters.network.backends.keras_model import load_network
from lunarcraters.network.losses import choose_loss
from lunarcraters.network.metrics import MASK_METRICS
from lunarcraters.network.resunet import build
from lunarcraters.process import map_in_threads, suppress_native_stderr
from lunarcraters.training.checkpoint import STATE, Checkpoint, FiniteLoss, read_state
from lunarcraters.training.data import TrainingData, compare_data, write_data
from lunarcraters.training.directory import check_unused, holds_training
from lunarcraters.training.history import History
from lunarcraters.training.interruption import Interruption
from lunarcraters.training.product import MODEL, has_model, write_trained_model
from lunarcraters.training.relief import ReliefSampler
from lunarcraters.training.samplers import AnySampler
from lunarcraters.training.sampling import Batch, Sampler
from lunarcraters.training.settings import (
    FOLDER,
    SETTINGS,
    TrainingSettings,
    compare_settings,
    read_settings,
    write_settings,
)

_WARM_UP = 0.02  # share of the steps over which the learning rate rises
_MIN_LEARNING_RATE = 1e-6
_PLATEAU_PATIENCE = 3
_BATCHES_AT_ONCE = 2


def fit_network(
    settings: TrainingSettings,
    train: AnySampler,
    valid: Sampler | ReliefSampler,
    out: Path,
    *,
    weights: Path | None,
    resume: bool,
    overwrite: bool = False,
    data: TrainingData,
    say: Callable[[str], None],
) -> Path:
    """Train a network, and write `model.keras`, `history.csv` and `history.json`.

    Each epoch leaves a checkpoint, from which an interrupted training resumes. A training that
    fails in its first epoch, by its data or its loss, leaves no directory. One that had ended keeps
    the model file that it has, which may be calibrated by now.

    Args:
        settings: Settings of the training.
        train: Sampler of the training batches.
        valid: Sampler of the validation batches. Each epoch uses the same whole batches; the
            rest of the images is not used. In a split smaller than a batch, images repeat in it.
        out: Directory of the training, which is held against other processes.
        weights: Model file to begin with; None for random weights.
        resume: True to resume from the last checkpoint.
        overwrite: True to replace the training in `out`, once the weights are loaded.
        data: Data of the training, for the description of the model.
        say: Function that takes lines for the user.

    Returns:
        Model file.

    Raises:
        DatasetError: An image is damaged.
        ModelError: The weights are of another network.
        RunError: There is nothing to resume, it was another training, its loss is not finite, or
            another process is at work in the directory.
        OutputError: The directory is in use, or cannot be written.
    """
    with suppress_native_stderr():  # with JAX or PyTorch, TensorFlow is imported here
        keras.utils.set_random_seed(settings.seed)
    model = build(settings.preset, settings.precision)
    if weights is not None:
        _load_weights(model, weights)
    if settings.tuned:
        _freeze_statistics(model)
    if resume:
        read_settings(out)  # before the lock, which would make a directory
    with locked(out):
        if not resume:
            check_unused(out, overwrite=overwrite)  # another process may have trained in it
        with _leaving_nothing(out, resume=resume) as failures:
            epoch = _open_directory(settings, data, out, resume=resume)
            _compile(model, settings)
            trained, fixed = map(_count, (model.trainable_variables, model.non_trainable_variables))
            say(f"{model.name}: {trained:,} trainable and {fixed:,} non-trainable parameters")
            had_ended = not _fit(
                model, settings, train, valid, out, epoch=epoch, say=say, failures=failures
            )
        if had_ended and has_model(settings, out):
            return out / MODEL
        return write_trained_model(settings, model, out, data)


@contextmanager
def _leaving_nothing(out: Path, *, resume: bool) -> Iterator[list[Exception]]:
    """Remove the directory of a training that fails in its first epoch, so that it can begin anew.

    After other errors, such as a lack of memory, the training can be resumed.

    Yields:
        List to which errors of batches that cannot be made are to be added.
    """
    failures: list[Exception] = []
    try:
        yield failures
    except MemoryError:
        raise
    except Exception as error:
        is_of_data = bool(failures) or isinstance(error, CratersError)
        if is_of_data and not resume and not (out / FOLDER / STATE).exists():
            with suppress(OSError):
                remove_directory(out)
        raise


def _fit(
    model: keras.Model,
    settings: TrainingSettings,
    train: AnySampler,
    valid: Sampler | ReliefSampler,
    out: Path,
    *,
    epoch: int,
    say: Callable[[str], None],
    failures: list[Exception],
) -> bool:
    """Train a compiled network from an epoch on. A training that has ended stays as it is.

    The error of a batch that cannot be made is added to `failures`.

    Returns:
        False if it had ended.
    """
    resume = epoch > 0  # a training that was interrupted in its first epoch begins again
    checkpoint = Checkpoint(model, out, resume=resume)
    callbacks = _make_callbacks(settings)
    if checkpoint.stopped or epoch >= settings.epochs:
        return False
    batches = max(len(valid) // train.preset.batch_size, 1)
    numbers = range(epoch * settings.steps, settings.epochs * settings.steps)
    try:
        with Interruption() as interruption:
            model.fit(
                map_in_threads(partial(_make_batch, train, failures), numbers, _BATCHES_AT_ONCE),
                validation_data=_ValidationBatches(partial(_make_batch, valid, failures), batches),
                initial_epoch=epoch,
                epochs=settings.epochs,
                steps_per_epoch=settings.steps,
                callbacks=[
                    interruption,
                    FiniteLoss(),
                    *callbacks,
                    History(out, say, resume=resume),
                    checkpoint.track(callbacks),
                ],
                shuffle=False,
                verbose=0,
            )
    except Exception as error:
        if failures:  # TensorFlow raises an error of its own in place of that of a batch
            raise failures[0] from error
        raise
    return True


def _open_directory(
    settings: TrainingSettings, data: TrainingData, out: Path, *, resume: bool
) -> int:
    """Make or check the directory of a training. Returns the number of epochs that are done.

    Where it holds another training, and this one does not resume it, this one replaces it. If that
    is interrupted, the directory is that of a training that has no checkpoint yet.
    """
    if not resume:
        try:
            (out / FOLDER).mkdir(parents=True, exist_ok=True)
            if holds_training(out):
                empty_directory(out / FOLDER)
                empty_directory(out, keep=(SETTINGS, FOLDER, LOCK))
        except OSError as error:
            raise OutputError(f"{out} cannot be written: {error.strerror}") from error
        write_data(data, out)
        write_settings(settings, out)
        return 0
    differing = compare_settings(settings, out) + compare_data(data, out)
    if differing:
        raise RunError(
            f"{out} was begun with another {' and '.join(differing)}: give the same options to "
            "resume it, or another --output to begin anew"
        )
    return read_state(out).epoch


def _load_weights(model: keras.Model, path: Path) -> None:
    """Begin with the weights of a model file.

    Where that network has one channel and this one more, the first channel has its weights, and the
    others have no effect yet.
    """
    weights = load_network(path).get_weights()
    wanted = [w.shape for w in model.get_weights()]
    if weights and wanted[0][:2] + wanted[0][3:] == weights[0].shape[:2] + weights[0].shape[3:]:
        further = max(wanted[0][2] - weights[0].shape[2], 0)
        weights[0] = np.pad(weights[0], ((0, 0), (0, 0), (0, further), (0, 0)))
    if [w.shape for w in weights] != wanted:
        raise ModelError(
            f"the weights of {path} are of another network than the preset: give the --preset that "
            "it was trained as, or leave --weights out"
        )
    model.set_weights(weights)


def _freeze_statistics(model: keras.Model) -> None:
    """Keep the means and deviations of activations, which few images would replace."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _compile(model: keras.Model, settings: TrainingSettings) -> None:
    """Give a network its optimizer, loss and metrics."""
    preset = settings.preset
    rate: Any = preset.learning_rate
    if preset.schedule == "cosine":
        total = settings.epochs * settings.steps
        warm_up = max(int(total * _WARM_UP), 1)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, max(total - warm_up, 1), warmup_target=preset.learning_rate, warmup_steps=warm_up
        )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=preset.weight_decay),
        loss=choose_loss(preset.heads),
        metrics=list(MASK_METRICS),
        # XLA halves the speed of TensorFlow on CPUs, and is no gain for such networks elsewhere.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )


def _make_callbacks(settings: TrainingSettings) -> list[keras.callbacks.Callback]:
    """Make the callbacks that lower the learning rate and stop the training."""
    callbacks: list[keras.callbacks.Callback] = []
    if settings.preset.schedule == "plateau":
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                "val_loss", factor=0.5, patience=_PLATEAU_PATIENCE, min_lr=_MIN_LEARNING_RATE
            )
        )
    if settings.preset.patience is not None:
        # The best weights are restored from their file, which outlives the process.
        callbacks.append(
            keras.callbacks.EarlyStopping("val_loss", patience=settings.preset.patience)
        )
    return callbacks


def _make_batch(sampler: AnySampler, failures: list[Exception], number: int) -> Batch:
    """Make a batch. The error of one that cannot be made is added to `failures`."""
    try:
        return sampler.batch(number)
    except Exception as error:
        failures.append(error)
        raise


class _ValidationBatches(keras.utils.PyDataset):
    """The batches on which every epoch is validated.

    Of a generator Keras would show the first two batches in each epoch, and then go on.
    """

    def __init__(self, make: Callable[[int], Batch], count: int) -> None:
        super().__init__()
        self._make, self._count = make, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Batch:
        return self._make(number)


def _count(variables: Any) -> int:
    """Number of values in variables."""
    return int(sum(np.prod(variable.shape) for variable in variables))
