"""Labels against detections: how far the labels lie from the craters, and how much larger they are.

Labels that come from a catalogue are shifted against the image if one of them is georeferenced
badly. A model detects the craters where the image shows them. The median offset of the labels from
the detections is the shift.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from lunarcraters.calibration.trials import Trial, Trials
from lunarcraters.datasets.check import Problem
from lunarcraters.datasets.images import read_grey
from lunarcraters.datasets.layout import Dataset, open_dataset
from lunarcraters.datasets.pairs import Pair, make_pair
from lunarcraters.errors import CratersError
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.rules import OffsetRule
from lunarcraters.geometry.spread import spread_evenly
from lunarcraters.network.model_file import read_info, shipped_model
from lunarcraters.progress import ProgressDisplay, no_progress_of

SAMPLE = 12
"""Number of images that are searched."""

_RULES = (OffsetRule(1.0), OffsetRule(0.5), OffsetRule(0.25), OffsetRule(0.25))
"""Rules of the searches for the shift, each of which begins with the shift of the one before."""

_MIN_CRATERS = 10  # matched craters without which there is nothing to tell
_SHIFT_PX, _SHIFT_DIAMETERS = 1.5, 0.1  # from which on a shift is doubtful
_RATIO = 1.15  # of diameters, likewise
_SIGMAS = 3.0  # standard errors from which on a difference is none by chance

Float = NDArray[np.float64]


@dataclass(frozen=True)
class LabelOffset:
    """Difference between the labels of images and the craters that a model detects in them.

    Attributes:
        shift_px: Median of label less detection, along x (right) and y (down), pixels.
        shift_error_px: Standard errors of the two medians, pixels.
        ratio: Median of labelled over detected diameters.
        ratio_error: Standard error of that median.
        diameter_px: Median labelled diameter, pixels of the height of the image.
        craters: Number of labels that match a detection.
        images: Number of images.
    """

    shift_px: tuple[float, float]
    shift_error_px: tuple[float, float]
    ratio: float
    ratio_error: float
    diameter_px: float
    craters: int
    images: int

    @property
    def is_shifted(self) -> bool:
        """Whether the labels lie beside the craters by more than chance, and by what matters."""
        shift, error = np.hypot(*self.shift_px), np.hypot(*self.shift_error_px)
        matters = shift > _SHIFT_PX or shift > _SHIFT_DIAMETERS * self.diameter_px
        return bool(matters and shift > _SIGMAS * error)

    @property
    def is_scaled(self) -> bool:
        """Whether the labels are larger or smaller than the craters, likewise."""
        ratio = max(self.ratio, 1.0 / self.ratio)
        return bool(ratio > _RATIO and abs(self.ratio - 1.0) > _SIGMAS * self.ratio_error)

    @property
    def text(self) -> str:
        """The numbers, for the user."""
        (x, y), (x_error, y_error) = self.shift_px, self.shift_error_px
        return (
            f"labels less detections: x {x:+.1f} +- {x_error:.1f} px, y {y:+.1f} +- {y_error:.1f} "
            f"px, diameter ratio {self.ratio:.2f} +- {self.ratio_error:.2f} ({self.craters} "
            f"craters in {self.images} images)"
        )


def check_label_offset(
    dataset: Path,
    classes: Sequence[str | int] = (),
    *,
    sample: int = SAMPLE,
    model: Path | None = None,
    left_out: Collection[Path] = (),
    progress: ProgressDisplay = no_progress_of,
) -> list[Problem]:
    """Compare the labels of a dataset with the detections of a model, and say what is doubtful.

    Args:
        dataset: Directory of the dataset.
        classes: Names or numbers of the classes that are craters; empty to go by their names.
        sample: Number of images to search, spread over the dataset; 0 for none.
        model: Model file; None for the shipped weights.
        left_out: Images and label files that cannot be read.
        progress: Progress display.

    Returns:
        A note with the offset, or why there is none, and what is doubtful; nothing if there are too
        few labels of a size that the model detects.

    Raises:
        DatasetError: It is not clear which classes are craters.
        ModelError: The model file cannot be read.
    """
    model = model or shipped_model()
    pairs = _choose_pairs(open_dataset(dataset, classes), sample, left_out)
    smallest_px = read_info(model).diameters_px[0]
    if sum(_count_labels(pair, smallest_px) for pair in pairs) < _MIN_CRATERS:
        return []
    try:
        offset = measure_label_offset(pairs, model, progress=progress)
    except CratersError as error:
        return [Problem("offset", "all", dataset, f"was not compared with detections: {error}")]
    if offset is None:
        detail = (
            f"has fewer than {_MIN_CRATERS} labels that match detections in {len(pairs)} images, "
            "so it is not known whether labels are shifted"
        )
        return [Problem("offset", "all", dataset, detail)]
    found = [Problem("offset", "all", dataset, offset.text)]
    if offset.is_shifted:
        detail = (
            f"has labels that lie {np.hypot(*offset.shift_px):.1f} px beside the craters: mend the "
            "place of the catalogue or of the images"
        )
        found.append(Problem("shift", "all", dataset, detail))
    if offset.is_scaled:
        sizes = "larger" if offset.ratio > 1.0 else "smaller"
        detail = (
            f"has labels that are {sizes} than the craters (ratio {offset.ratio:.2f}): check that "
            "they end at the rim"
        )
        found.append(Problem("scale", "all", dataset, detail))
    return found


def measure_label_offset(
    pairs: Sequence[Pair],
    model: Path,
    *,
    progress: ProgressDisplay = no_progress_of,
) -> LabelOffset | None:
    """Measure the offset of labels from the detections of a model.

    Args:
        pairs: Images with their label files.
        model: Model file.
        progress: Progress display.

    Returns:
        The offset; None if too few labels match.

    Raises:
        CratersError: The images cannot be searched together, or the model cannot be used.
    """
    with TemporaryDirectory() as name:
        trials = Trials(pairs, Path(name), None, False, progress)
        trial = trials.search(model, "detecting", precision="auto")
        return _measure(trial, len(pairs))


def _measure(trial: Trial, images: int) -> LabelOffset | None:
    """Measure the offset in a trial: match, move the labels by the shift, and match again."""
    detections, labels = trial.detections, trial.reference
    if "balanced" in detections.thresholds:
        detections = detections.filter("balanced")
    grid = trial.source.mosaic.grid
    labelled = np.column_stack(grid.from_lonlat(*labels.positions.T))
    detected = np.column_stack(grid.from_lonlat(*detections.positions.T))
    shift = np.zeros(2)
    for rule in _RULES:
        moved = np.column_stack(grid.to_lonlat(*(labelled - shift).T))
        matches = match_craters(detections, replace(labels, positions=moved), rule)
        true = np.flatnonzero(matches.true)
        if len(true) < _MIN_CRATERS:
            return None
        of = matches.reference_of[true]
        offsets = labelled[of] - detected[true]
        shift = np.median(offsets, axis=0)
    ratios = matches.reference[of] / matches.detected[true]
    x_error, y_error = (_error_of_median(column) for column in offsets.T)
    return LabelOffset(
        shift_px=(float(shift[0]), float(shift[1])),
        shift_error_px=(x_error, y_error),
        ratio=float(np.median(ratios)),
        ratio_error=_error_of_median(ratios),
        diameter_px=float(np.median(matches.reference[of]) / (labels.pixel or 1.0)),
        craters=len(true),
        images=images,
    )


def _error_of_median(values: Float) -> float:
    """Standard error of the median of values, (n,), from their median absolute deviation."""
    sd = 1.4826 * np.median(np.abs(values - np.median(values)))
    return float(np.sqrt(np.pi / 2.0 / len(values)) * sd)


def _choose_pairs(dataset: Dataset, count: int, left_out: Collection[Path]) -> list[Pair]:
    """Choose images with labels, spread evenly over a dataset."""
    classes = dataset.classes
    images = dict.fromkeys(image for split in dataset.splits.values() for image in split.images)
    pairs = [make_pair(image, classes.numbers, classes.ignored) for image in images]
    labelled = [
        pair
        for pair in pairs
        if pair.label is not None
        and not {pair.image, pair.label} & set(left_out)
        and len(pair.read_boxes())
    ]
    return spread_evenly(labelled, count)


def _count_labels(pair: Pair, smallest_px: float) -> int:
    """Count the labels of an image that are at least so large, in pixels of its height."""
    heights = pair.read_boxes()[:, 3] * len(read_grey(pair.image))
    return int((heights >= smallest_px).sum())
