"""The ground of a count: within an area; craters that do not fit on it; its outline."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.columns import FRACTION
from lunarcraters.catalogue.headings import find_sizes
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.wording import format_number
from lunarcraters.errors import AreaError, CatalogueError, CratersWarning
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area
from lunarcraters.geometry.polygons import keep_polygons

UNREAD_COARSE = "unread_coarse_tiles"
"""Property of a catalogue: number of tiles of coarse octaves of which nothing could be read."""

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


def sum_unread_tiles(infos: Iterable[CatalogueInfo]) -> dict[str, str]:
    """Sum the unread tiles of coarse octaves, as a property; none where all are read.

    Args:
        infos: Descriptions of the catalogues that become one.
    """
    total = sum(int(info.properties.get(UNREAD_COARSE, 0)) for info in infos)
    return {UNREAD_COARSE: str(total)} if total else {}


def warn_of_unread_tiles(info: CatalogueInfo) -> None:
    """Warn where large craters were not searched, which the ground of a catalogue does not tell.

    Args:
        info: Description of a catalogue whose craters are counted or handed on.
    """
    if info.properties.get(UNREAD_COARSE):
        warnings.warn(
            f"{info.properties[UNREAD_COARSE]} tiles of coarse octaves could not be read, so that "
            "large craters on their ground were not searched: run the same craters detect again, "
            "which searches them, and then this",
            CratersWarning,
            stacklevel=3,
        )


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
        f"fit on the area of {area_km2:g} km2: mend the area; or, if they are in metres, say so in "
        f"the line above them: crater = {{{', '.join(names)}"
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
        warnings.warn(
            f"{source}: its total area is {area_km2:g} km2, but its outline encloses {drawn:.3g} "
            "km2: densities are of the total area; mend it if it is wrong",
            CratersWarning,
            stacklevel=2,
        )


def restrict_ground(info: CatalogueInfo, area: Area, source: str) -> CatalogueInfo:
    """Take an area, or the part of it that a catalogue's ground has, and warn what was taken.

    Args:
        info: Description of a catalogue that is no run, whose pixels are not at hand.
        area: Area to count craters on.
        source: Name of the catalogue, for the note.

    Raises:
        AreaError: The ground has no part in the area.
    """
    restricted = clip_outline(info, area, source)
    km2 = restricted.footprint_area_km2
    warnings.warn(
        f"{describe_ground(info, source)}{'' if km2 is None else f', {format_number(km2, 6)} km2'}",
        CratersWarning,
        stacklevel=2,
    )
    return restricted


def describe_ground(info: CatalogueInfo, source: str) -> str:
    """Say which ground of an area counts for a catalogue that is no run.

    Args:
        info: Description of the catalogue.
        source: Name of the catalogue.
    """
    if info.footprint is None:
        return f"{source} does not tell which ground was searched: all of the area counts"
    return (
        f"{source} names an outline of the ground that was searched: all of the area within it "
        "counts"
    )


def clip_outline(info: CatalogueInfo, area: Area, source: str) -> CatalogueInfo:
    """Take an area, or the part of it within the outline of a catalogue's ground, as the ground.

    Args:
        info: Description of a catalogue that is no run.
        area: Area to count craters on.
        source: Name of the catalogue, for messages.

    Raises:
        AreaError: The ground has no part in the area.
    """
    ground = shapely.make_valid(area.to_lonlat())
    if info.footprint is not None:
        ground = shapely.intersection(ground, shapely.make_valid(info.footprint))
    ground = keep_polygons(ground)
    if not ground.area:
        raise AreaError(f"nothing of the area was searched for {source}: look where it lies")
    area_km2 = None if info.radius_m is None else sphere.area_km2(ground, info.radius_m)
    return replace(info, footprint=ground, footprint_area_km2=area_km2)
