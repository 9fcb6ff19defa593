"""The centre of a mosaic, where the size of its pixels is measured."""

from collections.abc import Sequence

import numpy as np

from lunarcraters.errors import CoordinateSystemError
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid, Points


def find_centre(grid: Grid, extents: Sequence[Box], name: str) -> Points | None:
    """Find the centre of a mosaic, or of the first of its parts whose centre is on the Moon.

    Args:
        grid: Grid of the mosaic.
        extents: Boxes of its parts, pixels of the grid.
        name: Name of the mosaic, for the message.

    Returns:
        Pixel coordinates x and y, (1,) each; None without a coordinate system.

    Raises:
        CoordinateSystemError: The mosaic does not lie on the Moon.
    """
    if not grid.has_crs:
        return None
    for box in (grid.box, *extents):
        x, y = np.array([[box.left + box.width / 2.0], [box.top + box.height / 2.0]])
        if np.isfinite(grid.jacobian_m(x, y)).all():
            return x, y
    raise CoordinateSystemError(
        f"{name} does not lie on the Moon where its coordinate system places it: "
        "check its geotransform, and its coordinate system (--crs)"
    )
