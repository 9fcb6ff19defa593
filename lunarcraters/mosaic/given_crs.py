"""Coordinate systems as they are given in place of those of files."""

from os import PathLike, fspath
from pathlib import Path
from typing import Any, Protocol


class HasWkt(Protocol):
    """Coordinate system of pyproj or of rasterio."""

    def to_wkt(self) -> str:
        """Return its WKT."""


GivenCrs = str | PathLike[str] | HasWkt
"""Text, the name of a .prj file, or a coordinate system of pyproj or of rasterio."""


def read_crs(crs: GivenCrs | None) -> Any:
    """Read the file that a user named as coordinate system.

    Args:
        crs: Text, the name of a .prj or .wkt file, a coordinate system, or None.

    Returns:
        Content of the file; what was given where there is none of that name.
    """
    if isinstance(crs, PathLike):
        crs = fspath(crs)
    if isinstance(crs, str) and crs.lower().endswith((".prj", ".wkt")) and Path(crs).is_file():
        return Path(crs).read_text(errors="replace").strip()
    return crs
