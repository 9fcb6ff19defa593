"""Verbs that draw: maps, pieces of the mosaic, trainings, and the page of a run."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText, as_file, as_run
from lunarcraters.errors import check_range
from lunarcraters.files import check_apart, local_output
from lunarcraters.mosaic.given_crs import GivenCrs

if TYPE_CHECKING:
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.mosaic.mosaic import Mosaic
    from lunarcraters.report.explore import InteractiveMap


def plot_map(
    catalogue: "Catalogue | PathOrText",
    out: PathOrText,
    mosaic: "PathOrText | Mosaic | None" = None,
    *,
    min_score: float | str | None = None,
    crs: GivenCrs | None = None,
) -> int:
    """Draw craters over their mosaic with a graticule, as a PNG (`craters plot map`).

    Args:
        catalogue: Catalogue, its file, or the directory of a run.
        out: PNG to write.
        mosaic: Mosaic underneath; None for the one that was searched.
        min_score: Lowest score, or operating point; None for all craters of a catalogue, and for
            "balanced" where a file or run has it.
        crs: Coordinate system in place of the run's, or of another mosaic's own.

    Returns:
        Number of craters drawn.

    Raises:
        RunError: The directory is not a finished run.
        MosaicError: The mosaic cannot be read.
        CatalogueError: One is in pixels and the other not, or there is no such operating point.
        OutputError: The PNG is a file of the mosaic, or cannot be written.
    """
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.detection.searched import open_in_crs_of
    from lunarcraters.mosaic.mosaic import Mosaic
    from lunarcraters.plots.maps import draw_map

    craters = _read_craters(catalogue, min_score)
    if isinstance(mosaic, Mosaic):
        ground = mosaic
    elif not isinstance(catalogue, Catalogue):
        ground = _mosaic_of(catalogue, mosaic, crs)
    elif mosaic is None:
        ground = _input_as_searched(catalogue, crs)
    else:
        ground = open_in_crs_of(catalogue.info.run, mosaic, crs=crs)
    picture = local_output(out)
    check_apart(picture, ground.sources)
    draw_map(craters, ground, picture)
    return len(craters)


def plot_tiles(
    run: PathOrText,
    out: PathOrText,
    *,
    reference: PathOrText | None = None,
    count: int | None = 4,
    mosaic: PathOrText | None = None,
    min_score: float | str | None = None,
    crs: GivenCrs | None = None,
) -> int:
    """Draw pieces of a mosaic beside their masks and boxes, as a PNG (`craters plot tiles`).

    Args:
        run: Directory of a run, or file of a catalogue.
        out: PNG to write.
        reference: Catalogue or labels, whose mask and boxes are shown too.
        count: Number of pieces at most, 1 to 50; None for 4.
        mosaic: Mosaic; None for the one that was searched.
        min_score: Lowest score, or operating point; None for "balanced".
        crs: Coordinate system in place of the run's, or of another mosaic's own.

    Returns:
        Number of pieces drawn.

    Raises:
        RunError: The directory is not a finished run.
        CatalogueError: No crater lies on the mosaic.
        OptionError: The number of pieces is outside its range.
        MosaicError: The mosaic cannot be read.
        OutputError: The PNG is a file of the mosaic, or cannot be written.
    """
    from lunarcraters.detection.run import MASK
    from lunarcraters.evaluation.reference import read_reference
    from lunarcraters.mask.cog import open_mask_over
    from lunarcraters.plots.panels import draw_panels

    check_range("count", count, 1, 50, whole=True)
    picture = local_output(out)
    ground = _mosaic_of(run, mosaic, crs)
    check_apart(picture, ground.sources)
    return draw_panels(
        _read_craters(run, min_score),
        ground,
        open_mask_over(as_run(run) / MASK, ground, same_pixels=True),
        None if reference is None else read_reference(as_file(reference)),
        picture,
        count=4 if count is None else int(count),
    )


def plot_training(training: PathOrText, out: PathOrText) -> int:
    """Draw the curves of a training, as a PNG (`craters plot training`).

    Args:
        training: Directory of a training, which may still go on.
        out: PNG to write.

    Returns:
        Number of epochs drawn.

    Raises:
        DatasetError: The directory holds no finished epoch.
    """
    from lunarcraters.errors import DatasetError
    from lunarcraters.plots.training import draw_curves
    from lunarcraters.training.history_files import read_history

    rows = read_history(Path(training))
    if not rows:
        raise DatasetError(
            f"{training} has no epoch of a training in it: give the directory that craters train "
            "writes, after its first epoch"
        )
    draw_curves(rows, local_output(out))
    return len(rows)


def write_report(
    run: PathOrText,
    out: PathOrText,
    *,
    edited: PathOrText | None = None,
    reference: PathOrText | None = None,
    min_diameter: float = 0.0,
    mosaic: PathOrText | None = None,
    min_score: float | str | None = None,
    closeups: int = 500,
    crs: GivenCrs | None = None,
    overwrite: bool = False,
) -> int:
    """Write one HTML page that shows a run (`craters report`).

    Args:
        run: Directory of a finished run.
        out: HTML file to write.
        edited: Edited catalogue of the run, whose craters are shown and with whose decisions the
            review begins; None for the craters of the run.
        reference: Catalogue or labels to score the run against.
        min_diameter: Smallest crater that is scored, km (pixels without a coordinate system).
        mosaic: Mosaic underneath; None for the one that was searched.
        min_score: Score, or operating point, that the page begins with; None for "balanced".
        closeups: Number of the most doubtful craters whose ground the review shows at full
            resolution, where the picture of the mosaic is coarser.
        crs: Coordinate system in place of the run's, or of another mosaic's own.
        overwrite: True to replace a file that is there.

    Returns:
        Number of craters in the page.

    Raises:
        CratersError: The run, the reference or the mosaic cannot be used, or the page exists.
    """
    from lunarcraters.catalogue.formats import read_edited
    from lunarcraters.detection.run import open_run
    from lunarcraters.detection.searched import searched_mosaic
    from lunarcraters.report import page

    check_range("closeups", closeups, 0, whole=True)
    folder = as_run(run)
    open_run(folder)  # says what a file is that was given in place of a run
    target, ground = local_output(out), searched_mosaic(folder, mosaic, crs=crs)
    check_apart(target, [edited, reference, *ground.sources])
    return page.write_report(
        folder,
        target,
        ground,
        edited=None if edited is None else read_edited(as_file(edited)),
        reference=None if reference is None else Path(as_file(reference)),
        min_diameter=min_diameter,
        min_score=min_score,
        closeups=closeups,
        overwrite=overwrite,
    )


def explore(
    catalogue: "Catalogue | PathOrText",
    run: PathOrText | None = None,
    mosaic: "PathOrText | Mosaic | None" = None,
    *,
    min_score: float | str | None = None,
    crs: GivenCrs | None = None,
) -> "InteractiveMap":
    """Show craters on a map to zoom, in a notebook or as a page (`save`), without a network.

    The map is in the projection of the mosaic where there is one, and else in degrees.

    Args:
        catalogue: Catalogue, its file, or the directory of a run.
        run: Directory of the run, whose mosaic and mask lie underneath; None for no mask.
        mosaic: Mosaic underneath; None for the one that was searched, if it is still there and
            tells where it lies.
        min_score: Lowest score, or operating point; None for all craters of a catalogue, and for
            "balanced" where a file or run has it.
        crs: Coordinate system in place of the run's, or of another mosaic's own.

    Raises:
        RunError: The directory is not a finished run.
        MosaicError: The mosaic cannot be read.
        CatalogueError: One is in pixels and the other not, or there is no such operating point.
    """
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.detection.run import MASK
    from lunarcraters.detection.searched import open_in_crs_of, searched_mosaic
    from lunarcraters.errors import CoordinateSystemError, MosaicError
    from lunarcraters.mosaic.mosaic import Mosaic
    from lunarcraters.report.explore import make_interactive_map

    craters = _read_craters(catalogue, min_score)
    if not isinstance(catalogue, Catalogue) and run is None and Path(catalogue).is_dir():
        run = catalogue
    ground: Mosaic | None = None
    if isinstance(mosaic, Mosaic):
        ground = mosaic
    elif run is not None:
        ground = searched_mosaic(as_run(run), mosaic, crs=crs)
    elif mosaic is not None:
        ground = open_in_crs_of(craters.info.run, mosaic, crs=crs)
    elif Path(craters.properties.get("input", "")).is_file():
        with suppress(MosaicError, CoordinateSystemError):  # a map without it is one too
            ground = _input_as_searched(craters, crs)
        if ground is not None and ground.has_crs != craters.has_crs:
            ground = None
    return make_interactive_map(craters, ground, None if run is None else as_run(run) / MASK)


def _input_of(catalogue: "Catalogue") -> str:
    """Return the name of the mosaic that a catalogue was made from."""
    from lunarcraters.errors import CatalogueError

    name = catalogue.properties.get("input")
    if not name:
        raise CatalogueError(
            "the catalogue does not name its mosaic: give the mosaic to draw it on (--mosaic)"
        )
    return name


def _input_as_searched(catalogue: "Catalogue", crs: GivenCrs | None) -> "Mosaic":
    """Open the mosaic that a catalogue was made from, as its run searched it, if it has one."""
    from lunarcraters.detection.searched import note_elevation, open_in_crs_of

    run = catalogue.info.run
    ground = open_in_crs_of(run, _input_of(catalogue), crs=crs)
    return ground if run is None else note_elevation(ground, run)


def _read_craters(
    catalogue: "Catalogue | PathOrText", min_score: float | str | None
) -> "Catalogue":
    """Read the craters that score enough; without a score all of a catalogue are taken."""
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.detection.run import read_detections

    if isinstance(catalogue, Catalogue):
        return catalogue if min_score is None else catalogue.filter(min_score)
    return read_detections(catalogue).filter(min_score)


def _mosaic_of(name: PathOrText, mosaic: PathOrText | None, crs: GivenCrs | None) -> "Mosaic":
    """Open the mosaic of a run or of the file of a catalogue, or another in its place."""
    from lunarcraters.detection.run import read_detections
    from lunarcraters.detection.searched import searched_mosaic
    from lunarcraters.mosaic.mosaic import open_mosaic

    if mosaic is None and Path(name).is_file():
        return open_mosaic(_input_of(read_detections(name)), crs=crs)
    return searched_mosaic(as_run(name), mosaic, crs=crs)
