"""Fitting: one resumable training, from data to a model file, its history and its pictures."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from lunarcraters._version import __version__
from lunarcraters.errors import DatasetError, ModelError, OutputError, RunError
from lunarcraters.files import replacing
from lunarcraters.network.losses import bce_dice, centre_size_mask
from lunarcraters.network.metrics import MASK_METRICS
from lunarcraters.network.model_file import ModelInfo, write_model
from lunarcraters.network.resunet import build
from lunarcraters.training.checkpoint import BEST, FOLDER, STATE, Checkpoint
from lunarcraters.training.distillation import TaughtSampler
from lunarcraters.training.history import History
from lunarcraters.training.sampling import CROP_PX, Sampler
from lunarcraters.training.settings import SETTINGS, TrainingSettings

_WARM_UP = 0.02  # share of the steps over which the learning rate rises
_MIN_LEARNING_RATE = 1e-6
_PLATEAU_PATIENCE = 3


def fit(
    settings: TrainingSettings,
    train: Sampler | TaughtSampler,
    valid: Sampler,
    out: Path,
    *,
    weights: Path | None,
    resume: bool,
    data: dict[str, Any],
    say: Callable[[str], None],
) -> Path:
    """Train, leaving `model.keras`, `history.csv` and `history.json` in `out`.

    Every epoch leaves a checkpoint in `out/checkpoint`, from which a killed training goes on.

    Args:
        settings: The network and how it is trained.
        train: Training batches.
        valid: Validation batches; all of it is seen once an epoch.
        out: Directory of the training.
        weights: Model file to begin with.
        resume: Go on from the last checkpoint.
        data: What the model was trained on, for its description.
        say: Where lines for the user go.

    Returns:
        The model file.

    Raises:
        DatasetError: The validation split is smaller than a batch.
        ModelError: The weights are of another network.
        RunError: There is nothing to resume, or it was another training.
        OutputError: The directory cannot be written.
    """
    if settings.preset.batch_size > len(valid):
        raise DatasetError(
            f"{len(valid)} validation images are fewer than a batch of "
            f"{settings.preset.batch_size}: add some, or lower --batch"
        )
    keras.utils.set_random_seed(settings.seed)
    model = build(settings.preset, settings.precision)
    if weights is not None:
        _take_weights(model, weights)
    epoch = _open_directory(settings, out, resume=resume)
    resume = epoch > 0  # killed in its first epoch, a training begins again
    _compile(model, settings)
    say(
        f"{model.name}: {_count(model.trainable_variables):,} trainable and "
        f"{_count(model.non_trainable_variables):,} non-trainable parameters"
    )
    checkpoint = Checkpoint(model, out, resume=resume)
    callbacks = _schedule(settings)
    if not checkpoint.stopped and epoch < settings.epochs:
        model.fit(
            _dataset(train, epoch * settings.steps, settings),
            validation_data=_dataset(valid, 0, settings, len(valid) // train.preset.batch_size),
            initial_epoch=epoch,
            epochs=settings.epochs,
            steps_per_epoch=settings.steps,
            callbacks=[
                *callbacks,
                History(out, say, resume=resume),
                checkpoint.following(callbacks),
            ],
            shuffle=False,
            verbose=0,
        )
    return _finish(settings, model, out, data)


def _open_directory(settings: TrainingSettings, out: Path, *, resume: bool) -> int:
    """Make or check the directory; returns the epoch to begin with."""
    path, state = out / SETTINGS, out / FOLDER / STATE
    if not resume:
        try:
            (out / FOLDER).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{out} cannot be written: {error.strerror}") from error
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(settings.as_json(), indent=1) + "\n")
        return 0
    if not path.is_file():
        raise RunError(f"{out} holds no training to resume: leave --resume out to begin one")
    before = json.loads(path.read_text())
    now = settings.as_json()
    if before != now:
        differing = sorted(k for k in {**before, **now} if before.get(k) != now.get(k))
        raise RunError(
            f"{out} was begun with another {' and '.join(differing)}: give the same options to "
            "resume it, or another --output to begin anew"
        )
    return int(json.loads(state.read_text())["epoch"]) if state.is_file() else 0


def _take_weights(model: keras.Model, path: Path) -> None:
    """Begin with the weights of a model file."""
    try:
        given = keras.saving.load_model(path, compile=False, safe_mode=True).get_weights()
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise ModelError(f"{path} cannot be loaded as a Keras model: {error}") from error
    if [w.shape for w in given] != [w.shape for w in model.get_weights()]:
        raise ModelError(
            f"the weights of {path} are of another network than the preset: give the --preset that "
            "it was trained as, or leave --weights out"
        )
    model.set_weights(given)


def _compile(model: keras.Model, settings: TrainingSettings) -> None:
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
        loss=bce_dice if preset.heads == ("mask",) else centre_size_mask,
        metrics=list(MASK_METRICS),
        # XLA halves the speed on CPUs and is no gain for networks of this size elsewhere.
        jit_compile=False,
    )


def _schedule(settings: TrainingSettings) -> list[keras.callbacks.Callback]:
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


def _dataset(
    sampler: Sampler | TaughtSampler,
    first: int,
    settings: TrainingSettings,
    batches: int | None = None,
) -> tf.data.Dataset:
    """Batches made while the network works; always in the same order."""
    preset = settings.preset
    side = preset.input_size or CROP_PX
    shape = (preset.batch_size, side, side)

    def make(number: Any) -> tuple[Any, Any]:
        x, y = tf.numpy_function(sampler.batch, [number], (tf.float32, tf.float32))
        return tf.ensure_shape(x, (*shape, preset.channels)), tf.ensure_shape(
            y, (*shape, sampler.channels)
        )

    last = first + batches if batches else settings.epochs * settings.steps
    numbers = tf.data.Dataset.range(first, max(last, first + 1))
    return numbers.map(make, num_parallel_calls=2, deterministic=True).prefetch(2)


def _finish(
    settings: TrainingSettings, model: keras.Model, out: Path, data: dict[str, Any]
) -> Path:
    """Take the best weights, in single precision, and write the model file."""
    preset = settings.preset
    final = build(preset)
    best = out / FOLDER / BEST
    model.load_weights(best)
    final.set_weights(model.get_weights())
    training = {
        "data": data,
        "settings": settings.as_json(),
        "versions": {
            "lunarcraters": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "python": sys.version.split()[0],
        },
    }
    info = ModelInfo(
        preset=preset.name,
        heads=preset.heads,
        photometry=preset.photometry,
        diameters_px=preset.diameters_px,
        input_size=preset.input_size,
        training=training,
    )
    path = out / "model.keras"
    write_model(final, info, path)
    return path


def _count(variables: Any) -> int:
    return int(sum(np.prod(variable.shape) for variable in variables))
