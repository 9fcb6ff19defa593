"""Area of the ground that was searched, in which no ground counts twice."""

from collections.abc import Iterator, Sequence

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from lunarcraters.geometry.area import Area
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mask.area_pixels import select_in_area
from lunarcraters.mask.cog import NODATA
from lunarcraters.mosaic.interpolation import interpolate_positions

_BLOCK_PX = 1024
_CELL_PX = 8
"""Side of the cells within which all pixels are taken to have one area, off cylindrical grids."""

_LARGEST_CELL = 0.015
"""Side of such a cell, radians, up to which the area is right to some 1e-5."""

_AREA_ERROR = 2e-6
"""Largest relative error of the area of a pixel that is interpolated."""

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def measure_area_km2(
    grid: Grid, raster: rasterio.DatasetReader, boxes: Sequence[Box], area: Area | None
) -> float:
    """Measure the area of the searched pixels, at most that of the Moon.

    Args:
        grid: Grid of the mosaic.
        raster: Mask of the run, `NODATA` where nothing was searched.
        boxes: Boxes that hold all searched pixels, which do not overlap.
        area: Area whose ground alone counts; None for all ground.

    Returns:
        Area, km^2.
    """
    total = 0.0
    for block in (block for box in boxes for block in box.blocks(_BLOCK_PX)):
        searched = raster.read(1, window=Window(*block)) != NODATA
        if area is not None and searched.any():
            searched = select_in_area(grid, area, block, searched)
        if not searched.any():
            continue
        if grid.period_px is not None:
            seen_first = _find_seen_first(grid, raster, block, searched)
            total += float(_rows_km2(grid, block) @ _sum_rows(seen_first))
        else:
            total += _searched_km2(grid, block, searched & _pixels_on_moon(grid, block))
    return min(total, 4.0 * np.pi * (grid.radius_m / 1000.0) ** 2)


def measure_pixels_km2(
    grid: Grid, raster: rasterio.DatasetReader, boxes: Sequence[Box]
) -> Iterator[tuple[Box, Float]]:
    """Measure the searched pixels of a mask, block by block.

    Args:
        grid: Grid of the mosaic.
        raster: Mask of the run, `NODATA` where nothing was searched.
        boxes: Boxes that hold all searched pixels, which do not overlap.

    Yields:
        A block with searched pixels, and the areas of its pixels, km^2, (height, width); 0 where
        nothing was searched, and where the ground was seen before.
    """
    for block in (block for box in boxes for block in box.blocks(_BLOCK_PX)):
        searched = raster.read(1, window=Window(*block)) != NODATA
        if not searched.any():
            continue
        if grid.period_px is not None:
            seen_first = _find_seen_first(grid, raster, block, searched)
            yield block, _rows_km2(grid, block)[:, None] * seen_first
        else:
            yield block, (searched & _pixels_on_moon(grid, block)) * _pixel_km2(grid, block, 1)


def _find_seen_first(
    grid: Grid, raster: rasterio.DatasetReader, block: Box, searched: Bool
) -> Bool | Float:
    """Find the searched pixels of a block whose ground no column a whole period before shows.

    Args:
        grid: Grid whose columns are meridians.
        raster: Mask of the run.
        block: Block of its pixels.
        searched: True for searched pixels, (height, width).

    Returns:
        `searched`, or the shares of the pixels, 0 to 1, (height, width).
    """
    if grid.period_px is None or block.right <= grid.period_px:
        return searched
    return searched * (1.0 - _twins(grid.period_px, raster, block))


def _sum_rows(pixels: Bool | Float) -> Float:
    """Sum up each row of a block; small integers are summed fast."""
    return pixels.sum(axis=1, dtype=np.uint16 if pixels.dtype == bool else float).astype(float)


def _twins(period_px: float, raster: rasterio.DatasetReader, block: Box) -> Float:
    """Shares of the pixels of a block whose ground columns a whole period before show too.

    Returns:
        Shares, 0 to 1, (height, width); 0 where those were not searched.
    """
    shares = np.zeros((block.height, block.width))
    starts = np.arange(block.left, block.right) - period_px
    first = np.floor(starts).astype(int)
    low, high = max(int(first[0]), 0), int(first[-1]) + 2
    window = Window(low, block.top, high - low, block.height)
    before = raster.read(1, window=window) != NODATA
    after = starts - first  # share of a pixel that lies on the second of its two columns
    for columns, weights in ((first, 1.0 - after), (first + 1, after)):
        inside = columns >= low
        shares[:, inside] += weights[inside] * before[:, columns[inside] - low]
    return shares


