"""Resampling: the values of a mosaic at the pixels of another grid."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid, wrap_columns
from lunarcraters.mosaic.dtypes import Pixels, as_dtype, real_dtype
from lunarcraters.mosaic.interpolation import (
    CUBIC,
    KNOTS_PX,
    LANCZOS,
    TOLERANCE_PX,
    Float,
    Kernel,
    Positions,
    interpolate_positions,
    make_meshgrid,
    sample_sharp,
)
from lunarcraters.mosaic.mosaic import Mosaic

_MARGIN_PX = LANCZOS.reach + 1
"""Margin of a box that is enlarged."""

_WIDEST_PX = 30_000
"""Largest number of source pixels along an axis: cv2.remap counts them in 16 bits."""


def read_frame(mosaic: Mosaic, frame: Grid, *, enlarged: bool = False) -> Pixels:
    """Resample a mosaic to a square frame of another coordinate system.

    The kernel is cubic, or Lanczos where frame pixels are smaller than mosaic pixels (`enlarged`).
    Where frame pixels are larger than mosaic pixels, means of blocks are sampled. The size of a
    block differs along x and y: near the poles a cylindrical mosaic has far more columns than it
    needs.

    Args:
        mosaic: Mosaic to read.
        frame: Grid of the result, square.
        enlarged: True where frame pixels are smaller than mosaic pixels.

    Returns:
        Values in the mosaic's dtype (0 where invalid) and validity, of shape (size, size).

    Raises:
        MosaicError: The pixels cannot be read.
    """
    size = frame.width
    transform = _frame_to_mosaic(mosaic.grid, frame)
    by = _decimation(mosaic.grid, transform, size)
    x, y = interpolate_positions(
        transform, size, size, tolerance=(TOLERANCE_PX * by[0], TOLERANCE_PX * by[1])
    )
    inside = np.isfinite(x) & np.isfinite(y)
    if not inside.any():
        return np.zeros((size, size), mosaic.dtype), np.zeros((size, size), np.bool_)
    kernel = LANCZOS if enlarged else CUBIC
    left, width, by_x = _span(x[inside], by[0], kernel.reach + 1)
    top, height, by_y = _span(y[inside], by[1], kernel.reach + 1)
    values, valid = mosaic.read(Box(left, top, width, height), (by_x, by_y))
    return _sample(values, valid, ((x - left) / by_x, (y - top) / by_y), kernel)


def read_enlarged(mosaic: Mosaic, box: Box, size: int) -> Pixels:
    """Read a square box of a mosaic in more pixels than it has, by Lanczos' kernel.

    Args:
        mosaic: Mosaic to read.
        box: Square box of mosaic pixels, which may reach outside.
        size: Number of columns and rows of the result.

    Returns:
        Values in the mosaic's dtype (0 where invalid) and validity, of shape (size, size).

    Raises:
        MosaicError: The pixels cannot be read.
    """
    values, valid = mosaic.read(box.pad(_MARGIN_PX))
    positions = _MARGIN_PX + (np.arange(size) + 0.5) * (box.width / size)
    return _sample(values, valid, make_meshgrid(positions, positions), LANCZOS)


def _sample(
    values: NDArray[np.generic], valid: NDArray[np.bool_], positions: Positions, kernel: Kernel
) -> Pixels:
    """Values of the same type, and validity, at positions."""
    if real_dtype(values.dtype) == np.float32 or not valid.any():
        real, sampled = sample_sharp(values, valid, *positions, kernel)
        return as_dtype(real, values.dtype), sampled
    # The kernel has single precision, which holds heights above the middle one, but not distances
    # from the Moon's centre.
    middle = values[valid].mean(dtype=np.float64)
    real, sampled = sample_sharp(values - middle, valid, *positions, kernel)
    exact = np.where(sampled, real.astype(np.float64) + middle, 0.0)
    return as_dtype(exact, values.dtype), sampled


def _frame_to_mosaic(grid: Grid, frame: Grid) -> Callable[[Float, Float], Positions]:
    """Function from pixels of a frame to pixels of a mosaic, without a jump at the antimeridian."""

    def locate(u: Float, v: Float) -> Positions:
        return grid.from_lonlat(*frame.to_lonlat(u, v, past_edge=True))

    centre = float(locate(np.array(frame.width / 2.0), np.array(frame.height / 2.0))[0])

    def transform(u: Float, v: Float) -> Positions:
        x, y = locate(u, v)
        if grid.period_px is not None and np.isfinite(centre):
            x = wrap_columns(x, centre, grid.period_px)
        return x, y

    return transform


def _decimation(
    grid: Grid, transform: Callable[[Float, Float], Positions], size: int
) -> tuple[int, int]:
    """Powers of two nearest to the mosaic pixels in a frame pixel, where they are fewest."""
    u, v = make_meshgrid(np.arange(0, size + 1, KNOTS_PX[0]), np.arange(0, size + 1, KNOTS_PX[0]))
    here, right, below = transform(u, v), transform(u + 1.0, v), transform(u, v + 1.0)
    steps = []
    for axis, period in enumerate((grid.period_px, None)):
        moves = np.stack([right[axis] - here[axis], below[axis] - here[axis]])
        if period is not None:
            moves = wrap_columns(moves, 0.0, period)
        length = np.hypot(*moves)
        fewest = np.nanpercentile(length, 5) if np.isfinite(length).any() else 1.0
        # A step of 1.68 pixels and more counts as 2: a stereographic frame shrinks its margins.
        steps.append(2 ** max(0, int(np.floor(np.log2(max(fewest, 1.0)) + 0.25))))
    return steps[0], steps[1]


def _span(positions: Float, by: int, margin: int) -> tuple[int, int, int]:
    """Start, length (both whole blocks, with a margin) and the side of a block, pixels."""
    while (positions.max() - positions.min()) / by > _WIDEST_PX:
        by *= 2
    first = int(np.floor(positions.min() / by)) - margin
    last = int(np.floor(positions.max() / by)) + margin + 1
    return first * by, (last - first) * by, by
