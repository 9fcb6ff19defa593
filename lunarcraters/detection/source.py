"""The source of a run: tiles that were written, or a mosaic that is cut as it is read."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from lunarcraters.detection.manifest import MANIFEST
from lunarcraters.detection.options import AskedPrecision, SourceOptions
from lunarcraters.errors import RunError, TileSetError
from lunarcraters.mosaic.mosaic import Mosaic, Name, open_mosaic
from lunarcraters.mosaic.names import parse_name
from lunarcraters.network.model_file import read_info, shipped_model
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.startup import choose_precision
from lunarcraters.tiling.plan import DEFAULT_HALO_PX, DEFAULT_SIZE_PX, has_native_frames
from lunarcraters.tiling.source import MosaicTiles, TileSource
from lunarcraters.tiling.tileset import is_tile_set, open_tiles

_DEFAULTS = SourceOptions()
_LARGE_SIZE_PX = 1440  # about the memory of two tiles of 1,024 px, which one call takes elsewhere


def choose_size_px(mosaic: Mosaic, info: ModelInfo, *, int8: bool) -> int:
    """Choose the largest side of the tiles of a mosaic.

    Less of a large tile is halo, and the int8 network has the memory for it. Local frames overlap
    the more the larger they are.

    Args:
        mosaic: Mosaic to cut.
        info: Model description.
        int8: True for the int8 form of the network.
    """
    if info.input_size is not None:
        return info.input_size
    return _LARGE_SIZE_PX if int8 and has_native_frames(mosaic) else DEFAULT_SIZE_PX


def choose_halo_px(size: int) -> int:
    """Choose the margin around the cores of tiles, pixels.

    Args:
        size: Largest side of a tile, pixels.
    """
    return min(DEFAULT_HALO_PX, size // 4)


def open_source(
    names: Sequence[Name],
    model: Path,
    options: SourceOptions = _DEFAULTS,
    *,
    precision: AskedPrecision = "auto",
    fetched: Path | None = None,
) -> TileSource:
    """Open tiles that `craters tile` wrote, or plan the tiles of a mosaic.

    Args:
        names: One directory of tiles; or rasters, and directories of them, as one mosaic.
        model: Model file, which gives the size of tiles where the options do not.
        options: Tiling options; only a mosaic takes any.
        precision: Arithmetic of the network, by which tiles are large or small.
        fetched: Directory for what is read from the network, so that it is read once; None for
            none.

    Raises:
        TileSetError: The tiles are incomplete, or options are given that only a mosaic takes.
        MosaicError: The mosaic cannot be used.
        RunError: The path is the directory of a run.
        CoordinateSystemError: The coordinate system is missing or not of the Moon.
        ModelError: The model file cannot be read.
    """
    info = read_info(model)
    paths = [name for name in map(parse_name, names) if isinstance(name, Path)]
    if len(names) == len(paths) == 1 and is_tile_set(paths[0]):
        if options != _DEFAULTS:
            raise TileSetError(
                f"{paths[0]} holds tiles, whose size, halo, levels, smallest crater, CRS, nodata "
                "and kind are settled: give these options to craters tile"
            )
        tiles = open_tiles(paths[0])
        if fetched is None:
            return tiles
        return replace(tiles, mosaic=tiles.mosaic.keeping_pages(fetched))
    for path in paths:
        if (path / MANIFEST).is_file():
            raise RunError(f"{path} is a run, not a mosaic: give the raster that is to be searched")
    mosaic = open_mosaic(names, crs=options.crs, nodata=options.nodata, fetched=fetched)
    int8 = choose_precision(precision, has_int8=bool(info.int8)) == "int8"
    size = options.size or choose_size_px(mosaic, info, int8=int8)
    halo = choose_halo_px(size) if options.halo is None else options.halo
    return MosaicTiles.plan(
        mosaic,
        max_size=size,
        halo=halo,
        levels=options.levels,
        smallest_px=options.smallest_px,
        min_detectable_px=info.diameters_px[0],
        elevation=options.elevation,
    )


def open_source_and_model(
    names: Sequence[Name],
    model: Path | None,
    options: SourceOptions,
    *,
    precision: AskedPrecision,
    fetched: Path,
) -> tuple[TileSource, Path]:
    """Open the source of a run, and choose the model that searches it.

    Without a model, tiles are planned for the network of pictures that comes with the program. The
    one for elevation models has the same sizes; only what is opened tells which of them is needed.

    Args:
        names: One directory of tiles; or rasters, and directories of them, as one mosaic.
        model: Model file; None for the weights that come with the program.
        options: Tiling options.
        precision: Arithmetic of the network.
        fetched: Directory for what is read from the network.

    Returns:
        The source, and the model file.

    Raises:
        CratersError: The source or the model cannot be used.
    """
    source = open_source(
        names, model or shipped_model(), options, precision=precision, fetched=fetched
    )
    return source, model or shipped_model(relief=source.height_unit_m is not None)


def hash_tiling(source: TileSource) -> str:
    """Compute the SHA-256 of what the input's hash covers besides the files."""
    crs = source.mosaic.grid.describe_crs()
    options = (asdict(source.settings), crs, source.mosaic.nodata)
    return hashlib.sha256(repr(options).encode()).hexdigest()
