"""Calibration: what scores are worth, operating points, diameter errors; on a validation split.

The split is searched as a user would search it, by the whole pipeline.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.spatial import KDTree

from lunarcraters.catalogue.schema import Catalogue
from lunarcraters.errors import DatasetError
from lunarcraters.evaluation.matching import Matches, match
from lunarcraters.evaluation.reference import read_reference
from lunarcraters.evaluation.rules import OverlapRule
from lunarcraters.evaluation.scores import curve
from lunarcraters.execution.detect import detect, open_source
from lunarcraters.network.model_file import ModelInfo, read_info, update_info
from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.training.lu3m6tgt import find_splits

MIN_PIXELS = 11.0
"""Smallest label that counts, pixels: the completeness of kilometre-sized craters at 100 m/px."""

_COMPLETE_PRECISION = 0.5
_PURE_PRECISION = 0.9
_SIZES_PX = (10.0, 14.0, 20.0, 28.0, 40.0, 56.0)  # in the octave, half an octave apart
_SCORES = (0.1, 0.3, 0.5, 0.7, 0.9)
_NEIGHBOURS = 200  # matches that tell the diameter error at a size and score
_GROUPS = 50  # of scores, whose precision is measured
_LEAST_IN_GROUP = 10  # true detections
_LEAST_RISE = 1e-5

Float = NDArray[np.float64]


def calibrate(
    model: Path, dataset: Path, split: str = "valid", *, workers: int | None = None
) -> ModelInfo:
    """Measure a model on a split and write into it what it shows.

    All by box IoU >= 0.5 and labels of 11 pixels and more. A score is the precision of detections
    that the network scores like it. Operating points: `balanced`, the threshold of the best F1;
    `complete`, the lowest threshold with a precision of at least 0.5; `pure`, the lowest with a
    precision of at least 0.9 (where none has it, that of the highest precision). The diameter's
    standard deviation is what 68 % of labels lie within, by diameter in the octave and score.

    Args:
        model: Model file, whose description is replaced.
        dataset: Directory in LU3M6TGT's layout.
        split: The split to measure on; never the one to report on.
        workers: Processes.

    Returns:
        The new description.

    Raises:
        DatasetError: There is no such split, or nothing in it was found.
    """
    splits = find_splits(dataset)
    if split not in splits:
        raise DatasetError(f"{dataset} has no split {split!r}: it has {', '.join(splits)}")
    reference = read_reference(splits[split])
    with TemporaryDirectory() as folder:
        bare = Path(folder) / model.name
        shutil.copyfile(model, bare)
        update_info(bare, replace(read_info(model), thresholds={}, scores={}, diameter_sd={}))
        source = open_source([splits[split] / "images"], bare)
        found = detect(source, Path(folder) / "run", bare, workers=workers).read()
    matches = match(
        found, reference, OverlapRule("box"), min_diameter=MIN_PIXELS * (reference.pixel or 1.0)
    )
    if not matches.true.any():
        raise DatasetError(
            f"{model} finds none of the labelled craters of {splits[split]}: train it longer"
        )
    worth = score_worth(matches)
    matches = replace(matches, score=np.interp(matches.score, worth["raw"], worth["precision"]))
    info = replace(
        read_info(model),
        thresholds=operating_points(*curve(matches)),
        scores=worth,
        diameter_sd=diameter_errors(matches, pixels_in_octave(found, source.mosaic)),
    )
    update_info(model, info)
    return info


def score_worth(matches: Matches) -> dict[str, list[float]]:
    """Precision by raw score: measured in groups of as many true detections each, made monotone.

    The lists go from (0, 0) to (1, 1) and rise: no two scores become one.
    """
    order = np.argsort(matches.score[matches.counted], kind="stable")
    score = matches.score[matches.counted][order]
    true = matches.true[matches.counted][order]
    groups = int(np.clip(true.sum() // _LEAST_IN_GROUP, 1, _GROUPS))
    group = np.minimum(np.cumsum(true) * groups // true.sum(), groups - 1)
    count = np.bincount(group)
    measured = np.bincount(group, weights=true) / count
    raw = np.bincount(group, weights=score) / count
    precision = isotonic_regression(measured, weights=count).x
    raw, first = np.unique(np.round(raw, 6), return_index=True)
    steps = _LEAST_RISE * np.arange(1, len(raw) + 1)
    rising = np.minimum(precision[first], 1.0 - 2.0 * steps[-1]) + steps
    return {
        "raw": [0.0, *raw.tolist(), 1.0],
        "precision": [0.0, *np.round(rising, 6).tolist(), 1.0],
    }


def operating_points(thresholds: Float, precision: Float, recall: Float) -> dict[str, float]:
    """Thresholds by name, from a precision-recall curve of descending thresholds."""
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)

    def lowest(wanted: float) -> int:
        enough = np.flatnonzero(precision >= wanted)
        return int(enough[-1]) if enough.size else int(np.argmax(precision))

    places = {
        "balanced": int(np.argmax(f1)),
        "complete": lowest(_COMPLETE_PRECISION),
        "pure": lowest(_PURE_PRECISION),
    }
    return {name: round(float(thresholds[place]), 4) for name, place in places.items()}


def pixels_in_octave(found: Catalogue, mosaic: Mosaic) -> Float:
    """Diameters in pixels of the octave that each crater was found in."""
    pixel_km = 1.0 if mosaic.gsd_m is None else mosaic.gsd_m / 1000.0
    return np.asarray(found.diameters / pixel_km / 2.0 ** found.craters["level"].to_numpy(float))


def diameter_errors(matches: Matches, octave_px: Float) -> dict[str, list[Any]]:
    """What 68 % of |log(found / label)| stay within, by diameter in the octave and by score.

    At each size and score from the matches most like it, an octave counting as much as half a
    unit of score.

    Args:
        matches: Detections and references.
        octave_px: Diameters of the detections in pixels of their octave, (n,).
    """
    true = matches.true
    ratio = matches.detected[true] / matches.reference[matches.reference_of[true]]
    known = KDTree(_place(octave_px[true], matches.score[true]))
    errors = np.abs(np.log(ratio))
    at = _place(*np.meshgrid(_SIZES_PX, _SCORES, indexing="ij"))
    _, near = known.query(at, k=min(_NEIGHBOURS, len(errors)))
    sd = np.quantile(errors[near.reshape(len(at), -1)], 0.68, axis=1)
    return {
        "diameter_px": list(_SIZES_PX),
        "score": list(_SCORES),
        "relative_sd": np.round(sd, 4).reshape(len(_SIZES_PX), len(_SCORES)).tolist(),
    }


def _place(octave_px: Float, score: Float) -> Float:
    return np.column_stack([np.log2(octave_px).ravel() / 2.0, np.ravel(score)])
