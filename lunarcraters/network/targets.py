"""Targets: from craters to the maps that the network is taught."""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.network.presets import Preset

SIZE_UNIT_PX = 16.0
"""The size head's unit: it gives log2(diameter / 16 pixels)."""

CHANNELS = ("mask", "mask_weight", "centre", "centre_weight", "log_size", "size_weight")
"""Channels of `maps`, in order."""

_SIGMA = 0.08  # of the Gaussian at a centre, diameters
_MIN_SIGMA_PX = 0.8
_SIZE_TAUGHT = 0.3  # the size is taught where the centre map is above this
_MARGIN = 1.33  # craters beyond the octave's range by less than this ratio are ignored

Float32 = NDArray[np.float32]


def rectangles(shape: tuple[int, int], boxes: NDArray[np.float64]) -> Float32:
    """The baseline's target: every box filled.

    Args:
        shape: Height and width, pixels.
        boxes: Left, top, right, bottom in pixels, shape (n, 4).

    Returns:
        Mask of 0 and 1, shape (height, width, 1).
    """
    mask = np.zeros((*shape, 1), np.float32)
    for left, top, right, bottom in np.rint(boxes).astype(int):
        mask[max(top, 0) : max(bottom, top + 1), max(left, 0) : max(right, left + 1)] = 1.0
    return mask


def maps(
    shape: tuple[int, int],
    circles: NDArray[np.float64],
    ignored: NDArray[np.float64],
    valid: NDArray[np.bool_],
    preset: Preset,
) -> Float32:
    """Mask, centre and size maps with their weights.

    Args:
        shape: Height and width, pixels.
        circles: x, y, diameter in pixels, shape (n, 3).
        ignored: Left, top, right, bottom of boxes cut by an edge, whose centre and size are
            unknown: neither taught nor counted as background; shape (m, 4).
        valid: False where the image has no data, shape (height, width).
        preset: Its `diameters_px` is the octave's range.

    Returns:
        Shape (height, width, 6), channels as `CHANNELS`. Craters a little beyond the range are
        ignored; those far beyond are background (another octave sees them).
    """
    low, high = preset.diameters_px
    planes = np.zeros((len(CHANNELS), *shape), np.float32)
    mask, mask_weight, centre, centre_weight, log_size, size_weight = planes
    mask_weight[:], centre_weight[:] = valid, valid
    diameters = circles[:, 2]
    taught = circles[(diameters >= low) & (diameters <= high)]
    near = circles[(diameters >= low / _MARGIN) & (diameters <= high * _MARGIN)]
    for left, top, right, bottom in ignored:
        if max(right - left, bottom - top) <= high * _MARGIN:
            # Boxes off the crop have negative ends, which must not count from the other side.
            rows = slice(max(int(top), 0), max(int(np.ceil(bottom)), 0))
            columns = slice(max(int(left), 0), max(int(np.ceil(right)), 0))
            mask_weight[rows, columns] = centre_weight[rows, columns] = 0.0
    for x, y, diameter in near[(near[:, 2] < low) | (near[:, 2] > high)]:
        _disc(mask_weight, x, y, diameter / 2, 0.0)
        _disc(centre_weight, x, y, diameter / 4, 0.0)
    for x, y, diameter in taught:
        _disc(mask, x, y, diameter / 2, 1.0)
    for x, y, diameter in taught[np.argsort(-taught[:, 2])]:
        _centre(centre, centre_weight, log_size, x, y, diameter)
    mask_weight[mask > 0] = 1.0
    size_weight[:] = np.where(centre > _SIZE_TAUGHT, centre, 0.0)
    for weight in (mask_weight, centre_weight, size_weight):
        weight *= valid
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _disc(plane: Float32, x: float, y: float, radius: float, value: float) -> None:
    """Set the pixels whose centre is within a circle."""
    rows, columns, dy, dx = _window(plane, x, y, radius)
    plane[rows, columns][dx * dx + dy * dy <= radius * radius] = value


def _window(
    plane: Float32, x: float, y: float, reach: float
) -> tuple[slice, slice, NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns within reach of a point, and their pixel centres' offsets from it."""
    height, width = plane.shape
    rows = np.arange(max(int(y - reach), 0), min(int(np.ceil(y + reach)) + 1, height))
    columns = np.arange(max(int(x - reach), 0), min(int(np.ceil(x + reach)) + 1, width))
    row, column = (slice(i[0], i[-1] + 1) if i.size else slice(0, 0) for i in (rows, columns))
    return row, column, (rows + 0.5 - y)[:, None], (columns + 0.5 - x)[None, :]


def _centre(
    centre: Float32, weight: Float32, log_size: Float32, x: float, y: float, diameter: float
) -> None:
    """Raise a Gaussian at one centre; where it tops what is there, its size is taught."""
    height, width = centre.shape
    column, row = int(np.floor(x)), int(np.floor(y))
    if not (0 <= column < width and 0 <= row < height):
        return
    sigma = max(_SIGMA * diameter, _MIN_SIGMA_PX)
    rows, columns, dy, dx = _window(centre, x, y, 3 * sigma)
    bump = np.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)).astype(np.float32)
    bump[row - rows.start, column - columns.start] = 1.0
    window = (rows, columns)
    higher = bump >= centre[window]
    log_size[window] = np.where(higher, np.log2(diameter / SIZE_UNIT_PX), log_size[window])
    centre[window] = np.maximum(centre[window], bump)
    weight[window] = np.where(bump > _SIZE_TAUGHT, 1.0, weight[window])
