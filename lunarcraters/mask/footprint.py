"""The footprint: the ground that was searched, without nodata, as polygons and as an area."""

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
from lunarcraters.geometry.box import Box, connected_extents
from lunarcraters.geometry.polygons import cut_at_meridian, keep_polygons
from lunarcraters.mask.cog import NODATA
from lunarcraters.mask.ground_area import measure_area_km2
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.opening import open_dataset

_CELLS = 1024
"""Number of cells along the longer side of the ground from which polygons are cut."""

_IMAGE_CELLS = 8192
"""Number of cells along the longer side of an image without coordinates."""


def searched_footprint(
    mosaic: Mosaic, mask: Path, area: Area | None = None
) -> tuple[BaseGeometry, float | None]:
    """Measure the ground that a run has searched.

    Args:
        mosaic: Mosaic, or any raster on its grid.
        mask: File of the run's mask, on the mosaic's grid; `NODATA` where nothing was searched.
        area: Area to which the footprint is clipped; None for all ground.

    Returns:
        Polygons in longitude (-180..180) and latitude, cut from cells of 1/1024 of the ground's
        longer side, and the area in km2, summed over all pixels. For an image without coordinates,
        polygons in pixels, from up to 8192 cells a side, and None.
    """
    with open_dataset(str(mask)) as raster:
        if not mosaic.has_crs:
            outline = _image_outline(raster)
            return (outline if area is None else _clip(outline, area)), None
        boxes = _searched_boxes(mosaic, area)
        footprint = shapely.union_all([_lonlat_outline(mosaic, raster, box) for box in boxes])
        area_km2 = measure_area_km2(mosaic.grid, raster, boxes, area)
    return (footprint if area is None else _clip(footprint, area)), area_km2


def measure_searched_km2(mosaic: Mosaic, mask: Path, area: Area) -> float:
    """Measure the ground of an area that a run has searched, summed over all pixels, km2.

    Args:
        mosaic: Mosaic with a coordinate system, or any raster on its grid.
        mask: File of the run's mask, on the mosaic's grid.
        area: Area on the Moon.
    """
    with open_dataset(str(mask)) as raster:
        return measure_area_km2(mosaic.grid, raster, _searched_boxes(mosaic, area), area)


def _searched_boxes(mosaic: Mosaic, area: Area | None) -> list[Box]:
    """Boxes of a mosaic that hold all searched pixels, those within an area if one is given."""
    boxes = connected_extents(mosaic.extents)
    if area is None:
        return boxes
    window = _area_window(mosaic, area)
    shared = (box.intersect(window) for box in boxes)
    return [box for box in shared if not box.is_empty]


