"""Targets: from craters to the maps that the network is trained on."""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.network.presets import Preset

SIZE_UNIT_PX = 16.0
"""Unit of the size head, which gives log2(diameter / 16 pixels)."""

CHANNELS = ("mask", "mask_weight", "centre", "centre_weight", "log_size", "size_weight")
"""Channels of `make_targets`, in order."""

_SIGMA = 0.08  # deviation of the Gaussian at a centre, diameters
_MIN_SIGMA_PX = 0.8
_SIZE_THRESHOLD = 0.3  # the size has weight where the centre map is above this
_MARGIN = 1.33  # craters beyond the octave's range by less than this ratio are ignored

Float32 = NDArray[np.float32]


def make_box_mask(shape: tuple[int, int], boxes: NDArray[np.float64]) -> Float32:
    """Make the target of the baseline, a mask of filled boxes.

    Args:
        shape: Height and width, pixels.
        boxes: Left, top, right, bottom, pixels, (n, 4).

    Returns:
        Mask of 0 and 1, (height, width, 1).
    """
    mask = np.zeros((*shape, 1), np.float32)
    for left, top, right, bottom in np.rint(boxes).astype(int):
        mask[max(top, 0) : max(bottom, top + 1), max(left, 0) : max(right, left + 1)] = 1.0
    return mask


def make_targets(
    shape: tuple[int, int],
    circles: NDArray[np.float64],
    ignored: NDArray[np.float64],
    valid: NDArray[np.bool_],
    preset: Preset,
) -> Float32:
    """Make mask, centre and size maps with their weights.

    Craters a little beyond the range of the octave are ignored. Those far beyond are background,
    because another octave shows them.

    Args:
        shape: Height and width, pixels.
        circles: Craters (x, y, diameter), pixels, (n, 3).
        ignored: Boxes (left, top, right, bottom) cut by an edge, pixels, (m, 4). Their centre and
            size are unknown, so they are neither craters nor background.
        valid: Validity mask, False where the image has no data, (height, width).
        preset: Preset, whose `diameters_px` is the range of the octave.

    Returns:
        Maps, (height, width, 6), with the channels `CHANNELS`.
    """
    low, high = preset.diameters_px
    planes = np.zeros((len(CHANNELS), *shape), np.float32)
    mask, mask_weight, centre, centre_weight, log_size, size_weight = planes
    mask_weight[:], centre_weight[:] = valid, valid
    diameters = circles[:, 2]
    detectable = circles[(diameters >= low) & (diameters <= high)]
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
    for x, y, diameter in detectable[np.argsort(-detectable[:, 2])]:
        _disc(mask, x, y, diameter / 2, 1.0)
        _centre(centre, centre_weight, log_size, x, y, diameter)
    mask_weight[mask > 0] = 1.0
    size_weight[:] = np.where(centre > _SIZE_THRESHOLD, centre, 0.0)
    for weight in (mask_weight, centre_weight, size_weight):
        weight *= valid
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _disc(plane: Float32, x: float, y: float, radius: float, value: float) -> None:
    """Set the pixels whose centre lies in a circle."""
    rows, columns, dy, dx = _window(plane, x, y, radius)
    plane[rows, columns][dx * dx + dy * dy <= radius * radius] = value


def _window(
    plane: Float32, x: float, y: float, radius: float
) -> tuple[slice, slice, NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns near a point, and the offsets of their pixel centres from it."""
    height, width = plane.shape
    rows = np.arange(max(int(y - radius), 0), min(int(np.ceil(y + radius)) + 1, height))
    columns = np.arange(max(int(x - radius), 0), min(int(np.ceil(x + radius)) + 1, width))
    row, column = (slice(i[0], i[-1] + 1) if i.size else slice(0, 0) for i in (rows, columns))
    return row, column, (rows + 0.5 - y)[:, None], (columns + 0.5 - x)[None, :]


def _centre(
    centre: Float32, weight: Float32, log_size: Float32, x: float, y: float, diameter: float
) -> None:
    """Add a Gaussian at one centre. Where it is the highest, the size map takes its size."""
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
    weight[window] = np.where(bump > _SIZE_THRESHOLD, 1.0, weight[window])
