"""Tile sets: directories of georeferenced tiles, written and opened."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

from affine import Affine

from lunarcraters.errors import OutputError, TileSetError
from lunarcraters.machine import cores
from lunarcraters.progress import Progress, silent
from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.raster.photometry import Photometry
from lunarcraters.raster.sources import TILES_FILE
from lunarcraters.raster.tile_files import tile_file, write_geotiff, write_index, write_vrt
from lunarcraters.raster.tile_source import FORMAT, MosaicTiles, Settings, TileSet, TileSource
from lunarcraters.raster.tiling import DEFAULT_HALO_PX, DEFAULT_SIZE_PX, Tile

__all__ = [
    "DEFAULT_HALO_PX",
    "DEFAULT_SIZE_PX",
    "MosaicTiles",
    "TileSet",
    "TileSource",
    "is_tile_set",
    "open_tiles",
    "write_tiles",
]

_MOST_THREADS = 4


def is_tile_set(path: Path) -> bool:
    """Whether a directory was written by `write_tiles`."""
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
    overwrite: bool = False,
    progress: Progress = silent,
) -> TileSet:
    """Cut a mosaic into georeferenced tiles with an index.

    The directory holds `tiles/` (GeoTIFFs of the tiles that have a valid pixel, or a VRT for each
    tile), `index.gpkg` (outlines of the frames) and `tiles.json` (everything about them). It
    appears when all is written, or not at all.

    Args:
        mosaic: What to cut.
        out: Directory to write.
        max_size: Most pixels to a side of a tile.
        halo: Pixels around a core that the tile has as well.
        levels: Octaves from full resolution on; None for as many as leave the mosaic 128 px long.
        smallest_px: Smallest crater that they are for, pixels of the mosaic; None for 8. Below that
            come octaves of the enlarged mosaic too.
        virtual: Write VRTs, which hold no pixels but read them from the mosaic.
        overwrite: Replace tiles that are there.
        progress: Called with the number of tiles done and in all.

    Raises:
        OutputError: `out` exists, or cannot be written.
        TileSetError: The sizes leave no room for a core.
        MosaicError: The mosaic has no valid pixel, or cannot be read.
    """
    _check_free(out, overwrite=overwrite)
    source = MosaicTiles.plan(
        mosaic, max_size=max_size, halo=halo, levels=levels, smallest_px=smallest_px
    )
    with _appearing(out) as directory:
        (directory / "tiles").mkdir()
        if virtual:
            entries = _write_virtual(source, directory, out, progress)
        else:
            entries = _write_pixels(source, directory, progress)
        rows = [(tile, file, part) for tile, file, part, _ in entries]
        write_index(directory / "index.gpkg", mosaic, rows)
        text = json.dumps(_description(source, entries, virtual=virtual), indent=1)
        (directory / TILES_FILE).write_text(text + "\n", encoding="utf-8")
    return open_tiles(out)


def open_tiles(directory: Path) -> TileSet:
    """The tiles that `write_tiles` wrote.

    Raises:
        TileSetError: The directory is no tile set, is incomplete, or the mosaic of virtual tiles
            has changed.
        MosaicError: The mosaic of virtual tiles is gone.
    """
    path = directory / TILES_FILE
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        if description["format"] != FORMAT:
            raise TileSetError(
                f"{directory} was written by another version of craters "
                f"({description['format']!r}): write the tiles again with craters tile"
            )
        found = _tile_set(directory, description)
    except OSError as error:
        raise TileSetError(
            f"{directory} is not a directory of tiles ({TILES_FILE} cannot be read): make one "
            "with craters tile"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise TileSetError(
            f"{path} is damaged: write the tiles again with craters tile --overwrite"
        ) from error
    if found.virtual and found.mosaic.fingerprint() != found.mosaic_fingerprint:
        raise TileSetError(
            f"{found.mosaic.name} has changed since {directory} was made: make the virtual tiles "
            "again with craters tile --overwrite"
        )
    return found


Entry = tuple[Tile, str, float | None, int]
"""A tile, its file, the valid part of its pixels where known, and the file's bytes."""


