"""Mosaics that exist on paper only, and where their pixels lie in tiles."""

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


def paper(name, extents=None):
    """A mosaic that exists on paper only."""
    crs, side, width, height = PROJECTIONS[name]
    affine = Affine(side, 0, -side * width / 2, 0, -side, side * height / 2)
    wkt = sphere.lunar_crs(crs, name).to_wkt()
    return whole(name, Grid(wkt, affine, width, height), extents)


def whole(name, grid, extents=None):
    """A mosaic of a grid, with data everywhere or in extents."""
    extents = tuple(Box(*box) for box in extents or (grid.box,))
    return Mosaic(name, "none", grid, "uint8", extents, ())


def cover(mosaic, tiles):
    """How many cores each mosaic pixel lies in."""
    count = np.zeros((mosaic.height, mosaic.width), int)
    for tile in tiles:
        column, row, width, height = tile.core
        assert column >= 0
        assert row >= 0
        count[row : row + height, column : column + width] += 1
    return count


def frame_pixels(mosaic, tile, x, y):
    """Frame pixels of mosaic pixels."""
    if tile.window is not None:
        scale = tile.window[2] / tile.size
        return (x - tile.window[0]) / scale, (y - tile.window[1]) / scale
    return mosaic.grid.transform_to(tile.frame, x, y)
