"""The centre of a mosaic, where the size of its pixels is measured."""

from collections.abc import Sequence

import numpy as np

from lunarcraters.errors import CoordinateSystemError, warn
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid, Points

_FINEST_M = 0.05  # of the pixels of any map from orbit


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


def warn_of_degrees(grid: Grid, name: str, pixel_size_m: float | None) -> None:
    """Warn of degrees, as those of a world file, that a coordinate system takes for metres.

    Args:
        grid: Grid of the mosaic.
        name: Name of the mosaic, for the message.
        pixel_size_m: Ground size of a pixel at the centre, metres; None without a CRS.
    """
    corners = np.abs([grid.affine @ corner for corner in ((0, 0), (grid.width, grid.height))])
    if grid.crs is None or grid.crs.is_geographic or (corners > (360.0, 90.0)).any():
        return
    if pixel_size_m is not None and pixel_size_m < _FINEST_M:
        warn(
            f"{name} has pixels of {pixel_size_m:.2g} m by its coordinate system, which is in "
            "metres: if its geotransform or world file is in degrees, give --crs IAU_2015:30100"
        )
