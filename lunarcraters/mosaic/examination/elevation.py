"""Elevation that is given as a picture: how it is noticed, and what to do about it.

The network detects craters in pictures, that is, by light and shade. Elevations are searched as if
they were grey values, with poor results.
"""

import re
import shlex
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
    **dict.fromkeys(("ft", "foot", "feet", "us survey foot", "us survey feet"), 0.3048),
}
"""Metres of the units of heights, by the names that files have for them."""

_ELEVATION = re.compile(
    r"(?<![a-z])(s?ldem|dem|dtm|dsm|gld100|topo(graphy)?|elevations?|heights?|altitudes?)(?![a-z])"
)
_OTHER = re.compile(r"shade|shaded|relief|slope|ortho|image|albedo|rough|curvature|count|colou?r")

ELEVATION_M = (-9_500.0, 11_000.0)
"""Lowest and highest ground of the Moon, metres above its sphere, with some room."""

_LEAST_SPAN_M = 20.0
_NEGATIVE = 0.05  # share of the range that lies below 0: in pictures noise alone does
_LAG_PX = 16
ROUGH = 0.3
"""Roughness above which values are no terrain, which has 0.08 to 0.25; pictures: 0.12 to 0.65."""


Float = NDArray[np.float64]


def describe_elevation(mosaic: Mosaic, values: Float) -> str | None:
    """Tell what to do with a mosaic of elevations.

    A unit of length is enough evidence. Otherwise values must be as smooth as terrain and within
    the range of lunar elevations, and either lie below 0 in part or be called elevations.

    Args:
        mosaic: Mosaic that is to be searched.
        values: Sample of its valid values, (n,).

    Returns:
        One sentence; None where the values are no elevations.
    """
    if len(mosaic.bands) > 1 or mosaic.dtype in ("uint8", "int8") or not mosaic.rasters:
        return None
    unit, words, scale, offset = read_description(mosaic)
    metres = METRES.get(unit)
    if metres is None:
        named = _ELEVATION.search(words) is not None and _OTHER.search(words) is None
        metres = find_unit_m(values * scale + offset, named=named)
        if metres is None or measure_roughness(mosaic) > ROUGH:
            return None
    command = _shading_command(mosaic, metres * scale)
    return (
        f"{mosaic.name} seems to hold elevations and is searched as if they were grey values, "
        f"which finds fewer craters: shade it first ({command}) and search that"
    )


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


def measure_roughness(mosaic: Mosaic) -> float:
    """Compute the difference of neighbouring pixels, over that of pixels 16 apart.

    Terrain is smooth at the scale of a pixel; its shading is a derivative, and rough.
    """
    near = far = 0.0
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
    return near / far if far else 1.0


def _shading_command(mosaic: Mosaic, height_m: float) -> str:
    """Command that shades the first file of a mosaic.

    Args:
        mosaic: Mosaic of elevations.
        height_m: Height of one unit of its values, metres.
    """
    path, options = Path(str(mosaic.rasters[0].path)), []
    if mosaic.crs is not None:
        width_m = mosaic.crs.axis_info[0].unit_conversion_factor
        width_m *= mosaic.grid.radius_m if mosaic.crs.is_geographic else 1.0
        options += [] if width_m == 1.0 else ["-s", f"{width_m:g}"]
    options += [] if height_m == 1.0 else ["-z", f"{height_m:g}"]
    return shlex.join(
        ["gdaldem", "hillshade", *options, "-compute_edges", str(path), f"{path.stem}_shaded.tif"]
    )
