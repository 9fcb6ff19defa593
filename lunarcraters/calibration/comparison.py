"""Comparison of a model before and after it was tuned, on new images and on what it knew before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from lunarcraters.calibration.trials import MIN_PIXELS, Trials, choose_min_pixels
from lunarcraters.datasets.classes import CRATER
from lunarcraters.datasets.label_lines import format_lines
from lunarcraters.datasets.layout import open_dataset
from lunarcraters.datasets.pairs import Pair
from lunarcraters.errors import CratersWarning
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.process import suppress_warnings
from lunarcraters.progress import ProgressDisplay, no_progress_of
from lunarcraters.rendering.scene import render_scene

_RENDERED = 4  # scenes of what was known before
_SEED = 10_000  # of scenes that nothing else shows
_SIDE_PX = 640
_LOSS = 0.05  # of AP, from which on a model has forgotten


@dataclass(frozen=True)
class ModelScores:
    """Scores of a model on images.

    Attributes:
        ap: Average precision at a box IoU of 0.5.
        f1: F1 at the operating point `balanced`; None for a model without it.
        best_f1: F1 at the best threshold.
    """

    ap: float
    f1: float | None
    best_f1: float


@dataclass(frozen=True)
class Comparison:
    """Scores of a model before and after it was tuned.

    Attributes:
        name: Name of the model before.
        images: Number of validation images.
        valid: Scores on the validation images, before and after.
        rendered: Scores on rendered scenes, before and after.
    """

    name: str
    images: int
    valid: tuple[ModelScores, ModelScores]
    rendered: tuple[ModelScores, ModelScores]

    @property
    def is_better(self) -> bool:
        """Whether the tuned model has a higher AP on the validation images."""
        return self.valid[1].ap > self.valid[0].ap

    @property
    def has_forgotten(self) -> bool:
        """Whether the tuned model has lost on rendered scenes."""
        return self.rendered[1].ap < self.rendered[0].ap - _LOSS

    @property
    def text(self) -> str:
        """Table and verdict for the user."""
        lines = [f"{'':<28}{'before':>8}{'after':>8}"]
        titles = f"{self.images} validation images", "rendered scenes, never shown"
        for title, (before, after) in zip(titles, (self.valid, self.rendered), strict=True):
            lines.append(f"{title + ':':<28}")
            lines.append(f"{'  average precision':<28}{before.ap:8.3f}{after.ap:8.3f}")
            lines.append(f"{'  F1 at balanced':<28}{_format(before.f1)}{_format(after.f1)}")
            lines.append(f"{'  F1 at best':<28}{before.best_f1:8.3f}{after.best_f1:8.3f}")
        if self.is_better:
            lines.append(
                "the tuned model is better on the validation images: use it for such images"
            )
        else:
            lines.append(
                f"the tuned model is not better on the validation images: keep {self.name}"
            )
        if self.has_forgotten:
            lines.append(f"it has become worse on rendered scenes: keep {self.name} for others")
        return "\n".join(lines)


def compare_models(
    before: Path,
    after: Path,
    dataset: Path,
    *,
    classes: Sequence[str | int] = (),
    progress: ProgressDisplay = no_progress_of,
) -> Comparison:
    """Compare a tuned model with the one that it came from.

    Args:
        before: Model file that the training began with.
        after: Model file of the training.
        dataset: Dataset, whose split `valid` is searched.
        classes: Names or numbers of the classes of the labels that are craters; empty to go by
            their names.
        progress: Progress display.

    Raises:
        DatasetError: The split cannot be read.
        ModelError: A model cannot be used.
    """
    pairs = open_dataset(dataset, classes).find_pairs("valid")
    with TemporaryDirectory() as name:
        rendered = _write_rendered(Path(name) / "rendered")
        scores: list[ModelScores] = []
        for number, (images, min_pixels) in enumerate(
            ((pairs, choose_min_pixels(pairs)), (rendered, MIN_PIXELS))
        ):
            for model in (before, after):
                folder = Path(name) / f"{number}_{len(scores)}"
                folder.mkdir()
                trials = Trials(images, folder, None, False, progress, min_pixels)
                scores.append(_score(model, trials))
    return Comparison(before.name, len(pairs), (scores[0], scores[1]), (scores[2], scores[3]))


def _score(model: Path, trials: Trials) -> ModelScores:
    """Search images and compare with their labels."""
    # That a tuned model leaves an image to its former weights is what is compared here.
    with suppress_warnings(CratersWarning):
        trial = trials.search(model, "comparing", precision="float32")
    threshold = trial.detections.thresholds.get("balanced")  # of the weights that searched
    scores = compute_scores(trial.match_labels(), threshold)
    f1 = None if threshold is None else scores.chosen.f1
    return ModelScores(scores.average_precision or 0.0, f1, scores.best.f1)


def _write_rendered(folder: Path) -> list[Pair]:
    """Write rendered scenes with their labels."""
    folder.mkdir()
    pairs = []
    for number in range(_RENDERED):
        scene = render_scene(_SIDE_PX, _SIDE_PX, seed=_SEED + number)
        image, label = folder / f"{number}.png", folder / f"{number}.txt"
        image.write_bytes(cv2.imencode(".png", scene.image)[1].tobytes())
        boxes = scene.craters[["x", "y", "diameter_px", "diameter_px"]].to_numpy(float) / _SIDE_PX
        label.write_text(format_lines([CRATER] * len(boxes), boxes))
        pairs.append(Pair(image, label))
    return pairs


def _format(value: float | None) -> str:
    """Write a number, or that there is none."""
    return f"{'-':>8}" if value is None else f"{value:8.3f}"
