"""Georeferencing: where a raster file lies on the Moon."""

import re
from pathlib import Path, PurePosixPath

import numpy as np
import rasterio
from affine import Affine
from rasterio.transform import from_bounds, from_gcps

from lunarcraters.errors import MosaicError, warn
from lunarcraters.geometry import sphere
from lunarcraters.geometry.prj_files import read_prj_beside
from lunarcraters.mosaic.given_crs import GivenCrs, read_crs
from lunarcraters.mosaic.labels.label import find, read_label
from lunarcraters.mosaic.labels.maps import read_label_map
from lunarcraters.mosaic.listing import PICTURES
from lunarcraters.mosaic.names import Named
from lunarcraters.mosaic.remote.access import PRJ
from lunarcraters.mosaic.remote.virtual_files import read_file

_CAMERA_DRIVERS = {"PDS", "PDS4", "ISIS3", "ISIS2", "VICAR"}
_GCP_ERROR_PX = 0.5

_WITHOUT_PLACE = {"PNM"}  # formats without georeferencing, of which GDAL returns numbers unset
_TURNED = {str(orientation) for orientation in range(2, 9)}  # values of the tag of EXIF
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_NAMED_BY_BOUNDS = re.compile(f"{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}")


def bounds_in_name(path: Named) -> tuple[float, ...] | None:
    """Return west, east, south and north where the name of an image consists of them.

    Returns:
        Bounds, degrees; None where the name has none.
    """
    match = _NAMED_BY_BOUNDS.fullmatch(path.name[: -len(path.suffix)])
    if not match or path.suffix.lower() not in PICTURES:
        return None
    west, east, south, north = (float(number) for number in match.groups())
    sensible = west < east <= west + 360.0 and -90.0 <= south < north <= 90.0
    return (west, east, south, north) if sensible else None


def find_georeferencing(
    path: Named, dataset: rasterio.DatasetReader, crs: GivenCrs | None
) -> tuple[Affine | None, object]:
    """Return the affine and the coordinate system of a raster.

    Args:
        path: Raster file.
        dataset: Open dataset of the file.
        crs: Coordinate system to use in place of the file's own (see `read_crs`); None for the
            file's own.

    Returns:
        Affine and coordinate system; both None for an image without coordinates.

    Raises:
        MosaicError: The raster has no georeferencing, or one that is not exact.
        CoordinateSystemError: The coordinate system is missing.
    """
    crs = read_crs(crs)
    if not (_is_identity(dataset.transform) or dataset.driver in _WITHOUT_PLACE):
        affine, chosen = read_label_map(path, dataset, crs)
        return affine, chosen or _prj_beside(path, dataset)
    if dataset.gcps[0]:
        affine = _fit_control_points(path, dataset)
        return affine, crs or dataset.gcps[1] or _prj_beside(path, dataset)
    bounds = bounds_in_name(path)
    if bounds:
        west, east, south, north = bounds
        affine = from_bounds(west, south, east, north, dataset.width, dataset.height)
        return affine, crs or sphere.geographic_crs()
    if path.suffix.lower() in PICTURES and crs is None:
        _warn_of_orientation(path, dataset)
        return None, None
    raise MosaicError(_why_without_place(path, dataset))


def _is_identity(affine: Affine) -> bool:
    """True for the identity and its mirror image, which GDAL and rasterio take for "none"."""
    return affine in (Affine.identity(), Affine.scale(1.0, -1.0))


def _prj_beside(path: Named, dataset: rasterio.DatasetReader) -> str | None:
    """Coordinate system in the .prj file beside a raster; GDAL reads it for a few formats alone."""
    if isinstance(path, Path):
        return read_prj_beside(path)
    stem = dataset.name.removesuffix(PurePosixPath(dataset.name).suffix)
    texts = (read_file(stem + suffix).decode(errors="replace") for suffix in (PRJ, PRJ.upper()))
    # Servers may give a web page in place of what they do not have.
    systems = (text.strip() for text in texts if not text.lstrip().startswith("<"))
    return next(filter(None, systems), None)


def _fit_control_points(path: Named, dataset: rasterio.DatasetReader) -> Affine:
    """Affine through ground control points, if they lie on one."""
    points = dataset.gcps[0]
    affine: Affine = from_gcps(points)
    placed = ~affine @ (np.array([p.x for p in points]), np.array([p.y for p in points]))
    errors = np.hypot(placed[0] - [p.col for p in points], placed[1] - [p.row for p in points])
    if not errors.max() <= _GCP_ERROR_PX:
        raise MosaicError(
            f"{path} is placed by ground control points that no affine transform fits (up to "
            f"{errors.max():,.1f} px): warp it first (gdalwarp -tps, with -t_srs where the points "
            "have another coordinate system than the map you want)"
        )
    return affine


def _warn_of_orientation(path: Named, dataset: rasterio.DatasetReader) -> None:
    """Warn of a JPEG that viewers turn or mirror."""
    orientation = dataset.tags().get("EXIF_Orientation", "1")
    if orientation in _TURNED:
        warn(
            f"viewers turn or mirror {path} (EXIF orientation {orientation}), and its pixels are "
            "searched as they are stored: for craters in the pixels that viewers show, turn it "
            "first (mogrify -auto-orient of ImageMagick)"
        )


def _why_without_place(path: Named, dataset: rasterio.DatasetReader) -> str:
    """Sentence about a raster that nothing places on the Moon."""
    projection = find(read_label(dataset), "MAP_PROJECTION_TYPE")
    if projection and not dataset.crs:
        return (
            f"{path} has a label with a map projection ({projection}) in a form that GDAL does not "
            "read: convert it with pds2isis of ISIS"
        )
    if dataset.driver in _CAMERA_DRIVERS and not dataset.crs:
        return (
            f"{path} is a camera image, its label has no map projection: project it with cam2map "
            "of ISIS, or convert it to PNG for a catalogue in pixels (gdal_translate -of PNG "
            "-ot UInt16 -scale)"
        )
    return (
        f"{path} has no georeferencing (neither a geotransform nor a world file), so a coordinate "
        "system cannot place it: georeference it first, for example with gdal_translate -a_ullr "
        "and -a_srs, or convert it to PNG for a catalogue in pixels"
    )
