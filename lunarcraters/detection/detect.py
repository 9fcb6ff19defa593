"""Detection: tiles through the network, craters merged, masks stitched; a run in a directory."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from lunarcraters.detection.fetched import FETCHED, refuse_other_directory
from lunarcraters.detection.manifest import MANIFEST, read_manifest, write_manifest
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.plan import RunPlan, plan_run
from lunarcraters.detection.search.batch import search_batch
from lunarcraters.detection.search.batch_result import (
    IN_PART,
    PARTS,
    SUFFIX,
    is_whole,
    read_unread,
)
from lunarcraters.detection.search.batches import Batch
from lunarcraters.detection.search.cluster import cluster
from lunarcraters.detection.search.results import Results, stitching
from lunarcraters.detection.search.tasks import run_tasks
from lunarcraters.detection.search.worker import require_model
from lunarcraters.detection.weights import choose_weights
from lunarcraters.errors import CratersError, MosaicError, OutputError, RunError
from lunarcraters.files import LOCK, check_outside, locked
from lunarcraters.progress import Progress, no_progress
from lunarcraters.tiling.source import TileSet, TileSource

if TYPE_CHECKING:
    from distributed import Client

    from lunarcraters.catalogue.formats.parquet import StoredCatalogue

_DEFAULTS = DetectOptions()
_ENDING = "lunarcraters.detection.outputs"  # imported while tiles are searched: it takes a while


def detect(
    source: TileSource,
    out: Path,
    model: Path,
    options: DetectOptions = _DEFAULTS,
    *,
    overwrite: bool = False,
    is_held: bool = False,
    progress: Progress = no_progress,
) -> "StoredCatalogue":
    """Detect the craters of a mosaic or of its tiles.

    An interrupted run is resumed when it is begun again with the same input, model and options. Its
    directory holds the catalogue (everything that may be a crater), the mask as a Cloud Optimized
    GeoTIFF, and the result of each batch. Tiles that cannot be read at the third attempt are
    counted in the catalogue's property `unread_tiles`, named in `run.json`, and read again when the
    run is begun again. Those of full resolution are left out, as is their ground, and all tiles of
    a server that failed. Of other tiles of local files, what can be read is searched.

    Args:
        source: Tiles to search.
        out: Directory of the run.
        model: Model file.
        options: Options of the search.
        overwrite: True to replace another run in `out`.
        is_held: True where the caller holds `out` against other processes (`fetched_directory`).
        progress: Function of the number of tiles done and in all.

    Returns:
        Catalogue that was written; `read()` gives it whole.

    Raises:
        RunError: `out` holds another run, another process is at work in it, the mosaic has changed
            while it was searched, or workers died.
        OutputError: `out` cannot be written, is not the directory of a run, or holds an input of
            the run that is to replace that in it.
        TileSetError: The tiles do not fit the model, or a tile file cannot be read (strict).
        ModelError: The model cannot be used.
        MosaicError: A tile cannot be read (strict), or none can.
    """
    started = time.monotonic()
    with choose_weights(model, source) as weights:
        run = plan_run(source, out, model, weights, options)
        refuse_other_directory(out)  # before the lock, which would make a directory
        with nullcontext() if is_held else locked(out):
            return _make(run, started, overwrite=overwrite, progress=progress)


def _make(
    run: RunPlan, started: float, *, overwrite: bool, progress: Progress
) -> "StoredCatalogue":
    """Make a run that is planned, or what is missing of it."""
    source, out, finished = run.source, run.out, None
    is_new = _check_directory(run, overwrite=overwrite)
    to_search = run.batches if is_new else _find_batches_to_search(run)
    if not to_search:
        from lunarcraters.detection.finish import find_finish_time

        with suppress(RunError):  # it is not finished
            finished = find_finish_time(out)
    total = _count_tiles(run.batches)
    progress(total - _count_tiles(to_search), total)
    with _removing_failed_start(run, is_new=is_new), ExitStack() as workers:
        client = None
        if to_search:  # tasks bring their tiles; those of a large mosaic are a long list to send
            opened = cluster(source.with_tiles(()), run.weights, run.options, tasks=len(to_search))
            client = workers.enter_context(opened)
            require_model(Path(run.manifest.model_name), run.manifest.model)  # workers check theirs
        if is_new:  # only now: a run that cannot begin replaces no other
            _begin(run)
        _make_folder(run.folder)
        results = Results(run.batches, run.folder, to_search)
        with stitching(source, results, out) as mask:
            search_s = _search(run, client, to_search, results, progress) if client else 0.0
            workers.close()
            if to_search:
                _check_unchanged(run)
            unread = _collect_unread_tiles(run)
            from lunarcraters.detection.outputs import write_run_outputs

            catalogue = write_run_outputs(
                source, run.result_files, out, run.info, run.manifest, unread, mask
            )
    from lunarcraters.detection.finish import finish_run

    seconds = time.monotonic() - started, search_s
    finish_run(run, catalogue, _count_tiles(to_search), unread, seconds, finished)
    return catalogue


def _check_directory(run: RunPlan, *, overwrite: bool) -> bool:
    """Make sure that a run in the directory is the same run, and note the names that it has now.

    One that is to be replaced must hold no input of the new one.

    Returns:
        True where the run is new.
    """
    out, manifest = run.out, run.manifest
    if not (out / MANIFEST).is_file():
        return True
    if overwrite:
        kept = (out / FETCHED).resolve()
        files = [path for path in run.find_inputs() if not path.resolve().is_relative_to(kept)]
        check_outside(out, files)
        return True
    begun = read_manifest(out)
    if begun.has_changed_input(manifest):
        raise RunError(
            f"{manifest.input_name} has changed since the run in {out} began: give another "
            "--output, or --overwrite to replace the run"
        )
    if differences := begun.differences(manifest):
        raise RunError(
            f"{out} holds a run with another {' and another '.join(differences)}: give "
            "another --output, or --overwrite to replace it"
        )
    named = replace(begun, input_name=manifest.input_name, model_name=manifest.model_name)
    if named != begun:
        write_manifest(named, out)
    return False


def _begin(run: RunPlan) -> None:
    """Begin a run in its directory, in which nothing stays of another run."""
    if (run.out / MANIFEST).is_file():
        from lunarcraters.detection.leftovers import empty_run

        empty_run(run.out, keep=(FETCHED,))
    write_manifest(run.manifest, run.out)


@contextmanager
def _removing_failed_start(run: RunPlan, *, is_new: bool) -> Iterator[None]:
    """Remove the directory of a new run that fails before its first batch is done.

    Files of another run that it was to replace, and did not yet, stay.
    """
    try:
        yield
    except CratersError:
        own = {MANIFEST, LOCK, FETCHED, PARTS}  # names in a run without results
        others = any(path.name not in own for path in run.out.glob("*"))
        if is_new and not others and not any(run.folder.glob(f"*{SUFFIX}")):
            shutil.rmtree(run.out, ignore_errors=True)
        raise


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error


def _find_batches_to_search(run: RunPlan) -> list[Batch]:
    """List the batches that have no result yet, or one that lacks a tile."""
    return [
        batch
        for batch, path in zip(run.batches, run.result_files, strict=True)
        if not is_whole(path) or read_unread(path)
    ]


def _search(
    run: RunPlan,
    client: "Client",
    to_search: Sequence[Batch],
    results: Results,
    progress: Progress,
) -> float:
    """Search batches on workers; every result is a file when its batch is done.

    Returns:
        Seconds that this takes where all tasks of the workers are busy, without their start.
    """
    total = _count_tiles(run.batches)
    done = total - _count_tiles(to_search)
    options = run.options
    work = partial(search_batch, run.folder.resolve(), options.tiles_per_call, options.strict)
    if run.info.is_of_relief and not done:
        from lunarcraters.detection.search.depths import warn_of_depths

        warn_of_depths(client, run.source, run.source.tiles)
    Thread(target=import_module, args=(_ENDING,), daemon=True).start()
    worked_s = 0.0
    for number, seconds in run_tasks(client, work, to_search):
        worked_s += seconds
        results.add(run.batches[number])
        done += len(run.batches[number].tiles)
        progress(done, total)
    return worked_s / max(sum(client.nthreads().values()), 1)


def _check_unchanged(run: RunPlan) -> None:
    """Make sure that the mosaic is still the one that the run began with.

    If it is not, the results of batches are removed: nobody knows which of the two they are of.

    Raises:
        RunError: It has changed.
    """
    source = run.source
    if isinstance(source, TileSet) and not source.virtual:
        return  # its tiles hold the pixels
    if run.manifest.is_still_of(source.mosaic):
        return
    shutil.rmtree(run.folder, ignore_errors=True)
    place = "" if source.mosaic.remote is None else " on its server"
    again = "cut the tiles again, and " if isinstance(source, TileSet) else ""
    raise RunError(
        f"{source.mosaic.name} has changed{place} while it was searched: {again}run the same "
        "command again with --overwrite"
    )


def _collect_unread_tiles(run: RunPlan) -> dict[str, str]:
    """Collect the names of the tiles that could not be read, and why.

    Raises:
        MosaicError: No tile could be read.
    """
    unread = {k: v for path in run.result_files for k, v in read_unread(path).items()}
    if len(unread) == len(run.source.tiles):
        raise MosaicError(next(iter(unread.values())).removesuffix(IN_PART))
    return unread


def _count_tiles(batches: Sequence[Batch]) -> int:
    return sum(len(batch.tiles) for batch in batches)
