"""Source files: the rasters of a mosaic, listed and checked before pixels are read."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import rasterio
from affine import Affine
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from lunarcraters.errors import MosaicError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.bands import choose_bands
from lunarcraters.mosaic.faults import check_complete, why_not_a_raster
from lunarcraters.mosaic.georeferencing import bounds_in_name, georeferencing
from lunarcraters.mosaic.label_values import read_label_values
from lunarcraters.mosaic.labels import find_label_of, has_map
from lunarcraters.mosaic.listing import rasters_in
from lunarcraters.mosaic.tiff_blocks import (
    find_data_boxes,
    missing_blocks_are_nodata,
)

_DTYPES = {"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"}
_UNLABELLED = ("GTiff", "JP2OpenJPEG")
"""Drivers of images that have no label of their own, but may have one beside them."""

# GDAL caches blocks in a twentieth of the machine's memory by default. A fixed size, in MB, keeps
# memory from growing with the mosaic. GDAL reads the variable when it first needs the cache.
os.environ.setdefault("GDAL_CACHEMAX", "128")


@dataclass(frozen=True)
class Source:
    """One raster file.

    Attributes:
        path: Absolute path that GDAL opens.
        crs_wkt: Lunar coordinate system as WKT; None for an image without coordinates.
        affine: Affine transform from pixel corners to the coordinate system, or None.
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
        measured: Least and greatest value that are measurements; special pixels lie outside. None
            where the file has none beyond those that GDAL makes invalid.
        extents: Boxes that hold all data of a sparse TIFF; None where they are not known.
        declared_nodata: Nodata value that the file declares, or None.
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
    measured: tuple[float, float] | None = None
    extents: tuple[Box, ...] | None = None
    declared_nodata: float | None = None


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
            rasters += rasters_in(path)
        elif path.exists():
            rasters.append(path)
        else:
            raise MosaicError(f"{path} does not exist: check the path of the mosaic")
    return list(dict.fromkeys(path.absolute() for path in rasters))


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
        label = find_label_of(path)
        if label:
            return inspect_source(label, crs, nodata)
        raise MosaicError(why_not_a_raster(path, error)) from error
    if dataset.driver in _UNLABELLED and dataset.transform.is_identity and not dataset.gcps[0]:
        label = find_label_of(path)
        if label and has_map(label):
            return inspect_source(label, crs, nodata)
    with dataset:
        if dataset.count == 0 or dataset.dtypes[0] not in _DTYPES:
            kind = "no band" if dataset.count == 0 else f"values of type {dataset.dtypes[0]}"
            raise MosaicError(
                f"{path} has {kind}: make it a single-band raster, for example with gdal_translate"
            )
        bands = choose_bands(path, dataset)
        stored = check_complete(path, dataset, bands)
        affine, raster_crs = georeferencing(path, dataset, crs)
        stated = read_label_values(path, dataset)
        by_name = affine is not None and not dataset.crs and bounds_in_name(path) is not None
        return Source(
            path=path,
            crs_wkt=None if affine is None else sphere.lunar_crs(raster_crs, str(path)).to_wkt(),
            affine=affine,
            width=dataset.width,
            height=dataset.height,
            dtype=dataset.dtypes[0],
            bands=bands,
            # Tiles of the LU3M6TGT kind fill what lies outside their source with 0.
            nodata=nodata if nodata is not None else 0.0 if by_name else stated.nodata,
            masked=_has_mask(dataset, bands[0]),
            measured=stated.measured if nodata is None else None,
            files=tuple(sorted({Path(f).absolute() for f in dataset.files if _holds_pixels(f)})),
            extents=find_data_boxes(dataset, stored)
            if missing_blocks_are_nodata(dataset, nodata)
            else None,
            declared_nodata=dataset.nodatavals[bands[0] - 1],
        )


def _has_mask(dataset: rasterio.DatasetReader, band: int) -> bool:
    """True for a mask, an alpha band, or special pixels (of ISIS, PDS4) that make up a mask."""
    flags = set(dataset.mask_flag_enums[band - 1])
    return not flags or not flags.isdisjoint({MaskFlags.per_dataset, MaskFlags.alpha})


def _holds_pixels(file: str) -> bool:
    # Statistics that a viewer leaves beside a raster do not change it.
    return not file.lower().endswith(".aux.xml") and Path(file).is_file()
