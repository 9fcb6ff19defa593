"""Verbs on runs: detect, merge, read."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.old_names import accepts_old_names
from lunarcraters.api.paths import PathOrText, as_run
from lunarcraters.detection.options import AskedPrecision, DetectOptions, SourceOptions
from lunarcraters.errors import check_range
from lunarcraters.files import local_output
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.names import as_names
from lunarcraters.mosaic.nodata import GivenNodata
from lunarcraters.progress import Progress, no_progress

if TYPE_CHECKING:
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.detection.summary import RunCounts, RunSummary


@accepts_old_names(mirrored="tta", at_once="batch", smallest="smallest_px")
def detect(
    source: PathOrText | Sequence[PathOrText],
    run: PathOrText,
    model: PathOrText | None = None,
    *,
    size: int | None = None,
    halo: int | None = None,
    levels: int | None = None,
    smallest_px: float | None = None,
    crs: GivenCrs | None = None,
    nodata: GivenNodata = None,
    elevation: bool | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    precision: AskedPrecision = "auto",
    tta: bool = False,
    looks: int | None = None,
    batch: int | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> "Catalogue":
    """Detect the craters of a mosaic or of tiles (`craters detect`).

    A run that was interrupted is resumed when the same call is made again.

    Args:
        source: Raster (a file, a URL or whatever else GDAL opens), several as one mosaic, a
            directory of rasters, or a directory of tiles.
        run: Directory of the run.
        model: Model file; None for the weights that come with the program, for pictures or for
            elevation models.
        size: Largest side of a tile, pixels; None for the model's, or 1024; 1440 in
            int8 where pixels are nearly square on the ground.
        halo: Margin around the core of each tile, pixels; None for 64, or a quarter of the tile if
            that is less.
        levels: Number of octaves from full resolution on, up to 16; None for as many as fit.
        smallest_px: Smallest crater to detect, pixels of the mosaic; None for 8. With 4 the mosaic
            is also searched at twice its size, in four times the time; with 2.75 also at four
            times its size, in sixteen times the time.
        crs: Coordinate system in place of the mosaic's own.
        nodata: Value, or values, that mean "no data" in place of the mosaic's own; NaN where every
            value is ground. None for the mosaic's own, and values that plainly are no ground, of
            which a `CratersWarning` tells.
        elevation: True where the source holds heights, False where it is a picture; None to go by
            its unit, its name and its values, of which a `CratersWarning` tells.
        workers: Number of worker processes on this machine; None for one for two cores, up to 8.
        scheduler: Address of a running Dask cluster to use instead of this machine.
        precision: Arithmetic of the network.
        tta: True for test-time augmentation, the mean over four mirror images of each tile: more
            accurate, in four times the time. (`mirrored` is its earlier name.)
        looks: Number of looks at an elevation model, 1, 2, 4 or 8, whose maps are averaged; None
            for 4. The network takes as long for each as for a picture.
        batch: Number of tiles in one call of the network; None for as many as make up two
            megapixels, at least two, or one in int8. (`at_once` is its earlier name.)
        strict: True to stop at a tile that cannot be read.
        overwrite: True to replace another run in the directory.
        progress: Function of the number of tiles done and in all.

    Returns:
        Everything that may be a crater, down to scores of some thousandths; `filter()` leaves the
        craters of an operating point.

    Raises:
        CratersError: The run cannot be made; the message says why.
    """
    check_range("batch", batch, 1, whole=True)
    detect_to_directory(
        source,
        run,
        model,
        SourceOptions(size, halo, levels, smallest_px, crs, nodata, elevation),
        DetectOptions(workers, scheduler, precision, tta, batch, strict, looks),
        overwrite=overwrite,
        progress=progress,
    )
    return read_run(run)


def detect_to_directory(
    source: PathOrText | Sequence[PathOrText],
    run: PathOrText,
    model: PathOrText | None = None,
    source_options: SourceOptions | None = None,
    options: DetectOptions | None = None,
    *,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> "RunSummary":
    """Detect craters as `detect` does, without reading the catalogue into memory.

    Args:
        source: Raster (a file, a URL or whatever else GDAL opens), several as one mosaic, a
            directory of rasters, or a directory of tiles.
        run: Directory of the run.
        model: Model file; None for the weights that come with the program, for pictures or for
            elevation models.
        source_options: Tiling options; None for the defaults.
        options: Options of the search; None for the defaults.
        overwrite: True to replace another run in the directory.
        progress: Function of the number of tiles done and in all.

    Returns:
        Summary of the run: counts, not craters.

    Raises:
        CratersError: The run cannot be made; the message says why.
    """
    from lunarcraters.detection.detect import detect
    from lunarcraters.detection.fetched import fetched_directory
    from lunarcraters.detection.source import open_source_and_model

    out, search = local_output(run), options or DetectOptions()
    with fetched_directory(out, overwrite=overwrite) as fetched:
        tiles, file = open_source_and_model(
            as_names(source),
            None if model is None else Path(model),
            source_options or SourceOptions(),
            precision=search.precision,
            fetched=fetched,
        )
        catalogue = detect(
            tiles, out, file, search, overwrite=overwrite, is_held=True, progress=progress
        )
    from lunarcraters.detection.summary import summarize_run

    return summarize_run(out, catalogue, tiles, file)


def merge(runs: Sequence[PathOrText], out: PathOrText, *, overwrite: bool = False) -> "RunCounts":
    """Merge runs of the same ground into one (`craters merge`).

    Args:
        runs: Directories of two finished runs or more; the new run covers the ground of the first.
        out: Directory of the new run.
        overwrite: True to replace a run that is there.

    Raises:
        CratersError: The runs cannot be merged; the message says why.
    """
    from lunarcraters.detection.fusion import merge_runs
    from lunarcraters.detection.summary import count_craters

    folder = local_output(out)
    return count_craters(
        folder, merge_runs([Path(run) for run in as_names(runs)], folder, overwrite=overwrite)
    )


def write_stac_item(run: PathOrText, out: PathOrText, *, overwrite: bool = False) -> None:
    """Describe a run as a STAC item (`craters stac`).

    Args:
        run: Directory of a finished run.
        out: JSON file to write. The files of the run are named relative to it.
        overwrite: True to replace a file that is there.

    Raises:
        RunError: The directory is not a finished run.
        CatalogueError: The run is in pixels.
        OutputError: The file exists, or cannot be written.
    """
    from lunarcraters.report.stac import write_stac_item

    write_stac_item(as_run(run), local_output(out), overwrite=overwrite)


def read_run(run: PathOrText) -> "Catalogue":
    """Read the catalogue of a finished run.

    Raises:
        RunError: The directory is not a run, or the run is not finished.
    """
    from lunarcraters.detection.run import read_run

    return read_run(as_run(run))
