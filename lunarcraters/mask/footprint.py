"""Footprint: the ground that was searched, nodata left out, as polygons and as an area."""

from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from rasterio.transform import Affine
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from lunarcraters.geometry.area import Area
from lunarcraters.geometry.box import Box, components
from lunarcraters.geometry.polygons import cut_at_meridian
from lunarcraters.mask.cog import NODATA
from lunarcraters.mosaic.files import open_dataset
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.resampling import places_of_pixels

_CELLS = 1024  # along the longer side of a footprint's grid
_PLAIN_CELLS = 8192  # along the longer side of a plain picture
_BLOCK_PX = 1024
_CELL_PX = 8  # within a cell of this side pixels are taken to be of one area
_AREA_ERROR = 2e-6  # of a pixel, where it is taken from others around

Float = NDArray[np.float64]


def searched_ground(
    mosaic: Mosaic, mask: Path, area: Area | None = None
) -> tuple[BaseGeometry, float | None]:
    """What a run has searched.

    Args:
        mosaic: The mosaic, or any raster on its grid.
        mask: The run's mask, on the mosaic's grid; `NODATA` where nothing was searched.
        area: Leave out what lies outside of it.

    Returns:
        Polygons in longitude and latitude (-180..180), cut from a grid of up to 1024 cells a side
        (plain pictures: pixels, up to 8192 cells), and the area in km^2 by every single pixel
        (plain: None).
    """
    with open_dataset(str(mask)) as raster:
        if not mosaic.has_crs:
            step = max(-(-max(raster.shape) // _PLAIN_CELLS), 1)
            shape = (-(-raster.height // step), -(-raster.width // step))
            searched = raster.read(1, out_shape=shape) != NODATA
            cell = (raster.width / shape[1], raster.height / shape[0])
            outline = _outline(searched, Affine.scale(*cell))
            return (outline if area is None else outline & area.outline), None
        boxes = components(mosaic.extents)
        if area is not None:
            window = _window(mosaic, area)
            shared = (box.intersect(window) for box in boxes)
            boxes = [box for box in shared if not box.is_empty]
        polygons = [_lonlat_outline(mosaic, raster, box, area) for box in boxes]
        area_km2 = sum(_area_km2(mosaic, raster, box, area) for box in boxes)
    return shapely.union_all(polygons), area_km2


def _window(mosaic: Mosaic, area: Area) -> Box:
    """A window of the mosaic that holds all of an area."""
    x, y = mosaic.grid.from_lonlat(*area.edge())
    if not (np.isfinite(x) & np.isfinite(y)).all():
        return mosaic.grid.box
    low, high = np.floor([x.min(), y.min()]), np.ceil([x.max(), y.max()])
    box = Box.from_edges(*low.astype(int).tolist(), *high.astype(int).tolist())
    box = box.intersect(mosaic.grid.box)
    if mosaic.grid.period_px is not None:
        # A pole is a row: an area around it reaches further than its edge.
        if area.holds(0.0, 90.0) or area.holds(0.0, -90.0):
            return mosaic.grid.box
        # So may one across the meridian where the mosaic ends, whose edge is seen a turn off.
        if box.width > mosaic.grid.period_px / 2.0:
            return Box(0, box.top, mosaic.width, box.height)
    return box


def _lonlat_outline(
    mosaic: Mosaic, raster: rasterio.DatasetReader, box: Box, area: Area | None
) -> BaseGeometry:
    """Sample the mask at the cells of a grid in longitude and latitude, and outline them."""
    left, top, width, height = box
    step = max(-(-max(width, height) // _CELLS), 1)
    window = Window(left, top, width, height)
    shape = (-(-height // step), -(-width // step))
    searched = raster.read(1, window=window, out_shape=shape) != NODATA
    west, south, east, north = _bounds(mosaic, box)
    cell = max(east - west, north - south) / _CELLS
    columns, rows = (max(round(side / cell), 1) for side in (east - west, north - south))
    grid = Affine((east - west) / columns, 0, west, 0, (south - north) / rows, north)
    lon = west + (np.arange(columns) + 0.5) * grid.a
    lat = north + (np.arange(rows) + 0.5) * grid.e
    lon, lat = np.meshgrid(lon, lat)
    x, y = mosaic.grid.from_lonlat(lon, lat)
    with np.errstate(invalid="ignore"):
        column = np.floor((x - left) * shape[1] / width)
        row = np.floor((y - top) * shape[0] / height)
        inside = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
    cells = np.zeros(x.shape, bool)
    cells[inside] = searched[row[inside].astype(int), column[inside].astype(int)]
    if area is not None:
        cells &= area.holds(lon, lat)
    return cut_at_meridian(np.array([_outline(cells, grid)], object))[0]


def _bounds(mosaic: Mosaic, box: Box) -> tuple[float, float, float, float]:
    """West, south, east, north of a box; east may lie past 180, or west before -180."""
    left, top, width, height = box
    x, y = np.meshgrid(np.linspace(left, left + width, 65), np.linspace(top, top + height, 65))
    lon, lat = mosaic.grid.to_lonlat(x, y)
    # Within half a turn of the middle, or, where columns are longitude, by columns.
    middle = lon[32, 32]
    near = middle + np.mod(lon - middle + 180.0, 360.0) - 180.0
    if mosaic.grid.period_px is not None:
        near = middle + (x - x[32, 32]) / mosaic.grid.period_px * 360.0
    west, east = float(np.nanmin(near)), float(np.nanmax(near))
    south, north = float(np.nanmin(lat)), float(np.nanmax(lat))
    for pole in (-90.0, 90.0):
        column, row = mosaic.grid.from_lonlat(0.0, pole)
        if (
            mosaic.grid.period_px is None
            and left <= column <= left + width
            and top <= row <= top + height
        ):
            return -180.0, min(south, pole), 180.0, max(north, pole)
    return west, south, min(east, west + 360.0), north


def _outline(cells: NDArray[np.bool_], grid: Affine) -> BaseGeometry:
    found = shapes(cells.astype(np.uint8), mask=cells, transform=grid)
    polygons = [shapely.geometry.shape(geometry) for geometry, _ in found]
    return shapely.MultiPolygon(
        [part for polygon in polygons for part in shapely.get_parts(shapely.make_valid(polygon))]
    )


def _area_km2(mosaic: Mosaic, raster: rasterio.DatasetReader, box: Box, area: Area | None) -> float:
    """Area of the searched pixels of a box, block by block."""
    total = 0.0
    for block in box.blocks(_BLOCK_PX):
        searched = raster.read(1, window=Window(*block)) != NODATA
        if area is not None and searched.any():
            searched &= _held(mosaic, area, block.left, block.top, searched.shape)
        if searched.any():
            total += _searched_km2(mosaic, block.left, block.top, searched)
    return total


def _held(
    mosaic: Mosaic, area: Area, column: int, row: int, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Which pixels of a block have their centre in an area."""

    def held(step: int) -> NDArray[np.bool_]:
        rows, columns = (np.minimum(np.arange(0, n + step - 1, step), n - 1) for n in shape)
        return area.holds(
            *mosaic.grid.to_lonlat(*np.meshgrid(column + columns + 0.5, row + rows + 0.5))
        )

    rough = held(_CELL_PX)
    # A block well within or well without is not looked at more closely.
    if rough.all() or (not rough.any() and min(shape) == _BLOCK_PX):
        return np.full(shape, rough.all())
    return held(1)


def _searched_km2(mosaic: Mosaic, column: int, row: int, searched: NDArray[np.bool_]) -> float:
    """Pixels counted in small cells, times the area of a pixel in the middle of each."""
    starts = [np.arange(0, side, _CELL_PX) for side in searched.shape]
    if searched.all():
        sides = (np.minimum(_CELL_PX, n - s) for n, s in zip(searched.shape, starts, strict=True))
        counts = np.outer(*sides).astype(float)
    else:
        down = np.add.reduceat(searched, starts[0], 0, dtype=np.uint8)
        counts = np.add.reduceat(down, starts[1], 1, dtype=float)

    def pixel_m2(x: Float, y: Float) -> tuple[Float]:
        jacobian = mosaic.grid.jacobian_m(column + x * _CELL_PX, row + y * _CELL_PX)
        return (np.linalg.norm(np.cross(jacobian[..., 0], jacobian[..., 1]), axis=-1),)

    height, width = counts.shape
    most = _AREA_ERROR * float(pixel_m2(np.array(width / 2.0), np.array(height / 2.0))[0])
    (areas,) = places_of_pixels(pixel_m2, width, height, (most,))
    return float((counts * np.nan_to_num(areas)).sum() / 1e6)
