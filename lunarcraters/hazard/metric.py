"""The metric of a grid: true lengths, angles and areas of its pixels, in any projection."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.interpolation import Planes, interpolate_positions

_ERROR = 1e-4
"""Largest error of a length that is interpolated, relative to the longer side of a pixel."""

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]


class Metric(NamedTuple):
    """What steps of one pixel along x and along y are on the ground.

    Attributes:
        side_x: Length of a step along x, metres, (height, width), or (height, 1); NaN off the Moon.
        side_y: Length of a step along y, metres, same shape.
        cosine: Cosine of the angle between the two, same shape.
    """

    side_x: Float
    side_y: Float
    cosine: Float

    @property
    def area_km2(self) -> Float:
        """Areas of pixels, km^2; NaN off the Moon."""
        return self.side_x * self.side_y * np.sqrt(np.maximum(1.0 - self.cosine**2, 0.0)) / 1e6

    def square_slopes(self, rise_x: Float32, rise_y: Float32) -> Float:
        """Compute the squares of slopes, (metres per metre)^2.

        Args:
            rise_x: Rise in a step along x, metres, (height, width).
            rise_y: Rise in a step along y, metres, same shape.
        """
        along_x, along_y = rise_x / self.side_x, rise_y / self.side_y
        crossed = 2.0 * self.cosine * along_x * along_y
        return (along_x**2 + along_y**2 - crossed) / (1.0 - self.cosine**2)


def measure_metric(grid: Grid, box: Box, step: int = 1) -> Metric:
    """Measure the metric of a grid at the centres of squares of pixels.

    Args:
        grid: Grid.
        box: Box of its pixels.
        step: Side of a square, pixels; 1 for every pixel.
    """
    width, height = -(-box.width // step), -(-box.height // step)

    def measure(x: Float, y: Float) -> Planes:
        jacobian = grid.jacobian_m(x * step + box.left, y * step + box.top)
        along_x, along_y = jacobian[..., 0], jacobian[..., 1]
        side_x, side_y = np.linalg.norm(along_x, axis=-1), np.linalg.norm(along_y, axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return side_x, side_y, (along_x * along_y).sum(axis=-1) / (side_x * side_y)

    if grid.period_px is not None:  # all pixels of a row are alike
        y = np.arange(height, dtype=np.float64)[:, None] + 0.5
        x = np.full(y.shape, (grid.width / 2.0 - box.left) / step, np.float64)
        return Metric(*measure(x, y))
    middle = measure(np.array(width / 2.0), np.array(height / 2.0))
    tolerance = _ERROR * float(max(middle[:2]))
    return Metric(*interpolate_positions(measure, width, height, (tolerance, tolerance, _ERROR)))
