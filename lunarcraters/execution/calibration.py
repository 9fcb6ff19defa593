"""Calibration: what scores are worth, operating points, diameter errors; on a validation split.

The split is searched as a user would search it, by the whole pipeline.
"""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.spatial import KDTree
from scipy.special import expit

from lunarcraters.errors import DatasetError, ModelError
from lunarcraters.evaluation.matching import Matches, match
from lunarcraters.evaluation.reference import read_reference
from lunarcraters.evaluation.rules import OverlapRule
from lunarcraters.evaluation.scores import curve, score
from lunarcraters.execution.detect import detect, open_source
from lunarcraters.execution.eight_bit import add_eight_bit
from lunarcraters.execution.worth import calibrated, pixels
from lunarcraters.network.model_file import ModelInfo, read_info, update_info
from lunarcraters.progress import Progress, silently
from lunarcraters.training.lu3m6tgt import find_splits

MIN_PIXELS = 11.0
"""Smallest label that counts, pixels: the completeness of kilometre-sized craters at 100 m/px."""

_COMPLETE_PRECISION = 0.5
_PURE_PRECISION = 0.9
_SIZES_PX = (10.0, 14.0, 20.0, 28.0, 40.0, 56.0)  # in the octave, half an octave apart
_SCORES = (0.1, 0.3, 0.5, 0.7, 0.9)
_NEIGHBOURS = 200  # matches that tell the diameter error at a size and score
_KNOTS = 51  # of the curves from score to precision
_WORTH_PX = (11.0, 16.0, 22.0, 32.0, 45.0, 64.0, 90.0, 128.0)  # of the mosaic
_LEAST_RISE = 1e-5

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
    68 % of labels lie within, by diameter in the octave and score.

    Args:
        model: Model file, whose description is replaced.
        dataset: Directory in LU3M6TGT's layout.
        split: The split to measure on; never the one to report on.
        workers: Processes.
        mirrored: Measure how it does with the mirror images of tiles, as of `detect`, instead; the
            8-bit form stays as it is.
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
    reference = read_reference(splits[split])
    with TemporaryDirectory() as folder:
        bare = Path(folder) / model.name
        shutil.copyfile(model, bare)
        nothing: dict[str, Any] = {"thresholds": {}, "scores": {}, "diameter_sd": {}}
        update_info(bare, replace(read_info(model), **nothing, mirrored={}))
        source = open_source([splits[split] / "images"], bare)
        run = Path(folder) / "run"
        plain: dict[str, Any] = {"precision": "float32", "mirrored": mirrored}
        with progress("calibrating") as show:
            found = detect(source, run, bare, workers=workers, progress=show, **plain).read()
    least = MIN_PIXELS * (reference.pixel or 1.0)
    matched = partial(match, reference=reference, rule=OverlapRule("box"), min_diameter=least)
    matches = matched(found)
    if not matches.true.any():
        raise DatasetError(
            f"{model} finds none of the labelled craters of {splits[split]}: train it longer"
        )
    diameters_px = pixels(found.positions, found.diameters, source.mosaic)
    worth = score_worth(matches, diameters_px)
    known = read_info(model)
    told = calibrated(found.scores, diameters_px, replace(known, scores=worth))
    matches = matched(replace(found, craters=found.craters.assign(score=told)))
    levels = found.craters["level"].to_numpy(float)
    measured: dict[str, Any] = {
        "thresholds": operating_points(*curve(matches)),
        "scores": worth,
        "diameter_sd": diameter_errors(matches, diameters_px / 2.0**levels),
    }
    info = replace(known, mirrored=measured) if mirrored else replace(known, **measured)
    update_info(model, info)
    if mirrored:
        return info

    balanced = info.thresholds["balanced"]

    def f1_in_int8(quick: Path) -> float:
        with TemporaryDirectory() as folder, progress("trying 8 bits") as show:
            run = Path(folder) / "run"
            found = detect(
                source, run, quick, workers=workers, precision="int8", progress=show
            ).read()
        return score(matched(found), balanced).chosen.f1

    f1 = score(matches, balanced).chosen.f1
    try:
        return add_eight_bit(model, source, f1, f1_in_int8)
    except ModelError as error:
        say(f"{model}: {error}")
        return info


def score_worth(matches: Matches, diameters_px: Float) -> dict[str, list[Any]]:
    """Precision by size and raw score: beta calibration, bent by size.

    The logit of the precision is a log(score) - b log(1 - score) + c with a, b >= 0 (Kull et al.
    2017, doi:10.1214/17-EJS1338SI), and x (d + e logit(score)) + f x^2, where x are the octaves
    above 16 pixels; fitted to which detections are true, with a normal prior of deviation 1 for d,
    e and f. At every size precision goes from 0 to 1 and rises: no two scores become one.

    Args:
        matches: Detections (n,) and references.
        diameters_px: Of the detections in pixels of the mosaic, (n,).
    """
    true = matches.true[matches.counted]
    terms = _worth_terms(matches.score[matches.counted], diameters_px[matches.counted])

    def log_loss(weights: Float) -> tuple[float, Float]:
        logit, prior = terms @ weights, np.r_[0.0, 0.0, 0.0, weights[3:]]
        loss = np.sum(np.logaddexp(0.0, logit) - true * logit) + prior @ prior / 2.0
        slope = terms.T @ (expit(logit) - true) + prior
        return float(loss) / len(true), slope / len(true)

    bounds = [(0.0, None), (0.0, None), *[(None, None)] * 4]
    start = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    weights = minimize(log_loss, start, method="L-BFGS-B", jac=True, bounds=bounds).x
    raw = np.linspace(0.0, 1.0, _KNOTS)[1:-1]
    steps = _LEAST_RISE * np.arange(1, len(raw) + 1)
    precision = []
    for size in _WORTH_PX:
        rising = np.maximum.accumulate(expit(_worth_terms(raw, np.full(len(raw), size)) @ weights))
        inner = np.minimum(rising, 1.0 - 2.0 * steps[-1]) + steps
        precision.append([0.0, *np.round(inner, 6).tolist(), 1.0])
    return {
        "diameter_px": list(_WORTH_PX),
        "raw": [0.0, *np.round(raw, 6).tolist(), 1.0],
        "precision": precision,
    }


def _worth_terms(score: Float, diameters_px: Float) -> Float:
    inside = np.clip(score, 1e-4, 1.0 - 1e-4)
    up, down = np.log(inside), -np.log1p(-inside)
    octaves = np.log2(np.clip(diameters_px, _WORTH_PX[0], _WORTH_PX[-1]) / 16.0)
    bent = [octaves, octaves * (up + down), octaves**2]
    return np.column_stack([up, down, np.ones(len(inside)), *bent])


def operating_points(thresholds: Float, precision: Float, recall: Float) -> dict[str, float]:
    """Thresholds by name, from a precision-recall curve of descending thresholds."""

    def last(enough: NDArray[np.bool_]) -> int:
        return int(np.flatnonzero(enough)[-1]) if enough.any() else int(np.argmax(precision))

    places = {
        "balanced": last(precision >= recall),
        "complete": last(precision >= _COMPLETE_PRECISION),
        "pure": last(precision >= _PURE_PRECISION),
    }
    return {name: round(float(thresholds[place]), 4) for name, place in places.items()}


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