def _write_pixels(source: MosaicTiles, directory: Path, progress: Progress) -> list[Entry]:
    entries: list[Entry] = []
    threads = min(_MOST_THREADS, cores())
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


def _write_tile(source: MosaicTiles, directory: Path, tile: Tile) -> Entry | None:
    values, valid = source.read(tile)
    if not valid.any():
        return None
    file = tile_file(tile, virtual=False)
    write_geotiff(directory / file, tile, (values, valid))
    return tile, file, float(valid.mean()), (directory / file).stat().st_size


def _write_virtual(
    source: MosaicTiles, directory: Path, out: Path, progress: Progress
) -> list[Entry]:
    mosaic, uri = source.mosaic, source.mosaic.uri
    entries: list[Entry] = []
    if uri.startswith("<"):
        (directory / "mosaic.vrt").write_text(uri, encoding="utf-8")
        uri = str(directory / "mosaic.vrt")
    for done, tile in enumerate(source.tiles, start=1):
        file = directory / tile_file(tile, virtual=True)
        write_vrt(file, tile, mosaic, uri)
        # The directory is about to get its own name.
        moved = file.read_text(encoding="utf-8").replace(str(directory), str(out.absolute()))
        file.write_text(moved, encoding="utf-8")
        entries.append((tile, tile_file(tile, virtual=True), None, file.stat().st_size))
        progress(done, len(source.tiles))
    return entries


def _check_free(out: Path, *, overwrite: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not overwrite:
        raise OutputError(f"{out} exists: give another --output, or --overwrite to replace it")
    if not is_tile_set(out):
        raise OutputError(
            f"{out} exists and is not a directory of tiles, so it is not replaced: give another "
            "--output"
        )


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A directory beside `out` that takes its place if all goes well."""
    out = out.absolute()
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        if out.exists():
            shutil.rmtree(out)
        temporary.rename(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _description(source: MosaicTiles, entries: Sequence[Entry], *, virtual: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "virtual": virtual,
        "settings": asdict(source.settings),
        "mosaic": _plain(source.mosaic),
        "mosaic_fingerprint": source.mosaic.fingerprint(),
        "photometry": asdict(source.photometry),
        "tiles": [
            {**_plain(tile), "path": file, "valid_fraction": part, "bytes": size}
            for tile, file, part, size in entries
        ],
    }


def _plain(value: Mosaic | Tile) -> dict[str, Any]:
    columns = {field.name: getattr(value, field.name) for field in fields(value)}
    return {**columns, "affine": list(value.affine[:6])}


def _tile_set(directory: Path, description: dict[str, Any]) -> TileSet:
    mosaic = dict(description["mosaic"])
    for name in ("sources", "bands"):
        mosaic[name] = tuple(mosaic[name])
    mosaic["extents"] = tuple(tuple(box) for box in mosaic["extents"])
    mosaic["affine"] = Affine(*mosaic["affine"])
    tiles = []
    for entry in description["tiles"]:
        file = directory / entry.pop("path")
        if not file.is_file() or file.stat().st_size != entry.pop("bytes"):
            raise TileSetError(
                f"{directory} is incomplete, {file} is missing or not as it was written: write "
                "the tiles again with craters tile --overwrite"
            )
        del entry["valid_fraction"]
        entry["affine"] = Affine(*entry["affine"])
        for name in ("core", "window"):
            entry[name] = None if entry[name] is None else tuple(entry[name])
        tiles.append(Tile(**entry))
    return TileSet(
        directory=directory,
        virtual=bool(description["virtual"]),
        mosaic=Mosaic(**mosaic),
        mosaic_fingerprint=str(description["mosaic_fingerprint"]),
        settings=Settings(**description["settings"]),
        tiles=tuple(tiles),
        photometry=Photometry(**description["photometry"]),
    )
