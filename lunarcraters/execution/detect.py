"""Detection: tiles through the network, craters merged, masks stitched; a run in a directory."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters import __version__, moon
from lunarcraters.catalogue.decoding import decode
from lunarcraters.catalogue.georeferencing import georeference
from lunarcraters.catalogue.merging import suppress
from lunarcraters.catalogue.schema import COLUMNS, PIXEL_COLUMNS, Catalogue
from lunarcraters.errors import OutputError, RunError, TileSetError
from lunarcraters.execution import engine, parts
from lunarcraters.execution.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from lunarcraters.execution.run import CRATERS, MASK, RESULT, write_catalogue
from lunarcraters.network.model_file import ModelInfo, digest, read_info
from lunarcraters.raster.footprint import searched_ground
from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.raster.stitching import stitch
from lunarcraters.raster.tiling import Tile, owns
from lunarcraters.raster.tileset import TileSource

MASK_SCALE = 254
"""A mask pixel is a probability times this; 255 is where nothing was searched."""

_TASK_PX = 4 * 1024 * 1024
_CALL_PX = 1024 * 1024  # what the network is given at once

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Batch:
    """Tiles of one size that a task works on."""

    number: int
    tiles: tuple[Tile, ...]

    @property
    def file(self) -> str:
        """Name of its part."""
        return f"{self.number:06d}.npz"


def open_source(
    paths: Sequence[Path],
    model: Path,
    *,
    size: int | None = None,
    halo: int | None = None,
    levels: int | None = None,
    crs: str | None = None,
    nodata: float | None = None,
) -> TileSource:
    """What is to be searched: the tiles that `craters tile` wrote, or mosaics cut as they are read.

    Args:
        paths: One directory of tiles; or rasters, and directories of them, as one mosaic.
        model: Model file; it tells the size of tiles where none is given.
        size: Largest tile, pixels.
        halo: Margin around the core of each tile, pixels.
        levels: Octaves.
        crs: Coordinate system in place of the mosaic's own.
        nodata: Value that means "no data".

    Raises:
        TileSetError: The tiles are incomplete, or options are given that only a mosaic takes.
        MosaicError: The mosaic cannot be used.
        CoordinateSystemError: Its coordinate system is missing or not of the Moon.
        ModelError: The model file cannot be read.
    """
    info = read_info(model)
    if len(paths) == 1 and is_tile_set(paths[0]):
        if any(option is not None for option in (size, halo, levels, crs, nodata)):
            raise TileSetError(
                f"{paths[0]} holds tiles, whose size, halo, levels, CRS and nodata are settled: "
                "give these options to craters tile"
            )
        return open_tiles(paths[0])
    mosaic = open_mosaic(paths, crs=crs, nodata=nodata)
    chosen = size or info.input_size or DEFAULT_SIZE
    margin = halo if halo is not None else min(DEFAULT_HALO, chosen // 4)
    return MosaicTiles.plan(mosaic, max_size=chosen, halo=margin, levels=levels)


def detect(
    source: TileSource,
    out: Path,
    model: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    overwrite: bool = False,
    progress: Progress = lambda done, total: None,
) -> Catalogue:
    """Find the craters of a mosaic or of its tiles.

    A run that was killed goes on where it stopped when it is begun again with the same input and
    model. Its directory holds the catalogue (every crater that scores at least 0.05), the mask as
    a Cloud Optimized GeoTIFF, and what each task found.

    Args:
        source: Tiles to search.
        out: Directory of the run.
        model: Model file.
        workers: Processes on this machine.
        scheduler: Address of a Dask cluster to use instead.
        overwrite: Replace another run in `out`.
        progress: Called with the number of tiles done and in all.

    Returns:
        The catalogue that was written.

    Raises:
        RunError: `out` holds another run, or workers died.
        OutputError: `out` cannot be written, or is no run's.
        TileSetError: The tiles do not fit the model.
        ModelError: The model cannot be used.
        MosaicError: The mosaic cannot be read, or holds no data.
    """
    begun = time.monotonic()
    info = read_info(model)
    tiles = tuple(source.tiles)
    manifest = Manifest(
        input=source.fingerprint(),
        input_name=source.mosaic.name,
        model=digest(model),
        model_name=str(model),
        settings={"tiles": len(tiles), "version": __version__},
    )
    _open_run(manifest, out, overwrite=overwrite)
    batches = list(plan_batches(tiles))
    _work(source, out, model, batches, workers, scheduler, progress)
    part_files = [out / "parts" / batch.file for batch in batches]
    catalogue = _merge(part_files, source.mosaic, info, manifest)
    where = parts.mask_index(part_files)
    stitch(
        source.mosaic,
        tiles,
        lambda tile: parts.read_mask(where[tile.name], tile.name) if tile.name in where else None,
        out / MASK,
    )
    footprint, area_km2 = searched_ground(source.mosaic, out / MASK)
    catalogue = Catalogue(
        catalogue.craters,
        catalogue.crs,
        footprint,
        area_km2,
        catalogue.thresholds,
        catalogue.properties,
    )
    write_catalogue(catalogue, out / CRATERS)
    result = {
        "craters": len(catalogue),
        "tiles": len(tiles),
        "empty_tiles": len(tiles) - len(where),
        "searched_km2": area_km2,
        "seconds": round(time.monotonic() - begun, 1),
    }
    (out / RESULT).write_text(json.dumps(result, indent=1) + "\n")
    return catalogue


def plan_batches(tiles: Sequence[Tile]) -> Iterator[Batch]:
    """Tiles in their order, as batches of one size."""
    number = 0
    for size, same in groupby(tiles, key=lambda tile: tile.size):
        group = list(same)
        step = max(_TASK_PX // size**2, 1)
        for first in range(0, len(group), step):
            yield Batch(number, tuple(group[first : first + step]))
            number += 1


def _open_run(manifest: Manifest, out: Path, *, overwrite: bool) -> None:
    """Make the directory of a run, or make sure that the one there is the same run."""
    if (out / MANIFEST).is_file():
        differences = read_manifest(out).differences(manifest)
        if not differences:
            return
        if not overwrite:
            raise RunError(
                f"{out} holds a run with another {' and another '.join(differences)}: give "
                "another --output, or --overwrite to replace it"
            )
        shutil.rmtree(out)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} exists and is not a run of craters detect: give another --output")
    write_manifest(manifest, out)


def _work(
    source: TileSource,
    out: Path,
    model: Path,
    batches: Sequence[Batch],
    workers: int | None,
    scheduler: str | None,
    progress: Progress,
) -> None:
    """Do the batches that have no part yet."""
    folder = out / "parts"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    missing = [batch for batch in batches if not parts.is_whole(folder / batch.file)]
    total = sum(len(batch.tiles) for batch in batches)
    done = total - sum(len(batch.tiles) for batch in missing)
    progress(done, total)
    if not missing:
        return
    count = min(workers or len(missing), len(missing))
    with engine.cluster(model, workers=_at_most(workers, count), scheduler=scheduler) as client:
        work = partial(search, source, folder.resolve())
        for finished in engine.run_tasks(client, work, missing):
            done += finished
            progress(done, total)


def _at_most(workers: int | None, tasks: int) -> int | None:
    return min(workers, tasks) if workers else None if tasks > 1 else 1


def search(source: TileSource, folder: Path, batch: Batch) -> int:
    """Run the network over a batch and write what it finds; runs on a worker.

    Returns:
        Number of tiles.
    """
    detector = engine.worker_detector()
    size = batch.tiles[0].size
    side = _input_side(detector, size)
    read = [(tile, *source.read(tile)) for tile in batch.tiles]
    full = [(tile, values, valid) for tile, values, valid in read if valid.any()]
    step = max(_CALL_PX // side**2, 1)
    tables: list[pd.DataFrame] = []
    masks: dict[str, NDArray[np.uint8]] = {}
    for first in range(0, len(full), step):
        some = full[first : first + step]
        images = np.zeros((step, side, side, detector.channels), np.float32)
        for place, (_, values, valid) in enumerate(some):
            images[place, :size, :size] = detector.images(values, valid, source.photometry)
        found = detector.maps(images)[:, :size, :size]
        for (tile, _, valid), maps in zip(some, found, strict=False):
            mask = np.rint(maps[..., detector.info.heads.index("mask")] * MASK_SCALE)
            masks[tile.name] = np.where(valid, mask, 255).astype(np.uint8)
            tables.append(craters_of(maps * valid[..., None], tile, source.mosaic, detector.info))
    empty = empty_table(source.mosaic)
    craters = pd.concat(tables, ignore_index=True) if tables else empty
    parts.write_part(parts.Part(craters, masks), folder / batch.file)
    return len(batch.tiles)


def _input_side(detector: Any, size: int) -> int:
    """Side of the network's input for tiles of a size; smaller tiles are filled up with zeros."""
    side: int = detector.input_size or -(-size // detector.stride) * detector.stride
    if size > side:
        raise TileSetError(
            f"tiles of {size} pixels are too large for the model, which takes {side}: make them "
            f"with craters tile --size {side}"
        )
    return side


def empty_table(mosaic: Mosaic) -> pd.DataFrame:
    """A table of no craters, with the columns of the mosaic's catalogue."""
    columns = PIXEL_COLUMNS if mosaic.is_plain else COLUMNS
    return pd.DataFrame({name: np.empty(0) for name in columns[1:]})


def craters_of(
    maps: NDArray[np.float32], tile: Tile, mosaic: Mosaic, info: ModelInfo
) -> pd.DataFrame:
    """The craters of one tile whose centre lies in its core, placed on the Moon.

    Args:
        maps: What the network gave, shape (size, size, heads).
        tile: The tile.
        mosaic: What it is cut from.
        info: How to read the maps.
    """
    circles, scores = decode(maps, info.heads, info.diameters_px)
    relative_sd = relative_diameter_sd(circles[:, 2], info)
    if mosaic.is_plain:
        scale = 2.0**tile.level
        x, y = tile.affine @ (circles[:, 0], circles[:, 1]) if len(circles) else (circles[:, 0],) * 2
        place, diameter, names = (x, y), circles[:, 2] * scale, PIXEL_COLUMNS
    else:
        lon, lat, diameter = georeference(circles, tile.affine, tile.crs)
        x, y = mosaic.from_lonlat(lon, lat)
        place, names = (lon, lat), COLUMNS
    keep = owns(mosaic, tile, x, y) & np.isfinite(diameter)
    columns = (*place, diameter, diameter * relative_sd, scores)
    table = {name: values[keep] for name, values in zip(names[1:6], columns, strict=True)}
    return pd.DataFrame({**table, "level": tile.level, "tile": tile.name})


def relative_diameter_sd(
    diameters_px: NDArray[np.float64], info: ModelInfo
) -> NDArray[np.float64]:
    """Standard deviation of diameters over themselves; NaN where the model does not know it."""
    if not info.diameter_sd:
        return np.full(diameters_px.shape, np.nan)
    known = info.diameter_sd
    return np.asarray(np.interp(diameters_px, known["diameter_px"], known["relative_sd"]))


def _merge(
    files: Sequence[Path], mosaic: Mosaic, info: ModelInfo, manifest: Manifest
) -> Catalogue:
    """One catalogue of all parts: of the same crater seen twice, the better view stays."""
    table = pd.concat([parts.read_craters(path) for path in files], ignore_index=True)
    if mosaic.crs is None:
        positions = table[["x", "y"]].to_numpy(float)
        diameters = table["diameter_px"].to_numpy(float)
        crs = None
    else:
        radius_m = moon.radius_m(mosaic.crs)
        positions = moon.unit_vectors(table["lon"], table["lat"]) * radius_m / 1000.0
        diameters = table["diameter_km"].to_numpy(float)
        crs = moon.geographic_crs(radius_m)
    kept = suppress(positions, diameters, table["score"].to_numpy(float))
    properties = {
        "input": manifest.input_name,
        "input_sha256": manifest.input,
        "model": Path(manifest.model_name).name,
        "model_sha256": manifest.model,
        "lunarcraters": __version__,
    }
    craters = table.iloc[kept]
    return Catalogue(craters, crs, thresholds=dict(info.thresholds), properties=properties)
