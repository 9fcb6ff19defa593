"""Verbs on models: train, calibrate."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.old_names import accepts_old_names
from lunarcraters.api.paths import PathOrText
from lunarcraters.files import local_output
from lunarcraters.progress import ProgressDisplay, no_progress_of
from lunarcraters.training.settings import TrainingOptions

if TYPE_CHECKING:
    from lunarcraters.network.model_info import ModelInfo


def train(
    dataset: PathOrText,
    out: PathOrText,
    options: TrainingOptions | None = None,
    *,
    resume: bool = False,
    overwrite: bool = False,
    calibrated: bool = True,
    say: Callable[[str], None] = print,
    progress: ProgressDisplay = no_progress_of,
) -> Path:
    """Train a network, and calibrate it on the validation split (`craters train`).

    Args:
        dataset: Directory in LU3M6TGT's layout, with the splits `train` and `valid`; of elevation
            models with their catalogues for the preset `relief`.
        out: Directory of the training.
        options: Training options; None for the defaults.
        resume: True to go on with the training in `out`.
        overwrite: True to replace the training in `out`.
        calibrated: True to measure thresholds, scores and diameter errors on the split `valid` at
            the end; `valid` then needs a labelled crater. Mask-only networks have none, and one
            that detects none of the labels, or whose images cannot be searched as one mosaic,
            stays without.
        say: Function that is called with lines for the user.
        progress: Function of the name of a search; its context manager gives a `Progress`.

    Returns:
        Model file.

    Raises:
        CratersError: The dataset, the directory or the options cannot be used; or the calibration
            failed for another reason than those above, such as a lack of disk space, and the model
            is there without.
    """
    from lunarcraters.calibration.comparison import compare_models
    from lunarcraters.errors import CoordinateSystemError, DatasetError, MosaicError
    from lunarcraters.network.model_file import read_info, shipped_model
    from lunarcraters.training.former import keep_former_model
    from lunarcraters.training.session import train

    options = options or TrainingOptions()
    model = train(
        Path(dataset),
        local_output(out),
        options,
        resume=resume,
        overwrite=overwrite,
        calibrated=calibrated,
        say=say,
    )
    is_calibrated = False
    if calibrated and "log_size" in read_info(model).heads:
        try:
            info = _calibrate(
                model, Path(dataset), "valid", None, False, options.classes, say, progress
            )
        except (DatasetError, MosaicError, CoordinateSystemError) as error:
            # Hours of training are not lost for a network that detects nothing yet, or for images
            # that are no mosaic.
            say(f"not calibrated: {error}")
        else:
            is_calibrated = True
            say(f"thresholds chosen on valid: {info.thresholds}")
    if options.tune:
        former = Path(options.weights) if options.weights else shipped_model()
        keep_former_model(model, former, Path(dataset), options.classes)
        if is_calibrated:
            say(
                compare_models(
                    former, model, Path(dataset), classes=options.classes, progress=progress
                ).text
            )
    return model


@accepts_old_names(mirrored="tta")
def calibrate(
    model: PathOrText,
    dataset: PathOrText,
    split: str = "valid",
    *,
    workers: int | None = None,
    tta: bool = False,
    classes: str | int | Sequence[str | int] = (),
    say: Callable[[str], None] = print,
    progress: ProgressDisplay = no_progress_of,
) -> "ModelInfo":
    """Measure a model on a split and write into it what is measured (`craters calibrate`).

    Args:
        model: Model file, whose description is replaced.
        dataset: Directory in LU3M6TGT's layout; of elevation models for a model of relief.
        split: Split to measure on, or the name of an elevation model, `valid` for the one that the
            training left out; never the one to report on.
        workers: Number of worker processes; None for one for two cores, up to 8.
        tta: True to measure runs with test-time augmentation instead of plain ones.
        classes: Names or numbers of the classes of the labels that are craters; empty to go by
            their names.
        say: Function that is called with lines for the user.
        progress: Function of the name of a search; its context manager gives a `Progress`.

    Returns:
        New description of the model.

    Raises:
        DatasetError: There is no such split, or nothing in it is labelled or detected.
        ModelError: The model cannot be used, or another process has changed its file meanwhile.
        OutputError: Its file cannot be replaced.
        OptionError: Test-time augmentation or classes are asked for with a model of relief.
    """
    from lunarcraters.datasets.layout import open_dataset
    from lunarcraters.errors import OutputError
    from lunarcraters.network.model_file import read_info

    # They are gone through twice.
    classes = (classes,) if isinstance(classes, str | int) else tuple(classes)
    info = read_info(Path(model))
    if not os.access(Path(model).parent, os.W_OK):
        raise OutputError(
            f"{model} cannot be written, because its directory is read-only: give a copy elsewhere"
        )
    if not info.is_of_relief:
        for note in open_dataset(Path(dataset), classes).classes.notes:
            say(f"{dataset}: {note}")
    return _calibrate(Path(model), Path(dataset), split, workers, tta, classes, say, progress)


def _calibrate(
    model: Path,
    dataset: Path,
    split: str,
    workers: int | None,
    tta: bool,
    classes: Sequence[str | int],
    say: Callable[[str], None],
    progress: ProgressDisplay,
) -> "ModelInfo":
    """Measure a model of pictures on a split, or one of relief on an elevation model."""
    from lunarcraters.calibration.calibrate import calibrate_model
    from lunarcraters.calibration.relief import calibrate_relief
    from lunarcraters.errors import OptionError
    from lunarcraters.network.model_file import read_info
    from lunarcraters.training.relief import choose_elevation_source

    info = read_info(model)
    if not info.is_of_relief:
        return calibrate_model(
            model,
            dataset,
            split,
            workers=workers,
            tta=tta,
            classes=classes,
            say=say,
            progress=progress,
        )
    if tta:
        raise OptionError("a model of relief has looks in place of --tta: leave --tta out")
    if classes:
        raise OptionError("catalogues of elevation models have no classes: leave --classes out")
    name: str | None = split
    if split == "valid":
        left_out = (info.training.get("data") or {}).get("left_out")
        name = Path(left_out).stem if left_out else None
    source = choose_elevation_source(dataset, name)
    return calibrate_relief(
        model, source.elevation, source.catalogue, workers=workers, say=say, progress=progress
    )