def _image_outline(raster: rasterio.DatasetReader) -> BaseGeometry:
    """Outline of the searched pixels of an image without coordinates, in pixels."""
    step = max(-(-max(raster.shape) // _IMAGE_CELLS), 1)
    shape = (-(-raster.height // step), -(-raster.width // step))
    searched = raster.read(1, out_shape=shape) != NODATA
    cell = (raster.width / shape[1], raster.height / shape[0])
    return _outline(searched, Affine.scale(*cell))


def _area_window(mosaic: Mosaic, area: Area) -> Box:
    """Window of the mosaic that holds all of an area."""
    x, y = mosaic.grid.from_lonlat(*area.trace_outline())
    if not (np.isfinite(x) & np.isfinite(y)).all():
        return mosaic.grid.box
    low, high = np.floor([x.min(), y.min()]), np.ceil([x.max(), y.max()])
    box = Box.from_edges(*low.astype(int).tolist(), *high.astype(int).tolist())
    box = box.intersect(mosaic.grid.box)
    if mosaic.grid.period_px is not None:
        # A pole is a row: an area around it covers more columns than its outline.
        if area.contains(0.0, 90.0) or area.contains(0.0, -90.0):
            return mosaic.grid.box
        # So may an area across the meridian where the mosaic ends: parts of its outline lie a
        # period away from each other.
        if box.width > mosaic.grid.period_px / 2.0:
            return Box(0, box.top, mosaic.width, box.height)
    return box


def _clip(footprint: BaseGeometry, area: Area) -> BaseGeometry:
    """Polygons of a footprint within an area, in longitude and latitude or in pixels."""
    ground = shapely.make_valid(area.to_lonlat())
    return keep_polygons(shapely.intersection(footprint, ground))


def _lonlat_outline(mosaic: Mosaic, raster: rasterio.DatasetReader, box: Box) -> BaseGeometry:
    """Outline of the searched part of a box, from cells of a grid in longitude and latitude."""
    bounds = _bounds(mosaic, box)
    if bounds is None:
        return shapely.MultiPolygon()
    west, south, east, north = bounds
    columns, rows = _count_cells(west, south, east, north)
    step = max(max(box.width, box.height) // max(columns, rows), 1)
    shape = (-(-box.height // step), -(-box.width // step))
    searched = raster.read(1, window=Window(*box), out_shape=shape) != NODATA
    grid = Affine((east - west) / columns, 0, west, 0, (south - north) / rows, north)
    lon = west + (np.arange(columns) + 0.5) * grid.a
    lat = north + (np.arange(rows) + 0.5) * grid.e
    lon, lat = np.meshgrid(lon, lat)
    if mosaic.grid.period_px is None:
        x, y = mosaic.grid.from_lonlat(lon, lat)
    else:  # columns are meridians, and rows parallels
        middle = len(lat) // 2
        x, _ = mosaic.grid.from_lonlat(lon[:1], lat[middle : middle + 1])
        _, y = mosaic.grid.from_lonlat(lon[:, :1], lat[:, :1])
    with np.errstate(invalid="ignore"):
        column = np.floor((x - box.left) * shape[1] / box.width)
        row = np.floor((y - box.top) * shape[0] / box.height)
        in_columns = (column >= 0) & (column < shape[1])
        in_rows = (row >= 0) & (row < shape[0])
    seen = searched[
        np.where(in_rows, row, 0).astype(int), np.where(in_columns, column, 0).astype(int)
    ]
    cells = seen & in_rows & in_columns
    return cut_at_meridian(np.array([_outline(cells, grid)], object))[0]


def _count_cells(west: float, south: float, east: float, north: float) -> tuple[int, int]:
    """Count columns and rows of cells that are square on the ground where a box is widest.

    A box round a pole is as wide as the way over the pole, but its columns go all round it.
    """
    lat = 0.0 if south < 0.0 < north else min(abs(south), abs(north))
    narrowing = np.cos(np.radians(lat))
    half = np.radians(min(east - west, 180.0)) / 2.0
    width = np.degrees(2.0 * np.arcsin(narrowing * np.sin(half)))
    cell = max(width, north - south) / _CELLS
    columns, rows = ((east - west) * narrowing / cell, (north - south) / cell)
    return max(round(columns), 1), max(round(rows), 1)


def _bounds(mosaic: Mosaic, box: Box) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a box; east may lie past 180, or west before -180.

    None for a box that is off the Moon.
    """
    x, y = np.meshgrid(np.linspace(box.left, box.right, 65), np.linspace(box.top, box.bottom, 65))
    lon, lat = mosaic.grid.to_lonlat(x, y)
    if not np.isfinite(lon).any():
        return None
    # Longitudes within half a turn of the middle, or, where columns are meridians, by columns. At
    # the limb of the Moon, the ground nearest to the middle stands for it.
    away = np.hypot(x - x[32, 32], y - y[32, 32])
    nearest = int(np.argmin(np.where(np.isfinite(lon), away, np.inf)))
    middle = lon.flat[nearest]
    unwrapped = middle + np.mod(lon - middle + 180.0, 360.0) - 180.0
    if mosaic.grid.period_px is not None:
        unwrapped = middle + (x - x.flat[nearest]) / mosaic.grid.period_px * 360.0
    west, east = float(np.nanmin(unwrapped)), float(np.nanmax(unwrapped))
    south, north = float(np.nanmin(lat)), float(np.nanmax(lat))
    for pole in (-90.0, 90.0):
        column, row = mosaic.grid.from_lonlat(0.0, pole)
        if not box.top <= row <= box.bottom:
            continue
        if mosaic.grid.period_px is not None:  # the pole is a row
            south, north = min(south, pole), max(north, pole)
        elif box.left <= column <= box.right:
            return -180.0, min(south, pole), 180.0, max(north, pole)
    return west, south, min(east, west + 360.0), north


def _outline(cells: NDArray[np.bool_], grid: Affine) -> BaseGeometry:
    """Valid polygons around the cells of a grid that are True."""
    outlines = shapes(cells.astype(np.uint8), mask=cells, transform=grid)
    polygons = [shapely.geometry.shape(geometry) for geometry, _ in outlines]
    return shapely.MultiPolygon(
        [part for polygon in polygons for part in shapely.get_parts(shapely.make_valid(polygon))]
    )
