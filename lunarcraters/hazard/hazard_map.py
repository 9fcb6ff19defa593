"""The hazard map: crater density and the share of steep ground, cell by cell."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import OptionError
from lunarcraters.geometry.box import connected_extents
from lunarcraters.hazard.cells import Cells, divide_by_ground, sum_by_cell
from lunarcraters.hazard.slopes import measure_steep_ground
from lunarcraters.mask.ground_area import measure_pixels_km2
from lunarcraters.mosaic.examination.heights import ElevationModel
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.progress import Progress, no_progress

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SteepShare:
    """The share of steep ground.

    Attributes:
        limit_deg: Slope from which ground is steep, degrees.
        baseline_m: Distance over which slopes are measured: two pixels of the elevation model,
            metres.
        shares: Shares of the known ground that are steeper, 0 to 1, (rows, columns); NaN where too
            little ground is known.
        overall: Share of all known ground in cells.
    """

    limit_deg: float
    baseline_m: float
    shares: Float32
    overall: float


@dataclass(frozen=True, eq=False)
class HazardMap:
    """Crater density and steep ground on a grid of cells.

    Attributes:
        cells: Cells.
        density: Craters per km^2 of searched ground, (rows, columns); NaN where too little ground
            was searched.
        craters: Number of craters with their centre in a cell.
        searched_km2: Ground searched, km^2.
        steep: Share of steep ground; None without an elevation model.
    """

    cells: Cells
    density: Float32
    craters: int
    searched_km2: float
    steep: SteepShare | None


def check_limits(cell_km: float | None, slope_limit_deg: float) -> None:
    """Refuse numbers that are no size of a cell, or no slope.

    Raises:
        OptionError: A number is out of its range.
    """
    if cell_km is not None and not 0.0 < cell_km < np.inf:
        raise OptionError(f"cell is {cell_km:g}: give the side of a cell in km")
    if not 0.0 < slope_limit_deg < 90.0:
        raise OptionError(f"slope_limit is {slope_limit_deg:g}: give degrees between 0 and 90")


def make_hazard_map(
    positions: Float,
    run: Mosaic,
    mask: Path,
    cells: Cells,
    model: ElevationModel | None,
    slope_limit_deg: float,
    *,
    progress: Progress = no_progress,
) -> HazardMap:
    """Make the hazard map of a run.

    Args:
        positions: Longitudes and latitudes of the craters' centres, degrees, (n, 2).
        run: Mask of the run, on the grid of the mosaic.
        mask: File of the mask.
        cells: Cells of that grid.
        model: Elevation model; None for no slopes.
        slope_limit_deg: Slope from which ground is steep, degrees.
        progress: Function of the number of blocks of the elevation model done and in all.

    Raises:
        OptionError: No cell has enough ground.
        MosaicError: A raster cannot be read, or the elevation model is of other ground.
    """
    whole_km2 = cells.measure_km2()
    searched_km2, counts = cells.make_totals(), cells.make_totals()
    with open_dataset(str(mask)) as raster:
        for block, areas in measure_pixels_km2(run.grid, raster, connected_extents(run.extents)):
            x = np.arange(block.left, block.right) + 0.5
            y = np.arange(block.top, block.bottom) + 0.5
            sum_by_cell(*cells.find(*np.meshgrid(x, y)), areas).add_to(searched_km2)
    sum_by_cell(*cells.find(*run.grid.from_lonlat(*positions.T)), 1.0).add_to(counts)
    density = divide_by_ground(counts, searched_km2, whole_km2)
    if np.isnan(density).all():
        raise OptionError(
            f"no cell of {cells.side_km:.3g} km has half of its ground searched: give a smaller "
            "--cell"
        )
    steep = None
    if model is not None:
        steep = _measure_steep(model, cells, slope_limit_deg, whole_km2, progress)
    return HazardMap(cells, density, int(counts.sum()), float(searched_km2.sum()), steep)


def _measure_steep(
    model: ElevationModel, cells: Cells, limit_deg: float, whole_km2: Float, progress: Progress
) -> SteepShare:
    """Measure the share of steep ground."""
    ground = measure_steep_ground(model, cells, limit_deg, progress=progress)
    shares = divide_by_ground(ground.steep_km2, ground.known_km2, whole_km2)
    if np.isnan(shares).all():
        raise OptionError(
            f"{model.mosaic.name} has heights on less than half of the ground of every cell of "
            f"{cells.side_km:.3g} km: give a smaller --cell, or the elevation model of more ground"
        )
    return SteepShare(
        limit_deg=limit_deg,
        baseline_m=2.0 * float(model.mosaic.pixel_size_m or np.nan),
        shares=shares,
        overall=float(ground.steep_km2.sum() / ground.known_km2.sum()),
    )
