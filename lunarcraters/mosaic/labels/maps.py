"""Georeferencing of PDS and ISIS labels, where GDAL reads it differently from their standards."""

import math
from dataclasses import dataclass
from typing import Any

import rasterio
from affine import Affine
from pyproj import CRS

from lunarcraters.errors import MosaicError
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.labels.label import find, find_number, find_part, find_pds4, read_label
from lunarcraters.mosaic.names import Named
from lunarcraters.process import suppress_warnings

_EXACT_PX = 0.05
_SHIFT_PX = 2.0  # beyond what conventions of one sign differ by
_EDGES = (
    "WESTERNMOST_LONGITUDE", "MINIMUM_LATITUDE", "EASTERNMOST_LONGITUDE", "MAXIMUM_LATITUDE",
)  # fmt: skip
_CORNERS = (
    "UPPER_LEFT_LONGITUDE", "LOWER_RIGHT_LATITUDE", "LOWER_RIGHT_LONGITUDE", "UPPER_LEFT_LATITUDE",
)  # fmt: skip
_PLACING = {
    "PDS": (
        ("LINE_PROJECTION_OFFSET",), ("SAMPLE_PROJECTION_OFFSET",), ("MAP_SCALE", "MAP_RESOLUTION"),
    ),
    "PDS4": (
        ("upperleft_corner_x",), ("upperleft_corner_y",), ("pixel_resolution_x", "pixel_scale_x"),
    ),
    "ISIS3": (("UpperLeftCornerX",), ("UpperLeftCornerY",), ("PixelResolution",)),
}  # fmt: skip
"""Keywords that place an image, and what stands for them."""


@dataclass(frozen=True)
class _Bounds:
    """Bounds of a map in pixels from the origin of its coordinate system, east and north positive.

    Attributes:
        west: Western edge.
        south: Southern edge.
        east: Eastern edge.
        north: Northern edge.
        turn: Whole turn around the Moon.
    """

    west: float
    south: float
    east: float
    north: float
    turn: float

    @property
    def width(self) -> float:
        """Number of columns."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Number of rows."""
        return self.north - self.south

    def offset_from(self, image: "_Bounds") -> tuple[float, float]:
        """Offset of the centre from that of an image, pixels right and down."""
        right = (self.west + self.east - image.west - image.east) / 2.0
        down = (image.south + image.north - self.south - self.north) / 2.0
        return right - self.turn * round(right / self.turn), down


def read_label_map(
    path: Named, dataset: rasterio.DatasetReader, crs: GivenCrs | None
) -> tuple[Affine, object]:
    """Read the place of an image from its label, corrected where GDAL reads that wrongly.

    GDAL takes longitudes that an ISIS or PDS3 label counts west for east ones, degrees per pixel of
    a PDS4 label for metres, a missing map scale of a PDS3 label for 1 m, and an oblique
    stereographic map of PDS3 for a polar one. Of the conventions of PDS3's projection offsets it
    knows the one of LROC and LOLA.

    Args:
        path: Raster file, for messages.
        dataset: Open dataset of the file.
        crs: Coordinate system to use in place of the file's own; None for the file's own.

    Returns:
        Affine and coordinate system; those of GDAL where they are right.

    Raises:
        MosaicError: The label contradicts itself, or lacks what places the image.
        CoordinateSystemError: The coordinate system is not of the Moon.
    """
    affine: Affine = dataset.transform
    chosen: object = crs or dataset.crs
    if dataset.driver not in ("PDS", "PDS4", "ISIS3") or not dataset.crs:
        return affine, chosen
    _check_stated(path, dataset)
    if crs is None and dataset.driver != "PDS4":
        chosen = _projection_of_label(dataset)
    if dataset.driver == "PDS4":
        affine = _in_metres(dataset, affine)
    if dataset.driver == "PDS" and not affine.b and not affine.d:
        lunar = sphere.lunar_crs(chosen, str(path))
        affine = _scale(dataset, affine, lunar)
        affine = _move_to_stated_box(path, dataset, affine, lunar)
    return affine, chosen


def _check_stated(path: Named, dataset: rasterio.DatasetReader) -> None:
    """Check that a label has the numbers that place the image: GDAL takes 0 or 1 where not."""
    label = _map_of(dataset)
    if not label and dataset.driver != "PDS4":
        return
    missing = [
        keys[0]
        for keys in _PLACING[dataset.driver]
        if not any(find_number(label, key) is not None or find_pds4(dataset, key) for key in keys)
    ]
    if missing:
        raise MosaicError(
            f"{path} has a label without {' and '.join(missing)}, so nothing places the image: "
            "place it with gdal_translate -a_ullr"
        )


def _map_of(dataset: rasterio.DatasetReader) -> dict[str, Any]:
    """Part of a PDS3 or ISIS label that describes the map."""
    name = "IMAGE_MAP_PROJECTION" if dataset.driver == "PDS" else "Mapping"
    return find_part(read_label(dataset), name)


def _projection_of_label(dataset: rasterio.DatasetReader) -> object:
    """Coordinate system with the meridian counted east, and stereographic where it is oblique."""
    label = _map_of(dataset)
    direction = find(label, "POSITIVE_LONGITUDE_DIRECTION") or find(label, "LongitudeDirection")
    changed: dict[str, float | str] = {}
    parameters = dataset.crs.to_dict()
    if "WEST" in str(direction).upper() and parameters.get("lon_0"):
        changed["lon_0"] = -parameters["lon_0"]
    latitude = find_number(label, "CENTER_LATITUDE") or 0.0
    if find(label, "MAP_PROJECTION_TYPE") == "STEREOGRAPHIC" and abs(latitude) < 90.0:
        # GDAL takes it for a polar one that is true to scale at this latitude.
        parameters = {key: value for key, value in parameters.items() if key != "lat_ts"}
        changed["lat_0"] = latitude
    return CRS.from_dict({**parameters, **changed}) if changed else dataset.crs


