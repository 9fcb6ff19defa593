"""The verb on edited catalogues: review."""

from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText, as_file, as_run, find_target
from lunarcraters.errors import check_range

if TYPE_CHECKING:
    from lunarcraters.reviews.review import Review


def review(
    run: PathOrText,
    edited: PathOrText,
    out: PathOrText | None = None,
    *,
    suggest: int | None = 0,
    all_seen: bool = False,
    overwrite: bool = False,
) -> "Review":
    """Say what a person changed in the catalogue of a run (`craters review`).

    Precision is the share of the reviewed craters that were accepted. Recall is the share of the
    accepted and added craters that the run has; it holds where the reviewer looked for missing
    ones. Craters that were moved or resized are accepted, and deleted ones are rejected.

    Args:
        run: Directory of a finished run, or the catalogue as it was before the edit.
        edited: Catalogue that was exported from the run and edited.
        out: Catalogue to write, without the rejected craters; None for none.
        suggest: Number of craters, and of tiles, whose review would tell most; 0 or None for
            none.
        all_seen: True where the reviewer looked at every crater, so that unseen ones are accepted.
        overwrite: True to replace a file that is there.

    Raises:
        RunError: The directory is not a finished run.
        OptionError: The number of suggestions is not a whole one of 0 or more.
        CatalogueError: The edited catalogue is of another body or run, or lost its columns.
        OutputError: The file exists, cannot be written, or is the edited one or one of a run.
    """
    from dataclasses import replace

    from lunarcraters.catalogue.formats import check_output, read_edited, write_catalogue
    from lunarcraters.detection.run import read_detections, read_with_hash
    from lunarcraters.reviews.compare import compare_with_run
    from lunarcraters.reviews.review import make_reviewed, summarize_review
    from lunarcraters.reviews.suggest import suggest_craters, suggest_tiles

    check_range("suggest", suggest, 0, whole=True)
    number = int(suggest or 0)
    run_hash = None
    folder = as_run(run)
    if folder.is_dir():
        catalogue, run_hash = read_with_hash(folder)
    else:
        catalogue = read_detections(run)
    rows = read_edited(as_file(edited))
    comparison = compare_with_run(catalogue, rows, all_seen=all_seen, run_hash=run_hash)
    if out is not None:
        target = find_target(out)
        check_output(catalogue.info, target, inputs=[edited], overwrite=overwrite)
        reviewed, notes = make_reviewed(catalogue, rows, comparison)
        write_catalogue(reviewed, target, overwrite=overwrite)
        comparison = replace(comparison, notes=comparison.notes + notes)
    columns = catalogue.columns
    return summarize_review(
        catalogue,
        rows,
        comparison,
        suggest_craters(comparison, columns, number),
        suggest_tiles(comparison, columns, number),
    )
