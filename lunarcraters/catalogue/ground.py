"""The ground of a catalogue: the part of it in an area, and tiles of it that were not read."""

from collections.abc import Iterable
from dataclasses import replace

import shapely

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.wording import format_number
from lunarcraters.errors import AreaError, warn
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area
from lunarcraters.geometry.polygons import keep_polygons

UNREAD_COARSE = "unread_coarse_tiles"
"""Property of a catalogue: number of tiles of coarse octaves of which nothing could be read."""


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
        warn(
            f"{info.properties[UNREAD_COARSE]} tiles of coarse octaves could not be read, so that "
            "large craters on their ground were not searched: run the same craters detect again, "
            "which searches them, and then this"
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
    warn(
        f"{describe_ground(info, source)}{'' if km2 is None else f', {format_number(km2, 6)} km2'}"
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
