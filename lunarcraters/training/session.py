"""A training from a dataset's directory to a model file, with its history and its pictures."""

import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lunarcraters.datasets.yolo_labels import Pair, find_splits, pairs, read_labels
from lunarcraters.errors import DatasetError, ModelError, OutputError
from lunarcraters.network.model_file import digest
from lunarcraters.network.presets import Pooling
from lunarcraters.network.presets import preset as preset_named
from lunarcraters.network.startup import faster_precision, start_tensorflow
from lunarcraters.training.distillation import TaughtSampler, check_teacher, open_teacher
from lunarcraters.training.sampling import Sampler
from lunarcraters.training.scenes import ElevationSource, LabelledTiles, Source
from lunarcraters.training.settings import SETTINGS, TrainingSettings


def train(
    dataset: Path,
    out: Path,
    *,
    preset: str = "compact",
    epochs: int | None = None,
    steps: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    rotated: float | None = None,
    coarsened: float | None = None,
    pooling: Pooling | None = None,
    seed: int = 1,
    precision: str = "auto",
    weights: Path | None = None,
    teacher: Path | None = None,
    resampled: bool = False,
    elevation: Path | None = None,
    elevation_scenes: int = 100,
    resume: bool = False,
    overwrite: bool = False,
    say: Callable[[str], None] = print,
) -> Path:
    """Train a network.

    Args:
        dataset: Directory in LU3M6TGT's layout, with the splits `train` and `valid`.
        out: Directory of the training: `model.keras`, `history.csv`, `history.json`,
            `curves.png`, `panels.png`, and checkpoints.
        preset: Name of the network and of the way it is trained.
        epochs: Epochs at most, in place of the preset's.
        steps: Training steps an epoch, in place of the preset's.
        batch: Tiles a step, in place of the preset's.
        learning_rate: Highest learning rate, in place of the preset's.
        rotated: Share of crops turned by any angle, in place of the preset's.
        coarsened: Share of crops shown as a coarser camera sees them, in place of the preset's.
        pooling: How the network halves its resolution, in place of the preset's.
        seed: Of the weights, of the order of tiles and of every augmentation.
        precision: `float32`, `bfloat16` (mixed), or `auto`: the faster one here.
        weights: Model file of the same preset to begin with, in place of random weights.
        teacher: Model file that gives the same maps; what it says of mirror images is taught beside
            the labels.
        resampled: The teacher looks at crops turned and rescaled a little, without blur and noise.
        elevation: Directory of elevation rasters (metres, in degrees), each with a catalogue
            beside it (`NAME_craters.csv` or `.csv.gz`), lit from everywhere as further scenes.
        elevation_scenes: Scenes of each raster an epoch.
        resume: Go on with the training in `out`.
        overwrite: Replace the training in `out`.
        say: Where lines for the user go.

    Returns:
        The model file.

    Raises:
        DatasetError: The dataset is missing, malformed, or has no validation split.
        OutputError: `out` holds a training already, or cannot be written.
        ModelError: The weights or the teacher are no model file, or of another network; or there is
            no teacher to look at resampled crops.
        RunError: There is nothing to resume, or it was begun with other options.
    """
    chosen = preset_named(preset)
    chosen = replace(
        chosen,
        batch_size=batch or chosen.batch_size,
        learning_rate=learning_rate or chosen.learning_rate,
        rotated=chosen.rotated if rotated is None else rotated,
        coarsened=chosen.coarsened if coarsened is None else coarsened,
        pooling=pooling or chosen.pooling,
    )
    train_pairs, valid_pairs = _checked_pairs(dataset)
    sources: list[Source] = [LabelledTiles(train_pairs)]
    begin_with, taught_by = (digest(path) if path else None for path in (weights, teacher))
    if teacher:
        check_teacher(teacher, chosen)
    elif resampled:
        raise ModelError("only a teacher looks at resampled crops: give --teacher MODEL too")
    blocks = elevation_sources(elevation, elevation_scenes) if elevation else []
    if blocks and chosen.photometry == "unit":
        raise DatasetError(f"the preset {preset} is taught on tiles alone: leave --elevation out")
    sources.extend(blocks)
    _open(out, resume=resume, overwrite=overwrite)

    # TensorFlow starts here, once the data and the directory are known to be right.
    start_tensorflow()
    from lunarcraters.network.inference import Detector
    from lunarcraters.plots.training import draw_curves, draw_panels
    from lunarcraters.training.fitting import fit
    from lunarcraters.training.history import read_history

    labelled = Sampler(sources, chosen, seed)
    sampler = TaughtSampler(labelled, open_teacher(teacher), resampled) if teacher else labelled
    settings = TrainingSettings(
        preset=chosen,
        seed=seed,
        epochs=epochs or chosen.epochs,
        steps=steps or chosen.steps or math.ceil(len(sampler) / chosen.batch_size),
        precision=_policy(precision, out if resume else None),
        weights=begin_with,
        teacher=taught_by,
        resampled=resampled,
    )
    validation = Sampler([LabelledTiles(valid_pairs)], chosen, seed, augment=False)
    data = {
        "dataset": dataset.resolve().name,
        "train": len(train_pairs),
        "valid": len(valid_pairs),
        "elevation": [block.elevation.name for block in blocks],
        "elevation_scenes": elevation_scenes if blocks else 0,
    }
    model = fit(
        settings, sampler, validation, out, weights=weights, resume=resume, data=data, say=say
    )
    draw_curves(read_history(out), out / "curves.png")
    images, targets = validation.batch(0)
    detector = Detector(model)
    draw_panels(images, targets, detector.maps(images), detector.info, out / "panels.png")
    return model


def elevation_sources(folder: Path, scenes: int) -> Sequence[ElevationSource]:
    """Every elevation raster of a directory that has a catalogue beside it.

    Raises:
        DatasetError: There is none.
    """
    found = []
    for raster in sorted(folder.glob("*.tif")) if folder.is_dir() else []:
        for suffix in ("_craters.csv", "_craters.csv.gz"):
            catalogue = raster.with_name(raster.stem + suffix)
            if catalogue.is_file():
                found.append(ElevationSource(raster, catalogue, scenes))
    if not found:
        raise DatasetError(
            f"{folder} holds no elevation: expected NAME.tif with NAME_craters.csv beside it"
        )
    return found


def _checked_pairs(dataset: Path) -> list[tuple[Pair, ...]]:
    """Pairs of `train` and `valid`; every label is read, so that a bad one costs no hours."""
    splits = find_splits(dataset)
    for split in ("train", "valid"):
        if split not in splits:
            raise DatasetError(
                f"{dataset} has no split {split!r}: make one with craters dataset split {dataset}"
            )
    found = [tuple(pairs(dataset, split)) for split in ("train", "valid")]
    for pair in (*found[0], *found[1]):
        read_labels(pair.label)
    return found


def _open(out: Path, *, resume: bool, overwrite: bool) -> None:
    if resume or not out.exists():
        return
    if not out.is_dir() or any(out.iterdir()):
        if not (overwrite and (out / SETTINGS).is_file()):
            raise OutputError(
                f"{out} exists already: give --resume to go on with the training in it, "
                "--overwrite to replace one, or another --output"
            )
        shutil.rmtree(out)


def _policy(precision: str, begun: Path | None) -> str:
    """The Keras policy of a precision; `auto` goes on with what a training began with."""
    if precision == "auto":
        settings = begun / SETTINGS if begun else None
        if settings and settings.is_file():
            return str(json.loads(settings.read_text())["precision"])
        precision = faster_precision()
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"
