"""Trials: a split, searched as a user searches it, and matched to its labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lunarcraters.calibration.diameters import measure_diameter_errors
from lunarcraters.calibration.scores import choose_operating_points, fit_score_calibration
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.datasets.classes import CRATER, IGNORED
from lunarcraters.datasets.downsampling import write_downsampled
from lunarcraters.datasets.pairs import Pair, make_pair, measure_smallest_label
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import AskedPrecision, DetectOptions
from lunarcraters.detection.source import open_source
from lunarcraters.errors import DatasetError
from lunarcraters.evaluation.matching import Matches, match_craters, pool_matches
from lunarcraters.evaluation.reference import Reference, read_pairs
from lunarcraters.evaluation.rules import OverlapRule, Rule
from lunarcraters.evaluation.scores import precision_recall_curve
from lunarcraters.geometry.circles import compute_diameters_px
from lunarcraters.network.model_file import read_info
from lunarcraters.network.model_info import Calibration
from lunarcraters.network.score_calibration import interpolate_precision
from lunarcraters.progress import ProgressDisplay
from lunarcraters.tiling.source import MosaicTiles, TileSource

MIN_PIXELS = 11.0
"""Smallest label that counts, pixels. Labels of kilometre-sized craters at 100 m per pixel are
complete from this size on."""

BOX_RULE = OverlapRule("box")
"""Rule by which detections match label boxes."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """The detections in a split at one resolution, and its labels.

    Attributes:
        source: Tiles that were searched.
        detections: Catalogue of the n detections.
        reference: Label boxes of the split.
        min_diameter: Smallest label that counts, in the unit of the diameters.
        rule: Rule by which detections match labels.
    """

    source: TileSource
    detections: Catalogue
    reference: Reference
    min_diameter: float
    rule: Rule = BOX_RULE

    @cached_property
    def diameters_px(self) -> Float:
        """Diameters of the detections, pixels of the mosaic, (n,)."""
        detections, mosaic = self.detections, self.source.mosaic
        return compute_diameters_px(
            detections.positions, detections.diameters, mosaic.grid, mosaic.meridian_pixel_size_m
        )

    def match_labels(self, scores: Float | None = None) -> Matches:
        """Match the detections to the labels.

        Args:
            scores: Scores in place of those of the catalogue, (n,).
        """
        detections = self.detections
        if scores is not None:
            scored = detections.craters.assign(score=scores)
            detections = Catalogue.from_table(scored, detections.info)
        return match_craters(detections, self.reference, self.rule, min_diameter=self.min_diameter)

    def require_matches(self, model: Path, craters: str) -> None:
        """Refuse a trial that finds nothing, or has nothing to find.

        Args:
            model: Model file as the user named it, for messages.
            craters: Craters that were to be found, in words.

        Raises:
            DatasetError: No detection matches a label, or no label is large enough to count.
        """
        matches = self.match_labels()
        if not matches.reference_counted.any():
            unit = self.detections.columns.unit
            raise DatasetError(
                f"none of {craters} has {self.min_diameter:.3g} {unit} or more and is whole, as "
                "those that count: label larger craters, or choose other data with --split"
            )
        if not matches.true.any():
            raise DatasetError(f"{model} finds none of {craters}: train longer, with more --epochs")


@dataclass(frozen=True)
class Trials:
    """A split that is searched at its own and at lower resolution.

    Attributes:
        pairs: Images of the split with their label files. Those that are not all named by their
            edges are laid side by side, as images without coordinates.
        folder: Directory for runs and copies of the images.
        workers: Number of worker processes; None for one for two cores, up to 8.
        tta: True for test-time augmentation.
        progress: Progress display.
        min_pixels: Smallest label that counts, pixels.
    """

    pairs: Sequence[Pair]
    folder: Path
    workers: int | None
    tta: bool
    progress: ProgressDisplay
    min_pixels: float = MIN_PIXELS

    def search(
        self,
        model: Path,
        task: str,
        *,
        precision: AskedPrecision,
        share: float = 1.0,
        finest: int = 0,
    ) -> Trial:
        """Search the split with a model.

        Args:
            model: Model file.
            task: Name of the search, for the progress display.
            precision: Precision of inference.
            share: Resolution of the images, as a share of their own, up to 1.
            finest: Finest octave, 0 or negative.
        """
        pairs = self._copy(share)
        source = open_source([pair.image for pair in pairs], model, precision=precision)
        if finest:
            # Smaller than users may ask for, so that all sizes of the octave are measured.
            least_px = read_info(model).diameters_px[0]
            source = MosaicTiles.plan(
                source.mosaic,
                max_size=source.settings.max_size,
                halo=source.settings.halo,
                smallest_px=least_px * 2.0**finest,
                min_detectable_px=least_px,
            )
        run = self.folder / f"{share}_{finest}_{precision}"
        options = DetectOptions(workers=self.workers, precision=precision, tta=self.tta)
        with self.progress(task) as progress:
            detections = detect(source, run, model, options, progress=progress).read()
        reference = read_pairs(pairs)
        min_diameter = self.min_pixels * share * (reference.pixel or 1.0)
        return Trial(source, detections, reference, min_diameter)

    def _copy(self, share: float) -> Sequence[Pair]:
        """Copy the split at a share of its resolution, unless it can be searched as it is."""
        placed = all(TileName.parse(pair.image.name) for pair in self.pairs)
        if placed and share == 1.0:
            return self.pairs
        out = self.folder / f"{share}"
        if not out.exists():
            write_downsampled(self.pairs, out, share, side_by_side=not placed)
        classes, ignored = frozenset({CRATER}), frozenset({IGNORED})
        images = sorted((out / "images").iterdir())
        return [make_pair(image, classes, ignored) for image in images]


def choose_min_pixels(pairs: Sequence[Pair]) -> float:
    """Choose the smallest label that counts: `MIN_PIXELS`, or the size from which on there are any.

    Raises:
        DatasetError: An image or a label file cannot be read.
    """
    smallest = measure_smallest_label(pairs)
    return max(MIN_PIXELS, smallest) if np.isfinite(smallest) else MIN_PIXELS


def measure_calibration(trials: Sequence[Trial], sizes_px: tuple[float, ...]) -> Calibration:
    """Measure scores, operating points and diameter errors on trials together.

    Args:
        trials: Trials with the scores of the network.
        sizes_px: Diameters of the score calibration, pixels of the mosaic, rising.
    """
    diameters_px = np.concatenate([trial.diameters_px for trial in trials])
    levels = np.concatenate([trial.detections.craters["level"].to_numpy(float) for trial in trials])
    scores = fit_score_calibration(
        pool_matches([trial.match_labels() for trial in trials]), diameters_px, sizes_px
    )
    calibrated = (
        interpolate_precision(trial.detections.scores, trial.diameters_px, scores)
        for trial in trials
    )
    matches = pool_matches(
        [trial.match_labels(s) for trial, s in zip(trials, calibrated, strict=True)]
    )
    return Calibration(
        thresholds=choose_operating_points(*precision_recall_curve(matches)),
        scores=scores,
        diameter_sd=measure_diameter_errors(matches, diameters_px / 2.0**levels),
    )
