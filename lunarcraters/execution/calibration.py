"""Calibration: a model's operating points and diameter errors, measured on a validation split.

The split is searched as a user would search it, by the whole pipeline.
"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

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
_SIZE_BINS = (8.0, 11.0, 14.0, 18.0, 24.0, 34.0, 48.0, 72.0)  # diameters in the octave, pixels
_LEAST_IN_BIN = 30

Float = NDArray[np.float64]


def calibrate(
    model: Path, dataset: Path, split: str = "valid", *, workers: int | None = None
) -> ModelInfo:
    """Measure a model on a split and write into it what it shows.

    Operating points (box IoU >= 0.5, labels of 11 pixels and more): `balanced`, the threshold of
    the best F1; `complete`, the lowest threshold with a precision of at least 0.5; `pure`, the
    lowest with a precision of at least 0.9 (where none has it, that of the highest precision).
    The diameter's standard deviation is half the width of the middle 68 % of log(found / label),
    by diameter in the octave.

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
        source = open_source([splits[split] / "images"], model)
        found = detect(source, Path(folder) / "run", model, workers=workers)
    matches = match(
        found, reference, OverlapRule("box"), min_diameter=MIN_PIXELS * (reference.pixel or 1.0)
    )
    if not matches.true.any():
        raise DatasetError(
            f"{model} finds none of the labelled craters of {splits[split]}: train it longer"
        )
    info = replace(
        read_info(model),
        thresholds=operating_points(*curve(matches)),
        diameter_sd=diameter_errors(matches, pixels_in_octave(found, source.mosaic)),
    )
    update_info(model, info)
    return info


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


def diameter_errors(matches: Matches, octave_px: Float) -> dict[str, list[float]]:
    """Relative standard deviation of diameters, by diameter in the octave.

    Args:
        matches: Detections and references.
        octave_px: Diameters of the detections in pixels of their octave, (n,).
    """
    true = matches.true
    ratio = matches.detected[true] / matches.reference[matches.reference_of[true]]
    sizes, errors = octave_px[true], np.log(ratio)
    middles, deviations = [], []
    for low, high in pairwise(_SIZE_BINS):
        inside = (sizes >= low) & (sizes < high)
        if inside.sum() >= _LEAST_IN_BIN:
            middles.append(round(float(np.sqrt(low * high)), 2))
            deviations.append(round(_spread(errors[inside]), 4))
    if not middles:  # too few to tell sizes apart
        return {"diameter_px": [_SIZE_BINS[0]], "relative_sd": [round(_spread(errors), 4)]}
    return {"diameter_px": middles, "relative_sd": deviations}


def _spread(errors: Float) -> float:
    low, high = np.percentile(errors, [16.0, 84.0])
    return float(high - low) / 2.0
