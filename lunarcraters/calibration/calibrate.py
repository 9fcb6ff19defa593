"""Calibration: what scores are worth, operating points, diameter errors; on a validation split.

The split is searched as a user would search it, by the whole pipeline.
"""

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.calibration.diameters import diameter_errors
from lunarcraters.calibration.int8 import add_eight_bit
from lunarcraters.calibration.scores import (
    SIZES_PX,
    SMALLER_SIZES_PX,
    operating_points,
    score_worth,
)
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.datasets.downsampling import write_reduced
from lunarcraters.datasets.yolo_labels import find_splits, pairs
from lunarcraters.detection.detect import detect, open_source
from lunarcraters.errors import DatasetError, ModelError
from lunarcraters.evaluation.matching import Matches, match, pooled
from lunarcraters.evaluation.reference import Reference, read_reference
from lunarcraters.evaluation.rules import OverlapRule
from lunarcraters.evaluation.scores import curve, score
from lunarcraters.geometry.circles import diameters_in_pixels
from lunarcraters.network.model_file import ModelInfo, read_info, update_info
from lunarcraters.network.score_calibration import calibrated, scores_told
from lunarcraters.progress import Progress, silently
from lunarcraters.tiling.source import TileSource

MIN_PIXELS = 11.0
"""Smallest label that counts, pixels: the completeness of kilometre-sized craters at 100 m/px."""

_SHARES = {-1: (0.5, 0.36), -2: (0.36, 0.25)}
"""Of their resolution, in which images are searched to measure a run that begins with an octave."""

Float = NDArray[np.float64]


def calibrate(
    model: Path,
    dataset: Path,
    split: str = "valid",
    *,
    workers: int | None = None,
    mirrored: bool = False,
    say: Callable[[str], None] = print,
    progress: Callable[[str], AbstractContextManager[Progress]] = silently,
) -> ModelInfo:
    """Measure a model on a split and write into it what it shows; give it its 8-bit form.

    All by box IoU >= 0.5 and labels of 11 pixels and more. A score is the precision of detections
    that the network scores like it. Operating points: `balanced`, where as many craters are found
    as are labelled (precision = recall), so that counts are unbiased; `complete`, the lowest
    threshold with a precision of at least 0.5; `pure`, the lowest with a precision of at least 0.9
    (where none has it, that of the highest precision). The diameter's standard deviation is what
    68 % of labels lie within, by diameter in the octave and score. For runs that search the mosaic
    enlarged all is measured once more, in 8 bits where the model has that form, on the split's
    images at a half to a quarter of their resolution, where the same labels are of 5.5 to 2.75
    pixels and more.

    Args:
        model: Model file, whose description is replaced.
        dataset: Directory in LU3M6TGT's layout.
        split: The split to measure on; never the one to report on.
        workers: Processes.
        mirrored: Measure how it does with the mirror images of tiles, as of `detect`, instead; the
            8-bit form, and what is known of enlarged mosaics, stay as they are.
        say: Where lines for the user go.
        progress: Called with the name of each search, gives what is called with the number of
            tiles done and in all.

    Returns:
        The new description.

    Raises:
        DatasetError: There is no such split, or nothing in it was found.
    """
    splits = find_splits(dataset)
    if split not in splits:
        raise DatasetError(f"{dataset} has no split {split!r}: it has {', '.join(splits)}")
    with TemporaryDirectory() as name:
        bare = _bare(model, Path(name) / "first" / model.name)
        trials = _Trials(dataset, split, Path(name), workers, mirrored, progress)
        precision = "int8" if mirrored and read_info(model).eight_bit else "float32"
        plain = trials.of(bare, 1.0, 0, "calibrating", precision)
        if not plain.matches().true.any():
            raise DatasetError(
                f"{model} finds none of the labelled craters of {splits[split]}: train it longer"
            )
        measured = _measured([plain], SIZES_PX)
        known = read_info(model)
        info = replace(known, mirrored=measured) if mirrored else replace(known, **measured)
        update_info(model, info)
        if mirrored:
            return info
        info = _with_eight_bit(model, info, trials, plain, say)
        bare = _bare(model, Path(name) / "second" / model.name)
        precision = "int8" if info.eight_bit else "float32"
        finer = {}
        for finest, shares in _SHARES.items():
            doing = f"calibrating, {2**-finest} times enlarged"
            enlarged = [trials.of(bare, share, finest, doing, precision) for share in shares]
            finer[str(finest)] = _measured(enlarged, (*SMALLER_SIZES_PX, *SIZES_PX))
        info = replace(info, finer=finer)
        update_info(model, info)
        return info


