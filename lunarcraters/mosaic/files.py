"""Source files: the rasters of a mosaic, listed and checked before pixels are read."""

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import rasterio
from affine import Affine
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError

from lunarcraters.errors import MosaicError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.tiff_blocks import (
    Block,
    find_data_boxes,
    find_stored_blocks,
    missing_blocks_are_nodata,
)

TILES_FILE = "tiles.json"
"""The file that marks a directory written by `craters tile`."""

_PICTURES = {".png", ".jpg", ".jpeg"}
_LABELS = {".lbl", ".xml"}
_SUFFIXES = _PICTURES | _LABELS | {".tif", ".tiff", ".jp2", ".cub", ".vrt", ".img"}
_DTYPES = {"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"}
# GDAL caches blocks in a twentieth of the machine's memory by default. A fixed size, in MB, keeps
# memory from growing with the mosaic. GDAL reads the variable when it first needs the cache.
os.environ.setdefault("GDAL_CACHEMAX", "128")

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_NAMED_BY_BOUNDS = re.compile(f"{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}")


@dataclass(frozen=True)
class Source:
    """One raster file.

    Attributes:
        path: Absolute path that GDAL opens.
        crs_wkt: Lunar coordinate system as WKT; None for an image without coordinates.
        affine: Affine transform from pixel corners to the coordinate system; None for an image
            without coordinates.
        width: Number of columns.
        height: Number of rows.
        dtype: NumPy name of the type of the values.
        bands: Number of the band to read, or of red, green and blue.
        nodata: Value that means "no data" in place of the file's own nodata value; None to use
            the file's own.
        masked: True where the file has a mask or an alpha band, which then hold whatever `nodata`
            is.
        files: Absolute paths of all files behind the raster (a label and its image, a VRT and its
            sources).
        extents: Boxes that hold all blocks of a sparse TIFF, outside of which everything is
            nodata; None where that is not known.
    """

    path: Path
    crs_wkt: str | None
    affine: Affine | None
    width: int
    height: int
    dtype: str
    bands: tuple[int, ...]
    nodata: float | None
    masked: bool
    files: tuple[Path, ...]
    extents: tuple[Box, ...] | None = None


def find_rasters(paths: Sequence[Path]) -> list[Path]:
    """List raster files among paths and in directories, without their subdirectories.

    Args:
        paths: Files and directories.

    Returns:
        Absolute paths, each once, directories in alphabetical order.

    Raises:
        MosaicError: A path does not exist, or a directory cannot be read, has no rasters or is a
            directory of tiles.
    """
    rasters: list[Path] = []
    for path in paths:
        if path.is_dir():
            rasters += _rasters_in(path)
        elif path.exists():
            rasters.append(path)
        else:
            raise MosaicError(f"{path} does not exist: check the path of the mosaic")
    return list(dict.fromkeys(path.absolute() for path in rasters))


def _rasters_in(directory: Path) -> list[Path]:
    if (directory / TILES_FILE).exists():
        raise MosaicError(
            f"{directory} is a directory of tiles, not a mosaic: give it to craters detect, or "
            "name the mosaic it was cut from"
        )
    try:
        listing = sorted(directory.iterdir())
    except OSError as error:
        raise MosaicError(f"{directory} cannot be read ({error}): check permissions") from error
    rasters = [path for path in listing if _looks_like_raster(path)]
    # A detached label stands for its image: GDAL opens the label.
    labelled = {path.stem for path in rasters if path.suffix.lower() in _LABELS}
    rasters = [p for p in rasters if p.suffix.lower() != ".img" or p.stem not in labelled]
    if not rasters:
        below = next(
            (p for p in listing if p.is_dir() and any(map(_looks_like_raster, p.iterdir()))), None
        )
        hint = f"did you mean {below}?" if below else "name a raster, or a directory that has some"
        raise MosaicError(f"{directory} has no rasters in it: {hint}")
    return rasters


def _looks_like_raster(path: Path) -> bool:
    name = path.name.lower()
    return (
        path.suffix.lower() in _SUFFIXES
        and not name.startswith(".")
        and not name.endswith(".aux.xml")
        and path.is_file()
    )


def open_dataset(uri: str, overview: int | None = None) -> rasterio.DatasetReader:
    """Open a raster for reading, without the warning about images without coordinates.

    Args:
        uri: Path, or VRT XML.
        overview: Index of the overview to open; None for full resolution.

    Raises:
        RasterioIOError: The raster cannot be opened.
    """
    options = {} if overview is None else {"OVERVIEW_LEVEL": overview}
    with suppress_georeferencing_warning():
        return rasterio.open(uri, **options)


