"""Footprint: the ground that was searched, nodata left out, as polygons and as an area."""

from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from rasterio.transform import Affine
from rasterio.windows import Window
from scipy.ndimage import map_coordinates
from shapely.geometry.base import BaseGeometry

from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.raster.placement import Box

NODATA = 255
"""Value of a mask pixel that was not searched."""

_CELLS = 1024  # along the longer side of a footprint's grid
_BLOCK_PX = 1024
_NODE_PX = 64  # the area of a pixel is worked out at nodes this far apart

Float = NDArray[np.float64]


def searched_ground(mosaic: Mosaic, mask: Path) -> tuple[BaseGeometry, float | None]:
    """What a run has searched.

    Args:
        mosaic: The mosaic.
        mask: The run's mask, on the mosaic's grid; `NODATA` where nothing was searched.

    Returns:
        Polygons in longitude and latitude (-180..180), cut from a grid of up to 1024 cells a side
        (plain pictures: pixels), and the area in km^2 by every single pixel (plain: None).
    """
    with rasterio.open(mask) as raster:
        if mosaic.is_plain:
            searched = raster.read(1) != NODATA
            return _outline(searched, Affine.identity()), None
        boxes = _merged(mosaic.extents)
        polygons = [_lonlat_outline(mosaic, raster, box) for box in boxes]
        area_km2 = sum(_area_km2(mosaic, raster, box) for box in boxes)
    return shapely.union_all(polygons), area_km2


def _merged(extents: tuple[Box, ...]) -> list[Box]:
    """Bounding boxes of extents that touch."""
    outlines = [shapely.box(x - 1, y - 1, x + w + 1, y + h + 1) for x, y, w, h in extents]
    joined = shapely.get_parts(shapely.union_all(outlines))
    found = []
    for left, top, right, bottom in (np.asarray(part.bounds).astype(int) for part in joined):
        found.append((left + 1, top + 1, right - left - 2, bottom - top - 2))
    return found


def _lonlat_outline(mosaic: Mosaic, raster: rasterio.DatasetReader, box: Box) -> BaseGeometry:
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
    x, y = mosaic.from_lonlat(*np.meshgrid(lon, lat))
    with np.errstate(invalid="ignore"):
        column = np.floor((x - left) * shape[1] / width)
        row = np.floor((y - top) * shape[0] / height)
        inside = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
    cells = np.zeros(x.shape, bool)
    cells[inside] = searched[row[inside].astype(int), column[inside].astype(int)]
    return _outline(cells, grid)


def _bounds(mosaic: Mosaic, box: Box) -> tuple[float, float, float, float]:
    """West, south, east, north of a box; all longitudes where it crosses the antimeridian."""
    left, top, width, height = box
    x, y = np.meshgrid(np.linspace(left, left + width, 65), np.linspace(top, top + height, 65))
    inner = np.zeros(x.shape, bool)
    lon, lat = mosaic.to_lonlat(x, y)
    # The east edge of a mosaic that ends at 180 comes out as -180.
    middle = lon[32, 32]
    near = middle + np.mod(lon - middle + 180.0, 360.0) - 180.0
    if mosaic.period_px is not None:
        near = middle + (x - x[32, 32]) / mosaic.period_px * 360.0
    del inner
    west, east = float(np.nanmin(near)), float(np.nanmax(near))
    south, north = float(np.nanmin(lat)), float(np.nanmax(lat))
    for pole in (-90.0, 90.0):
        column, row = mosaic.from_lonlat(0.0, pole)
        if (
            mosaic.period_px is None
            and left <= column <= left + width
            and top <= row <= top + height
        ):
            return -180.0, min(south, pole), 180.0, max(north, pole)
    if west < -180.0 or east > 180.0:
        west, east = -180.0, 180.0
    return west, south, east, north


def _outline(cells: NDArray[np.bool_], grid: Affine) -> BaseGeometry:
    found = shapes(cells.astype(np.uint8), mask=cells, transform=grid)
    polygons = [shapely.geometry.shape(geometry) for geometry, _ in found]
    return shapely.MultiPolygon(
        [part for polygon in polygons for part in shapely.get_parts(shapely.make_valid(polygon))]
    )


def _area_km2(mosaic: Mosaic, raster: rasterio.DatasetReader, box: Box) -> float:
    """Area of the searched pixels of a box, block by block."""
    left, top, width, height = box
    total = 0.0
    for row in range(top, top + height, _BLOCK_PX):
        for column in range(left, left + width, _BLOCK_PX):
            size = (min(_BLOCK_PX, left + width - column), min(_BLOCK_PX, top + height - row))
            searched = raster.read(1, window=Window(column, row, *size)) != NODATA
            if searched.any():
                total += float(_pixel_area_km2(mosaic, column, row, *size)[searched].sum())
    return total


def _pixel_area_km2(mosaic: Mosaic, column: int, row: int, width: int, height: int) -> Float:
    """Area of each pixel of a block: exact at nodes, linear between them."""
    x = np.linspace(0.5, width - 0.5, max(width // _NODE_PX, 1) + 1)
    y = np.linspace(0.5, height - 0.5, max(height // _NODE_PX, 1) + 1)
    jacobian = mosaic.jacobian_m(*np.meshgrid(column + x, row + y))
    area = np.linalg.norm(np.cross(jacobian[..., 0], jacobian[..., 1]), axis=-1) / 1e6
    area = np.nan_to_num(area)
    at_x = np.arange(width) / max(width - 1, 1) * (len(x) - 1)
    at_y = np.arange(height) / max(height - 1, 1) * (len(y) - 1)
    places = np.meshgrid(at_y, at_x, indexing="ij")
    return np.asarray(map_coordinates(area, places, order=1))
