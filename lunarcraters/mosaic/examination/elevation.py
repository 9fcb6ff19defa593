"""Elevation models: how they are told from pictures, and what their values are in metres."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.sphere import RADIUS_M
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.statistics import plan_samples

METRES = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), 1.0),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1000.0),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
    **dict.fromkeys(("ftus", "us-ft", "us survey foot", "us survey feet"), 1200.0 / 3937.0),
}
"""Metres of the units of heights, by the names that files have for them."""

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

ELEVATION_M = (-9_500.0, 11_000.0)
"""Lowest and highest ground of the Moon, metres above its sphere, with some room."""

_SLOPES = re.compile(r"(?<![a-z])slopes?(?![a-z])")
_DEPTHS = re.compile(r"(?<![a-z])(depths?|bathymetry|positive[ -]down(wards?)?)(?![a-z])")

_LEAST_SPAN_M = 20.0
_NEGATIVE = 0.05  # share of the range that lies below 0: in pictures noise alone does
_LAG_PX = 16
ROUGH = 0.3
"""Roughness above which values are no terrain, which has 0.08 to 0.25; pictures: 0.12 to 0.65."""

_SLOPES_DEG = (0.5, 90.0)  # greatest minimum and maximum of a map of slopes
_GREY = (0.0, 255.0)
_GREY_ROUGH = 0.12
_MEAN_SLOPE = (5e-4, 3.0)  # flatter than any lunar ground, steeper than any

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Heights:
    """What the values of an elevation model are.

    Attributes:
        unit_m: Height of one unit of the values, metres.
        notice: Sentence for the user.
    """

    unit_m: float
    notice: str


def find_heights(mosaic: Mosaic, values: Float, asked: bool | None) -> Heights | str | None:
    """Tell whether a mosaic holds heights, and in which unit.

    Unless the user asks for it, a unit of length is enough evidence. Otherwise values must be as
    smooth as terrain and within the range of lunar elevations, and either lie below 0 in part or be
    called elevations.

    Args:
        mosaic: Mosaic that is to be searched.
        values: Sample of its valid values, (n,).
        asked: True where the user says that they are heights, False where not, None for neither.

    Returns:
        Heights; a sentence where something is odd about a picture; None for a picture.

    Raises:
        MosaicError: The values are no heights though the user says so, or are depths, or of no
            lunar ground.
    """
    if asked is False or not mosaic.rasters:
        return None
    if len(mosaic.bands) > 1 or mosaic.dtype in ("uint8", "int8"):
        _picture(mosaic, asked)
        return None
    unit, words, scale, offset = read_description(mosaic)
    if unit in _ANGLES or _SLOPES.search(words):
        return _describe_slopes(mosaic, asked)
    metres, how = METRES.get(unit), f"in {unit}, as it says"
    if metres is None:
        named = _ELEVATION.search(words) is not None and _OTHER.search(words) is None
        real = values * scale + offset
        metres = find_unit_m(real, named=named or bool(asked))
        if metres is None and not asked:
            return None
        roughness, step = measure_steps(mosaic)
        if asked and _looks_like_slopes(real, roughness):
            return _describe_slopes(mosaic, asked)
        if _looks_like_grey(real, roughness, named=named):
            _picture(mosaic, asked)
            return None
        if asked and step * abs(scale) > _MEAN_SLOPE[0] * (mosaic.pixel_size_m or 1.0):
            metres = 1.0  # a small site may have so little relief that it could be kilometres
        how = f"in {'kilometres' if metres == 1000.0 else 'metres'}, by the range of its values"
    else:
        step = measure_steps(mosaic)[1]
    unit_m = (metres or 1.0) * scale
    return Heights(unit_m, _check(mosaic, words, step * abs(unit_m), how))


def _check(mosaic: Mosaic, words: str, step_m: float, how: str) -> str:
    """Make sure that heights can be searched.

    Args:
        mosaic: Mosaic of heights.
        words: Its name and description.
        step_m: Mean difference of neighbouring pixels, metres.
        how: Unit of the heights, in words.

    Returns:
        Sentence for the user.
    """
    otherwise = "or give --no-elevation to search it as a picture"
    if _DEPTHS.search(words):
        raise MosaicError(
            f"{mosaic.name} holds depths by its name or description, in which craters are hills: "
            f"change the sign of its values, {otherwise}"
        )
    if mosaic.pixel_size_m is None:
        raise MosaicError(
            f"{mosaic.name} holds heights {how}, but no coordinate system that tells the size of "
            f"its pixels: give --crs, {otherwise}"
        )
    slope = step_m / mosaic.pixel_size_m
    if not _MEAN_SLOPE[0] <= slope <= _MEAN_SLOPE[1]:
        raise MosaicError(
            f"{mosaic.name} holds heights {how}, with slopes of {np.degrees(np.arctan(slope)):.2g} "
            "degrees, as no lunar ground has: set its unit (gdal_edit.py -units km, say) if it is "
            f"another, {otherwise}"
        )
    return (
        f"{mosaic.name} holds heights {how}, and is searched as an elevation model (give "
        "--no-elevation to search it as a picture)"
    )


def _picture(mosaic: Mosaic, asked: bool | None) -> None:
    """Refuse a picture that the user calls heights."""
    if asked:
        raise MosaicError(
            f"{mosaic.name} holds grey values, which change from pixel to pixel as heights do not: "
            "leave --elevation out, or set its unit (gdal_edit.py -units m) if they are heights"
        )


def _describe_slopes(mosaic: Mosaic, asked: bool | None) -> str:
    """Describe a map of slopes, or refuse it where the user calls it heights."""
    sentence = (
        f"{mosaic.name} holds slopes, which are neither a picture nor heights: give the elevation "
        "model that they were made of"
    )
    if asked:
        raise MosaicError(sentence)
    return sentence


def _looks_like_slopes(values: Float, roughness: float) -> bool:
    """Tell whether values may be slopes in degrees."""
    low, high = float(values.min()), float(values.max())
    inside = 0.0 <= low <= _SLOPES_DEG[0] and high <= _SLOPES_DEG[1]
    return inside and roughness > _GREY_ROUGH


def _looks_like_grey(values: Float, roughness: float, *, named: bool) -> bool:
    """Tell whether values may be grey values, though the user or the name calls them heights."""
    inside = _GREY[0] <= float(values.min()) and float(values.max()) <= _GREY[1]
    return roughness > (_GREY_ROUGH if inside and not named else ROUGH)


def read_description(mosaic: Mosaic) -> tuple[str, str, float, float]:
    """Read the unit, name and description, scale and offset of the first raster of a mosaic."""
    raster = mosaic.rasters[0]
    name, unit, description, scale, offset = Path(str(raster.path)).name, "", "", 1.0, 0.0
    try:
        with open_dataset(str(raster.path)) as dataset:
            band = raster.bands[0] - 1
            scale, offset = dataset.scales[band], dataset.offsets[band]
            unit, description = dataset.units[band] or "", dataset.descriptions[band] or ""
    except RasterioIOError:
        pass
    words = f"{name} {description}".lower().replace("_", " ")
    return unit.strip().lower(), words, scale, offset


def find_unit_m(values: Float, *, named: bool) -> float | None:
    """Find the unit of elevations, or of distances from the Moon's centre.

    Args:
        values: Sample of the values, (n,).
        named: True where they are called elevations, so that none need lie below 0.

    Returns:
        Metres of one unit; None where the values are neither.
    """
    low, high = np.percentile(values, [0.5, 99.5])
    for radius_m, unit_m in ((0.0, 1.0), (RADIUS_M, 1.0), (RADIUS_M, 1000.0), (0.0, 1000.0)):
        lowest, highest = values.min() * unit_m - radius_m, values.max() * unit_m - radius_m
        within = ELEVATION_M[0] <= lowest and highest <= ELEVATION_M[1]
        below = radius_m > 0.0 or (unit_m == 1.0 and -low >= _NEGATIVE * (high - low))
        if within and (high - low) * unit_m >= _LEAST_SPAN_M and (named or below):
            return unit_m
    return None


def measure_steps(mosaic: Mosaic) -> tuple[float, float]:
    """Measure how rough values are, and the mean difference of neighbouring pixels.

    Roughness is that difference over the one of pixels 16 apart. Terrain is smooth at the scale of
    a pixel; its shading is a derivative, and rough.
    """
    near = far = 0.0
    windows = 0
    for box in plan_samples(mosaic.extents):
        try:
            values, valid = mosaic.read(box)
        except MosaicError:
            continue
        real = np.where(valid, values.astype(np.float64), np.nan)
        steps = [np.abs(real[:, lag:] - real[:, :-lag]) for lag in (1, _LAG_PX)]
        if box.width > _LAG_PX and all(np.isfinite(step).any() for step in steps):
            near += float(np.nanmean(steps[0]))
            far += float(np.nanmean(steps[1]))
            windows += 1
    return near / far if far else 1.0, near / max(windows, 1)
