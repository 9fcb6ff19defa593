"""Pictures with collars, and what is told of them."""

import warnings

import numpy as np

from lunarcraters.errors import CratersWarning
from lunarcraters.mosaic.examination.examine import examine_mosaic
from lunarcraters.mosaic.mosaic import open_mosaic

SIDE = 600


def strip(degrees=14.0, width=300):
    """True within a slanted strip across a square."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2.0
    return np.abs(columns - rows * np.tan(np.radians(degrees))) < width / 2.0


def examine(path, **options):
    """The mosaic that is searched, and the sentences that were said."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mosaic = examine_mosaic(open_mosaic(path, **options)).mosaic
    return mosaic, [str(w.message) for w in caught if issubclass(w.category, CratersWarning)]


def validity(mosaic):
    return mosaic.read(mosaic.grid.box)[1]