def _in_metres(dataset: rasterio.DatasetReader, affine: Affine) -> Affine:
    """Affine with the pixel size that a PDS4 label states in metres, not that in degrees."""
    stated = find_pds4(dataset, "pixel_resolution_x")
    sizes = [find_pds4(dataset, f"pixel_scale_{axis}") for axis in "xy"]
    metres = [size[0] for size in sizes if size and size[1] == "m/pixel"]
    in_degrees = stated is not None and stated[1].startswith("deg")
    if not in_degrees or dataset.crs.is_geographic or len(metres) != 2:
        return affine
    return Affine(metres[0], 0.0, affine.c, 0.0, -metres[1], affine.f)


def _scale(dataset: rasterio.DatasetReader, affine: Affine, crs: CRS) -> Affine:
    """Affine with the map scale that the map resolution implies, if GDAL has none or another."""
    label = _map_of(dataset)
    resolution = find_number(label, "MAP_RESOLUTION")
    if not resolution:
        return affine
    size = math.radians(1.0 / resolution) * sphere.radius_m(crs)
    if affine.e < 0.0 and 0.5 < affine.a / size < 2.0:
        return affine
    line = find_number(label, "LINE_PROJECTION_OFFSET") or 0.0
    sample = find_number(label, "SAMPLE_PROJECTION_OFFSET") or 0.0
    return Affine(size, 0.0, -(sample + 0.5) * size, 0.0, -size, (line + 0.5) * size)


def _move_to_stated_box(
    path: Named, dataset: rasterio.DatasetReader, affine: Affine, crs: CRS
) -> Affine:
    """Affine that agrees with the bounds that a label of a cylindrical map states.

    Projection offsets have had several conventions: those of Kaguya's first products and of
    ISIS 2 have the other sign, and some count from another pixel. Bounds settle which it is. They
    are those of the image, or the centres of its outer pixels, or rounded, or of valid pixels.
    """
    stated = _stated_box(_map_of(dataset), affine.a, crs)
    if stated is None:
        return affine
    width, height = dataset.width, dataset.height
    lacking = (width - stated.width, height - stated.height)
    is_exact = all(min(abs(n), abs(n - 1.0)) <= _EXACT_PX for n in lacking)

    def offset(candidate: Affine) -> tuple[float, float]:
        west, north = candidate.c / affine.a, candidate.f / affine.a
        image = _Bounds(west, north - height, west + width, north, stated.turn)
        return stated.offset_from(image)

    def disagreement(candidate: Affine) -> float:
        right, down = offset(candidate)
        return max(abs(right) / width, abs(down) / height)

    signs = [(1, 1), (-1, 1), (1, -1), (-1, -1)]
    candidates = [Affine(affine.a, 0, x * affine.c, 0, affine.e, y * affine.f) for x, y in signs]
    best = min(candidates, key=disagreement)
    is_off = max(map(abs, offset(affine))) > _SHIFT_PX if is_exact else disagreement(affine) > 0.5
    if is_off and disagreement(best) < 0.1:
        affine = best
    right, down = offset(affine)
    if abs(right) > (width + stated.width) / 2.0 or abs(down) > (height + stated.height) / 2.0:
        raise MosaicError(
            f"{path} has a label that contradicts itself, for its projection offsets place the "
            f"image {abs(right):,.0f} px east or west and {abs(down):,.0f} px north or south of "
            "the bounds that it states: place the image with gdal_translate -a_ullr"
        )
    if not is_exact:
        return affine
    right, down = (round(n) if abs(abs(n) - 1.0) < _EXACT_PX else 0 for n in (right, down))
    return affine @ Affine.translation(right, down) if right or down else affine


def _stated_box(label: object, pixel_m: float, crs: CRS) -> _Bounds | None:
    """Bounds that a label states of a cylindrical map; None where it does not."""
    with suppress_warnings(UserWarning):  # names and areas of use are lost
        parameters: dict[str, Any] = crs.to_dict()
    if parameters.get("proj") != "eqc":
        return None
    numbers = [find_number(label, name) for name in _EDGES]
    margin_m = 0.0
    if None in numbers:
        # Corners are the centres of the corner pixels.
        numbers, margin_m = [find_number(label, name) for name in _CORNERS], pixel_m / 2.0
    west, south, east, north = (math.nan if n is None else n for n in numbers)
    if not math.isfinite(west + south + east + north):
        return None
    if str(find(label, "POSITIVE_LONGITUDE_DIRECTION")).upper() == "WEST":
        west, east = -west, -east
    if east <= west:
        east += 360.0
    upright = math.radians(1.0) * sphere.radius_m(crs)
    across = upright * math.cos(math.radians(parameters.get("lat_ts", 0.0)))
    meridian = parameters.get("lon_0", 0.0)
    return _Bounds(
        west=((west - meridian) * across - margin_m) / pixel_m,
        south=(south * upright - margin_m) / pixel_m,
        east=((east - meridian) * across + margin_m) / pixel_m,
        north=(north * upright + margin_m) / pixel_m,
        turn=360.0 * across / pixel_m,
    )
