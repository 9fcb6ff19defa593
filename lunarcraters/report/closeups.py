"""Close-ups: craters at full resolution, where the picture of the whole mosaic is coarser."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.damage import leave_out_damage
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.preview import draw_ground, find_height_unit_m
from lunarcraters.report.map import encode_image, find_step

_DIAMETERS = 6.0
_SIDE_PX = 256

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Closeup:
    """The picture of a crater and its surroundings.

    Attributes:
        left: First column of the mosaic.
        top: First row of the mosaic.
        side: Width and height, pixels of the mosaic.
        picture: Picture as a data URI.
    """

    left: int
    top: int
    side: int
    picture: str


def make_closeups(
    mosaic: Mosaic, x: Float, y: Float, diameters_px: Float, rows: NDArray[np.int64]
) -> dict[int, Closeup]:
    """Make the closeups of craters, of those that the picture of the mosaic shows less well.

    Args:
        mosaic: Mosaic to read.
        x: Pixel coordinates of all craters along rows, (n,).
        y: Pixel coordinates of all craters along columns, (n,).
        diameters_px: Largest diameters of all craters, pixels, (n,).
        rows: Craters to show.

    Returns:
        Closeups by row.
    """
    sides = np.ceil(_DIAMETERS * diameters_px)
    steps = np.maximum(np.ceil(sides / _SIDE_PX), 1.0)
    closeups, ground = {}, leave_out_damage(mosaic)
    unit_m = find_height_unit_m(mosaic)
    for row in rows[np.argsort(y[rows], kind="stable")].tolist():  # as the mosaic is stored
        step = int(steps[row])
        if step >= find_step(mosaic) or not np.isfinite([x[row], y[row]]).all():
            continue
        side = -(-int(sides[row]) // step) * step
        box = Box(round(x[row] - side / 2), round(y[row] - side / 2), side, side)
        grey = draw_ground(mosaic, *ground.read(box, step), step, unit_m)
        closeups[row] = Closeup(box.left, box.top, side, encode_image(".jpg", grey))
    return closeups
