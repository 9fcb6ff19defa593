"""Heights: elevation models that are measured, in metres whatever their unit."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from lunarcraters.elevation.units import HeightUnit
from lunarcraters.errors import MosaicError, check_choice
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.examination.elevation import MEASURE
from lunarcraters.mosaic.examination.examine import examine_heights
from lunarcraters.mosaic.mosaic import Mosaic

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class ElevationModel:
    """An elevation model.

    Attributes:
        mosaic: Mosaic of the heights, which has a coordinate system.
        unit_m: Height of one unit of its values, metres.
        middle: Value in the middle of the heights, from which these are counted, so that single
            precision is enough for distances from the Moon's centre too.
    """

    mosaic: Mosaic
    unit_m: float
    middle: float

    def read(self, box: Box, by: tuple[int, int]) -> tuple[Float32, Bool]:
        """Read heights, metres, and their validity, as `Mosaic.read` reads values.

        Args:
            box: Box, pixels of the mosaic, which may reach outside.
            by: Pixels along x and along y that a height is the mean of.

        Raises:
            MosaicError: The pixels cannot be read.
        """
        values, valid = self.mosaic.read(box, by)
        heights = (values.astype(np.float64) - self.middle) * self.unit_m
        return np.where(valid, heights, 0.0).astype(np.float32), valid


def make_elevation_model(mosaic: Mosaic, *, unit: str | None = None) -> ElevationModel:
    """Take a mosaic for an elevation model.

    What `craters detect --elevation` takes for heights is taken, by `find_heights`.

    Args:
        mosaic: Mosaic of heights.
        unit: Unit of the heights, `m`, `km` or `ft`; None to find it out.

    Raises:
        MosaicError: The mosaic cannot be read, or does not hold heights.
        OptionError: There is no such unit.
    """
    if unit is not None:
        check_choice("unit", unit, get_args(HeightUnit))
    mosaic, values, kind = examine_heights(mosaic, True, unit=unit, wording=MEASURE)
    if kind.unit_m is None:
        raise MosaicError(f"{mosaic.name} holds no raster of heights: give an elevation model")
    return ElevationModel(mosaic, kind.unit_m, float(np.median(values)))
