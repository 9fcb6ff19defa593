"""Warping: pixels of one grid sampled at the places of another."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid, nearest_turn
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.reading import Pixels

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Places = tuple[Float, Float]
"""x and y of the same shape; NaN where there is no place."""

Planes = tuple[Float, ...]
"""Places, or other values of the same shape."""


class Kernel(NamedTuple):
    """What a value between pixels is made by: OpenCV's flag, and how far it reaches, pixels."""

    flag: int
    reach: int


CUBIC, LANCZOS = Kernel(cv2.INTER_CUBIC, 2), Kernel(cv2.INTER_LANCZOS4, 4)

_KNOTS_PX = (16, 8, 4)  # apart, the widest that are good enough
_TOLERANCE_PX = 0.05
_AROUND_PX = LANCZOS.reach + 1  # of a box that is enlarged
_WIDEST_PX = 30_000
"""cv2.remap counts source pixels in 16 bits."""


def read_frame(mosaic: Mosaic, frame: Grid, *, enlarged: bool = False) -> Pixels:
    """Pixels of a mosaic in a square frame of another coordinate system.

    Cubic, or by Lanczos' filter where frame pixels are smaller than mosaic pixels (`enlarged`).
    Where frame pixels are larger than mosaic pixels the means of blocks are sampled, along x and
    along y by themselves: near the poles a cylindrical mosaic has far more columns than it needs.

    Args:
        mosaic: Mosaic to read.
        frame: Grid of the result, square.
        enlarged: True where frame pixels are smaller than mosaic pixels.

    Returns:
        Values in the mosaic's dtype (0 where invalid) and validity, of shape (size, size).
    """
    size = frame.width
    place = _frame_to_mosaic(mosaic.grid, frame)
    by = _decimation(mosaic.grid, place, size)
    x, y = places_of_pixels(
        place, size, size, tolerance=(_TOLERANCE_PX * by[0], _TOLERANCE_PX * by[1])
    )
    inside = np.isfinite(x) & np.isfinite(y)
    if not inside.any():
        return np.zeros((size, size), mosaic.dtype), np.zeros((size, size), np.bool_)
    kernel = LANCZOS if enlarged else CUBIC
    left, width, by_x = _span(x[inside], by[0], kernel.reach + 1)
    top, height, by_y = _span(y[inside], by[1], kernel.reach + 1)
    values, valid = mosaic.read(Box(left, top, width, height), (by_x, by_y))
    real, known = _sample_sharp(values, valid, (x - left) / by_x, (y - top) / by_y, kernel)
    return _as_dtype(real, values.dtype), known


def read_enlarged(mosaic: Mosaic, box: Box, size: int) -> Pixels:
    """A square box of a mosaic in more pixels than it has, by Lanczos' filter.

    Args:
        mosaic: What is read.
        box: Mosaic pixels; may reach outside.
        size: Pixels to a side of the result.

    Returns:
        Values in the mosaic's dtype (0 where invalid) and validity, of shape (size, size).
    """
    values, valid = mosaic.read(box.pad(_AROUND_PX))
    places = _AROUND_PX + (np.arange(size) + 0.5) * (box.width / size)
    x, y = np.meshgrid(places, places)
    real, known = _sample_sharp(values, valid, x, y, LANCZOS)
    return _as_dtype(real, values.dtype), known


