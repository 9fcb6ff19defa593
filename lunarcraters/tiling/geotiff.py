"""Tile files: GeoTIFFs of tiles, VRTs that hold no pixels, and an index of the outlines."""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
import shapely
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from shapely.geometry.base import BaseGeometry

from lunarcraters.errors import MosaicError, OutputError, TileSetError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygons import make_ring_polygon
from lunarcraters.mosaic.dtypes import Pixels
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.opening import open_dataset, suppress_georeferencing_warning
from lunarcraters.mosaic.vrt.build import build_window_vrt
from lunarcraters.process import suppress_warnings
from lunarcraters.tiling.plan import Tile

_BLOCK_PX = 256
_EDGE_POINTS = 16  # along a side of a frame
_CHECKSUM = "CRATERS_CRC32"


def tile_file(tile: Tile, *, virtual: bool) -> str:
    """Return the path of a tile's file, relative to the directory of the tiles."""
    return f"tiles/{tile.name}.{'vrt' if virtual else 'tif'}"


def write_geotiff(path: Path, tile: Tile, pixels: Pixels) -> None:
    """Write the values of a tile, its validity as a mask band inside the file, and their checksum.

    Args:
        path: GeoTIFF to write.
        tile: Tile.
        pixels: Values and validity, each (size, size).
    """
    values, valid = pixels
    block = min(_BLOCK_PX, tile.size)
    with (
        suppress_georeferencing_warning(),
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=tile.size,
            height=tile.size,
            count=1,
            dtype=values.dtype,
            crs=tile.frame.crs_wkt,
            transform=tile.frame.affine,
            tiled=True,
            blockxsize=block,
            blockysize=block,
            compress="deflate",
            predictor=3 if values.dtype.kind == "f" else 2,  # of floats, of integers
        ) as dataset,
    ):
        dataset.write(values, 1)
        dataset.write_mask(valid)
        dataset.update_tags(**{_CHECKSUM: _checksum(values, valid)})


def read_geotiff(path: Path) -> Pixels:
    """Read the values and validity that `write_geotiff` wrote, each (size, size).

    Raises:
        TileSetError: The file is missing, damaged or not as it was written.
    """
    try:
        with open_dataset(str(path)) as dataset:
            values, valid = dataset.read(1), dataset.read_masks(1) > 0
            checksum = dataset.tags().get(_CHECKSUM)
    except RasterioError as error:
        raise TileSetError(
            f"{path} is missing or damaged: write the tiles again with craters tile --overwrite "
            f"({error})"
        ) from error
    if checksum != _checksum(values, valid):
        raise TileSetError(
            f"{path} is not as it was written, or was written by an earlier version of craters: "
            "write the tiles again with craters tile --overwrite"
        )
    return values, valid


def _checksum(values: NDArray[np.generic], valid: NDArray[np.bool_]) -> str:
    """Compute the CRC-32 of values and validity, in hexadecimal digits."""
    return f"{zlib.crc32(valid.tobytes(), zlib.crc32(values.tobytes())):08x}"


def write_vrt(path: Path, tile: Tile, mosaic: Mosaic, uri: str) -> None:
    """Write a tile as a VRT: a window of the mosaic, or the mosaic warped to a local frame.

    Args:
        path: VRT to write.
        tile: Tile.
        mosaic: Mosaic that the tile was planned for.
        uri: Path of the mosaic, which the VRT names as its source.

    Raises:
        MosaicError: The mosaic cannot be opened.
    """
    if tile.window is not None:
        xml = build_window_vrt(
            uri,
            limits=mosaic.grid.box,
            bands=mosaic.bands,
            dtype=mosaic.dtype,
            window=tile.window,
            grid=tile.frame,
        )
        path.write_text(xml, encoding="utf-8")
        return
    try:
        with (
            open_dataset(uri) as source,
            WarpedVRT(
                source,
                src_crs=mosaic.grid.crs_wkt,
                crs=tile.frame.crs_wkt,
                transform=tile.frame.affine,
                width=tile.size,
                height=tile.size,
                resampling=Resampling.bilinear,
                add_alpha=ColorInterp.alpha not in source.colorinterp,
            ) as warped,
        ):
            rasterio.shutil.copy(warped, str(path), driver="VRT")
    except RasterioError as error:
        raise MosaicError(f"{mosaic.name} cannot be opened again ({error})") from error


