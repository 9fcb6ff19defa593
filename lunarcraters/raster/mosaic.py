"""Mosaic: any raster, or many as one, read by windows of any size at any octave."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from rasterio.errors import RasterioError

from lunarcraters import moon
from lunarcraters.errors import CoordinateSystemError, MosaicError
from lunarcraters.raster.blocks import Box, meeting
from lunarcraters.raster.placement import place_sources
from lunarcraters.raster.reading import Pixels, chunks, forget_datasets, read_blocks
from lunarcraters.raster.sources import find_rasters, inspect
from lunarcraters.raster.vrt import mosaic_xml

Float = NDArray[np.float64]

_SAME_PLACE_PX = 0.01
_SAMPLE_BYTES = 1 << 16
_SAMPLES = 64


@dataclass(frozen=True)
class Mosaic:
    """A raster to find craters in: small, picklable, with no open files.

    Attributes:
        name: As the user gave it, for messages.
        uri: What GDAL opens: an absolute path, or VRT XML.
        crs_wkt: A lunar CRS; None for a plain picture, whose positions are pixels.
        affine: Pixel corner to CRS.
        width: Pixels.
        height: Pixels.
        dtype: NumPy name of the values' type.
        extents: Boxes in which there may be data: one for each raster, or for each part of a
            sparse one.
        sources: Absolute paths of the files.
        bands: The band that is read, or red, green and blue, read as luminance.
        nodata: Value that the user called "no data", or None.
    """

    name: str
    uri: str
    crs_wkt: str | None
    affine: Affine
    width: int
    height: int
    dtype: str
    extents: tuple[Box, ...]
    sources: tuple[str, ...]
    bands: tuple[int, ...] = (1,)
    nodata: float | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it has no place on the Moon."""
        return self.crs_wkt is None

    @cached_property
    def crs(self) -> CRS | None:
        """The CRS; None for a plain picture."""
        return None if self.crs_wkt is None else moon.crs_of(self.crs_wkt)

    @property
    def radius_m(self) -> float:
        """Radius of its sphere, metres.

        Raises:
            CoordinateSystemError: It is a plain picture.
        """
        return moon.radius_m(self._placed())

    @cached_property
    def gsd_m(self) -> float | None:
        """Ground size of a pixel at the centre, the larger of its two axes; None if plain."""
        if self.is_plain:
            return None
        boxes = np.array([(0, 0, self.width, self.height), *self.extents], float)
        centre = boxes[:, :2] + boxes[:, 2:] / 2.0
        sizes = np.linalg.norm(self.jacobian_m(centre[:, 0], centre[:, 1]), axis=1).max(axis=1)
        on_moon = sizes[np.isfinite(sizes)]
        if not on_moon.size:
            raise CoordinateSystemError(
                f"{self.name} does not lie on the Moon where its coordinate system places it: "
                "check its geotransform, and its coordinate system (--crs)"
            )
        return float(on_moon[0])

    @cached_property
    def period_px(self) -> float | None:
        """Columns after which longitude comes round again; None where columns are no longitude."""
        if self.is_plain or self.affine.b or self.affine.d:
            return None
        step = self.width / 32.0
        x = self.width / 2.0 + np.array([[-step], [0.0], [step]])
        y = self.height * np.array([[0.25, 0.5, 0.75]])
        lon, lat = self._lonlat(*np.broadcast_arrays(x, y))
        turn = moon.wrap_longitude(np.diff(lon, axis=0))
        cylindrical = np.allclose(turn, turn[0, 0], rtol=1e-6) and np.ptp(lat, axis=0).max() < 1e-6
        return abs(360.0 / float(turn[0, 0]) * step) if cylindrical and turn[0, 0] else None

    @property
    def goes_round(self) -> bool:
        """Whether its first column is the eastern neighbour of its last."""
        return self.period_px is not None and abs(self.period_px - self.width) < 1.0

    def to_lonlat(self, x: ArrayLike, y: ArrayLike) -> tuple[Float, Float]:
        """Longitude (-180..180) and latitude of mosaic pixels; NaN off the Moon."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        lon, lat = self._lonlat(x, y)
        if self.period_px is None:
            # Beyond its edge a projection may go on with ground that it has already shown.
            back_x, back_y = self.from_lonlat(lon, lat)
            off = ~(np.hypot(back_x - x, back_y - y) < _SAME_PLACE_PX)
            lon, lat = np.where(off, np.nan, lon), np.where(off, np.nan, lat)
        return lon, lat

    def _lonlat(self, x: Float, y: Float) -> tuple[Float, Float]:
        a, b, c, d, e, f = self.affine[:6]
        return moon.to_lonlat(self._placed(), a * x + b * y + c, d * x + e * y + f)

    def from_lonlat(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Float, Float]:
        """Mosaic pixels of longitudes (any range) and latitudes; NaN where there is none."""
        a, b, c, d, e, f = (~self.affine)[:6]
        east, north = moon.from_lonlat(self._placed(), lon, lat)
        x, y = a * east + b * north + c, d * east + e * north + f
        if self.period_px is not None:
            x = nearest_turn(x, self.width / 2.0, self.period_px)
        return x, y

    def jacobian_m(self, x: ArrayLike, y: ArrayLike) -> Float:
        """Ground displacement per pixel, (n, 3, 2): metres in space along x and along y."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        columns = []
        for dx, dy in ((0.5, 0.0), (0.0, 0.5)):
            ahead = moon.unit_vectors(*self.to_lonlat(x + dx, y + dy))
            columns.append(ahead - moon.unit_vectors(*self.to_lonlat(x - dx, y - dy)))
        return np.stack(columns, axis=-1) * self.radius_m

    def _placed(self) -> CRS:
        if self.crs is None:
            raise CoordinateSystemError(
                f"{self.name} is a plain picture: its pixels have no longitude and latitude"
            )
        return self.crs

    def read(self, box: Box, decimation: int | tuple[int, int] = 1) -> Pixels:
        """Values and validity of a box, which may reach outside the mosaic.

        Past the edge of a mosaic that goes round the Moon comes its other edge. A decimated pixel
        is the mean of the valid ones in its block, and valid where at least half of them are;
        overviews stand in for the blocks where the raster has some that are aligned with the box.

        Args:
            box: Mosaic pixels.
            decimation: Pixels to a side of a block, or (along x, along y).

        Returns:
            Values in the mosaic's dtype (0 where invalid) and validity, of shape
            (ceil(height / decimation), ceil(width / decimation)).

        Raises:
            MosaicError: The pixels cannot be read.
        """
        by = decimation if isinstance(decimation, tuple) else (decimation, decimation)
        column, row, width, height = box
        shape = (-(-height // by[1]), -(-width // by[0]))
        values, valid = np.zeros(shape, self.dtype), np.zeros(shape, np.bool_)
        for turn in (0, self.width, -self.width) if self.goes_round else (0,):
            start = (column + turn, row)
            # Blocks are counted from the corner of the box; those wholly outside are left out.
            inside_x = _blocks_inside(start[0], width, by[0], self.width)
            inside_y = _blocks_inside(start[1], height, by[1], self.height)
            for columns, rows in chunks(inside_x, inside_y, by, square=len(self.extents) > 1):
                origin = (start[0] + columns.start * by[0], start[1] + rows.start * by[1])
                count = (columns.stop - columns.start, rows.stop - rows.start)
                part = (*origin, count[0] * by[0], count[1] * by[1])
                if not meeting(self._extent_table, part).any():
                    continue
                block, known = self._read_blocks(origin, count, by)
                if known.shape == shape and not self.goes_round:
                    return block.astype(self.dtype, copy=False), known
                known = known & ~valid[rows, columns]
                np.copyto(values[rows, columns], block, where=known, casting="same_kind")
                valid[rows, columns] |= known
        return values, valid

    @cached_property
    def _extent_table(self) -> NDArray[np.int64]:
        return np.array(self.extents, np.int64).reshape(-1, 4)

    def _read_blocks(
        self, origin: tuple[int, int], count: tuple[int, int], by: tuple[int, int]
    ) -> Pixels:
        try:
            return read_blocks(self.uri, self.bands, self.nodata, origin, count, by)
        except RasterioError as error:
            raise MosaicError(
                f"{self.name} cannot be read at column {origin[0]}, row {origin[1]}: a file is "
                f"missing, truncated or damaged, copy it again ({error})"
            ) from error

    def fingerprint(self) -> str:
        """SHA-256 of what the mosaic holds, the same wherever its files lie.

        Of each file: name, size, and content. Files of up to 4 MiB are hashed whole; of larger
        ones 64 pieces of 64 KiB, evenly spread from the first byte to the last. Of the mosaic:
        size, type, bands, coordinate system, affine and the user's nodata value.
        """
        digest = hashlib.sha256()
        shape = (self.width, self.height, self.dtype, self.bands, self.extents, self.nodata)
        digest.update(repr((shape, self.crs_wkt, tuple(self.affine[:6]))).encode())
        for path in sorted(map(Path, self.sources), key=lambda path: path.name):
            try:
                size = path.stat().st_size
                digest.update(f"{path.name}\0{size}\0".encode())
                for piece in _sample(path, size):
                    digest.update(piece)
            except OSError as error:
                raise MosaicError(
                    f"{path}, a part of {self.name}, cannot be read: put it back ({error})"
                ) from error
        return digest.hexdigest()


def open_mosaic(
    paths: Path | Sequence[Path], *, crs: str | None = None, nodata: float | None = None
) -> Mosaic:
    """A mosaic of a raster, of several, or of all those in a directory.

    Args:
        paths: Rasters that GDAL reads, directories of them, or both.
        crs: Coordinate system in place of the files' own.
        nodata: Value that means "no data" in place of the files' own.

    Raises:
        MosaicError: A file is missing, unreadable, truncated, not a raster or does not fit the
            others.
        CoordinateSystemError: A coordinate system is missing or not of the Moon.
    """
    given = [paths] if isinstance(paths, Path) else list(paths)
    if not given:
        raise MosaicError("no mosaic was given: name a raster or a directory of rasters")
    forget_datasets()
    sources = [inspect(path, crs, nodata) for path in find_rasters(given)]
    grid = place_sources(sources)
    first = sources[0]
    alone = len(sources) == 1 and first.nodata is None
    return Mosaic(
        name=str(given[0]) if len(given) == 1 else f"{given[0]} and {len(given) - 1} more",
        uri=str(first.path) if alone else mosaic_xml(sources, grid),
        crs_wkt=first.crs_wkt,
        affine=grid.affine,
        width=grid.width,
        height=grid.height,
        dtype=str(np.result_type(*(source.dtype for source in sources))),
        extents=(first.filled if len(sources) == 1 else None) or grid.extents,
        sources=tuple(sorted({str(file) for source in sources for file in source.files})),
        bands=first.bands if alone else tuple(range(1, len(first.bands) + 1)),
        nodata=nodata,
    )


def nearest_turn(x: Float, centre_x: float, period_px: float) -> Float:
    """Columns moved by whole turns to within half a turn of a centre."""
    return centre_x + np.mod(x - centre_x + period_px / 2.0, period_px) - period_px / 2.0


def _blocks_inside(start: int, length: int, by: int, limit: int) -> tuple[int, int]:
    """First block, and the one after the last, that meet 0..limit; the last is a whole one too."""
    stop = min(start + -(-length // by) * by, limit)
    if stop <= max(start, 0):
        return 0, 0
    return max(0, -start) // by, -(-(stop - start) // by)


def _sample(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        if size <= _SAMPLES * _SAMPLE_BYTES:
            yield file.read()
            return
        for index in range(_SAMPLES):
            file.seek((size - _SAMPLE_BYTES) * index // (_SAMPLES - 1))
            yield file.read(_SAMPLE_BYTES)
