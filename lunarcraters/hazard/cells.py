"""Cells: squares of whole pixels of a run's grid, in which craters and ground are summed."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lunarcraters.errors import OptionError
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.hazard.metric import measure_metric
from lunarcraters.mosaic.mosaic import Mosaic

LEAST_GROUND = 0.4999
"""Share of a cell's ground that has to be known; other cells have no value. Half may be rounded."""

LEAST_PX = 4
"""Smallest side of a cell, pixels of an elevation model."""

_DEFAULT_CELLS = 50  # along the longer side of a run
_DEFAULT_PX = 8
_MOST_CELLS = 1 << 23

Float = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Cells of a grid, counted from its corner; the last ones may reach beyond it.

    Attributes:
        grid: Grid of the run.
        side_px: Side of a cell, pixels of the grid.
        side_km: Side of a cell in the middle of the grid, km, the larger of its two axes.
    """

    grid: Grid
    side_px: int
    side_km: float

    @cached_property
    def cell_grid(self) -> Grid:
        """Grid whose pixels are the cells."""
        columns, rows = (-(-side // self.side_px) for side in self.grid.box[2:])
        return self.grid.window(self.grid.box, float(self.side_px), columns, rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.cell_grid.height, self.cell_grid.width

    def make_totals(self) -> Float:
        """Make sums that are 0, (rows, columns)."""
        return np.zeros(self.shape)

    def measure_km2(self) -> Float:
        """Measure the whole ground of each cell, km^2, (rows, columns); NaN off the Moon."""
        rows, columns = self.shape
        box = Box(0, 0, columns * self.side_px, rows * self.side_px)
        pixel_km2 = measure_metric(self.grid, box, self.side_px).area_km2
        return np.broadcast_to(pixel_km2 * float(self.side_px**2), self.shape)

    def find(self, x: ArrayLike, y: ArrayLike) -> tuple[Index, Index]:
        """Find the cells in which points lie.

        Args:
            x: Pixel coordinates along rows of the grid, any shape; where columns are meridians,
                any whole turn.
            y: Pixel coordinates along columns, same shape.

        Returns:
            Columns and rows of cells, of the shape of `x`; -1 where a point is in no cell.
        """
        across, down = np.asarray(x, float), np.asarray(y, float)
        if self.grid.period_px is not None:
            across = np.mod(across, self.grid.period_px)
            if self.grid.wraps:  # the last column may end a little before the turn does
                across = np.minimum(across, self.grid.width - 0.5)
        inside = (across >= 0.0) & (across < self.grid.width)
        inside &= (down >= 0.0) & (down < self.grid.height)
        columns, rows = (np.where(inside, at, -1.0) // self.side_px for at in (across, down))
        return columns.astype(np.int64), rows.astype(np.int64)


class CellSums(NamedTuple):
    """Sums over the cells of a box.

    Attributes:
        box: Box of cells.
        values: Sums, (height, width) each.
    """

    box: Box
    values: tuple[Float, ...]

    def add_to(self, *totals: Float) -> None:
        """Add the sums to those of all cells, (rows, columns) each, which are changed."""
        for total, values in zip(totals, self.values, strict=True):
            total[self.box.slices] += values


def sum_by_cell(columns: Index, rows: Index, *amounts: ArrayLike) -> CellSums:
    """Sum what lies in cells.

    Args:
        columns: Columns of cells, any shape; -1 for what counts nowhere.
        rows: Rows of cells, same shape.
        amounts: Amounts of that shape, or of one that broadcasts.
    """
    inside = (columns >= 0) & (rows >= 0)
    if not inside.any():
        return CellSums(Box(0, 0, 0, 0), tuple(np.zeros((0, 0)) for _ in amounts))
    columns, rows = columns[inside], rows[inside]
    box = Box.from_edges(
        int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
    )
    numbers = (rows - box.top) * box.width + (columns - box.left)
    weights = (np.broadcast_to(np.asarray(one, float), inside.shape)[inside] for one in amounts)
    sums = (np.bincount(numbers, some, minlength=box.width * box.height) for some in weights)
    shaped = (np.asarray(one, np.float64).reshape(box.height, box.width) for one in sums)
    return CellSums(box, tuple(shaped))


def divide_by_ground(amount: Float, ground: Float, whole: Float) -> NDArray[np.float32]:
    """Divide an amount by the ground on which it was measured.

    Args:
        amount: Amounts in cells, (rows, columns).
        ground: Ground of the cells that is known, km^2.
        whole: All ground of the cells, km^2; NaN off the Moon.

    Returns:
        Quotients, (rows, columns), float32; NaN where too little ground is known.
    """
    with np.errstate(invalid="ignore"):
        enough = (ground > 0.0) & (ground >= LEAST_GROUND * whole)
    quotient = np.full(amount.shape, np.nan, np.float32)
    np.divide(amount, ground, out=quotient, where=enough, casting="same_kind")
    return quotient


def choose_cells(run: Mosaic, cell_km: float | None, model: Mosaic | None) -> Cells:
    """Choose the cells of a run.

    Args:
        run: Mask of the run, whose grid is that of the mosaic.
        cell_km: Side of a cell, km, to which whole pixels come next; None for a fiftieth of the
            longer side, 8 pixels of the run and 4 of the elevation model at least.
        model: Elevation model; None for none.

    Raises:
        OptionError: Cells are smaller than a pixel, or too many.
    """
    pixel_km, model_km = (_pixel_km(one) for one in (run, model))
    least_km = LEAST_PX * model_km
    if cell_km is None:
        side_px = max(-(-max(run.width, run.height) // _DEFAULT_CELLS), _DEFAULT_PX)
        side_px = max(side_px, int(np.ceil(least_km / pixel_km)))
    elif cell_km >= pixel_km:
        side_px = round(cell_km / pixel_km)
    else:
        raise OptionError(
            f"cells of {cell_km:g} km are smaller than the pixels of the run ({pixel_km:.3g} km): "
            "give a larger --cell"
        )
    cells = Cells(run.grid, side_px, side_px * pixel_km)
    if model is not None and cells.side_km < least_km * (1.0 - 1e-6):
        enough_km = np.ceil(least_km * (1.0 - 1e-6) / pixel_km) * pixel_km
        raise OptionError(
            f"cells of {cells.side_km:.3g} km have fewer than {LEAST_PX} x {LEAST_PX} pixels of "
            f"{model.name} ({model_km:.3g} km): give --cell {_round_up(enough_km):g} or larger, or "
            "a finer elevation model"
        )
    rows, columns = cells.shape
    if rows * columns > _MOST_CELLS:
        raise OptionError(
            f"{columns} x {rows} cells of {cells.side_km:.3g} km are too many: give a larger --cell"
        )
    return cells


def _pixel_km(mosaic: Mosaic | None) -> float:
    """Ground size of a pixel in the middle, km; 0 where there is no raster."""
    return 0.0 if mosaic is None else (mosaic.pixel_size_m or 0.0) / 1000.0


def _round_up(length_km: float) -> float:
    """Round a length up to two digits."""
    unit = 10.0 ** (np.floor(np.log10(length_km)) - 1.0)
    return float(np.ceil(length_km / unit - 1e-9) * unit)