@contextmanager
def suppress_georeferencing_warning() -> Iterator[None]:
    """Suppress rasterio's warning about rasters without georeferencing: `inspect_source` checks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def inspect_source(path: Path, crs: str | None = None, nodata: float | None = None) -> Source:
    """Check a raster file and read its size, type, bands and georeferencing.

    Args:
        path: Raster file.
        crs: Coordinate system to use in place of the file's own; None for the file's own.
        nodata: Value that means "no data" in place of the file's own; None for the file's own.

    Raises:
        MosaicError: The file is unreadable, not a raster, truncated, or of a type that cannot be
            used.
        CoordinateSystemError: The coordinate system is missing or not of the Moon.
    """
    if not os.access(path, os.R_OK):
        raise MosaicError(f"{path} cannot be read: check its permissions")
    try:
        dataset = open_dataset(str(path))
    except RasterioIOError as error:
        raise MosaicError(_why_not_a_raster(path)) from error
    with dataset:
        if dataset.count == 0 or dataset.dtypes[0] not in _DTYPES:
            kind = "no band" if dataset.count == 0 else f"values of type {dataset.dtypes[0]}"
            raise MosaicError(
                f"{path} has {kind}: make it a single-band raster, for example with gdal_translate"
            )
        bands = _bands(dataset)
        stored = _check_complete(path, dataset, bands)
        affine, raster_crs = _georeferencing(path, dataset, crs)
        by_name = affine is not None and not dataset.crs and _bounds_in_name(path) is not None
        return Source(
            path=path,
            crs_wkt=None if affine is None else sphere.lunar_crs(raster_crs, str(path)).to_wkt(),
            affine=affine,
            width=dataset.width,
            height=dataset.height,
            dtype=dataset.dtypes[0],
            bands=bands,
            # Tiles of the LU3M6TGT kind fill what lies outside their source with 0.
            nodata=0.0 if nodata is None and by_name else nodata,
            masked=not {MaskFlags.per_dataset, MaskFlags.alpha}.isdisjoint(
                dataset.mask_flag_enums[bands[0] - 1]
            ),
            files=tuple(sorted({Path(f).absolute() for f in dataset.files if _holds_pixels(f)})),
            extents=find_data_boxes(dataset, stored)
            if missing_blocks_are_nodata(dataset, nodata)
            else None,
        )


def _holds_pixels(file: str) -> bool:
    # Statistics that a viewer leaves beside a raster do not change it.
    return not file.lower().endswith(".aux.xml") and Path(file).is_file()


def _bands(dataset: rasterio.DatasetReader) -> tuple[int, ...]:
    colours = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(colour in dataset.colorinterp for colour in colours):
        return tuple(dataset.colorinterp.index(colour) + 1 for colour in colours)
    return (1,)


def _bounds_in_name(path: Path) -> tuple[float, ...] | None:
    """West, east, south and north, degrees, where the name of an image consists of them."""
    match = _NAMED_BY_BOUNDS.fullmatch(path.name[: -len(path.suffix)])
    if not match or path.suffix.lower() not in _PICTURES:
        return None
    west, east, south, north = (float(number) for number in match.groups())
    sensible = west < east <= west + 360.0 and -90.0 <= south < north <= 90.0
    return (west, east, south, north) if sensible else None


def _georeferencing(
    path: Path, dataset: rasterio.DatasetReader, crs: str | None
) -> tuple[Affine | None, object]:
    """Affine and coordinate system of a raster; both None for an image without coordinates."""
    affine: Affine = dataset.transform
    if affine != Affine.identity():
        return affine, crs or dataset.crs
    bounds = _bounds_in_name(path)
    if bounds:
        west, east, south, north = bounds
        width, height = dataset.width, dataset.height
        affine = Affine((east - west) / width, 0, west, 0, (south - north) / height, north)
        return affine, crs or sphere.geographic_crs()
    if path.suffix.lower() in _PICTURES and crs is None:
        return None, None
    if crs is None and not dataset.crs:
        sphere.lunar_crs(None, str(path))  # raises an error about the missing coordinate system
    raise MosaicError(
        f"{path} has no georeferencing (neither a geotransform nor a world file), so a coordinate "
        "system cannot place it: georeference it first, for example with gdal_translate -a_ullr"
    )


def _why_not_a_raster(path: Path) -> str:
    size = path.stat().st_size
    if size == 0:
        return f"{path} is empty: copy or download it again"
    with path.open("rb") as file:
        head = file.read(512)
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return f"{path} is a truncated or damaged TIFF ({size:,} bytes): copy or download it again"
    if head[:8] == b"\x89PNG\r\n\x1a\n" or head[:3] == b"\xff\xd8\xff":
        return f"{path} is a truncated or damaged picture: copy or download it again"
    what = "text" if head.isascii() and b"\0" not in head else "something else"
    return (
        f"{path} is not a raster that GDAL reads (it holds {what}): name a GeoTIFF, VRT, ISIS "
        "cube, PDS label or picture"
    )


def _check_complete(
    path: Path, dataset: rasterio.DatasetReader, bands: tuple[int, ...]
) -> list[Block]:
    """Check that a file does not end before its pixels do.

    A TIFF lists where each of its blocks lies. Other formats do not, so their last pixel is read.

    Returns:
        Blocks of a TIFF; none for other formats.

    Raises:
        MosaicError: The file is truncated or damaged.
    """
    if dataset.driver in ("GTiff", "COG"):
        stored = list(find_stored_blocks(dataset, bands))
        size, end = path.stat().st_size, max((block.end for block in stored), default=0)
        if end > size:
            raise MosaicError(
                f"{path} is truncated: it has {size:,} bytes of at least {end:,}: copy or "
                "download it again"
            )
        return stored
    column, row = dataset.width - 1, dataset.height - 1
    try:
        dataset.read(bands[-1], window=((row, row + 1), (column, column + 1)))
    except RasterioError as error:
        raise MosaicError(
            f"{path} is truncated or damaged, its last pixel cannot be read: copy or download it "
            "again (a VRT or label: check the files it names)"
        ) from error
    return []
