"""Calibration of a model of relief on an elevation model that its training left out.

The elevation model is searched as a user searches it. Detections match the craters of its catalogue
where centres are within 0.35 diameters and diameters within a factor of 1.5. Craters count from the
smallest that the network detects, or from the smallest of the catalogue.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lunarcraters.calibration.calibrate import (
    add_accurate_int8,
    copy_without_calibration,
    replaced_when_done,
)
from lunarcraters.calibration.scores import SIZES_PX
from lunarcraters.calibration.trials import Trial, measure_calibration
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.evaluation.reference import read_reference
from lunarcraters.evaluation.rules import OffsetRule
from lunarcraters.network.model_file import read_info, update_info
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.startup import Precision
from lunarcraters.progress import ProgressDisplay, no_progress_of

RULE = OffsetRule(max_offset=0.35, max_ratio=1.5)
"""Rule by which detections match craters."""


@dataclass(frozen=True)
class _Ground:
    """An elevation model with its craters.

    Attributes:
        elevation: Raster of heights.
        catalogue: File of its craters.
        folder: Directory for runs.
        workers: Number of worker processes; None for one for two cores, up to 8.
        progress: Progress display.
    """

    elevation: Path
    catalogue: Path
    folder: Path
    workers: int | None
    progress: ProgressDisplay

    def search(self, model: Path, task: str, precision: Precision) -> Trial:
        """Search the elevation model, with the scores of the network."""
        options = SourceOptions(elevation=True)
        source = open_source([self.elevation], model, options, precision=precision)
        search = DetectOptions(workers=self.workers, precision=precision)
        with self.progress(task) as progress:
            run = self.folder / precision
            detections = detect(source, run, model, search, progress=progress).read()
        reference = read_reference(self.catalogue)
        pixel_km = (source.mosaic.meridian_pixel_size_m or 1.0) / 1000.0
        smallest = max(
            read_info(model).diameters_px[0] * pixel_km, float(reference.diameters.min())
        )
        return Trial(source, detections, reference, smallest, RULE)


def calibrate_relief(
    model: Path,
    elevation: Path,
    catalogue: Path,
    *,
    workers: int | None = None,
    say: Callable[[str], None] = print,
    progress: ProgressDisplay = no_progress_of,
) -> ModelInfo:
    """Measure a model of relief, and write the result and an int8 form into its file.

    Args:
        model: Model file, whose description is replaced.
        elevation: Elevation model to measure on, which must not be the one to report on.
        catalogue: File of its craters.
        workers: Number of worker processes; None for one for two cores, up to 8.
        say: Function that takes lines for the user.
        progress: Progress display.

    Returns:
        New description of the model.

    Raises:
        DatasetError: The model detects none of the craters, or none is large enough.
        ModelError: The model cannot be used, or another process has changed its file meanwhile.
    """
    with TemporaryDirectory() as name, replaced_when_done(model) as copy:
        ground = _Ground(elevation, catalogue, Path(name), workers, progress)
        bare = copy_without_calibration(copy, Path(name) / "bare")
        trial = ground.search(bare, "calibrating", "float32")
        trial.require_matches(model, f"the craters of {catalogue} in {elevation}")
        info = read_info(copy).with_calibration(measure_calibration([trial], SIZES_PX))
        update_info(copy, info)
        return add_accurate_int8(
            copy,
            info,
            trial,
            lambda file: ground.search(file, "trying 8 bits", "int8"),
            say,
        )
