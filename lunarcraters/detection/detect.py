"""Detection: tiles through the network, craters merged, masks stitched; a run in a directory."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from lunarcraters._version import __version__
from lunarcraters.catalogue.formats.parquet import Stored
from lunarcraters.detection.batch import Batch, detect_batch, plan_batches
from lunarcraters.detection.batch_result import SUFFIX, is_whole, read_unread
from lunarcraters.detection.cluster import cluster
from lunarcraters.detection.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from lunarcraters.detection.outputs import put_together
from lunarcraters.detection.run import PARTS, RESULT
from lunarcraters.detection.tasks import run_tasks
from lunarcraters.errors import CratersError, MosaicError, OutputError, RunError, TileSetError
from lunarcraters.files import LOCK, locked, replacing
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import digest, read_info
from lunarcraters.network.startup import inference_precision
from lunarcraters.progress import Progress, silent
from lunarcraters.tiling.plan import DEFAULT_HALO_PX, DEFAULT_SIZE_PX
from lunarcraters.tiling.source import MosaicTiles, TileSource
from lunarcraters.tiling.tileset import is_tile_set, open_tiles


def open_source(
    paths: Sequence[Path],
    model: Path,
    *,
    size: int | None = None,
    halo: int | None = None,
    levels: int | None = None,
    smallest_px: float | None = None,
    crs: str | None = None,
    nodata: float | None = None,
) -> TileSource:
    """What is to be searched: the tiles that `craters tile` wrote, or mosaics cut as they are read.

    Args:
        paths: One directory of tiles; or rasters, and directories of them, as one mosaic.
        model: Model file; it tells the size of tiles where none is given.
        size: Largest tile, pixels.
        halo: Margin around the core of each tile, pixels.
        levels: Octaves from full resolution on.
        smallest_px: Smallest crater to be found, pixels of the mosaic; None for what the model
            answers for. Below that the mosaic is searched enlarged too.
        crs: Coordinate system in place of the mosaic's own.
        nodata: Value that means "no data".

    Raises:
        TileSetError: The tiles are incomplete, or options are given that only a mosaic takes.
        MosaicError: The mosaic cannot be used.
        RunError: It is the directory of a run.
        CoordinateSystemError: Its coordinate system is missing or not of the Moon.
        ModelError: The model file cannot be read.
    """
    info = read_info(model)
    if len(paths) == 1 and is_tile_set(paths[0]):
        if any(option is not None for option in (size, halo, levels, smallest_px, crs, nodata)):
            raise TileSetError(
                f"{paths[0]} holds tiles, whose size, halo, levels, smallest crater, CRS and "
                "nodata are settled: give these options to craters tile"
            )
        return open_tiles(paths[0])
    for path in paths:
        if (path / MANIFEST).is_file():
            raise RunError(f"{path} is a run, not a mosaic: give the raster that is to be searched")
    mosaic = open_mosaic(paths, crs=crs, nodata=nodata)
    chosen = size or info.input_size or DEFAULT_SIZE_PX
    margin = halo if halo is not None else min(DEFAULT_HALO_PX, chosen // 4)
    return MosaicTiles.plan(
        mosaic,
        max_size=chosen,
        halo=margin,
        levels=levels,
        smallest_px=smallest_px,
        answered_px=info.diameters_px[0],
    )


def detect(
    source: TileSource,
    out: Path,
    model: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    precision: str = "auto",
    mirrored: bool = False,
    at_once: int | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Stored:
    """Find the craters of a mosaic or of its tiles.

    A run that was killed goes on where it stopped when it is begun again with the same input and
    model. Its directory holds the catalogue (everything that may be a crater), the mask as
    a Cloud Optimized GeoTIFF, and what each task found. Tiles that cannot be read, at the third
    attempt either, are left out of all of them, counted in the catalogue's property
    `unread_tiles`, named in `run.json`, and read again when the run is begun again.

    Args:
        source: Tiles to search.
        out: Directory of the run.
        model: Model file.
        workers: Processes on this machine.
        scheduler: Address of a Dask cluster to use instead.
        precision: Of the network: `float32`; `int8`, thrice as fast with AVX-512, where the model
            has that form; `bfloat16`; `auto` for int8 where it can be, and no graphics card is.
        mirrored: Give the network the mirror images of every tile too, and take the mean: better,
            in four times the time.
        at_once: Tiles that the network is given at once; None for a megapixel, or two tiles.
        strict: Stop at a tile that cannot be read.
        overwrite: Replace another run in `out`.
        progress: Called with the number of tiles done and in all.

    Returns:
        The catalogue that was written; `read()` gives it whole.

    Raises:
        RunError: `out` holds another run, another process is at work in it, or workers died.
        OutputError: `out` cannot be written, or is no run's.
        TileSetError: The tiles do not fit the model.
        ModelError: The model cannot be used.
        MosaicError: A tile cannot be read (strict), or none can.
    """
    begun = time.monotonic()
    info = read_info(model).used(mirrored=mirrored, finest=source.settings.finest)
    precision = inference_precision(precision, has_int8=bool(info.eight_bit))
    manifest = Manifest(
        input=source.fingerprint(),
        input_name=source.mosaic.name,
        model=digest(model),
        model_name=str(model),
        settings={
            "version": __version__,
            "precision": precision,
            "mirrored": mirrored,
            "smallest_px": source.settings.smallest_px,
        },
    )
    batches = list(plan_batches(source.tiles))
    _refuse_strangers(out)
    with locked(out):
        _open_run(manifest, out, overwrite=overwrite)
        try:
            missing = _missing(out / PARTS, batches)
            total = sum(len(batch.tiles) for batch in batches)
            done = total - sum(len(batch.tiles) for batch in missing)
            searched = total - done
            progress(done, total)
            if missing:
                # Tasks bring their tiles; those of a large mosaic would be a long list to send.
                bare, tasks = replace(source, tiles=()), len(missing)
                work = partial(detect_batch, (out / PARTS).resolve(), at_once, strict)
                with cluster(
                    bare, model, precision, workers, scheduler, tasks=tasks, mirrored=mirrored
                ) as client:
                    for finished in run_tasks(client, work, missing):
                        done += finished
                        progress(done, total)
            part_files = [out / PARTS / batch.file for batch in batches]
            unread = {k: v for path in part_files for k, v in read_unread(path).items()}
            if len(unread) == len(source.tiles):
                raise MosaicError(next(iter(unread.values())))
        except CratersError:
            if not any((out / PARTS).glob(f"*{SUFFIX}")):  # it never began: leave nothing behind
                shutil.rmtree(out, ignore_errors=True)
            raise
        found = put_together(source, part_files, out, info, manifest, unread)
        result = {
            "craters": len(found),
            "tiles": len(source.tiles),
            "searched_tiles": searched,
            "unread_tiles": unread,
            "searched_km2": found.about.footprint_area_km2,
            "seconds": round(time.monotonic() - begun, 1),
        }
        _sweep(out)
        with replacing(out / RESULT) as temporary:
            temporary.write_text(json.dumps(result, indent=1) + "\n")
    return found


def _sweep(out: Path) -> None:
    """Remove what killed processes left: temporary files and folders begin with a dot."""
    for path in (*out.glob(".*"), *(out / PARTS).glob(".*")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)


def _refuse_strangers(out: Path) -> None:
    """Leave alone what is no run."""
    if not out.exists() or (out / MANIFEST).is_file():
        return
    if not out.is_dir() or any(path.name != LOCK for path in out.iterdir()):
        raise OutputError(f"{out} exists and is not a run of craters detect: give another --output")


def _open_run(manifest: Manifest, out: Path, *, overwrite: bool) -> None:
    """Begin a run, or make sure that the one there is the same run."""
    if (out / MANIFEST).is_file():
        differences = [] if overwrite else read_manifest(out).differences(manifest)
        if differences:
            raise RunError(
                f"{out} holds a run with another {' and another '.join(differences)}: give "
                "another --output, or --overwrite to replace it"
            )
        if not overwrite:
            return
        for path in out.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
    write_manifest(manifest, out)


def _missing(folder: Path, batches: Sequence[Batch]) -> list[Batch]:
    """The batches that have no part yet, or one that lacks a tile."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    files = [folder / batch.file for batch in batches]
    whole = [is_whole(path) and not read_unread(path) for path in files]
    return [batch for batch, done in zip(batches, whole, strict=True) if not done]
