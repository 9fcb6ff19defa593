"""The verb on the purity of runs: measure_purity."""

from typing import TYPE_CHECKING

from lunarcraters.api.paths import Ground, PathOrText, as_file, as_run, read_ground

if TYPE_CHECKING:
    from lunarcraters.purity.record import Purity


def measure_purity(
    run: PathOrText,
    labels: PathOrText,
    *,
    area: Ground | None = None,
    min_diameter: float | None = None,
    max_diameter: float | None = None,
    all_seen: bool = False,
    overwrite: bool = False,
) -> "Purity":
    """Measure with what probability a detection of a run is a crater (`craters purity`).

    Its result is kept in the run as `purity.json`, by which `csfd`, `date` and `plot_csfd` count.

    Args:
        run: Directory of a finished run.
        labels: Catalogue that was exported from the run and reviewed; or a reference, that is a
            catalogue or labels.
        area: Ground that the reference covers, or on which reviewed craters are taken: file of
            polygons, or west, south, east and north in degrees. None for the reference's own
            ground, or all reviewed craters.
        min_diameter: Least diameter of a detection that is labelled, km (pixels without a
            coordinate system); None for that from which on a reference is complete.
        max_diameter: Greatest diameter of a detection that is labelled; None for that up to which
            a reference is complete.
        all_seen: True where the reviewer looked at every crater, so that unseen ones are accepted.
        overwrite: True to replace a purity that is there.

    Raises:
        RunError: The directory is not a finished run.
        CatalogueError: The labels are of another run, body or ground, or too few.
        AreaError: The area cannot be read.
        OptionError: All craters of a reference are said to be seen.
        OutputError: The run has a purity, or it cannot be written.
    """
    from lunarcraters.detection.measurements import PURITY
    from lunarcraters.detection.run import read_with_hash
    from lunarcraters.errors import OutputError
    from lunarcraters.purity.labels import read_labels
    from lunarcraters.purity.measure import measure_purity
    from lunarcraters.records import write_record

    folder = as_run(run)
    catalogue, run_hash = read_with_hash(folder)
    if (folder / PURITY).exists() and not overwrite:
        raise OutputError(f"{folder / PURITY} exists already: give --overwrite to replace it")
    info = catalogue.info
    ground = None if area is None else read_ground(area, info)
    limits = min_diameter, max_diameter
    labelled = read_labels(
        catalogue, as_file(labels), ground, limits, all_seen=all_seen, run_hash=run_hash
    )
    purity = measure_purity(labelled, unit=info.columns.unit, catalogue=run_hash)
    write_record(purity, folder / PURITY)
    return purity
