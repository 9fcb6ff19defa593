"""Calibration of a model on a validation split, which is searched as a user searches a mosaic.

Detections match labels of 11 pixels and more by a box IoU of at least 0.5. Where only larger
craters are labelled, the size from which on there are labels takes the place of the 11 pixels.

- A calibrated score is the precision of detections of similar network score and size.
- Operating points: at `balanced` there are as many detections as labels (precision = recall),
  so that counts are unbiased. `complete` is the lowest threshold with a precision of at least
  0.5, `pure` the lowest with at least 0.9. Where none has it, they are the threshold of the
  highest precision.
- The standard deviation of diameters is the error that 68 % of the matches stay within, by
  diameter in the octave and score.

For runs that search an enlarged mosaic, all is measured again, in int8 if the model has that
form. The images are then searched at a half to a quarter of their resolution, where the same
labels have 5.5 to 2.75 pixels and more.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from lunarcraters.calibration.int8 import add_int8
from lunarcraters.calibration.scores import SIZES_PX, SMALLER_SIZES_PX
from lunarcraters.calibration.trials import Trial, Trials, choose_min_pixels, measure_calibration
from lunarcraters.datasets.layout import open_dataset
from lunarcraters.errors import DatasetError, ModelError
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.files import replacing
from lunarcraters.network.model_file import hash_model, read_info, update_info
from lunarcraters.network.model_info import Calibration, ModelInfo
from lunarcraters.network.score_calibration import calibrate_scores
from lunarcraters.network.startup import Precision
from lunarcraters.progress import ProgressDisplay, no_progress_of

_SHARES = {-1: (0.5, 0.36), -2: (0.36, 0.25)}
"""Resolutions, as shares of their own, of the images for runs that begin with each octave."""


def calibrate_model(
    model: Path,
    dataset: Path,
    split: str = "valid",
    *,
    workers: int | None = None,
    tta: bool = False,
    classes: Sequence[str | int] = (),
    say: Callable[[str], None] = print,
    progress: ProgressDisplay = no_progress_of,
) -> ModelInfo:
    """Measure a model on a split, and write the result and an int8 form into its file.

    The description of this module says what is measured.

    Args:
        model: Model file, whose description is replaced.
        dataset: Directory in LU3M6TGT's layout.
        split: Name of the split to measure on, which must not be the one to report on.
        workers: Number of worker processes; None for one for two cores, up to 8.
        tta: True to calibrate test-time augmentation, and nothing else.
        classes: Names or numbers of the classes of the labels that are craters; empty to go by
            their names.
        say: Function that takes lines for the user.
        progress: Progress display.

    Returns:
        New description of the model.

    Raises:
        DatasetError: There is no such split, it has no labels, none is large enough, or the model
            detects none of them.
        ModelError: The model cannot be used, or another process has changed its file meanwhile.
    """
    pairs = open_dataset(dataset, classes).find_pairs(split)
    if not any(len(pair.read_boxes()) for pair in pairs):
        raise DatasetError(
            f"{dataset} has no labelled crater in {split!r}: label some of its images, or choose "
            "another split with --split"
        )
    with TemporaryDirectory() as name, replaced_when_done(model) as copy:
        trials = Trials(pairs, Path(name), workers, tta, progress, choose_min_pixels(pairs))
        trial = _search(copy, trials)
        trial.require_matches(model, f"the labelled craters of {split!r} in {dataset}")
        calibration = measure_calibration([trial], SIZES_PX)
        info = read_info(copy)
        info = replace(info, tta=calibration) if tta else info.with_calibration(calibration)
        update_info(copy, info)
        if tta:
            return info
        search_int8 = partial(trials.search, task="trying 8 bits", precision="int8")
        info = add_accurate_int8(copy, info, trial, search_int8, say)
        bare = copy_without_calibration(copy, Path(name) / "second")
        precision: Precision = "int8" if read_info(bare).int8 else "float32"
        info = replace(info, finer=_calibrate_finer(bare, trials, precision))
        update_info(copy, info)
        return info


@contextmanager
def replaced_when_done(model: Path) -> Iterator[Path]:
    """Give a copy of a model file, which takes its place when all is done, or else not at all.

    Args:
        model: Model file.

    Raises:
        ModelError: The file is no model file, or another process has changed it meanwhile.
    """
    before = hash_model(model)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / model.name
        shutil.copyfile(model, copy)
        yield copy
        if hash_model(model) != before:
            raise ModelError(
                f"{model} has changed while it was calibrated, and stays as it is now: run "
                "craters calibrate when no other command writes it"
            )
        with replacing(model) as temporary:
            shutil.copyfile(copy, temporary)


def _search(model: Path, trials: Trials) -> Trial:
    """Search the split at its own resolution, in float32 or with test-time augmentation."""
    copy = copy_without_calibration(model, trials.folder / "first")
    precision: Precision = "int8" if trials.tta and read_info(model).int8 else "float32"
    return trials.search(copy, "calibrating", precision=precision)


def copy_without_calibration(model: Path, folder: Path) -> Path:
    """Copy a model file without its calibration, so that runs keep the scores of the network.

    Args:
        model: Model file.
        folder: Directory to make, for the copy.

    Returns:
        The copy.
    """
    folder.mkdir()
    copy = folder / model.name
    shutil.copyfile(model, copy)
    update_info(copy, read_info(model).without_calibration())
    return copy


def add_accurate_int8(
    model: Path,
    info: ModelInfo,
    trial: Trial,
    search_int8: Callable[[Path], Trial],
    say: Callable[[str], None],
) -> ModelInfo:
    """Give a model its int8 form if that is as accurate, and else remove the one that it has.

    Args:
        model: Model file.
        info: Description of the model, with its calibration.
        trial: Trial of the network itself, with its own scores.
        search_int8: Function that makes the same trial with the int8 form of a model file.
        say: Function that takes lines for the user.

    Returns:
        New description of the model.
    """
    balanced = info.thresholds["balanced"]

    def measure_f1(copy: Path) -> float:
        return compute_scores(search_int8(copy).match_labels(), balanced).chosen.f1

    calibrated = calibrate_scores(trial.detections.scores, trial.diameters_px, info)
    f1 = compute_scores(trial.match_labels(calibrated), balanced).chosen.f1
    try:
        return add_int8(model, trial.source, f1, measure_f1)
    except ModelError as error:
        say(f"{model.name}: {error}")
        info = replace(info, int8=None)
        update_info(model, info)
        return info


def _calibrate_finer(model: Path, trials: Trials, precision: Precision) -> dict[int, Calibration]:
    """Calibrate runs that search an enlarged mosaic, by their finest octave.

    Where no labelled crater is found, there is nothing to measure: such runs have the calibration
    of others.

    Args:
        model: Model file without calibration.
        trials: Split to be searched.
        precision: Precision of inference.
    """
    finer = {}
    for finest, shares in _SHARES.items():
        task = f"calibrating, {2**-finest} times enlarged"
        enlarged = [
            trials.search(model, task, precision=precision, share=share, finest=finest)
            for share in shares
        ]
        if any(trial.match_labels().true.any() for trial in enlarged):
            finer[finest] = measure_calibration(enlarged, (*SMALLER_SIZES_PX, *SIZES_PX))
    return finer
