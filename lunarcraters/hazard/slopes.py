"""Slopes: the ground of an elevation model that is steeper than a limit, cell by cell."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.elevation.shading import measure_slopes
from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.hazard.cells import Cells, CellSums, sum_by_cell
from lunarcraters.hazard.metric import measure_metric
from lunarcraters.mosaic.examination.heights import ElevationModel
from lunarcraters.mosaic.interpolation import Positions, interpolate_positions
from lunarcraters.process import cpu_count, map_in_threads
from lunarcraters.progress import Progress, no_progress

_BLOCK_PX = 512
_POINTS = 9  # along each side of a block, to tell whether it may touch the run
_SPREAD = np.ones((3, 3), np.uint8)  # pixels that a slope is measured from
_PLACE_ERROR = 0.01  # largest error of a position that is interpolated, cells

Float = NDArray[np.float64]


class SteepGround(NamedTuple):
    """Ground with slopes, cell by cell.

    Attributes:
        steep_km2: Ground steeper than the limit, km^2, (rows, columns).
        known_km2: Ground whose slope is known, km^2, (rows, columns).
    """

    steep_km2: Float
    known_km2: Float


def measure_steep_ground(
    model: ElevationModel, cells: Cells, limit_deg: float, *, progress: Progress = no_progress
) -> SteepGround:
    """Measure the ground that is steeper than a limit.

    The slope of a pixel is that of its 3 x 3 neighbourhood, metres per metre on the ground of any
    projection. A pixel counts in the cell in which its centre lies, by its area. Memory does not
    grow with the elevation model.

    Args:
        model: Elevation model, on any lunar grid.
        cells: Cells.
        limit_deg: Slope, degrees.
        progress: Function of the number of blocks of the model done and in all.

    Raises:
        MosaicError: The heights cannot be read, or none of them lies in a cell.
    """
    blocks = list(model.mosaic.grid.box.blocks(_BLOCK_PX))
    ground = SteepGround(cells.make_totals(), cells.make_totals())

    def measure(block: Box) -> CellSums | None:
        return _measure_block(model, cells, block, float(np.tan(np.radians(limit_deg))))

    for done, sums in enumerate(map_in_threads(measure, blocks, cpu_count()), start=1):
        if sums is not None:
            sums.add_to(*ground)
        progress(done, len(blocks))
    if not ground.known_km2.any():
        raise MosaicError(
            f"{model.mosaic.name} has no heights on the ground of the run: give the elevation "
            "model of that ground with --elevation"
        )
    return ground


def _measure_block(
    model: ElevationModel, cells: Cells, block: Box, limit: float
) -> CellSums | None:
    """Sum the steep ground and the known ground of a block, km^2; None where it is in no cell."""
    grid = model.mosaic.grid

    def to_run(x: Float, y: Float) -> Positions:
        return grid.transform_to(cells.grid, x + block.left, y + block.top)

    if not _may_touch(cells.grid, to_run, block):
        return None
    tolerance = _PLACE_ERROR * cells.side_px
    places = interpolate_positions(to_run, block.width, block.height, (tolerance, tolerance))
    columns, rows = cells.find(*places)
    if not (columns >= 0).any():
        return None
    heights, valid = model.read(block.pad(1), (1, 1))
    valid = cv2.erode(valid.astype(np.uint8), _SPREAD) > 0
    inner = block.shift(1 - block.left, 1 - block.top).slices
    rise_x, rise_y = (rise[inner] for rise in measure_slopes(heights, 1.0))
    metric = measure_metric(grid, block)
    area_km2 = metric.area_km2
    with np.errstate(divide="ignore", invalid="ignore"):
        has_slope = valid[inner] & np.isfinite(area_km2)
        steep = metric.square_slopes(rise_x, rise_y) > limit**2
    ground_km2 = np.where(has_slope, area_km2, 0.0)
    return sum_by_cell(columns, rows, np.where(steep, ground_km2, 0.0), ground_km2)


def _may_touch(grid: Grid, to_run: Callable[[Float, Float], Positions], block: Box) -> bool:
    """Tell whether a block may share ground with a grid, by some of its points."""
    sides = (np.linspace(0.0, side, _POINTS) for side in (block.width, block.height))
    places = np.stack(to_run(*np.meshgrid(*sides)))
    if not np.isfinite(places).all():
        return True
    low, high = places.min(axis=(1, 2)), places.max(axis=(1, 2))
    margin = (high - low) / 2.0
    size = np.array([grid.width, grid.height])
    return bool(((high + margin >= 0.0) & (low - margin <= size)).all())
