"""Options of a training as a user gives them, and its settings as `settings.json` holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from lunarcraters.errors import ModelError, OptionError, RunError, check_choice, check_range
from lunarcraters.network.model_file import read_info, shipped_model
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.presets import PRESETS, Photometric, Pooling, Preset, get_preset
from lunarcraters.records import (
    RecordError,
    read_record,
    replace_numpy_scalars,
    to_plain,
    write_record,
)

T = TypeVar("T")

SETTINGS = "settings.json"
"""File of the settings in the directory of a training."""

FOLDER = "checkpoint"
"""Directory of the checkpoints in the directory of a training."""

TrainingPrecision = Literal["auto", "float32", "bfloat16"]
"""Precision of a training; `auto` is the faster one on this machine."""

Policy = Literal["float32", "mixed_bfloat16"]
"""Keras dtype policy."""


_TUNED = "compact"  # the preset whose models can be tuned
_TUNING_EPOCHS = 6
_TUNING_STEPS_PER_IMAGE = 12
_TUNING_STEPS = (120, 1200)  # fewest and most
_TUNING_BATCH = 8
_TUNING_LEARNING_RATE = 5e-4
_TUNING_JITTER = 0.35  # a single camera varies less than all cameras do

_PRESET_OPTIONS = {
    "batch_size": "batch",
    "learning_rate": "learning_rate",
    "rotated": "rotated",
    "coarsened": "coarsened",
    "pooling": "pooling",
    "photometric_jitter": "tuned",
}  # the setting or option that replaces each field of a preset

_UNUSED: dict[Photometric, tuple[str, ...]] = {
    "local": ("left_out",),
    "unit": ("rotated", "coarsened", "elevation", "left_out"),
    "relief": ("coarsened", "resampled"),
}  # the options of which a training by each normalisation takes no notice


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a training.

    Attributes:
        preset: Name of the preset, a key of `lunarcraters.network.presets.PRESETS`.
        epochs: Largest number of epochs; None for that of the preset.
        steps: Number of training steps per epoch; None for that of the preset.
        batch: Number of crops per training step; None for that of the preset.
        learning_rate: Highest learning rate; None for that of the preset.
        rotated: Share of the crops that are rotated by any angle, 0 to 1; None for that of the
            preset.
        coarsened: Share of the crops that are shown as by a coarser camera, 0 to 1; None for that
            of the preset.
        pooling: Pooling between encoder levels; None for that of the preset.
        seed: Seed of the weights, of the order of tiles and of every augmentation.
        precision: Precision of the training; `auto` is the faster one on this machine.
        weights: Model file of the same preset to begin with, or of pictures for the preset
            `relief`; None for random weights.
        teacher: Model file with the same heads, whose maps of mirror images are learned beside the
            labels; None for no distillation.
        resampled: True if the teacher sees crops that are rotated and rescaled a little, without
            blur and noise.
        elevation: Directory of elevation rasters (heights, in degrees), each with a catalogue
            beside it (`NAME_craters.csv` or `.csv.gz`), which are shaded as further scenes; None
            for none.
        elevation_scenes: Number of scenes of each elevation raster per epoch.
        left_out: Name of the elevation model, without `.tif`, that validates a training of the
            preset `relief`; None for the last.
        classes: Names or numbers of the classes of the labels that are craters; empty to go by
            their names.
        tune: True to tune the weights (those that come with the program, unless `weights` says
            others) to the images, with a short schedule.
    """

    preset: str = "compact"
    epochs: int | None = None
    steps: int | None = None
    batch: int | None = None
    learning_rate: float | None = None
    rotated: float | None = None
    coarsened: float | None = None
    pooling: Pooling | None = None
    seed: int = 1
    precision: TrainingPrecision = "auto"
    weights: Path | None = None
    teacher: Path | None = None
    resampled: bool = False
    elevation: Path | None = None
    elevation_scenes: int = 100
    left_out: str | None = None
    classes: tuple[str | int, ...] = ()
    tune: bool = False

    def __post_init__(self) -> None:
        """Check the ranges, and make paths and a tuple of what may be given as text.

        Raises:
            OptionError: A value is outside its range, or there is no such pooling or precision.
        """
        replace_numpy_scalars(self)
        for name in ("epochs", "steps", "batch", "elevation_scenes"):
            check_range(name, getattr(self, name), 1, whole=True)
        check_range("learning_rate", self.learning_rate, 1e-12)
        for name in ("rotated", "coarsened"):
            check_range(name, getattr(self, name), 0.0, 1.0)
        check_range("seed", self.seed, 0, whole=True)
        if self.pooling is not None:
            check_choice("pooling", self.pooling, get_args(Pooling))
        check_choice("precision", self.precision, get_args(TrainingPrecision))
        for name in ("weights", "teacher", "elevation"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, Path(value))
        one = isinstance(self.classes, str | int)
        object.__setattr__(self, "classes", (self.classes,) if one else tuple(self.classes))

    def check_used(self) -> None:
        """Refuse options of which a training of the preset takes no notice.

        Raises:
            OptionError: There is one.
            ModelError: There is no such preset.
        """
        unused = _UNUSED[get_preset(self.preset).photometry]
        given = [f"--{name.replace('_', '-')}" for name in unused if getattr(self, name)]
        if given:
            raise OptionError(
                f"a training of the preset {self.preset} takes no notice of {' and '.join(given)}: "
                "leave that out"
            )

    def resolve_tuning(self, images: int) -> "TrainingOptions":
        """Replace what was not given by what suits the tuning to a number of images.

        Raises:
            ModelError: There is a teacher or another preset, or the weights are of one.
        """
        if not self.tune:
            return self
        if self.teacher:
            raise ModelError("--tune learns from labels alone: leave --teacher out")
        if self.preset != _TUNED:
            raise ModelError(f"--tune is for the preset {_TUNED} alone: leave --preset out")
        weights = self.weights or shipped_model()
        info, preset = read_info(weights), PRESETS[_TUNED]
        made = info.preset, info.photometry, info.heads
        if made != (preset.name, preset.photometry, preset.heads):
            raise ModelError(f"{weights} cannot be tuned: give a model of the preset {_TUNED}")
        steps = min(max(_TUNING_STEPS_PER_IMAGE * images, _TUNING_STEPS[0]), _TUNING_STEPS[1])
        return replace(
            self,
            weights=weights,
            epochs=self.epochs or _TUNING_EPOCHS,
            steps=self.steps or -(-steps // (self.epochs or _TUNING_EPOCHS)),
            batch=self.batch or _TUNING_BATCH,
            learning_rate=self.learning_rate or _TUNING_LEARNING_RATE,
            pooling=self.pooling or _find_pooling(info),
        )

    def resolve_preset(self) -> Preset:
        """Look up the preset and replace what the options replace.

        Raises:
            ModelError: There is no such preset.
        """
        preset = get_preset(self.preset)
        return replace(
            preset,
            batch_size=self.batch or preset.batch_size,
            learning_rate=self.learning_rate or preset.learning_rate,
            rotated=preset.rotated if self.rotated is None else self.rotated,
            coarsened=preset.coarsened if self.coarsened is None else self.coarsened,
            pooling=self.pooling or preset.pooling,
            photometric_jitter=_TUNING_JITTER if self.tune else preset.photometric_jitter,
        )


@dataclass(frozen=True)
class TrainingSettings:
    """The file `settings.json`. Two trainings with the same settings and data are the same.

    Attributes:
        preset: Network and its training.
        seed: Seed of everything random.
        epochs: Largest number of epochs.
        steps: Number of training steps per epoch.
        precision: Keras dtype policy.
        weights: SHA-256 of the model file that it begins with; null for random weights.
        teacher: SHA-256 of the model file of the teacher; null for none.
        resampled: True if the teacher sees resampled crops.
        classes: Classes of the labels that were chosen as craters; null where they were not.
        tuned: True where weights are tuned, whose statistics of activations stay as they are.
        max_scale: Largest scale of a crop; null for no limit.
    """

    preset: Preset
    seed: int
    epochs: int
    steps: int
    precision: Policy
    weights: str | None = None
    teacher: str | None = None
    resampled: bool = False
    classes: tuple[str, ...] | None = None
    tuned: bool = False
    max_scale: float | None = None


def write_settings(settings: TrainingSettings, out: Path) -> None:
    """Write `settings.json` in the directory of a training.

    Raises:
        OutputError: The file cannot be written.
    """
    write_record(settings, out / SETTINGS)


def read_settings(out: Path) -> TrainingSettings:
    """Read `settings.json` of the directory of a training.

    Raises:
        RunError: There is no such file, or it does not hold the settings of a training.
    """
    return _read(TrainingSettings, out)


def compare_settings(settings: TrainingSettings, out: Path) -> list[str]:
    """Compare settings with those in a directory.

    Returns:
        Names of the settings that differ, sorted: in place of `preset` those of the options that
        replace some of its values, such as `batch`, where these alone differ.

    Raises:
        RunError: There is no such file, or it does not hold the settings of a training.
    """
    # A training that an earlier version began lacks settings of today, which have their defaults.
    before = {**_read(dict[str, Any], out), **to_plain(read_settings(out))}
    now = dict(to_plain(settings))
    differing = _find_differing(before, now)
    if "preset" in differing and isinstance(before.get("preset"), dict):
        fields = _find_differing(before["preset"], now["preset"])
        if fields <= _PRESET_OPTIONS.keys():
            differing = differing - {"preset"} | {_PRESET_OPTIONS[field] for field in fields}
    return sorted(differing)


def _find_pooling(info: ModelInfo) -> Pooling | None:
    """Find the pooling that a model was trained with; None where its file does not tell."""
    preset = (info.training.get("settings") or {}).get("preset")
    return preset.get("pooling", "max") if isinstance(preset, dict) else None


def _find_differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    """Find the keys whose values differ."""
    return {key for key in {**before, **now} if before.get(key) != now.get(key)}


def _read(kind: type[T], out: Path) -> T:
    """Read `settings.json` as a record."""
    path = out / SETTINGS
    if not path.is_file():
        raise RunError(f"{out} holds no training to resume: leave --resume out to begin one")
    try:
        return read_record(kind, path)
    except RecordError as error:
        raise RunError(f"{path} does not hold the settings of a training ({error})") from error
