"""A training, from the directory of a dataset to a model file with its history and its plots."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lunarcraters.datasets.layout import open_dataset
from lunarcraters.datasets.pairs import Pair
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.errors import DatasetError, ModelError
from lunarcraters.files import check_outside
from lunarcraters.network.inference import Detector
from lunarcraters.network.model_file import hash_model
from lunarcraters.network.presets import Preset, get_preset
from lunarcraters.network.startup import (
    check_backend_trains,
    choose_training_precision,
    start_keras,
)
from lunarcraters.training.data import TrainingData, describe_relief, describe_tiles
from lunarcraters.training.directory import check_unused
from lunarcraters.training.distillation import check_teacher
from lunarcraters.training.relief import ReliefSampler, split_elevation_sources
from lunarcraters.training.samplers import choose_max_scale, make_sampler, make_validation
from lunarcraters.training.sampling import Sampler
from lunarcraters.training.scenes import (
    ElevationSource,
    LabelledTiles,
    SceneSource,
    find_elevation_sources,
    forget_files,
)
from lunarcraters.training.settings import (
    SETTINGS,
    Policy,
    TrainingOptions,
    TrainingSettings,
    read_settings,
)

_DEFAULTS = TrainingOptions()


def train(
    dataset: Path,
    out: Path,
    options: TrainingOptions = _DEFAULTS,
    *,
    resume: bool = False,
    overwrite: bool = False,
    calibrated: bool = False,
    say: Callable[[str], None] = print,
) -> Path:
    """Train a network.

    Args:
        dataset: Directory in LU3M6TGT's layout, with the splits `train` and `valid`; for the preset
            `relief` one of elevation models with their catalogues (`find_elevation_sources`).
        out: Directory of the training, for `model.keras`, `history.csv`, `history.json`,
            `curves.png`, `panels.png` and checkpoints.
        options: Options of the training.
        resume: True to resume the training in `out`.
        overwrite: True to replace the training in `out`, once its weights and teacher are loaded.
        calibrated: True where the network is calibrated on `valid` afterwards, which then needs a
            labelled crater, unless the network only makes a mask.
        say: Function that takes lines for the user.

    Returns:
        Model file.

    Raises:
        DatasetError: The dataset is missing, malformed, or has no validation split or no craters in
            one that needs them, or an elevation model or its catalogue cannot be trained on
            (`ElevationSource.check`).
        OutputError: `out` holds a training already, or an input of the one that is to replace it,
            or cannot be written.
        OptionError: The preset takes no notice of an option that is given.
        ModelError: The weights or the teacher do not fit, resampled crops have no teacher, or Keras
            does not start with a backend that trains.
        RunError: There is nothing to resume, it was begun with other options or data, its loss is
            no longer finite, or another process is at work in `out`.
    """
    options.check_used()
    if get_preset(options.preset).photometry == "relief" and not options.tune:
        preset = options.resolve_preset()
        inputs = _read_relief(dataset, options)
    else:
        calibrated = calibrated and "log_size" in get_preset(options.preset).heads
        pairs = _read_pairs(dataset, options.classes, say, calibrated=calibrated)
        options = options.resolve_tuning(len(pairs[0]))
        preset = options.resolve_preset()
        inputs = _read_inputs(dataset, pairs, options, preset)
    given = {p for p in (dataset, options.weights, options.teacher, options.elevation) if p}
    _check_directory(out, given | inputs.find_folders(), resume=resume, overwrite=overwrite)
    forget_files()  # which may have changed since an earlier training
    # Keras starts here, once the data and the directory are known to be right.
    start_keras()
    check_backend_trains()
    from lunarcraters.training.fitting import fit_network

    sampler = make_sampler(options, preset, inputs.sources, inputs.max_scale)
    validation = make_validation(options, preset, inputs.valid)
    model = fit_network(
        _make_settings(options, preset, inputs, len(sampler), out if resume else None),
        sampler,
        validation,
        out,
        weights=options.weights,
        resume=resume,
        overwrite=overwrite,
        data=inputs.data,
        say=say,
    )
    _draw(out, model, validation)
    return model


@dataclass(frozen=True)
class _Inputs:
    """The inputs of a training, read and checked.

    Attributes:
        sources: Sources of training scenes.
        valid: Validation tiles, or the elevation model that is left out of the training.
        weights: SHA-256 of the model file to begin with; None for none.
        teacher: SHA-256 of the model file of the teacher; None for none.
        data: Description of the data.
        max_scale: Largest scale of a crop; None for no limit.
    """

    sources: tuple[SceneSource, ...]
    valid: LabelledTiles | ElevationSource
    weights: str | None
    teacher: str | None
    data: TrainingData
    max_scale: float | None

    def find_folders(self) -> set[Path]:
        """Find the directories of the images, which need not lie in that of the dataset."""
        sources = (*self.sources, self.valid)
        tiles = [source.pairs for source in sources if isinstance(source, LabelledTiles)]
        return {pair.image.parent for pairs in tiles for pair in pairs}


def _read_inputs(
    dataset: Path, pairs: Sequence[tuple[Pair, ...]], options: TrainingOptions, preset: Preset
) -> _Inputs:
    """Read and check the inputs of a training, before anything is written."""
    train, valid = pairs
    weights, teacher = (hash_model(p) if p else None for p in (options.weights, options.teacher))
    _check_teacher(options, preset)
    elevation = _find_elevation(options)
    data = describe_tiles(dataset, pairs, elevation, options.elevation_scenes)
    sources: tuple[SceneSource, ...] = (LabelledTiles(train), *elevation)
    max_scale = choose_max_scale(train, preset) if options.tune else None
    return _Inputs(sources, LabelledTiles(valid), weights, teacher, data, max_scale)


def _read_relief(dataset: Path, options: TrainingOptions) -> _Inputs:
    """Read and check the inputs of a training on relief."""
    if options.teacher or options.elevation or options.classes:
        raise DatasetError(
            "the preset relief is taught on elevation models alone: leave --teacher, --elevation "
            "and --classes out"
        )
    train, valid = split_elevation_sources(dataset, options.elevation_scenes, options.left_out)
    for source in (*train, valid):
        source.check()
    data = describe_relief(dataset, train, valid, options.elevation_scenes)
    weights = hash_model(options.weights) if options.weights else None
    return _Inputs(train, valid, weights, None, data, None)


def _make_settings(
    options: TrainingOptions, preset: Preset, inputs: _Inputs, scenes: int, begun: Path | None
) -> TrainingSettings:
    """Make the settings of a training.

    Args:
        options: Options of the training.
        preset: Preset with the options.
        inputs: Inputs of the training.
        scenes: Number of scenes per epoch.
        begun: Directory of the training that is resumed; None for a new one.
    """
    return TrainingSettings(
        preset=preset,
        seed=options.seed,
        epochs=options.epochs or preset.epochs,
        steps=options.steps or preset.steps or math.ceil(scenes / preset.batch_size),
        precision=_choose_policy(options, begun),
        weights=inputs.weights,
        teacher=inputs.teacher,
        resampled=options.resampled,
        classes=tuple(str(name) for name in options.classes) or None,
        tuned=options.tune,
        max_scale=inputs.max_scale,
    )


def _read_pairs(
    dataset: Path, classes: Sequence[str | int], say: Callable[[str], None], *, calibrated: bool
) -> list[tuple[Pair, ...]]:
    """Find the pairs of `train` and `valid`, and read every label, so that a bad one shows now."""
    opened = open_dataset(dataset, classes)
    for split in ("train", "valid"):
        if split not in opened.splits:
            images = (image for found in opened.splits.values() for image in found.images)
            placed = all(TileName.parse(image.name) for image in images)
            how = "" if placed else " --random"
            raise DatasetError(
                f"{dataset} has no split {split!r}: make one with craters dataset split {dataset} "
                f"-o OUT{how}"
            )
    pairs = [tuple(opened.find_pairs(split)) for split in ("train", "valid")]
    for note in opened.classes.notes:
        say(f"{dataset}: {note}")
    for split, members in zip(("train", "valid"), pairs, strict=True):
        count = sum(len(pair.read_boxes()) for pair in members)
        bare = sum(pair.label is None for pair in members)
        if bare:
            say(f"{dataset}: {bare} images of {split} have no label file: taken as background")
        if not count and split == "train":
            raise DatasetError(f"{dataset} has no crater in {split!r}: label some of its images")
        if not count and calibrated:
            raise DatasetError(
                f"{dataset} has no labelled crater in {split!r}, on which the network is "
                "calibrated: label some of its images, or give --no-calibrate"
            )
    if {pair.image for pair in pairs[0]} & {pair.image for pair in pairs[1]}:
        say(f"{dataset}: train and valid share images, so scores on valid are too good")
    return pairs


def _check_teacher(options: TrainingOptions, preset: Preset) -> None:
    """Raise a ModelError if the teacher does not fit, or is missing."""
    if options.teacher:
        check_teacher(options.teacher, preset)
    elif options.resampled:
        raise ModelError("only a teacher looks at resampled crops: give --teacher MODEL too")


def _find_elevation(options: TrainingOptions) -> Sequence[ElevationSource]:
    """Find the elevation rasters of a training, if it has any."""
    if options.elevation is None:
        return []
    sources = find_elevation_sources(options.elevation, options.elevation_scenes)
    for source in sources:
        source.check()
    return sources


def _check_directory(out: Path, inputs: Iterable[Path], *, resume: bool, overwrite: bool) -> None:
    """Refuse a directory that is in use, unless its training is resumed or may be replaced.

    One that holds an input of the training that is to replace it is refused too.
    """
    if resume or not out.exists():
        return
    check_unused(out, overwrite=overwrite)
    check_outside(out, inputs)


def _choose_policy(options: TrainingOptions, begun: Path | None) -> Policy:
    """Choose the Keras policy. With `auto`, a training is resumed as it was begun.

    Args:
        options: Options of the training.
        begun: Directory of the training that is resumed; None for a new one.
    """
    precision: str = options.precision
    if precision == "auto":
        if begun is not None and (begun / SETTINGS).is_file():
            return read_settings(begun).precision
        precision = choose_training_precision()
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


def _draw(out: Path, model: Path, validation: Sampler | ReliefSampler) -> None:
    """Draw `curves.png` and `panels.png`."""
    from lunarcraters.plots.training import draw_curves, draw_panels
    from lunarcraters.training.history_files import read_history

    draw_curves(read_history(out), out / "curves.png")
    images, targets = validation.batch(0)
    detector = Detector(model)
    draw_panels(images, targets, detector.maps(images), detector.info, out / "panels.png")
