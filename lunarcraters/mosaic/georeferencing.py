"""Georeferencing: where a raster file lies on the Moon."""

import re
from pathlib import Path

import rasterio
from affine import Affine

from lunarcraters.errors import MosaicError
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.listing import PICTURES

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_NAMED_BY_BOUNDS = re.compile(f"{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}")


def bounds_in_name(path: Path) -> tuple[float, ...] | None:
    """Return west, east, south and north where the name of an image consists of them.

    Args:
        path: Raster file.

    Returns:
        Bounds, degrees; None where the name has none.
    """
    match = _NAMED_BY_BOUNDS.fullmatch(path.name[: -len(path.suffix)])
    if not match or path.suffix.lower() not in PICTURES:
        return None
    west, east, south, north = (float(number) for number in match.groups())
    sensible = west < east <= west + 360.0 and -90.0 <= south < north <= 90.0
    return (west, east, south, north) if sensible else None


def georeferencing(
    path: Path, dataset: rasterio.DatasetReader, crs: str | None
) -> tuple[Affine | None, object]:
    """Return the affine and the coordinate system of a raster.

    Args:
        path: Raster file.
        dataset: Open dataset of the file.
        crs: Coordinate system to use in place of the file's own; None for the file's own.

    Returns:
        Affine and coordinate system; both None for an image without coordinates.

    Raises:
        MosaicError: The raster has no georeferencing.
        CoordinateSystemError: The coordinate system is missing.
    """
    affine: Affine = dataset.transform
    if affine != Affine.identity():
        return affine, crs or dataset.crs
    bounds = bounds_in_name(path)
    if bounds:
        west, east, south, north = bounds
        width, height = dataset.width, dataset.height
        affine = Affine((east - west) / width, 0, west, 0, (south - north) / height, north)
        return affine, crs or sphere.geographic_crs()
    if path.suffix.lower() in PICTURES and crs is None:
        return None, None
    if crs is None and not dataset.crs:
        sphere.lunar_crs(None, str(path))  # raises an error about the missing coordinate system
    raise MosaicError(
        f"{path} has no georeferencing (neither a geotransform nor a world file), so a coordinate "
        "system cannot place it: georeference it first, for example with gdal_translate -a_ullr"
    )
