"""Names of files and rasters, and areas, as users give them."""

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING

from lunarcraters.files import require_name

PathOrText = str | PathLike[str]
Ground = PathOrText | Sequence[float]
"""File of polygons, or west, south, east and north in degrees.

For a catalogue without a coordinate system they are pixels.
"""

if TYPE_CHECKING:
    from lunarcraters.catalogue.info import CatalogueInfo
    from lunarcraters.geometry.area import Area


def as_names(names: PathOrText | Sequence[PathOrText]) -> list[PathOrText]:
    """Make a list from one name or several, which may be URLs: a path would lose a slash.

    Raises:
        OptionError: It is an object in memory.
    """
    given: object = names
    if isinstance(given, str | PathLike) or not isinstance(given, Iterable):
        given = [given]
    listed = list(given)
    for name in listed:
        require_name(name)
    return listed


def read_ground(area: Ground, info: "CatalogueInfo") -> "Area":
    """Read an area on the body of a catalogue.

    Args:
        area: File of polygons, or west, south, east and north in degrees (pixels without a
            coordinate system).
        info: Description of the catalogue.

    Raises:
        AreaError: The area cannot be read.
    """
    from lunarcraters.geometry.given_areas import make_area

    return make_area(area, has_crs=info.has_crs).on_body(info.crs)
