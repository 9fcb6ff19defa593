"""Source files: the rasters of a mosaic, listed and checked before pixels are read."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import rasterio
from affine import Affine
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError, RasterioIOError

from lunarcraters.errors import MosaicError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.bands import choose_bands
from lunarcraters.mosaic.brightness import why_not_brighter
from lunarcraters.mosaic.dtypes import GDAL_TYPES
from lunarcraters.mosaic.faults import check_complete, why_not_a_raster, why_not_opened
from lunarcraters.mosaic.georeferencing import bounds_in_name, find_georeferencing
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.identity import file_name
from lunarcraters.mosaic.labels.label import find_label_of, has_map
from lunarcraters.mosaic.labels.values import read_label_values
from lunarcraters.mosaic.listing import list_rasters
from lunarcraters.mosaic.name_lists import expand
from lunarcraters.mosaic.names import Named, RasterName
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.access import gives_only_whole_files, is_served, remote_environment
from lunarcraters.mosaic.remote.whole_files import fetch_whole
from lunarcraters.mosaic.tiff_blocks import Block, find_data_boxes, missing_blocks_are_nodata
from lunarcraters.mosaic.vrt.sources import MOST_DEPTH, find_vrt_boxes

_UNLABELLED = ("GTiff", "JP2OpenJPEG")
"""Drivers of images that have no label of their own, but may have one beside them."""


@dataclass(frozen=True)
class Source:
    """One raster file.

    Attributes:
        path: Absolute path, or another name.
        uri: Name that GDAL opens, with its secrets.
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
        files: Absolute paths, or other names that GDAL opens, of all files behind the raster (a
            label and its image, a VRT and its sources).
        served: True where pixels are read from the network.
        measured: Least and greatest value that are measurements; special pixels lie outside. None
            where the file has none beyond those that GDAL makes invalid.
        extents: Boxes that hold all data of a sparse TIFF, or of the sources of a VRT; None where
            they are not known.
        declared_nodata: Nodata value that the file declares, or None.
        scales: Factor of the values of each band that is read, from stored ones to real ones.
        offsets: Real value of a stored 0, of each band that is read.
        unit: Unit of the values of the band, or of red, as the file names it, or "".
        description: Description of the band, or of red, or "".
        not_brighter: Why greater values are not brighter ones, should they be those of a picture,
            as the rest of a sentence; None where they are.
    """

    path: Named
    uri: str
    crs_wkt: str | None
    affine: Affine | None
    width: int
    height: int
    dtype: str
    bands: tuple[int, ...]
    nodata: float | None
    masked: bool
    files: tuple[str, ...]
    served: bool
    measured: tuple[float, float] | None = None
    extents: tuple[Box, ...] | None = None
    declared_nodata: float | None = None
    scales: tuple[float, ...] = (1.0,)
    offsets: tuple[float, ...] = (0.0,)
    unit: str = ""
    description: str = ""
    not_brighter: str | None = None

    @property
    def grid(self) -> Grid:
        """Grid of the pixels."""
        return Grid(self.crs_wkt, self.affine or Affine.identity(), self.width, self.height)


def find_rasters(names: Sequence[str | os.PathLike[str]]) -> list[Named]:
    """List rasters among names and in directories, without their subdirectories.

    Args:
        names: Files, directories, patterns (`*`), text files that list names, and other names.

    Returns:
        Absolute paths and other names, each once, directories in alphabetical order.

    Raises:
        MosaicError: A path does not exist, or a directory cannot be read, has no rasters or is a
            directory of tiles.
    """
    rasters: list[Named] = []
    for name in (each for given in names for each in expand(given)):
        rasters += list_rasters(name) if isinstance(name, Path) and name.is_dir() else [name]
    whole = (name.absolute() if isinstance(name, Path) else name for name in rasters)
    return list(dict.fromkeys(whole))


def inspect_source(
    path: Named,
    crs: GivenCrs | None = None,
    nodata: float | None = None,
    fetched: Path | None = None,
) -> Source:
    """Check a raster and read its size, type, bands and georeferencing.

    Args:
        path: Raster file, or another name.
        crs: Coordinate system to use in place of the file's own; None for the file's own.
        nodata: Value that means "no data" in place of the file's own; None for the file's own.
        fetched: Directory for a file whose server gives it only whole; None for a temporary one.

    Raises:
        MosaicError: The file is unreadable, not a raster, truncated, or of a type that cannot be
            used.
        CoordinateSystemError: The coordinate system is missing or not of the Moon.
    """
    dataset = _open_named(path, fetched)
    label = _label_with_map(path, dataset)
    if label is not None:
        dataset.close()
        return inspect_source(label, crs, nodata)
    uri = dataset.name
    with dataset, remote_environment(uri):
        if dataset.count == 0:
            raise MosaicError(_why_no_band(path, dataset))
        bands = choose_bands(path, dataset)
        dtype = dataset.dtypes[bands[0] - 1]
        if dtype not in GDAL_TYPES:
            raise MosaicError(_why_not_of_use(path, dtype))
        listed = _list_files(dataset, MOST_DEPTH)
        stored = check_complete(path, dataset, bands)
        affine, raster_crs = find_georeferencing(path, dataset, crs)
        stated = read_label_values(path, dataset)
        by_name = affine is not None and not dataset.crs and bounds_in_name(path) is not None
        return Source(
            path=path,
            uri=uri,
            crs_wkt=None if affine is None else sphere.lunar_crs(raster_crs, str(path)).to_wkt(),
            affine=affine,
            width=dataset.width,
            height=dataset.height,
            dtype=dtype,
            bands=bands,
            # Tiles of the LU3M6TGT kind fill what lies outside their source with 0.
            nodata=nodata if nodata is not None else 0.0 if by_name else stated.nodata,
            masked=_has_mask(dataset, bands[0]),
            measured=stated.measured if nodata is None else None,
            files=_files_of(dataset, listed),
            served=is_served(dataset, listed),
            extents=_find_extents(dataset, bands, stored, nodata),
            declared_nodata=dataset.nodatavals[bands[0] - 1],
            scales=tuple(dataset.scales[band - 1] for band in bands),
            offsets=tuple(dataset.offsets[band - 1] for band in bands),
            unit=dataset.units[bands[0] - 1] or "",
            description=dataset.descriptions[bands[0] - 1] or "",
            not_brighter=why_not_brighter(dataset, bands),
        )


def _why_no_band(path: Named, dataset: rasterio.DatasetReader) -> str:
    """Sentence about a file without a band of its own: it may hold or describe other rasters."""
    if dataset.driver == "STACIT":
        return f"{path} is a STAC item, not a mosaic: give the raster that is to be searched"
    parts = dataset.subdatasets
    if parts:
        return f"{path} holds {len(parts)} rasters: name one of them, as in '{parts[0]}'"
    return f"{path} has no band: make it a single-band raster, for example with gdal_translate"


def _why_not_of_use(path: Named, dtype: str) -> str:
    """Sentence about a raster of a type that is not read."""
    kept = ", which keeps the real part" if dtype.startswith("complex") else ""
    return (
        f"{path} has values of type {dtype}: convert it with gdal_translate -ot Float32{kept}, and "
        "name the result"
    )


def _find_extents(
    dataset: rasterio.DatasetReader,
    bands: tuple[int, ...],
    stored: Sequence[Block],
    nodata: float | None,
) -> tuple[Box, ...] | None:
    """Boxes outside of which everything is nodata; None where that is not known."""
    if dataset.driver == "VRT":
        return find_vrt_boxes(dataset, bands, nodata)
    if missing_blocks_are_nodata(dataset, nodata):
        return find_data_boxes(dataset, stored)
    return None


def _open_named(path: Named, fetched: Path | None) -> rasterio.DatasetReader:
    """Open a raster, or the label beside it, or say why that is not possible."""
    if isinstance(path, RasterName):
        try:
            return _open_served(path.uri, fetched)
        except RasterioIOError as error:
            raise MosaicError(why_not_opened(path, error)) from error
    if not os.access(path, os.R_OK):
        raise MosaicError(f"{path} cannot be read: check its permissions")
    try:
        return open_dataset(str(path))
    except RasterioIOError as error:
        label = find_label_of(path)
        if label is None:
            raise MosaicError(why_not_a_raster(path, error)) from error
        return _open_named(label, fetched)


def _open_served(uri: str, fetched: Path | None) -> rasterio.DatasetReader:
    """Open a raster, after fetching it whole where its server does not give parts of it."""
    try:
        return open_dataset(uri)
    except RasterioIOError as error:
        if gives_only_whole_files(error):
            return open_dataset(fetch_whole(uri, fetched))
        raise


def _label_with_map(path: Named, dataset: rasterio.DatasetReader) -> Path | None:
    """Label beside an image, if it places the image, which does not place itself."""
    placed = not dataset.transform.is_identity or bool(dataset.gcps[0])
    if isinstance(path, RasterName) or placed or dataset.driver not in _UNLABELLED:
        return None
    label = find_label_of(path)
    return label if label is not None and has_map(label) else None


def _files_of(dataset: rasterio.DatasetReader, listed: set[str]) -> tuple[str, ...]:
    """Files that hold the pixels of a dataset, or tell which they are."""
    # Statistics that a viewer leaves beside a raster do not change it.
    files = {f for f in listed if not f.lower().endswith(".aux.xml")}
    # The name of a subdataset holds that of its file.
    named = {part.strip('"') for part in dataset.name.split(":")}
    # `Path` raises an error for XML, which may be longer than a name.
    local = {str(Path(f).absolute()) for f in files | named if os.path.isfile(f)}  # noqa: PTH113
    # In an order that does not depend on where they lie.
    every = local | {f for f in files if f.startswith("/vsi")}
    return tuple(sorted(every, key=lambda file: (file_name(file), file)))


def _list_files(dataset: rasterio.DatasetReader, depth: int) -> set[str]:
    """Files of a dataset, and those of the VRTs among them, which GDAL leaves out."""
    files = set(dataset.files)
    for file in files - {dataset.name}:
        if depth and file.lower().endswith(".vrt"):
            with suppress(RasterioError), open_dataset(file) as inner:
                files |= _list_files(inner, depth - 1)
    return files


def _has_mask(dataset: rasterio.DatasetReader, band: int) -> bool:
    """True for a mask, an alpha band, or special pixels (of ISIS, PDS4) that make up a mask."""
    flags = set(dataset.mask_flag_enums[band - 1])
    return not flags or not flags.isdisjoint({MaskFlags.per_dataset, MaskFlags.alpha})