def write_index(path: Path, mosaic: Mosaic, rows: Sequence[tuple[Tile, str, float | None]]) -> None:
    """Write a GeoPackage of the frames' outlines, layer `tiles`.

    Args:
        path: GeoPackage to write.
        mosaic: Mosaic that the tiles were planned for.
        rows: Tiles, their files, and the valid share of their pixels (0 to 1), None where it is not
            known.

    Raises:
        OutputError: The file cannot be written.
    """
    tiles = [tile for tile, _, _ in rows]
    columns = {
        "name": [tile.name for tile in tiles],
        "level": [tile.level for tile in tiles],
        "path": [file for _, file, _ in rows],
        "size": [tile.size for tile in tiles],
        "valid_fraction": [np.nan if part is None else part for _, _, part in rows],
    }
    write_outlines(path, "tiles", mosaic, tiles, columns)


def write_outlines(
    path: Path,
    layer: str,
    mosaic: Mosaic,
    tiles: Sequence[Tile],
    columns: Mapping[str, object],
) -> None:
    """Write a GeoPackage of the outlines of tiles.

    Outlines are in longitude and latitude. For an image without coordinates they are in its pixels
    with y negated, so that a viewer shows them upright.

    Args:
        path: GeoPackage to write.
        layer: Name of its layer.
        mosaic: Mosaic that the tiles were planned for.
        tiles: Tiles, (n,).
        columns: Values of the tiles, (n,), by the names of columns.

    Raises:
        OutputError: The file cannot be written.
    """
    import geopandas
    from pyogrio.errors import DataLayerError, DataSourceError

    crs = None if mosaic.crs is None else sphere.geographic_crs(sphere.radius_m(mosaic.crs))
    outlines = [trace_outline(tile, mosaic) for tile in tiles]
    table = geopandas.GeoDataFrame(columns, geometry=outlines, crs=crs)
    # An image without coordinates has no CRS.
    with suppress_warnings(UserWarning, "'crs' was not provided"):
        try:
            table.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")
        except (DataLayerError, DataSourceError) as error:
            raise OutputError(
                f"{path.name} cannot be written, is the disk full? ({error})"
            ) from error


def trace_outline(tile: Tile, mosaic: Mosaic) -> BaseGeometry:
    """Trace the outline of the part of a frame that lies on the mosaic.

    Args:
        tile: Tile.
        mosaic: Mosaic that the tile was planned for.

    Returns:
        Polygon in longitude (-180..180, cut there) and latitude; in x and -y, pixels, for an image
        without coordinates.
    """
    left, top, right, bottom = 0.0, 0.0, float(tile.size), float(tile.size)
    if tile.window is not None and not mosaic.grid.wraps:
        # Outside the mosaic there may be no Moon.
        scale = tile.window.width / tile.size
        inside = tile.window.intersect(mosaic.grid.box).shift(-tile.window.left, -tile.window.top)
        left, top = inside.left / scale, inside.top / scale
        right, bottom = inside.right / scale, inside.bottom / scale
    share = np.arange(_EDGE_POINTS) / _EDGE_POINTS
    along_x, along_y = left + (right - left) * share, top + (bottom - top) * share
    back_x, back_y = right - (right - left) * share, bottom - (bottom - top) * share
    edge = np.ones(_EDGE_POINTS)
    u = np.concatenate([edge * left, along_x, edge * right, back_x])
    v = np.concatenate([along_y, edge * bottom, back_y, edge * top])
    if not tile.frame.has_crs:
        x, y = tile.frame.affine @ (u, v)
        return shapely.Polygon(np.column_stack([x, -y]))
    return make_ring_polygon(*tile.frame.to_lonlat(u, v, past_edge=True))