def _rows_km2(grid: Grid, block: Box) -> Float:
    """Area of a pixel in each row of a block, without ground beyond a pole, km^2, (height,).

    Args:
        grid: Grid whose columns are meridians.
        block: Block of its pixels.
    """
    edges = np.arange(block.top, block.bottom + 1.0)
    _, poles = grid.from_lonlat(np.zeros(2), np.array([90.0, -90.0]))
    if np.isfinite(poles).all():
        edges = np.clip(edges, poles.min(), poles.max())
    _, lat = grid.to_lonlat(np.full(edges.shape, grid.width / 2.0), edges, past_edge=True)
    # At a pole itself rounding may lead beyond it.
    nearest = np.where(np.abs(edges - poles[0]) < np.abs(edges - poles[1]), 90.0, -90.0)
    lat = np.where(np.isnan(lat), nearest, lat)
    heights = np.abs(np.diff(np.sin(np.radians(lat))))
    turn = 2.0 * np.pi / float(grid.period_px or np.inf)
    return np.asarray((grid.radius_m / 1000.0) ** 2 * turn * heights)


def _pixels_on_moon(grid: Grid, block: Box) -> Bool:
    """Pixels of a block whose centre a projection shows for the first time, (height, width)."""
    shape = block.height, block.width

    def on_moon(step: int) -> Bool:
        rows, columns = (np.minimum(np.arange(0, n + step - 1, step), n - 1) for n in shape)
        x, y = np.meshgrid(block.left + columns + 0.5, block.top + rows + 0.5)
        return np.isfinite(grid.to_lonlat(x, y)[1])

    # Pixels are tested one by one only where the Moon ends within the block.
    coarse = on_moon(4 * _CELL_PX)
    return np.full(shape, True) if coarse.all() else on_moon(1)


def _pixel_side(grid: Grid) -> float:
    """Side of a pixel in the units of the coordinate system, as an angle, radians."""
    if grid.crs is None:
        return 0.0
    unit = grid.crs.axis_info[0].unit_conversion_factor
    unit /= 1.0 if grid.crs.is_geographic else grid.radius_m
    return float(abs(grid.affine.determinant) ** 0.5 * unit)


def _searched_km2(grid: Grid, block: Box, searched: NDArray[np.bool_]) -> float:
    """Area of the searched pixels of a block.

    Pixels are counted in small cells, and counts multiplied by the area of a pixel in the middle
    of the cell.
    """
    cell = _CELL_PX if _CELL_PX * _pixel_side(grid) <= _LARGEST_CELL else 1
    starts = [np.arange(0, side, cell) for side in searched.shape]
    if searched.all():
        sides = (np.minimum(cell, n - s) for n, s in zip(searched.shape, starts, strict=True))
        counts = np.outer(*sides).astype(float)
    else:
        down = np.add.reduceat(searched, starts[0], 0, dtype=np.uint8)
        counts = np.add.reduceat(down, starts[1], 1, dtype=float)
    return float((counts * _pixel_km2(grid, block, cell)).sum())


def _pixel_km2(grid: Grid, block: Box, cell: int) -> Float:
    """Area of a pixel in the middle of each cell of a block, km^2; 0 off the Moon.

    Args:
        grid: Grid of the mosaic.
        block: Block of its pixels.
        cell: Side of a cell, pixels; the last ones may reach beyond the block.
    """

    def pixel_m2(x: Float, y: Float) -> tuple[Float]:
        jacobian = grid.jacobian_m(block.left + x * cell, block.top + y * cell)
        return (np.linalg.norm(np.cross(jacobian[..., 0], jacobian[..., 1]), axis=-1),)

    height, width = -(-block.height // cell), -(-block.width // cell)
    tolerance = _AREA_ERROR * float(pixel_m2(np.array(width / 2.0), np.array(height / 2.0))[0])
    (areas,) = interpolate_positions(pixel_m2, width, height, (tolerance,))
    return np.nan_to_num(areas) / 1e6
