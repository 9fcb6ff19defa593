"""Tile sets: directories of georeferenced tiles, written and opened."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

from lunarcraters.errors import MosaicError, OutputError, TileSetError
from lunarcraters.files import check_outside, workplace
from lunarcraters.mosaic.handles import forget_datasets
from lunarcraters.mosaic.identity import find_local_files
from lunarcraters.mosaic.listing import TILES_FILE
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.names import RasterName, is_remote
from lunarcraters.process import cpu_count
from lunarcraters.progress import Progress, no_progress
from lunarcraters.records import RecordError, read_record, to_json
from lunarcraters.redaction import redact
from lunarcraters.tiling.geotiff import tile_file, write_geotiff, write_index, write_vrt
from lunarcraters.tiling.plan import DEFAULT_HALO_PX, DEFAULT_SIZE_PX, Tile
from lunarcraters.tiling.source import FORMAT, MosaicTiles, TileSet
from lunarcraters.tiling.tiles_record import TileRecord, TilesRecord

_MOST_THREADS = 4
_INDEX, _VRT = "index.gpkg", "mosaic.vrt"
_WRITTEN = ("tiles", _INDEX, _VRT, TILES_FILE)  # what is in the directory; its record comes last


@dataclass(frozen=True)
class _Format:
    format: str


def is_tile_set(path: Path) -> bool:
    """Tell whether a directory is said to be one of tiles, by the name of their record."""
    return (path / TILES_FILE).is_file()


def write_tiles(
    mosaic: Mosaic,
    out: Path,
    *,
    max_size: int = DEFAULT_SIZE_PX,
    halo: int = DEFAULT_HALO_PX,
    levels: int | None = None,
    smallest_px: float | None = None,
    virtual: bool = False,
    elevation: bool | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> TileSet:
    """Cut a mosaic into georeferenced tiles with an index.

    The directory holds `tiles/` (GeoTIFFs of tiles with a valid pixel, or a VRT of each tile),
    `index.gpkg` (outlines) and `tiles.json` (records). It appears complete or not at all. Of tiles
    that are replaced, these are removed, and nothing else that is in the directory.

    Args:
        mosaic: Mosaic to cut.
        out: Directory to write.
        max_size: Largest side of a tile, pixels.
        halo: Margin around a core, pixels of the tile.
        levels: Number of octaves from full resolution on; None for as many as leave the mosaic
            128 px long.
        smallest_px: Diameter of the smallest crater that the tiles are for, pixels of the mosaic;
            None for 8. Smaller values add octaves of the enlarged mosaic.
        virtual: True to write VRTs, which hold no pixels but read them from the mosaic.
        elevation: True where the mosaic holds heights, False where it is a picture; None to go by
            its unit, its name and its values.
        overwrite: True to replace tiles that are there.
        progress: Function of the number of tiles done and in all.

    Raises:
        OutputError: `out` exists, or what is replaced is read by the mosaic, or cannot be written.
        RunError: Another process writes there.
        TileSetError: The sizes leave no room for a core, or virtual tiles would hold secrets or
            name a copy that is not kept.
        MosaicError: The mosaic has no valid pixel, cannot be read, or changes while it is cut.
    """
    _check_free(out, overwrite=overwrite)
    out = out.resolve()
    if out.is_dir():
        for name in _WRITTEN:
            check_outside(out / name, find_local_files(mosaic.sources))
    if virtual:
        _check_sources(mosaic)
    fingerprint = mosaic.fingerprint()
    source = MosaicTiles.plan(
        mosaic,
        max_size=max_size,
        halo=halo,
        levels=levels,
        smallest_px=smallest_px,
        elevation=elevation,
    )
    with workplace(out) as directory:
        (directory / "tiles").mkdir()
        if virtual:
            entries = _write_virtual(source, directory, out, progress)
        else:
            entries = _write_pixels(source, directory, progress)
        rows = [(entry.to_tile(), entry.path, entry.valid_fraction) for entry in entries]
        write_index(directory / _INDEX, mosaic, rows)
        _check_unchanged(mosaic, fingerprint)
        record = TilesRecord.from_source(source, entries, virtual=virtual)
        (directory / TILES_FILE).write_text(to_json(record) + "\n", encoding="utf-8")
        if out.is_dir():
            _move_content(directory, out)
        else:
            directory.rename(out)
    return open_tiles(out)


def open_tiles(directory: Path) -> TileSet:
    """Open the tiles that `write_tiles` wrote.

    Raises:
        TileSetError: The directory is no tile set or is incomplete, or the mosaic of virtual tiles
            has changed.
        MosaicError: The mosaic of virtual tiles is gone.
    """
    path = directory / TILES_FILE
    if not path.is_file():
        raise TileSetError(
            f"{directory} is not a directory of tiles ({TILES_FILE} is not there): make one with "
            "craters tile"
        )
    try:
        written = read_record(_Format, path).format
        if written != FORMAT:
            raise TileSetError(
                f"{directory} was written by another version of craters "
                f"({written!r}): write the tiles again with craters tile"
            )
        tile_set = read_record(TilesRecord, path).to_tile_set(directory)
    except RecordError as error:
        raise TileSetError(
            f"{path} is damaged ({error}): write the tiles again with craters tile"
        ) from error
    if tile_set.virtual and tile_set.mosaic.fingerprint() != tile_set.mosaic_fingerprint:
        raise TileSetError(
            f"{tile_set.mosaic.name} has changed since {directory} was made, or the tiles were "
            "written by an earlier version of craters: make the virtual tiles again with "
            "craters tile --overwrite"
        )
    return tile_set


def _write_pixels(source: MosaicTiles, directory: Path, progress: Progress) -> list[TileRecord]:
    entries: list[TileRecord] = []
    threads = min(_MOST_THREADS, cpu_count())
    with ThreadPoolExecutor(threads) as executor:
        try:
            written = executor.map(partial(_write_tile, source, directory), source.tiles)
            for done, entry in enumerate(written, start=1):
                entries += [] if entry is None else [entry]
                progress(done, len(source.tiles))
        except BaseException:
            executor.shutdown(cancel_futures=True)
            raise
    return entries


def _write_tile(source: MosaicTiles, directory: Path, tile: Tile) -> TileRecord | None:
    values, valid = source.read(tile)
    if not valid.any():
        return None
    file = tile_file(tile, virtual=False)
    write_geotiff(directory / file, tile, (values, valid))
    return TileRecord.from_tile(tile, file, float(valid.mean()), (directory / file).stat().st_size)


def _write_virtual(
    source: MosaicTiles, directory: Path, out: Path, progress: Progress
) -> list[TileRecord]:
    mosaic, uri = source.mosaic, source.mosaic.uri
    entries: list[TileRecord] = []
    if uri.startswith("<"):
        (directory / _VRT).write_text(uri, encoding="utf-8")
        uri = str(directory / _VRT)
    for done, tile in enumerate(source.tiles, start=1):
        file = directory / tile_file(tile, virtual=True)
        write_vrt(file, tile, mosaic, uri)
        # The files are moved to `out` when all are written.
        xml, here, there = file.read_text(encoding="utf-8"), str(directory), str(out)
        file.write_text(xml.replace(escape(here), escape(there)), encoding="utf-8")
        entries.append(
            TileRecord.from_tile(tile, tile_file(tile, virtual=True), None, file.stat().st_size)
        )
        progress(done, len(source.tiles))
    return entries


def _check_sources(mosaic: Mosaic) -> None:
    """Make sure that VRTs may name the sources of a mosaic, and find them later."""
    if redact(mosaic.uri) != mosaic.uri:
        raise TileSetError(
            f"virtual tiles of {mosaic.name} would hold what may be secret in its address: leave "
            "--virtual out, or give credentials by GDAL's environment variables"
        )
    for raster in mosaic.rasters:
        name = raster.path
        if isinstance(name, RasterName) and is_remote(name.uri) and not raster.served:
            raise TileSetError(
                f"virtual tiles read parts of {name}, and its server gives only the whole file: "
                "download it first, or leave --virtual out"
            )


def _check_unchanged(mosaic: Mosaic, fingerprint: str) -> None:
    """Make sure that a mosaic is still the one that was cut.

    Raises:
        MosaicError: It has changed, or cannot be read.
    """
    forget_datasets()
    if mosaic.fingerprint() != fingerprint:
        raise MosaicError(
            f"{mosaic.name} has changed while it was cut: run the same command again once it is "
            "complete"
        )


def _check_free(out: Path, *, overwrite: bool) -> None:
    if os.path.ismount(out):
        raise OutputError(f"{out} is a mount point: give a directory inside it as --output")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not overwrite:
        raise OutputError(f"{out} exists: give another --output, or --overwrite to replace it")
    if not _has_record(out):
        raise OutputError(
            f"{out} exists and is not a directory of tiles, so it is not replaced: give another "
            "--output"
        )


def _has_record(out: Path) -> bool:
    """Tell whether a directory has a record of tiles, of whatever version."""
    try:
        return read_record(_Format, out / TILES_FILE).format.startswith(FORMAT.rstrip("0123456789"))
    except RecordError:
        return False


def _move_content(directory: Path, out: Path) -> None:
    """Replace tiles in a directory, which may be a process's current one, and so stays.

    Their record is there all the time: tiles that are not all there are known for such.
    """
    for name in _WRITTEN[:-1]:
        path = out / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for name in reversed(_WRITTEN):
        if (directory / name).exists():
            (directory / name).replace(out / name)
