"""Interpolation: arrays sampled between their pixels, and smooth functions between knots."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.box import Box

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Positions = tuple[Float, Float]
"""x and y in pixels, of one shape; NaN outside the projection."""

Planes = tuple[Float, ...]
"""Positions, or other arrays of one shape."""


class Kernel(NamedTuple):
    """An interpolation kernel.

    Attributes:
        flag: Interpolation flag of OpenCV.
        reach: Number of pixels on each side of a position that the kernel needs.
    """

    flag: int
    reach: int


CUBIC, LANCZOS = Kernel(cv2.INTER_CUBIC, 2), Kernel(cv2.INTER_LANCZOS4, 4)

KNOTS_PX = (16, 8, 4)
"""Distances of the knots between which positions are interpolated, tried in this order."""

TOLERANCE_PX = 0.05
"""Largest error of an interpolated position, pixels."""


def enlarge(
    values: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    scale: int,
    crop: Box,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Enlarge an image by a whole number, bilinearly as `sample` does, but in 8 bits throughout.

    Args:
        values: Values, (height, width).
        valid: Validity, (height, width).
        scale: Number of columns and rows that one pixel becomes.
        crop: Box of the result in pixels of the whole enlarged image.

    Returns:
        Values (0 where invalid) and validity in the crop.
    """

    def larger(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        whole = cv2.resize(plane, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        return np.asarray(whole[crop.slices])

    if valid.all():
        return larger(values), np.ones((crop.height, crop.width), np.bool_)
    masked = np.where(valid, values, 0)
    total, share = larger(masked), larger(valid.view(np.uint8) * np.uint8(255))
    enlarged_valid = share >= 127
    partly = enlarged_valid & (share < 255)
    mean = np.rint(total[partly] * (255.0 / share[partly]))
    # Rounding in 8 bits must not make a value larger than all that there were.
    total[partly] = np.minimum(mean, masked.max())
    total[~enlarged_valid] = 0
    return total, enlarged_valid


def sample(
    values: NDArray[np.generic], valid: NDArray[np.bool_], x: Float, y: Float
) -> tuple[Float32, NDArray[np.bool_]]:
    """Sample an array bilinearly.

    Invalid pixels have no weight. Where they would have half of it or more, the result is invalid.

    Args:
        values: Values, (height, width).
        valid: Validity, (height, width).
        x: Positions along rows, pixels from the corner of the first pixel, (rows, columns).
        y: Positions along columns, same shape.

    Returns:
        Values (0 where invalid) and validity, of the shape of `x`.
    """
    return _bilinear(values, valid, _remap_positions(x), _remap_positions(y))


def _bilinear(
    values: NDArray[np.generic], valid: NDArray[np.bool_], map_x: Float32, map_y: Float32
) -> tuple[Float32, NDArray[np.bool_]]:
    real = np.where(valid, values, 0).astype(np.float32)
    total = cv2.remap(real, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    if _all_valid(valid, map_x, map_y, 0):
        return total, np.ones(total.shape, np.bool_)
    weight = valid.astype(np.float32)
    share = cv2.remap(weight, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return _divide_by_share(total, share)


def _all_valid(valid: NDArray[np.bool_], map_x: Float32, map_y: Float32, reach: int) -> bool:
    """Whether all pixels are valid, and positions keep `reach` pixels away from the edges."""
    ends = zip((map_y, map_x), valid.shape, strict=True)
    within = all(along.min() >= reach and along.max() <= n - 1 - reach for along, n in ends)
    return within and bool(valid.all())


def _divide_by_share(total: Float32, share: Float32) -> tuple[Float32, NDArray[np.bool_]]:
    """Means of the valid part, and where it is half or more of the weight."""
    if share.min() > 0.9999:
        return total, np.ones(total.shape, np.bool_)
    valid = share > 0.4999
    return np.divide(total, share, out=np.zeros_like(total), where=valid), valid


def _remap_positions(along: Float) -> Float32:
    """Positions for cv2.remap: from the centre of the first pixel; NaN becomes a point outside."""
    positions = (along - 0.5).astype(np.float32)
    positions[~np.isfinite(positions)] = -9.0
    return positions


def sample_sharp(
    values: NDArray[np.generic], valid: NDArray[np.bool_], x: Float, y: Float, kernel: Kernel
) -> tuple[Float32, NDArray[np.bool_]]:
    """Sample with a kernel where all pixels within its reach are valid, bilinearly elsewhere.

    Half-way between pixels a bilinear value is their mean, which blurs small craters.

    Args:
        values: Values, (height, width).
        valid: Validity, (height, width).
        x: Positions along rows, pixels from the corner of the first pixel, (rows, columns).
        y: Positions along columns, same shape.
        kernel: Interpolation kernel.

    Returns:
        Values (0 where invalid) and validity, of the shape of `x`.
    """
    map_x, map_y = _remap_positions(x), _remap_positions(y)
    sharp = cv2.remap(values.astype(np.float32), map_x, map_y, kernel.flag)
    if _all_valid(valid, map_x, map_y, kernel.reach):
        return sharp, np.ones(sharp.shape, np.bool_)
    real, sampled = _bilinear(values, valid, map_x, map_y)
    neighbourhood = np.ones((2 * kernel.reach + 1,) * 2, np.uint8)
    interior = cv2.erode(valid.astype(np.uint8), neighbourhood, borderValue=0)
    share = cv2.remap(interior.astype(np.float32), map_x, map_y, cv2.INTER_LINEAR)
    return np.where(share > 0.9999, sharp, real), sampled


def interpolate_positions(
    transform: Callable[[Float, Float], Planes],
    width: int,
    height: int,
    tolerance: tuple[float, ...] = (TOLERANCE_PX, TOLERANCE_PX),
) -> Planes:
    """Compute a smooth function, such as positions in another grid, at all pixel centres.

    The function is evaluated at every 16th pixel corner and interpolated bilinearly in between.
    Where that is not accurate enough, it is evaluated at every 8th or 4th corner (a coarse globe)
    or at every centre (a pole, the edge of the projection).

    Args:
        transform: Function from pixel coordinates x and y to the planes.
        width: Number of columns.
        height: Number of rows.
        tolerance: Largest error of each plane, in its unit.

    Returns:
        Planes (such as x and y), each (height, width).
    """
    for spacing in KNOTS_PX:
        u, v = make_meshgrid(
            np.arange(0, width + spacing, spacing), np.arange(0, height + spacing, spacing)
        )
        knots = transform(u, v)
        middles = transform(u[1:, 1:] - spacing / 2.0, v[1:, 1:] - spacing / 2.0)
        errors = (np.abs(_mean_of_four(k) - m) for k, m in zip(knots, middles, strict=True))
        if all((e <= allowed).all() for e, allowed in zip(errors, tolerance, strict=True)):
            return tuple(_interpolate(knot, width, height, spacing) for knot in knots)
    return transform(*make_meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5))


def _mean_of_four(corners: Float) -> Float:
    return (corners[1:, 1:] + corners[:-1, 1:] + corners[1:, :-1] + corners[:-1, :-1]) / 4.0


def make_meshgrid(u: NDArray[np.generic], v: NDArray[np.generic]) -> Positions:
    """Make the points of a grid from its columns (n,) and rows (m,), each (m, n)."""
    grid_u, grid_v = np.meshgrid(u.astype(float), v.astype(float))
    return grid_u, grid_v


def _interpolate(knots: Float, width: int, height: int, spacing: int) -> Float:
    """Bilinear values at pixel centres."""
    # cv2 rounds positions to 1/32 pixel: those of the centres are exact.
    step, first = 1.0 / spacing, 0.5 / spacing
    matrix = np.array([[step, 0.0, first], [0.0, step, first]])
    flags, edges = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE
    return cv2.warpAffine(knots, matrix, (width, height), flags=flags, borderMode=edges)
