"""Mosaics without files, and the position of their pixels in tiles."""

import numpy as np
from affine import Affine

from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.mosaic import Mosaic

from .rasters import HALF_TURN_M, SIMPLE_CYLINDRICAL

PROJECTIONS = {
    "simple cylindrical": (SIMPLE_CYLINDRICAL, 2 * HALF_TURN_M / 1500, 1500, 750),
    "clon 180": ("IAU_2015:30115", 2 * HALF_TURN_M / 900, 900, 450),
    "polar": ("IAU_2015:30130", 1000.0, 700, 700),
    "sinusoidal": ("IAU_2015:30120", 5000.0, 900, 700),
    "orthographic": ("IAU_2015:30165", 4000.0, 880, 880),
    "Mercator": ("IAU_2015:30190", 4000.0, 900, 900),
}


def make_paper_mosaic(name, extents=None):
    """A mosaic without files, in a projection of `PROJECTIONS`."""
    crs, side, width, height = PROJECTIONS[name]
    affine = Affine(side, 0, -side * width / 2, 0, -side, side * height / 2)
    wkt = sphere.lunar_crs(crs, name).to_wkt()
    return make_mosaic(name, Grid(wkt, affine, width, height), extents)


def make_mosaic(name, grid, extents=None):
    """A mosaic of a grid, with data everywhere or in extents."""
    extents = tuple(Box(*box) for box in extents or (grid.box,))
    return Mosaic(name, "none", grid, "uint8", extents, ())


def count_cores(mosaic, tiles):
    """The number of cores that each mosaic pixel lies in."""
    count = np.zeros((mosaic.height, mosaic.width), int)
    for tile in tiles:
        assert tile.core.left >= 0
        assert tile.core.top >= 0
        count[tile.core.slices] += 1
    return count


def frame_pixels(mosaic, tile, x, y):
    """Frame pixels of mosaic pixels."""
    if tile.window is not None:
        scale = tile.window.width / tile.size
        return (x - tile.window.left) / scale, (y - tile.window.top) / scale
    return mosaic.grid.transform_to(tile.frame, x, y)
