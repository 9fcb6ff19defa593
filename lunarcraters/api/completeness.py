"""The verb on the completeness of runs: measure_completeness."""

from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText, as_run
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.progress import Progress, no_progress

if TYPE_CHECKING:
    from lunarcraters.completeness.record import Completeness


def measure_completeness(
    run: PathOrText,
    *,
    mosaic: PathOrText | None = None,
    crs: GivenCrs | None = None,
    model: PathOrText | None = None,
    sun_azimuth_deg: float | None = None,
    sun_altitude_deg: float | None = None,
    budget: float = 0.25,
    seed: int = 0,
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> "Completeness":
    """Measure which craters a run misses, by craters planted into its mosaic.

    The function of `craters completeness`. Its result is kept in the run as `completeness.json`,
    and is read from there when it is called again.

    Args:
        run: Directory of a finished run.
        mosaic: Mosaic, where it is not where the run found it.
        crs: Coordinate system in place of that by which the run searched the mosaic.
        model: Model file of the run, where it is not where the run found it.
        sun_azimuth_deg: Azimuth of the sun, degrees clockwise from north (without a coordinate
            system, from the top of the image); None to estimate it from the detected craters.
        sun_altitude_deg: Height of the sun above the horizon, degrees; None for the label's, or to
            estimate it.
        budget: Largest number of pixels to search, as a share of those of the run; a planted crater
            counts as 15,000.
        seed: Seed of all random choices.
        workers: Number of worker processes on this machine; None for one for two cores, up to 8.
        overwrite: True to replace another measurement.
        progress: Function of the number of tiles done and in all.

    Raises:
        CratersError: The completeness cannot be measured; the message says why.
    """
    from lunarcraters.completeness.measure import CompletenessOptions, measure_completeness
    from lunarcraters.completeness.source import find_run_model, open_run_source

    folder = as_run(run)
    options = CompletenessOptions(sun_azimuth_deg, sun_altitude_deg, budget, seed)
    file = find_run_model(folder, None if model is None else Path(model))
    return measure_completeness(
        folder,
        open_run_source(folder, file, mosaic, crs),
        file,
        options,
        workers=workers,
        overwrite=overwrite,
        progress=progress,
    )
