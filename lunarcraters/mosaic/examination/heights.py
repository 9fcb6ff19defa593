"""Heights: elevation models that are measured, in metres whatever their unit."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError, OptionError
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.sphere import RADIUS_M
from lunarcraters.mosaic.examination.elevation import (
    ELEVATION_M,
    METRES,
    ROUGH,
    find_unit_m,
    measure_steps,
    read_description,
)
from lunarcraters.mosaic.examination.examine import examine_values
from lunarcraters.mosaic.mosaic import Mosaic, open_mosaic
from lunarcraters.mosaic.mosaic import Name as Name
from lunarcraters.mosaic.nodata import Nodata

UNITS = ("m", "km", "ft")
"""Units of heights that a user can name."""

_NOT_HEIGHTS = re.compile(r"slope|aspect|shade|rough|curvature|albedo|ortho")
_NO_UNIT = ("", "none", "unknown", "dn", "1", "-")

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


def open_elevation_model(
    name: Name, *, crs: str | None = None, nodata: Nodata = None, unit: str | None = None
) -> ElevationModel:
    """Open a raster of heights.

    The unit is the one that is given, or that the file declares (metres, kilometres, feet), or
    else the one in which its values are elevations, or distances from the centre, of the Moon.

    Args:
        name: Raster, or whatever else `open_mosaic` opens.
        crs: Coordinate system in place of the files' own.
        nodata: Value, or values, that mean "no data" in place of the files' own.
        unit: Unit of the heights, `m`, `km` or `ft`; None to find it out.

    Raises:
        MosaicError: The raster cannot be read, or does not hold heights.
        CoordinateSystemError: It is not of the Moon.
        OptionError: There is no such unit.
    """
    if unit is not None and unit not in UNITS:
        raise OptionError(f"unit is {unit!r}: heights are in {', '.join(UNITS)}")
    mosaic = open_mosaic(name, crs=crs, nodata=nodata)
    if not mosaic.has_crs:
        raise MosaicError(
            f"{mosaic.name} has no coordinate system, so it is not known where its heights are: "
            "name it with --crs"
        )
    if len(mosaic.bands) > 1 or mosaic.dtype in ("uint8", "int8"):
        raise MosaicError(
            f"{mosaic.name} is a picture ({len(mosaic.bands)} band(s) of {mosaic.dtype}), not "
            "heights: give the elevation model that it was shaded from"
        )
    mosaic, values = examine_values(mosaic, heights=True)
    declared, words, scale, offset = read_description(mosaic)
    real = values * scale + offset
    unit_m = METRES[unit] if unit else _find_declared_unit_m(mosaic, declared, words)
    if unit_m is None:
        unit_m = _find_unit_m(mosaic, real)
    _check_range(mosaic, real * unit_m, unit or declared or f"{unit_m:g} m")
    return ElevationModel(mosaic, scale * unit_m, float(np.median(values)))


def _find_declared_unit_m(mosaic: Mosaic, declared: str, words: str) -> float | None:
    """Unit that a file declares, metres; None where it declares none."""
    if declared in METRES:
        return METRES[declared]
    if declared not in _NO_UNIT:
        raise MosaicError(
            f"{mosaic.name} declares the unit {declared!r}, which is none of heights: give the "
            "elevation model itself, or name the unit of its heights with --unit"
        )
    other = _NOT_HEIGHTS.search(words)
    if other:
        raise MosaicError(
            f"{mosaic.name} is named as no elevation model ({other[0]!r}): give the heights "
            "themselves, or say with --unit that these are"
        )
    return None


def _find_unit_m(mosaic: Mosaic, real: NDArray[np.float64]) -> float:
    unit_m = find_unit_m(real, named=True)
    if unit_m is None:
        raise MosaicError(
            f"{mosaic.name} has values from {real.min():g} to {real.max():g}, which are no heights "
            "of the Moon in m or km: give an elevation model, or name its unit with --unit"
        )
    if measure_steps(mosaic)[0] > ROUGH:
        raise MosaicError(
            f"{mosaic.name} is as rough as a picture or a slope map, and declares no unit: give an "
            "elevation model, or say with --unit that it is one"
        )
    return unit_m


def _check_range(mosaic: Mosaic, heights_m: NDArray[np.float64], unit: str) -> None:
    """Refuse heights that the Moon does not have."""
    low, high = float(heights_m.min()), float(heights_m.max())
    for centre_m in (0.0, RADIUS_M):
        if ELEVATION_M[0] <= low - centre_m and high - centre_m <= ELEVATION_M[1]:
            return
    raise MosaicError(
        f"{mosaic.name} has heights from {low / 1000.0:.3g} to {high / 1000.0:.3g} km if they are "
        f"in {unit}, which the Moon does not have: name their unit with --unit"
    )
