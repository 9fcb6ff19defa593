"""Mosaics: one raster, or many as one, read by boxes, at full resolution or as means of blocks."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.errors import RasterioError

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box, intersects
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.alignment import align_sources
from lunarcraters.mosaic.centre import find_centre
from lunarcraters.mosaic.dtypes import Pixels
from lunarcraters.mosaic.files import Source, find_rasters, inspect_source
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.handles import Raster, forget_datasets, read_signature
from lunarcraters.mosaic.identity import hash_files
from lunarcraters.mosaic.names import as_names, name_several, parse_name
from lunarcraters.mosaic.nodata import GivenNodata, Nodata, list_values, pack_values
from lunarcraters.mosaic.reading import blocks_inside, read_blocks, split_blocks
from lunarcraters.mosaic.remote.access import RemoteReading
from lunarcraters.mosaic.vrt.build import build_mosaic_vrt
from lunarcraters.mosaic.vrt.faults import why_not_read
from lunarcraters.mosaic.vrt.masks import replace_further_values

Name = str | PathLike[str]
"""Name of a raster or a directory, as a user writes it."""

_LEAST_SIDE_PX = 8
"""Smallest diameter that is searched without being told otherwise: smaller mosaics hold none."""


@dataclass(frozen=True)
class Mosaic:
    """A raster in which craters are searched: small, picklable, without open files.

    Attributes:
        name: Name as the user gave it, for messages.
        uri: Name that GDAL opens: an absolute path, another name with its secrets, or VRT XML.
        grid: Grid of the pixels.
        dtype: NumPy name of the type of the values.
        extents: Boxes in which there may be data, one for each raster or part of a sparse one.
        sources: Absolute paths, or other names, of the files, those of later rasters last.
        bands: Number of the band that is read, or of red, green and blue, read as luminance.
        nodata: Values that mean "no data" beside the files' own, or in their place; or None.
        nodata_undeclared: True for the former; None where an older record does not tell.
        remote: Everything that concerns a mosaic on the network; None for a local one.
        rasters: Raster files as opened, the later ones on top; empty where it comes from a record.
        fetched: Directory for what is read from the network; None for none.
        elevation: True if its values were searched as heights, False as grey ones; or None.
        leaves_out_damage: True where pixels that cannot be read hold no data (see `damage`).
    """

    name: str
    uri: str = field(repr=False)
    grid: Grid
    dtype: str
    extents: tuple[Box, ...] = field(repr=False)
    sources: tuple[str, ...] = field(repr=False)
    bands: tuple[int, ...] = (1,)
    nodata: Nodata = None
    nodata_undeclared: bool | None = False
    remote: RemoteReading | None = None
    rasters: tuple[Source, ...] = field(default=(), repr=False, compare=False)
    fetched: Path | None = field(default=None, repr=False, compare=False)
    elevation: bool | None = field(default=None, repr=False, compare=False)
    leaves_out_damage: bool = False

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.grid.width

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.grid.height

    @property
    def crs(self) -> CRS | None:
        """Coordinate system; None for an image without coordinates."""
        return self.grid.crs

    @property
    def has_crs(self) -> bool:
        """True where pixels have a longitude and latitude."""
        return self.grid.has_crs

    def with_nodata(self, nodata: Nodata) -> "Mosaic":
        """Return the same mosaic without the pixels of an undeclared value, or of several.

        Files with a mask or a declared nodata value keep these.

        Args:
            nodata: Value, or values, that mean "no data".

        Raises:
            MosaicError: A file cannot be read.
        """
        sources = [
            source
            if source.masked or source.nodata is not None or source.declared_nodata is not None
            else inspect_source(source.path, source.crs_wkt, list_values(nodata)[0], self.fetched)
            for source in self.rasters
        ]
        return replace(self, nodata=nodata, nodata_undeclared=True).of_rasters(sources)

    def of_rasters(self, rasters: Sequence[Source]) -> "Mosaic":
        """Return the mosaic of some raster files alone, on a grid of their own.

        Args:
            rasters: Raster files, the later ones on top, at least one.

        Raises:
            MosaicError: They cannot be read, or are too small.
            CoordinateSystemError: They do not lie on the Moon.
        """
        mosaic = _lay_out(self.name, rasters, list_values(self.nodata), self.fetched)
        return replace(mosaic, nodata_undeclared=self.nodata_undeclared)

    @cached_property
    def pixel_size_m(self) -> float | None:
        """Ground size of a pixel at the centre, metres, the larger of its axes; None without a CRS.

        Raises:
            CoordinateSystemError: The mosaic does not lie on the Moon.
        """
        centre = find_centre(self.grid, self.extents, self.name)
        return centre and float(self.grid.pixel_sizes_m(*centre).max())

    @cached_property
    def meridian_pixel_size_m(self) -> float | None:
        """Its north-south size, metres, by which craters are counted in pixels; None without a CRS.

        Raises:
            CoordinateSystemError: The mosaic does not lie on the Moon.
        """
        centre = find_centre(self.grid, self.extents, self.name)
        return centre and float(self.grid.meridian_pixel_size_m(*centre)[0])

    def read(self, box: Box, decimation: int | tuple[int, int] = 1) -> Pixels:
        """Read values and validity of a box, which may reach outside the mosaic.

        A mosaic of the whole Moon continues at its other edge. A decimated pixel is the mean of
        the valid pixels in its block, and it is valid where at least half of them are; of a block
        across that edge only the pixels on one side of it count. Where the raster has overviews
        that are aligned with the box, they are read and no mean is computed, unless the user named
        a nodata value.

        Args:
            box: Box, mosaic pixels.
            decimation: Side of a block, or its (width, height), pixels; 1 for full resolution.

        Returns:
            Values in the mosaic's dtype (0 where invalid) and validity, of shape
            (ceil(height / decimation), ceil(width / decimation)).

        Raises:
            MosaicError: The pixels cannot be read.
        """
        by = decimation if isinstance(decimation, tuple) else (decimation, decimation)
        box = Box(*box)
        shape = (-(-box.height // by[1]), -(-box.width // by[0]))
        values, valid = np.zeros(shape, self.dtype), np.zeros(shape, np.bool_)
        turn = self.grid.turn_px
        for shift in (0, turn, -turn) if turn else (0,):
            left = box.left + shift
            # Blocks are counted from the corner of the box; those wholly outside are left out.
            inside_x = blocks_inside(left, box.width, by[0], self.width)
            inside_y = blocks_inside(box.top, box.height, by[1], self.height)
            for columns, rows in split_blocks(inside_x, inside_y, by, square=len(self.extents) > 1):
                origin = (left + columns.start * by[0], box.top + rows.start * by[1])
                count = (columns.stop - columns.start, rows.stop - rows.start)
                part = Box(*origin, count[0] * by[0], count[1] * by[1])
                if not intersects(self.extent_table, part).any():
                    continue
                block, block_valid = self._read_or_explain(origin, count, by)
                if block_valid.shape == shape and not turn:
                    return block.astype(self.dtype, copy=False), block_valid
                block_valid = block_valid & ~valid[rows, columns]
                np.copyto(values[rows, columns], block, where=block_valid, casting="same_kind")
                valid[rows, columns] |= block_valid
        return values, valid

    def keeping_pages(self, folder: Path) -> "Mosaic":
        """Return the mosaic such that what is read from the network is kept and read once.

        Args:
            folder: Directory for the pixels, apart for each version of the files.

        Raises:
            MosaicError: A file cannot be read.
        """
        if self.remote is None:
            return self
        version = hashlib.sha256(f"{self.fingerprint()}{self.uri}".encode()).hexdigest()
        pages = str(folder.absolute() / version[:16])
        return replace(self, remote=replace(self.remote, pages=pages), fetched=folder)

    @property
    def raster(self) -> Raster:
        """Raster that is read."""
        nodata = next(iter(list_values(self.nodata)), None)
        return Raster(self.uri, self.bands, nodata, self.remote, self.leaves_out_damage)

    @cached_property
    def extent_table(self) -> NDArray[np.int64]:
        """Extents, (n, 4)."""
        return np.array(self.extents, np.int64).reshape(-1, 4)

    def _read_or_explain(
        self, origin: tuple[int, int], count: tuple[int, int], by: tuple[int, int]
    ) -> Pixels:
        try:
            return read_blocks(self.raster, origin, count, by)
        except RasterioError as error:
            cause = why_not_read(self.uri, error, served=self.remote is not None)
            raise MosaicError(
                f"{self.name} cannot be read at column {origin[0]}, row {origin[1]}: {cause}"
            ) from error

    def fingerprint(self) -> str:
        """Compute the SHA-256 of the mosaic, which does not depend on where its files lie.

        The hash covers the files (see `identity.identify_file`), size, type, bands, grid, nodata.

        Raises:
            MosaicError: A file cannot be read.
        """
        extents = tuple(tuple(box) for box in self.extents)
        shape = (self.width, self.height, self.dtype, self.bands, extents, list_values(self.nodata))
        place = self.grid.describe_crs(), tuple(self.grid.affine[:6])
        return hash_files(self.sources, repr((shape, *place)), self.name)


def open_mosaic(
    names: Name | Sequence[Name],
    *,
    crs: GivenCrs | None = None,
    nodata: GivenNodata = None,
    fetched: Path | None = None,
) -> Mosaic:
    """Open one raster, or several as one mosaic.

    Args:
        names: Rasters that GDAL reads, directories of them, or both (see `find_rasters`).
        crs: Coordinate system in place of the files' own; None for the files' own.
        nodata: Value, or values, that mean "no data" in place of the files' own; None for those.
        fetched: Directory that keeps what is read from the network; None for none.

    Raises:
        MosaicError: A file is missing, unreadable, truncated, no raster, or unlike the others.
        CoordinateSystemError: A coordinate system is missing, or not of the Moon, or misses it.
    """
    if not (given := as_names(names)):
        raise MosaicError("no mosaic was given: name a raster or a directory of rasters")
    forget_datasets()
    values = list_values(nodata)
    first = values[0] if values else None
    sources = [inspect_source(name, crs, first, fetched) for name in find_rasters(given)]
    return _lay_out(name_several(parse_name(given[0]), len(given)), sources, values, fetched)


def _lay_out(
    name: str, sources: Sequence[Source], nodata: Sequence[float], fetched: Path | None
) -> Mosaic:
    sources = [replace_further_values(source, nodata) for source in sources]
    layout = align_sources(sources)
    first = sources[0]
    if min(layout.grid.width, layout.grid.height) < _LEAST_SIDE_PX:
        raise MosaicError(
            f"{name} is too small, {layout.grid.width} x {layout.grid.height} pixels: craters are "
            f"found from {_LEAST_SIDE_PX} pixels on, so give a larger piece, or finer pixels"
        )
    alone = len(layout.sources) == 1 and first.nodata is None and first.measured is None
    mosaic = Mosaic(
        name=name,
        uri=first.uri if alone else build_mosaic_vrt(layout, nodata),
        grid=layout.grid,
        dtype=layout.dtype,
        extents=layout.extents,
        sources=tuple(dict.fromkeys(file for source in sources for file in source.files)),
        bands=first.bands if alone else tuple(range(1, len(first.bands) + 1)),
        nodata=pack_values(nodata),
        rasters=tuple(sources),
        fetched=fetched,
    )
    _ = mosaic.pixel_size_m  # refuses one that does not lie on the Moon, before any work is done
    if not any(source.served for source in sources):
        return mosaic
    mosaic = replace(mosaic, remote=RemoteReading(read_signature(name, mosaic.uri)))
    return mosaic if fetched is None else mosaic.keeping_pages(fetched)
