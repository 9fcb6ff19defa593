"""Verbs on mosaics: open, tile, info."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText
from lunarcraters.detection.options import AskedPrecision, DetectOptions, SourceOptions
from lunarcraters.files import local_output
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.names import as_names
from lunarcraters.mosaic.nodata import GivenNodata
from lunarcraters.progress import Progress, no_progress

if TYPE_CHECKING:
    from lunarcraters.detection.estimate import RunEstimate
    from lunarcraters.mosaic.mosaic import Mosaic
    from lunarcraters.tiling.source import TileSet


def open_mosaic(
    paths: PathOrText | Sequence[PathOrText],
    *,
    crs: GivenCrs | None = None,
    nodata: GivenNodata = None,
) -> "Mosaic":
    """Open a raster, several, or all those in a directory as one mosaic.

    Args:
        paths: Rasters (files, URLs and whatever else GDAL opens), directories of them, or both.
        crs: Coordinate system in place of the files' own, such as "IAU_2015:30110", the name of a
            .prj file, or one of pyproj or of rasterio.
        nodata: Value, or values, that mean "no data" in place of the files' own; NaN where every
            value is ground.

    Raises:
        MosaicError: The mosaic cannot be used.
        CoordinateSystemError: Its coordinate system is missing or not of the Moon.
    """
    from lunarcraters.mosaic.mosaic import open_mosaic

    return open_mosaic(paths, crs=crs, nodata=nodata)


def tile(
    mosaic: "PathOrText | Sequence[PathOrText] | Mosaic",
    out: PathOrText,
    *,
    size: int = 1024,
    halo: int = 64,
    levels: int | None = None,
    smallest_px: float | None = None,
    virtual: bool = False,
    elevation: bool | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> "TileSet":
    """Cut a mosaic into georeferenced tiles with an index (`craters tile`).

    Args:
        mosaic: Mosaic, or names of its rasters.
        out: Directory to write.
        size: Largest side of a tile, pixels.
        halo: Margin around the core of each tile, pixels.
        levels: Number of octaves from full resolution on, up to 16; None for as many as fit.
        smallest_px: Smallest crater that the tiles are for, pixels of the mosaic; None for 8.
        virtual: True to write VRTs, which hold no pixels.
        elevation: True where the mosaic holds heights, False where it is a picture; None to go by
            its unit, its name and its values.
        overwrite: True to replace tiles that are there.
        progress: Function of the number of tiles done and in all.

    Raises:
        OptionError: The size, the halo, the number of levels or the smallest crater is outside its
            range.
        OutputError: The directory exists, or cannot be written.
        RunError: Another process writes there.
        TileSetError: The sizes leave no room for a core.
        MosaicError: The mosaic cannot be used.
    """
    from lunarcraters.mosaic.mosaic import Mosaic
    from lunarcraters.tiling.tileset import write_tiles

    SourceOptions(size, halo, levels, smallest_px)  # checks their ranges
    directory = local_output(out)
    with TemporaryDirectory(prefix="craters-") as folder:
        opened = mosaic if isinstance(mosaic, Mosaic) else open_mosaic(mosaic)
        tiles = write_tiles(
            opened.keeping_pages(Path(folder)),
            directory,
            max_size=size,
            halo=halo,
            levels=levels,
            smallest_px=smallest_px,
            virtual=virtual,
            elevation=elevation,
            overwrite=overwrite,
            progress=progress,
        )
    return tiles


def info(
    source: PathOrText | Sequence[PathOrText],
    model: PathOrText | None = None,
    options: SourceOptions | None = None,
    *,
    workers: int | None = None,
    precision: AskedPrecision = "auto",
    plan_only: bool = False,
) -> "RunEstimate":
    """Tell what a run would search, and what it would cost on this machine (`craters info`).

    Args:
        source: Rasters, a directory of them, or a directory of tiles.
        model: Model file; None for the weights that come with the program.
        options: Tiling options; None for the defaults.
        workers: Number of worker processes; None for one for two cores, up to 8.
        precision: Arithmetic of the network.
        plan_only: True to leave out the cost, for which a few tiles are searched.

    Raises:
        CratersError: The source or the model cannot be used.
    """
    from lunarcraters.detection.estimate import estimate_run
    from lunarcraters.detection.source import open_source_and_model

    DetectOptions(workers=workers, precision=precision)  # checks their ranges
    with TemporaryDirectory(prefix="craters-") as folder:
        tiles, file = open_source_and_model(
            as_names(source),
            None if model is None else Path(model),
            options or SourceOptions(),
            precision=precision,
            fetched=Path(folder),
        )
        return estimate_run(tiles, file, workers=workers, precision=precision, plan_only=plan_only)