def _bare(model: Path, copy: Path) -> Path:
    """A copy of a model file that tells nothing of what its scores are worth."""
    copy.parent.mkdir()
    shutil.copyfile(model, copy)
    nothing: dict[str, Any] = {"thresholds": {}, "scores": {}, "diameter_sd": {}}
    update_info(copy, replace(read_info(model), **nothing, mirrored={}, finer={}))
    return copy


def _with_eight_bit(
    model: Path, info: ModelInfo, trials: "_Trials", plain: "_Trial", say: Callable[[str], None]
) -> ModelInfo:
    """The description once the model has its 8-bit form, if that does as well."""
    balanced = info.thresholds["balanced"]

    def f1_in_int8(quick: Path) -> float:
        trial = trials.of(quick, 1.0, 0, "trying 8 bits", "int8")
        return score(trial.matches(), balanced).chosen.f1

    told = calibrated(plain.detections.scores, plain.diameters_px, info)
    f1 = score(plain.matches(told), balanced).chosen.f1
    try:
        return add_eight_bit(model, plain.source, f1, f1_in_int8)
    except ModelError as error:
        say(f"{model}: {error}")
        return info


@dataclass(frozen=True)
class _Trial:
    """What was found in a split, at some resolution, and what it is measured by.

    Attributes:
        source: Tiles that were searched.
        detections: Catalogue of the n craters that were found.
        reference: Label boxes of the split.
        least: Smallest label that counts, in the unit of the diameters.
        diameters_px: Diameters of the detections, pixels of the mosaic, (n,).
    """

    source: TileSource
    detections: Catalogue
    reference: Reference
    least: float
    diameters_px: Float

    def matches(self, scores: Float | None = None) -> Matches:
        """The detections matched to the labels, with other scores if given."""
        detections = self.detections
        if scores is not None:
            detections = replace(detections, craters=detections.craters.assign(score=scores))
        return match(detections, self.reference, OverlapRule("box"), min_diameter=self.least)


@dataclass(frozen=True)
class _Trials:
    """A split to be searched, as it is and at lower resolution.

    Attributes:
        dataset: Directory of the dataset.
        split: Name of the split.
        folder: Directory for runs and reduced images.
        workers: Number of worker processes; None for one a core.
        mirrored: True to search mirror images of tiles too.
        progress: Function from the name of a search to its progress display.
    """

    dataset: Path
    split: str
    folder: Path
    workers: int | None
    mirrored: bool
    progress: Callable[[str], AbstractContextManager[Progress]]

    def of(self, model: Path, share: float, finest: int, doing: str, precision: str) -> _Trial:
        """What a model finds at a share of the resolution, in octaves from `finest` on."""
        images = find_splits(self.dataset)[self.split]
        if share < 1.0:
            images = self.folder / f"{share}"
            if not images.exists():
                write_reduced(pairs(self.dataset, self.split), images, share)
        smallest_px = read_info(model).diameters_px[0] * 2.0**finest if finest else None
        source = open_source([images / "images"], model, smallest_px=smallest_px)
        run = self.folder / f"{share}_{finest}_{precision}"
        with self.progress(doing) as show:
            detections = detect(
                source,
                run,
                model,
                workers=self.workers,
                precision=precision,
                mirrored=self.mirrored,
                progress=show,
            ).read()
        reference = read_reference(images)
        least = MIN_PIXELS * share * (reference.pixel or 1.0)
        mosaic = source.mosaic
        diameters_px = diameters_in_pixels(
            detections.positions, detections.diameters, mosaic.grid, mosaic.pixel_size_m
        )
        return _Trial(source, detections, reference, least, diameters_px)


def _measured(trials: Sequence[_Trial], sizes_px: tuple[float, ...]) -> dict[str, Any]:
    """Operating points, what scores are worth and diameter errors, by all that trials show."""
    diameters_px = np.concatenate([trial.diameters_px for trial in trials])
    levels = np.concatenate([trial.detections.craters["level"].to_numpy(float) for trial in trials])
    worth = score_worth(pooled([trial.matches() for trial in trials]), diameters_px, sizes_px)
    told = (scores_told(t.detections.scores, t.diameters_px, worth) for t in trials)
    matches = pooled([trial.matches(scores) for trial, scores in zip(trials, told, strict=True)])
    return {
        "thresholds": operating_points(*curve(matches)),
        "scores": worth,
        "diameter_sd": diameter_errors(matches, diameters_px / 2.0**levels),
    }
