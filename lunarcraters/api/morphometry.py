"""Verbs on elevation models: measure."""

from contextlib import nullcontext
from dataclasses import dataclass
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText, as_run, find_target
from lunarcraters.elevation.units import HeightUnit
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.nodata import GivenNodata
from lunarcraters.progress import Progress, no_progress
from lunarcraters.redaction import redact

if TYPE_CHECKING:
    from lunarcraters.catalogue.table import Catalogue


@dataclass(frozen=True)
class MeasureCounts:
    """Result of `craters measure`, as `--json` prints it.

    Attributes:
        craters: Number of craters.
        measured: Number of craters with measures.
        notes: Numbers of the other craters by the reason why they have none.
        median_depth_to_diameter: Median of depth over diameter, of the craters of the operating
            point `balanced` where there is one; null where none was measured.
        min_score: Lowest score of the craters of that median.
        height_unit_m: Height of one unit of the elevation model, metres.
        out: File that was written, or address of the PostGIS table, without its password.
    """

    craters: int
    measured: int
    notes: dict[str, int]
    median_depth_to_diameter: float | None
    min_score: float
    height_unit_m: float
    out: str


def measure(
    run: PathOrText,
    elevation: PathOrText,
    out: PathOrText | None = None,
    *,
    unit: HeightUnit | None = None,
    crs: GivenCrs | None = None,
    nodata: GivenNodata = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> MeasureCounts:
    """Measure craters in three dimensions on an elevation model (`craters measure`).

    Depth, rim height, diameter at the rim crest, steepest slope and freshness become columns of
    the catalogue. A run keeps them in its file `measures.parquet`, and from then on its catalogue
    has them wherever it is read.

    Args:
        run: Directory of a finished run, file of a catalogue, or address of a PostGIS table.
        elevation: Elevation model in any lunar coordinate system.
        out: Catalogue to write; None to keep the measures in the run.
        unit: Unit of the heights; None for the one that the elevation model declares, or that its
            values tell.
        crs: Coordinate system in place of the elevation model's own, or of that by which the run
            searched it.
        nodata: Value, or values, that mean "no data" in place of the elevation model's own.
        overwrite: True to replace a file, or earlier measures of a run.
        progress: Function of the number of craters done and in all.

    Raises:
        RunError: The directory is not a finished run, or another process is at work in it.
        CatalogueError: The craters are in pixels, or none lies on the elevation model.
        MosaicError: The elevation model cannot be read, or does not hold heights.
        CoordinateSystemError: The elevation model is not of the Moon.
        OutputError: The measures are there already, cannot be written, or the catalogue to write is
            a file of a run itself or a crater count, which has no place for them.
    """
    from lunarcraters.catalogue.formats import check_output, write_catalogue
    from lunarcraters.catalogue.formats.parquet import write_measures
    from lunarcraters.catalogue.measures import MEASURES as MEASURE_COLUMNS
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.detection.run import MEASURES, read_detections, read_with_hash
    from lunarcraters.detection.searched import searched_mosaic
    from lunarcraters.errors import OutputError
    from lunarcraters.files import check_apart, locked, replacing
    from lunarcraters.morphometry.measure import measure_craters, require_lunar
    from lunarcraters.mosaic.examination.heights import make_elevation_model

    folder = as_run(run)
    if out is None and not folder.is_dir():
        raise OutputError(
            f"{run} is not a run, which keeps its measures: name the catalogue to write with "
            "--output"
        )
    if folder.is_dir():
        craters, run_hash = read_with_hash(folder)
    else:
        craters, run_hash = read_detections(run), ""
    require_lunar(craters.info)
    kept = folder / MEASURES
    target = fspath(kept) if out is None else find_target(out)
    if out is not None:
        check_output(craters.info, target, measured=True, overwrite=overwrite)
    with locked(folder) if out is None else nullcontext():
        if out is None and kept.exists() and not overwrite:
            raise OutputError(f"{kept} exists: give --overwrite to measure the craters again")
        mosaic = searched_mosaic(folder, elevation, crs=crs, nodata=nodata)
        check_apart(Path(target), mosaic.sources)
        model = make_elevation_model(mosaic, unit=unit)
        measures = measure_craters(
            craters.positions,
            craters.diameters,
            model,
            craters.radius_m or model.mosaic.grid.radius_m,
            progress=progress,
        )
        table = craters.craters.drop(columns=list(MEASURE_COLUMNS), errors="ignore")
        measured = Catalogue.from_table(table.join(measures.to_table()), craters.info)
        if out is None:
            with replacing(kept) as temporary:
                write_measures(measures, run_hash, temporary)
        else:
            write_catalogue(measured, target, overwrite=overwrite)
        return _count(measured, model.unit_m, target)


def _count(measured: "Catalogue", unit_m: float, out: str) -> MeasureCounts:
    notes = measured.craters["measure_note"]
    counts = notes[notes != ""].value_counts()
    ratios = measured.filter().craters["depth_to_diameter"].dropna()
    return MeasureCounts(
        craters=len(measured),
        measured=int((notes == "").sum()),
        notes={str(note): int(count) for note, count in counts.items()},
        median_depth_to_diameter=float(ratios.median()) if len(ratios) else None,
        min_score=measured.threshold(),
        height_unit_m=unit_m,
        out=redact(out),
    )
