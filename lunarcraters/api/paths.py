"""Names of files and rasters, and areas, as users give them."""

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.errors import CatalogueError, OutputError
from lunarcraters.files import is_database, local_output, require_name

PathOrText = str | PathLike[str]
Ground = PathOrText | Sequence[float]
"""File of polygons, or west, south, east and north in degrees.

For a catalogue without a coordinate system they are pixels.
"""

if TYPE_CHECKING:
    from lunarcraters.catalogue.info import CatalogueInfo
    from lunarcraters.geometry.area import Area


def as_run(run: PathOrText) -> Path:
    """Return the path of the directory of a run.

    Raises:
        OptionError: It is an object in memory, such as the catalogue that `detect` returns.
    """
    return Path(
        require_name(run, "directory of a run: give the name of the directory that detect wrote")
    )


def as_file(path: PathOrText) -> str:
    """Return the name of a catalogue or of labels, and refuse the directory of a run.

    Raises:
        CatalogueError: It is the directory of a run.
        OptionError: It is an object in memory.
    """
    name = require_name(path)
    if Path(name).is_dir():
        from lunarcraters.detection.run import CRATERS

        if (Path(name) / CRATERS).is_file():
            raise CatalogueError(
                f"{name} is a run: write its craters with craters export {name} craters.gpkg, and "
                "give that file"
            )
    return name


def find_target(out: PathOrText) -> str:
    """Return the name of a catalogue to write.

    Args:
        out: File, or address of a PostGIS database, as the user gave it.

    Raises:
        OutputError: It is a URL of no database, a virtual file of GDAL, or a file of a run itself.
    """
    from lunarcraters.detection.manifest import MANIFEST
    from lunarcraters.detection.run import CRATERS, MEASURES

    target = fspath(out if is_database(out) else local_output(out))
    path = Path(target)
    is_named_so = path.name.lower() in (CRATERS, MEASURES)  # file systems may ignore case
    if is_named_so and (path.parent / MANIFEST).is_file():
        raise OutputError(f"{target} is a file of a run itself: give another name")
    return target


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