def _as_dtype(real: Float32, dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Whole numbers within the type's range where it holds no others."""
    if dtype.kind in "iu":
        ends = np.iinfo(str(dtype))
        real = np.clip(np.rint(real), ends.min, ends.max)
    return real.astype(dtype)


def enlarge(
    values: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    scale: int,
    place: tuple[int, int],
    size: tuple[int, int],
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Bilinear values as of `sample`, in 8 bits throughout, of pixels that become several.

    Args:
        values: What is enlarged.
        valid: Which pixels have a value.
        scale: Pixels that one becomes, to a side.
        place: First column and row of the result in what all of `values` becomes.
        size: Columns and rows of the result.
    """
    here = np.s_[place[1] : place[1] + size[1], place[0] : place[0] + size[0]]

    def larger(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        whole = cv2.resize(plane, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        return np.asarray(whole[here])

    if valid.all():
        return larger(values), np.ones(size[::-1], np.bool_)
    filled = np.where(valid, values, 0)
    total, share = larger(filled), larger(valid.view(np.uint8) * np.uint8(255))
    known = share >= 127
    part = known & (share < 255)
    mean = np.rint(total[part] * (255.0 / share[part]))
    total[part] = np.minimum(mean, filled.max())  # what 8 bits round up is no more than there was
    total[~known] = 0
    return total, known


def sample(
    values: NDArray[np.generic], valid: NDArray[np.bool_], x: Float, y: Float
) -> tuple[Float32, NDArray[np.bool_]]:
    """Bilinear values at places of an array, counting from the corner of its first pixel.

    Invalid pixels have no weight; where they have half of it or more the result is invalid (0).
    """
    return _bilinear(values, valid, _places(x), _places(y))


def _bilinear(
    values: NDArray[np.generic], valid: NDArray[np.bool_], map_x: Float32, map_y: Float32
) -> tuple[Float32, NDArray[np.bool_]]:
    real = np.where(valid, values, 0).astype(np.float32)
    total = cv2.remap(real, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    if _all_around(valid, map_x, map_y, 0):
        return total, np.ones(total.shape, np.bool_)
    weight = valid.astype(np.float32)
    share = cv2.remap(weight, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return _mean(total, share)


def _all_around(valid: NDArray[np.bool_], map_x: Float32, map_y: Float32, reach: int) -> bool:
    """Whether there are valid pixels on all sides of every place, and so many more beyond."""
    ends = zip((map_y, map_x), valid.shape, strict=True)
    within = all(along.min() >= reach and along.max() <= n - 1 - reach for along, n in ends)
    return within and bool(valid.all())


def _mean(total: Float32, share: Float32) -> tuple[Float32, NDArray[np.bool_]]:
    """What the valid part says, where it is half or more."""
    if share.min() > 0.9999:
        return total, np.ones(total.shape, np.bool_)
    known = share > 0.4999
    return np.divide(total, share, out=np.zeros_like(total), where=known), known


def _places(along: Float) -> Float32:
    """Places as cv2 has them: counted from the centre of the first pixel, unknown ones outside."""
    places = (along - 0.5).astype(np.float32)
    places[~np.isfinite(places)] = -9.0
    return places


def _sample_sharp(
    values: NDArray[np.generic], valid: NDArray[np.bool_], x: Float, y: Float, kernel: Kernel
) -> tuple[Float32, NDArray[np.bool_]]:
    """As `sample`, but by a kernel where all of the pixels that a value comes from are valid.

    Half-way between pixels a bilinear value is their mean, which blurs small craters.
    """
    map_x, map_y = _places(x), _places(y)
    sharp = cv2.remap(values.astype(np.float32), map_x, map_y, kernel.flag)
    if _all_around(valid, map_x, map_y, kernel.reach):
        return sharp, np.ones(sharp.shape, np.bool_)
    real, known = _bilinear(values, valid, map_x, map_y)
    around = np.ones((2 * kernel.reach + 1,) * 2, np.uint8)
    far = cv2.erode(valid.astype(np.uint8), around, borderValue=0)
    share = cv2.remap(far.astype(np.float32), map_x, map_y, cv2.INTER_LINEAR)
    return np.where(share > 0.9999, sharp, real), known


def places_of_pixels(
    place: Callable[[Float, Float], Planes],
    width: int,
    height: int,
    tolerance: tuple[float, ...] = (_TOLERANCE_PX, _TOLERANCE_PX),
) -> Planes:
    """Places of all pixel centres, exact at every 16th pixel corner and bilinear in between.

    Or whatever else is smooth: as many planes as `place` gives.

    Where that is not good enough, at every 8th or 4th (a coarse globe), or at each centre (a pole,
    the edge of the projection).

    Args:
        place: From pixel coordinates to places.
        width: Pixels.
        height: Pixels.
        tolerance: Largest error of each plane (along x, along y), in its unit.

    Returns:
        The planes (x and y), each of shape (height, width).
    """
    for apart in _KNOTS_PX:
        u, v = _grid(np.arange(0, width + apart, apart), np.arange(0, height + apart, apart))
        knots = place(u, v)
        middles = place(u[1:, 1:] - apart / 2.0, v[1:, 1:] - apart / 2.0)
        errors = (np.abs(_mean_of_four(k) - m) for k, m in zip(knots, middles, strict=True))
        if all((e <= allowed).all() for e, allowed in zip(errors, tolerance, strict=True)):
            return tuple(_between(knot, width, height, apart) for knot in knots)
    return place(*_grid(np.arange(width) + 0.5, np.arange(height) + 0.5))


def _mean_of_four(corners: Float) -> Float:
    return (corners[1:, 1:] + corners[:-1, 1:] + corners[1:, :-1] + corners[:-1, :-1]) / 4.0


def _grid(u: NDArray[np.generic], v: NDArray[np.generic]) -> Places:
    grid_u, grid_v = np.meshgrid(u.astype(float), v.astype(float))
    return grid_u, grid_v


def _between(knots: Float, width: int, height: int, apart: int) -> Float:
    """Bilinear at pixel centres."""
    # cv2 counts places in steps of 1/32 pixel: those of the centres are exact.
    step, first = 1.0 / apart, 0.5 / apart
    matrix = np.array([[step, 0.0, first], [0.0, step, first]])
    flags, edges = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE
    return cv2.warpAffine(knots, matrix, (width, height), flags=flags, borderMode=edges)


def _frame_to_mosaic(grid: Grid, frame: Grid) -> Callable[[Float, Float], Places]:
    def locate(u: Float, v: Float) -> Places:
        return grid.from_lonlat(*frame.to_lonlat(u, v, past_edge=True))

    centre = float(locate(np.array(frame.width / 2.0), np.array(frame.height / 2.0))[0])

    def place(u: Float, v: Float) -> Places:
        x, y = locate(u, v)
        if grid.period_px is not None and np.isfinite(centre):
            x = nearest_turn(x, centre, grid.period_px)
        return x, y

    return place


def _decimation(grid: Grid, place: Callable[[Float, Float], Places], size: int) -> tuple[int, int]:
    """Powers of two nearest to the mosaic pixels in a frame pixel, where they are fewest."""
    u, v = _grid(np.arange(0, size + 1, _KNOTS_PX[0]), np.arange(0, size + 1, _KNOTS_PX[0]))
    here, right, below = place(u, v), place(u + 1.0, v), place(u, v + 1.0)
    steps = []
    for axis, period in enumerate((grid.period_px, None)):
        moves = np.stack([right[axis] - here[axis], below[axis] - here[axis]])
        if period is not None:
            moves = nearest_turn(moves, 0.0, period)
        length = np.hypot(*moves)
        fewest = np.nanpercentile(length, 5) if np.isfinite(length).any() else 1.0
        # A step of 1.68 pixels and more counts as 2: a stereographic frame shrinks its margins.
        steps.append(2 ** max(0, int(np.floor(np.log2(max(fewest, 1.0)) + 0.25))))
    return steps[0], steps[1]


def _span(places: Float, by: int, spare: int) -> tuple[int, int, int]:
    """Start, length (both whole blocks, with some to spare) and the size of a block."""
    while (places.max() - places.min()) / by > _WIDEST_PX:
        by *= 2
    first = int(np.floor(places.min() / by)) - spare
    last = int(np.floor(places.max() / by)) + spare + 1
    return first * by, (last - first) * by, by
