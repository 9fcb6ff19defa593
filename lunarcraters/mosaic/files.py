"""Sources: the raster files of a mosaic, found and checked before anything is read from them."""

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
from lunarcraters.mosaic.tiff_blocks import Block, filled_boxes, fills_with_nodata, stored_blocks

TILES_FILE = "tiles.json"
"""The file that marks a directory written by `craters tile`."""

_PICTURES = {".png", ".jpg", ".jpeg"}
_LABELS = {".lbl", ".xml"}
_SUFFIXES = _PICTURES | _LABELS | {".tif", ".tiff", ".jp2", ".cub", ".vrt", ".img"}
_DTYPES = {"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"}
# GDAL keeps blocks it has read or is to write, by default in a twentieth of the machine's memory:
# enough of them here, and memory does not grow with the mosaic. It looks when it first needs it.
os.environ.setdefault("GDAL_CACHEMAX", "128")

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_NAMED_BY_BOUNDS = re.compile(f"{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}")


@dataclass(frozen=True)
class Source:
    """One raster file.

    Attributes:
        path: Absolute path of what GDAL opens.
        crs_wkt: A lunar CRS; None for a plain picture.
        affine: Pixel corner to CRS; None for a plain picture.
        width: Pixels.
        height: Pixels.
        dtype: NumPy name.
        bands: The band to read, or red, green and blue.
        nodata: A value that means "no data" in place of the file's own such value, or None.
        masked: Whether it has a mask or an alpha band, which hold whatever `nodata` is.
        files: All files behind it (a label and its image, a VRT and what it names).
        filled: Boxes outside of which a sparse TIFF has no blocks, so that all is nodata; None
            where that is not known.
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
    filled: tuple[Box, ...] | None = None


def find_rasters(paths: Sequence[Path]) -> list[Path]:
    """Raster files among paths and in directories, directories not searched deeper."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += _rasters_in(path)
        elif path.exists():
            found.append(path)
        else:
            raise MosaicError(f"{path} does not exist: check the path of the mosaic")
    return list(dict.fromkeys(path.absolute() for path in found))


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
    """Open a path or VRT XML for reading, without the warning about plain pictures."""
    options = {} if overview is None else {"OVERVIEW_LEVEL": overview}
    with plain_allowed():
        return rasterio.open(uri, **options)


@contextmanager
def plain_allowed() -> Iterator[None]:
    """Without rasterio's warning about pictures that have no place: we say so ourselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def inspect(path: Path, crs: str | None = None, nodata: float | None = None) -> Source:
    """What a raster file holds.

    Args:
        path: The file.
        crs: Coordinate system to use in place of the file's own.
        nodata: Value to take as "no data" in place of the file's own.

    Raises:
        MosaicError: It is unreadable, not a raster, truncated, or of a type that cannot be used.
        CoordinateSystemError: Its coordinate system is missing or not of the Moon.
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
        affine, found_crs = _georeferencing(path, dataset, crs)
        by_name = affine is not None and not dataset.crs and _bounds_in_name(path) is not None
        return Source(
            path=path,
            crs_wkt=None if affine is None else sphere.lunar_crs(found_crs, str(path)).to_wkt(),
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
            files=tuple(sorted({Path(f).absolute() for f in dataset.files if _counts(f)})),
            filled=filled_boxes(dataset, stored) if fills_with_nodata(dataset, nodata) else None,
        )


def _counts(file: str) -> bool:
    # Statistics that a viewer leaves beside a raster do not change it.
    return not file.lower().endswith(".aux.xml") and Path(file).is_file()


def _bands(dataset: rasterio.DatasetReader) -> tuple[int, ...]:
    colours = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(colour in dataset.colorinterp for colour in colours):
        return tuple(dataset.colorinterp.index(colour) + 1 for colour in colours)
    return (1,)


def _bounds_in_name(path: Path) -> tuple[float, ...] | None:
    """lon_min, lon_max, lat_min, lat_max where a picture's name is made of them."""
    match = _NAMED_BY_BOUNDS.fullmatch(path.name[: -len(path.suffix)])
    if not match or path.suffix.lower() not in _PICTURES:
        return None
    west, east, south, north = (float(number) for number in match.groups())
    sensible = west < east <= west + 360.0 and -90.0 <= south < north <= 90.0
    return (west, east, south, north) if sensible else None


def _georeferencing(
    path: Path, dataset: rasterio.DatasetReader, crs: str | None
) -> tuple[Affine | None, object]:
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
        sphere.lunar_crs(None, str(path))  # says what is missing
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
    """Find out whether a file ends before its pixels do, at little cost.

    A TIFF says where each of its blocks lies, and those are returned; of other formats the last
    pixel is read.
    """
    if dataset.driver in ("GTiff", "COG"):
        stored = list(stored_blocks(dataset, bands))
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
