"""Elevation models: how they are told from pictures, and what their values are in metres."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.elevation.units import METRES, NO_UNIT
from lunarcraters.errors import MosaicError
from lunarcraters.geometry.elevations import ELEVATION_M, MEAN_SLOPE, choose_unit_m, find_unit_m
from lunarcraters.geometry.sphere import RADIUS_M
from lunarcraters.mosaic.examination.terrain import (
    looks_like_grey,
    looks_like_slopes,
    measure_steps,
    read_description,
)
from lunarcraters.mosaic.mosaic import Mosaic

_ANGLES = {
    "deg",
    "degree",
    "degrees",
    "\N{DEGREE SIGN}",
    "%",
    "percent",
    "rad",
    "radian",
    "radians",
}

_ELEVATION = re.compile(
    r"(?<![a-z])(s?ldem|dem|dtm|dsm|gld100|topo(graphy)?|elevations?|heights?|altitudes?)(?![a-z])"
)
_OTHER = re.compile(r"shade|shaded|relief|slope|ortho|image|albedo|rough|curvature|count|colou?r")

_SLOPES = re.compile(r"(?<![a-z])slopes?(?![a-z])")
_DEPTHS = re.compile(r"(?<![a-z])(depths?|bathymetry|positive[ -]down(wards?)?)(?![a-z])")

Float = NDArray[np.float64]


@dataclass(frozen=True)
class ValueKind:
    """What the values of a mosaic are.

    Attributes:
        unit_m: Height of one unit of the values, metres; None where they are grey values.
        notice: Sentence for the user, or "".
    """

    unit_m: float | None
    notice: str = ""


_GREY = ValueKind(None)


@dataclass(frozen=True)
class Wording:
    """What a command tells the user to do about values that are no heights.

    Attributes:
        otherwise: Advice on heights that cannot be used.
        picture: Advice on a picture.
        unit: Advice on naming a unit, with `{}` in its place.
    """

    otherwise: str
    picture: str
    unit: str


SEARCH = Wording(
    "or give --no-elevation to search it as a picture",
    "leave --elevation out",
    "set its unit (gdal_edit.py -units {})",
)
MEASURE = Wording(
    "or give another elevation model",
    "give the elevation model that it shows",
    "name its unit (--unit {})",
)


def may_hold_heights(mosaic: Mosaic) -> bool:
    """Tell whether a mosaic has one band of a type that heights are stored in.

    Args:
        mosaic: Mosaic that is to be searched, measured on or drawn.
    """
    return len(mosaic.bands) == 1 and mosaic.dtype not in ("uint8", "int8")


def find_heights(
    mosaic: Mosaic,
    values: Float,
    asked: bool | None,
    *,
    unit: str | None = None,
    wording: Wording = SEARCH,
) -> ValueKind:
    """Tell whether a mosaic holds heights, and in which unit.

    Unless the user asks for it, a unit of length is enough evidence. Otherwise values must be as
    smooth as terrain and within the range of lunar elevations, and either lie below 0 in part or be
    called elevations. Whatever is taken for heights without being asked is taken when asked.

    Args:
        mosaic: Mosaic that is to be searched or measured on.
        values: Sample of its valid values, (n,).
        asked: True where the user says that they are heights, False where not, None for neither.
        unit: Unit that the user names, a key of `METRES` (`lunarcraters.elevation.units`); None for
            the file's own.
        wording: Advice of the command that examines the mosaic.

    Raises:
        MosaicError: The values are no heights though the user says so, or are depths, or of no
            lunar ground.
    """
    if asked is False or not mosaic.rasters:
        return _GREY
    if not may_hold_heights(mosaic):
        kind = f"grey values ({len(mosaic.bands)} band(s) of {mosaic.dtype})"
        _refuse_if(asked, f"{mosaic.name} holds {kind}, not heights: {wording.picture}")
        return _GREY
    declared, words, scale, offset = read_description(mosaic)
    if unit is None and (declared in _ANGLES or _SLOPES.search(words)):
        return _describe_slopes(mosaic, asked)
    real = values * scale + offset
    metres, how = METRES.get(unit or declared), f"in {unit or declared}, as it says"
    named = bool(_ELEVATION.search(words)) and not _OTHER.search(words)
    if metres is None and not asked and find_unit_m(real, named=named) is None:
        return _GREY
    roughness, step = measure_steps(mosaic)
    if unit is not None:
        how = f"in {unit}, as you say"
    if metres is None:
        steps = roughness, step * abs(scale)
        judged = _judge(mosaic, real, asked, named, steps, declared, wording)
        if isinstance(judged, ValueKind):
            return judged
        metres, how = judged, f"in {'kilometres' if judged == 1000.0 else 'metres'}, by its values"
    if _DEPTHS.search(words):
        raise MosaicError(
            f"{mosaic.name} holds depths by its name or description, in which craters are hills: "
            f"change the sign of its values, {wording.otherwise}"
        )
    notice = _check(mosaic, real * metres, step * abs(scale) * metres, how, wording)
    return ValueKind(metres * scale, notice)


def _judge(
    mosaic: Mosaic,
    real: Float,
    asked: bool | None,
    named: bool,
    steps: tuple[float, float],
    declared: str,
    wording: Wording,
) -> float | ValueKind:
    """Judge values by their range and roughness, where no unit tells what they are.

    Returns:
        Metres of one unit; the kind of the values where they are no heights.
    """
    roughness, step = steps
    if asked and not named and looks_like_slopes(real, roughness):
        return _describe_slopes(mosaic, asked)
    if looks_like_grey(real, roughness, named=named):
        sentence = (
            f"{mosaic.name} holds grey values, which change from pixel to pixel as heights do not: "
            f"{wording.picture}, or {wording.unit.format('m')} if they are heights"
        )
        _refuse_if(asked, sentence)
        return _GREY
    if declared not in NO_UNIT:
        sentence = (
            f"{mosaic.name} declares the unit {declared!r}, which is none of heights: "
            f"{wording.unit.format('m')} if its values are metres"
        )
        _refuse_if(asked, sentence)
        return ValueKind(None, sentence)
    return choose_unit_m(real, step, mosaic.pixel_size_m or np.inf, named=named or bool(asked))


def _check(mosaic: Mosaic, heights_m: Float, step_m: float, how: str, wording: Wording) -> str:
    """Make sure that heights can be used.

    Args:
        mosaic: Mosaic of heights.
        heights_m: Sample of the heights, metres, (n,).
        step_m: Mean difference of neighbouring pixels, metres.
        how: Unit of the heights, in words.
        wording: Advice of the command that examines the mosaic.

    Returns:
        Sentence for the user.
    """
    if mosaic.pixel_size_m is None:
        raise MosaicError(
            f"{mosaic.name} holds heights {how}, but no coordinate system that tells the size of "
            f"its pixels: give --crs, {wording.otherwise}"
        )
    other = "m" if how.startswith("in k") else "km"
    other_unit = f"{wording.unit.format(f'{other}, say')} if it is another, {wording.otherwise}"
    low, high = np.percentile(heights_m, [0.5, 99.5])
    if not any(
        ELEVATION_M[0] <= low - centre_m and high - centre_m <= ELEVATION_M[1]
        for centre_m in (0.0, RADIUS_M)
    ):
        raise MosaicError(
            f"{mosaic.name} holds heights {how}, from {low / 1000.0:.3g} to {high / 1000.0:.3g} "
            f"km, which the Moon does not have: {other_unit}"
        )
    slope = step_m / mosaic.pixel_size_m
    if not MEAN_SLOPE[0] <= slope <= MEAN_SLOPE[1]:
        raise MosaicError(
            f"{mosaic.name} holds heights {how}, with slopes of {np.degrees(np.arctan(slope)):.2g} "
            f"degrees, as no lunar ground has: {other_unit}"
        )
    return (
        f"{mosaic.name} holds heights {how}, and is searched as an elevation model (give "
        "--no-elevation to search it as a picture)"
    )


def _refuse_if(asked: bool | None, sentence: str) -> None:
    """Refuse values that the user calls heights."""
    if asked:
        raise MosaicError(sentence)


def _describe_slopes(mosaic: Mosaic, asked: bool | None) -> ValueKind:
    """Describe a map of slopes, or refuse it where the user calls it heights."""
    sentence = (
        f"{mosaic.name} holds slopes, which are neither a picture nor heights: give the elevation "
        "model that they were made of"
    )
    _refuse_if(asked, sentence)
    return ValueKind(None, sentence)
