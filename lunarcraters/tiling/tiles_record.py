"""The file `tiles.json`: records of a mosaic, the settings that cut it, and its tiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affine import Affine

from lunarcraters.errors import TileSetError
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.nodata import Nodata
from lunarcraters.mosaic.remote.access import RemoteReading
from lunarcraters.mosaic.statistics import ValueStatistics
from lunarcraters.redaction import redact
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import FORMAT, MosaicTiles, TileSet, TilingSettings

Coefficients = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f of an affine transform: x' = a x + b y + c, y' = d x + e y + f."""


@dataclass(frozen=True)
class MosaicRecord:
    """Record of a mosaic.

    Attributes:
        name: Name as the user gave it.
        uri: Name that GDAL opens: an absolute path, or VRT XML.
        crs_wkt: Lunar coordinate system as WKT; null for an image without coordinates.
        affine: Transform from pixel corners to the coordinate system.
        width: Number of columns.
        height: Number of rows.
        dtype: NumPy name of the type of the values.
        extents: Boxes in which there may be data: column, row, width, height in pixels.
        sources: Absolute paths of the files.
        bands: Numbers of the bands that are read.
        nodata: Value, or list of values, that the user called "no data", or that were left out
            though undeclared; null for none.
        remote: Size, type, overviews and masks of a mosaic that virtual tiles read from the
            network; null for a local one.
        nodata_undeclared: True where `nodata` was left out though undeclared; null in older tiles.
    """

    name: str
    uri: str
    crs_wkt: str | None
    affine: Coefficients
    width: int
    height: int
    dtype: str
    extents: tuple[Box, ...]
    sources: tuple[str, ...]
    bands: tuple[int, ...]
    nodata: Nodata
    remote: str | None = None
    nodata_undeclared: bool | None = None

    @classmethod
    def from_mosaic(cls, mosaic: Mosaic, *, virtual: bool) -> "MosaicRecord":
        """Record a mosaic.

        Args:
            mosaic: Mosaic that was cut.
            virtual: True where tiles read their pixels from it.
        """
        grid = mosaic.grid
        return cls(
            name=mosaic.name,
            uri=redact(mosaic.uri),
            crs_wkt=grid.crs_wkt,
            affine=grid.affine[:6],
            width=grid.width,
            height=grid.height,
            dtype=mosaic.dtype,
            extents=mosaic.extents,
            sources=tuple(map(redact, mosaic.sources)),
            bands=mosaic.bands,
            nodata=mosaic.nodata,
            remote=mosaic.remote.signature if virtual and mosaic.remote else None,
            nodata_undeclared=mosaic.nodata_undeclared,
        )

    def to_mosaic(self) -> Mosaic:
        """Restore the mosaic; its files need not be there."""
        return Mosaic(
            name=self.name,
            uri=self.uri,
            grid=Grid(self.crs_wkt, Affine(*self.affine), self.width, self.height),
            dtype=self.dtype,
            extents=self.extents,
            sources=self.sources,
            bands=self.bands,
            nodata=self.nodata,
            nodata_undeclared=self.nodata_undeclared,
            remote=None if self.remote is None else RemoteReading(self.remote),
        )


@dataclass(frozen=True)
class TileRecord:
    """Record of a tile and its file.

    Attributes:
        name: Level, row and column in the plan, unique.
        level: Octave: a pixel is 2**level pixels of the mosaic.
        crs_wkt: Coordinate system of the tile's frame as WKT; null without one.
        affine: Transform from pixel corners to the coordinate system.
        size: Number of columns and of rows.
        core: Box that belongs to the tile: column, row, width, height in mosaic pixels.
        window: Window of the mosaic that the tile shows: column, row, width, height in mosaic
            pixels; null for a local frame.
        path: File, relative to the directory.
        valid_fraction: Share of the pixels that have data, 0 to 1; null for virtual tiles.
        bytes: Size of the file.
    """

    name: str
    level: int
    crs_wkt: str | None
    affine: Coefficients
    size: int
    core: Box
    window: Box | None
    path: str
    valid_fraction: float | None
    bytes: int

    @classmethod
    def from_tile(
        cls, tile: Tile, path: str, valid_fraction: float | None, size: int
    ) -> "TileRecord":
        """Record a tile.

        Args:
            tile: Tile.
            path: File, relative to the directory.
            valid_fraction: Share of the pixels that have data; None where it is not known.
            size: Size of the file, bytes.
        """
        frame = tile.frame
        return cls(
            name=tile.name,
            level=tile.level,
            crs_wkt=frame.crs_wkt,
            affine=frame.affine[:6],
            size=tile.size,
            core=tile.core,
            window=tile.window,
            path=path,
            valid_fraction=valid_fraction,
            bytes=size,
        )

    def to_tile(self) -> Tile:
        """Restore the tile."""
        frame = Grid(self.crs_wkt, Affine(*self.affine), self.size, self.size)
        return Tile(self.name, self.level, frame, self.core, self.window)


@dataclass(frozen=True)
class TilesRecord:
    """Record of all tiles of a mosaic.

    Attributes:
        format: Format of the files.
        virtual: True where the files hold no pixels.
        settings: Settings by which the mosaic was cut.
        mosaic: Mosaic that was cut.
        mosaic_fingerprint: SHA-256 of the mosaic.
        photometry: Statistics of the mosaic's values, by which any model normalises them.
        tiles: Tiles that have a valid pixel (virtual: all).
        height_unit_m: Height of one unit of the values, metres; null where they are grey values.
    """

    format: str
    virtual: bool
    settings: TilingSettings
    mosaic: MosaicRecord
    mosaic_fingerprint: str
    photometry: ValueStatistics
    tiles: tuple[TileRecord, ...]
    height_unit_m: float | None = None

    @classmethod
    def from_source(
        cls, source: MosaicTiles, tiles: Sequence[TileRecord], *, virtual: bool
    ) -> "TilesRecord":
        """Record tiles that were written.

        Args:
            source: Mosaic with its plan.
            tiles: Tiles that were written.
            virtual: True where the files hold no pixels.
        """
        return cls(
            format=FORMAT,
            virtual=virtual,
            settings=source.settings,
            mosaic=MosaicRecord.from_mosaic(source.mosaic, virtual=virtual),
            mosaic_fingerprint=source.mosaic.fingerprint(),
            photometry=source.statistics,
            tiles=tuple(tiles),
            height_unit_m=source.height_unit_m,
        )

    def to_tile_set(self, directory: Path) -> TileSet:
        """Restore the tiles of a directory.

        Args:
            directory: Directory that holds the files.

        Raises:
            TileSetError: A file is missing, or its size has changed.
        """
        for tile in self.tiles:
            file = directory / tile.path
            if not file.is_file() or file.stat().st_size != tile.bytes:
                raise TileSetError(
                    f"{directory} is incomplete, {file} is missing or not as it was written: write "
                    "the tiles again with craters tile --overwrite"
                )
        return TileSet(
            directory=directory,
            virtual=self.virtual,
            mosaic=self.mosaic.to_mosaic(),
            mosaic_fingerprint=self.mosaic_fingerprint,
            settings=self.settings,
            tiles=tuple(tile.to_tile() for tile in self.tiles),
            statistics=self.photometry,
            height_unit_m=self.height_unit_m,
        )
