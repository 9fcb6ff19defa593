"""Checks of the ground of craterstats' counts: its area and outline, and that craters fit on it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.columns import FRACTION
from lunarcraters.catalogue.headings import find_sizes
from lunarcraters.catalogue.wording import format_number
from lunarcraters.errors import CatalogueError, warn
from lunarcraters.geometry import sphere

_MOST_COVERED = 3.0
"""Largest area of real craters over that of the ground on which their centres are."""

_LARGEST = 100.0
"""Area of a middling crater over that of the ground, beyond which one of them is in another unit.

A crater larger than the ground counts if its centre is there. Metres taken for kilometres make
this ratio a million times as large.
"""

_LARGEST_RADIUS_KM = 100_000.0  # Jupiter has 71,492
_ROUNDED = 1.1  # largest area, spheres: overlaps and other radii add some per cent

_LIKENESS = 1.25  # ratio of an area and that within its outline, which may have holes of nodata


def check_sizes(
    craters: pd.DataFrame, area_km2: float, source: str, columns: Sequence[object]
) -> None:
    """Refuse craters that cannot be on the ground that they were counted on.

    Args:
        craters: Table with `diameter_km`, and `fraction` where craters are partly on the ground.
        area_km2: Area of the ground, km^2.
        source: Name of the file, for messages.
        columns: Names of the columns of its table, for the advice.

    Raises:
        CatalogueError: The craters are too large for the ground.
    """
    if craters.empty:
        return
    diameters_km = craters["diameter_km"].to_numpy(float)
    inside = craters[FRACTION].to_numpy(float) if FRACTION in craters else 1.0
    # Centres are on the ground; circles reach beyond it by their radius.
    reach = np.sqrt(area_km2 / np.pi) + diameters_km / 2.0
    covered = float((inside * diameters_km**2 / 4.0 / reach**2).sum())
    middle = float(np.median(inside * np.pi / 4.0 * diameters_km**2))
    if covered <= _MOST_COVERED and middle <= _LARGEST * area_km2:
        return
    sizes = find_sizes(list(columns))
    taken = sizes[0].names[0] if sizes else "diameter"
    names = ["diameter_m" if name == taken else str(name) for name in columns]
    raise CatalogueError(
        f"{source}: {len(craters)} craters with a median of {np.median(diameters_km):g} km do not "
        f"fit on the area of {format_number(area_km2, 6)} km2: mend the area; or, if they are in "
        f"metres, say so in the line above them: crater = {{{', '.join(names)}"
    )


def check_area(area_km2: float, radius_m: float, source: str) -> None:
    """Refuse a sphere larger than any planet, and an area larger than its sphere.

    Args:
        area_km2: Area of the ground, km^2.
        radius_m: Radius of the sphere, metres.
        source: Name of the file, for messages.

    Raises:
        CatalogueError: One of them is in another unit.
    """
    radius_km = radius_m / 1000.0
    if radius_km > _LARGEST_RADIUS_KM:
        raise CatalogueError(
            f"{source}: its a_axis_radius of {radius_km:.10g} km is that of no planet: if it is in "
            f"metres, write a_axis_radius = {radius_km:.10g} <m>"
        )
    whole_km2 = 4.0 * np.pi * radius_km**2
    if area_km2 > _ROUNDED * whole_km2:
        raise CatalogueError(
            f"{source}: its area of {area_km2:.0f} km2 is larger than the {whole_km2:.6g} km2 of "
            f"the sphere of {radius_km:.10g} km: if it is in m2, write {area_km2:.0f} <m^2>; of "
            "another body, write its a_axis_radius"
        )


def check_outline(
    outline: BaseGeometry | None, area_km2: float, radius_m: float, source: str
) -> None:
    """Warn of an area that is not the one within its outline; the area counts.

    Args:
        outline: Ground in longitude and latitude; None where it is not known.
        area_km2: Area that the file names, km^2.
        radius_m: Radius of the sphere, metres.
        source: Name of the file, for messages.
    """
    if outline is None:
        return
    drawn = sphere.area_km2(outline, radius_m)
    if not drawn / _LIKENESS < area_km2 < drawn * _LIKENESS:
        warn(
            f"{source}: its total area is {area_km2:g} km2, but its outline encloses "
            f"{format_number(drawn, 3)} km2: densities are of the total area; mend it if wrong"
        )
