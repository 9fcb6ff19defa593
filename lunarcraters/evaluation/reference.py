"""References: craters of another catalogue, or of label files in LU3M6TGT's layout."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.columns import FRACTION
from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.datasets.folders import read_image_size
from lunarcraters.datasets.label_folders import find_labels
from lunarcraters.datasets.label_images import LabelImage, find_holders, place_image, place_tile
from lunarcraters.datasets.pairs import Pair
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.datasets.yolo_labels import box_corners, find_clipped, is_label_file
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.rule_names import RuleName
from lunarcraters.files import is_database
from lunarcraters.geometry import sphere

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

LABEL_SIZE_PX = 416
"""Side of LU3M6TGT's images, pixels, for labels without an image."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Reference craters; lengths in km, or in pixels without a sphere.

    Attributes:
        positions: Longitude and latitude (or x and y) of centres, (n, 2).
        diameters: Diameters, (n,).
        boxes: Widths and heights on the ground, (n, 2); the diameter where there are no labels.
        clipped: True for craters cut by the edge of their label tile, or labelled `ignored`, (n,).
        radius_m: Radius of the sphere; None for pixels.
        tiles: Edges of the label tiles, x (longitude) min and max, y (latitude) min and max,
            (m, 4); None for a catalogue, and where there are `images`.
        image: Image of labels in pixels; None for other references.
        images: Label tiles that their georeferencing places, the finest first.
        footprint: Ground that the reference covers; None where it is not known.
        pixel: Side of a label's pixel in the unit of the diameters; None for a catalogue.
        notes: Sentences for the user about labels that were taken or left out.
        area_km2: Area that the craters were counted on, km^2; None where it is not known.
        fractions: Part of each crater inside that area, (n,); None where all are whole.
        has_positions: False for a count of diameters alone, whose positions are NaN.
    """

    positions: Float
    diameters: Float
    boxes: Float
    clipped: Bool
    radius_m: float | None
    tiles: Float | None = None
    image: Path | None = None
    images: tuple[LabelImage, ...] = ()
    footprint: BaseGeometry | None = None
    pixel: float | None = None
    notes: tuple[str, ...] = ()
    area_km2: float | None = None
    fractions: Float | None = None
    has_positions: bool = True

    def require_positions(self) -> None:
        """Refuse a count without positions where craters are matched or drawn.

        Raises:
            CatalogueError: The craters have no positions.
        """
        if not self.has_positions:
            raise CatalogueError(
                "the reference does not say where its craters are, so none can be matched or "
                "drawn: compare their sizes by craters evaluate, without options of matching"
            )

    @property
    def has_crs(self) -> bool:
        """Whether positions are longitude and latitude; False where they are pixels."""
        return self.radius_m is not None

    @property
    def default_rule(self) -> RuleName:
        """Name of the default rule: boxes for labels, circles for catalogues."""
        return "box" if self.is_of_labels else "circle"

    @property
    def is_of_labels(self) -> bool:
        """Whether craters are labels of tiles; False for a catalogue."""
        return self.tiles is not None or bool(self.images)

    def crosses_edge(self, positions: Float, diameters: Float) -> Bool:
        """Find craters whose box is not whole in any label tile that holds their centre.

        Args:
            positions: Longitude and latitude (or x and y) of centres, (n, 2).
            diameters: Diameters, (n,).

        Returns:
            True for such craters, and for those centred off all tiles, (n,); False everywhere if
            the reference is a catalogue.
        """
        if self.images:
            return find_holders(self.images, positions, np.asarray(diameters)) == len(self.images)
        if self.tiles is None:
            return np.zeros(len(positions), dtype=bool)
        x, y = positions.T
        half_y = np.asarray(diameters) / 2.0
        half_x = half_y
        if self.radius_m is not None:
            half_y = np.degrees(half_y * 1000.0 / self.radius_m)
            half_x = half_y / np.maximum(np.cos(np.radians(y)), 1e-12)
        west, east, south, north = self.tiles.T
        tree = shapely.STRtree(np.atleast_1d(np.asarray(shapely.box(west, south, east, north))))
        whole = np.zeros(len(positions), dtype=bool)
        # Tiles start in -180..180 and may end beyond, so points are tried 360 degrees on too.
        for shift in (0.0, 360.0) if self.has_crs else (0.0,):
            i, tile = tree.query(shapely.points(x + shift, y), predicate="intersects")
            seen = x[i] + shift
            inside = (seen - half_x[i] >= west[tile]) & (seen + half_x[i] <= east[tile])
            inside &= (y[i] - half_y[i] >= south[tile]) & (y[i] + half_y[i] <= north[tile])
            whole[i[inside]] = True
        return ~whole


def from_catalogue(catalogue: Catalogue) -> Reference:
    """Make a reference of a catalogue."""
    diameters, craters = catalogue.diameters, catalogue.craters
    return Reference(
        positions=craters[[catalogue.columns.x, catalogue.columns.y]].to_numpy(float),
        diameters=diameters,
        boxes=np.column_stack([diameters, diameters]),
        clipped=np.zeros(len(diameters), dtype=bool),
        radius_m=catalogue.radius_m,
        footprint=catalogue.footprint,
        area_km2=catalogue.footprint_area_km2,
        fractions=craters[FRACTION].to_numpy(float) if FRACTION in craters else None,
        has_positions=catalogue.has_positions,
    )


def read_reference(path: Path | str, classes: Sequence[str | int] = ()) -> Reference:
    """Read a reference.

    Args:
        path: Catalogue of any readable format; or labels: a split of a dataset (with `labels/`,
            and `images/` beside it), a directory of label files or of images with labels, or one
            label file. Labels of images that are neither named by their edges
            (`lonmin,lonmax,latmin,latmax`) nor georeferenced are in pixels, and are read one image
            at a time.
        classes: Names or numbers of the classes of the labels that are craters; empty to go by
            their names.

    Raises:
        CatalogueError: The path is none of these.
        DatasetError: A label file is malformed, or it is not clear which classes are craters.
    """
    if is_database(path):
        return from_catalogue(read_catalogue(path))
    path = Path(path)
    if not path.is_dir() and not is_label_file(path):
        return from_catalogue(read_catalogue(path))
    labels = find_labels(path, classes)
    return replace(read_pairs(labels.pairs), notes=labels.notes)


def read_pairs(pairs: Sequence[Pair]) -> Reference:
    """Read the labels of images as a reference.

    Args:
        pairs: Images with their label files. The image may be missing.

    Raises:
        CatalogueError: There are several images, and one has no place on the Moon.
        CoordinateSystemError: The coordinate system of an image is not of the Moon.
        DatasetError: A label file is malformed.
    """
    names = [TileName.parse(pair.image.name) for pair in pairs]
    named = [(pair, name) for pair, name in zip(pairs, names, strict=True) if name is not None]
    if len(named) == len(pairs):
        return _join([_read_tile(pair, name) for pair, name in named])
    images = [place_image(pair.image) for pair in pairs]
    placed = [(pair, image) for pair, image in zip(pairs, images, strict=True) if image is not None]
    if len(placed) == len(pairs):
        return _read_placed(placed)
    if len(pairs) > 1:
        unplaced = pairs[images.index(None)]
        raise CatalogueError(
            f"{(unplaced.label or unplaced.image).name} is not named by its edges, and its image "
            "is not georeferenced, so its place on the Moon is not known: evaluate one image at a "
            "time and give its label file"
        )
    return _read_pixel_labels(pairs[0])


def _join(parts: list[Reference]) -> Reference:
    """Join tiles. A crater that is whole in an earlier tile is ignored in later ones."""
    names = ("positions", "diameters", "boxes", "clipped", "tiles")
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in names
    }
    images = [image for part in parts for image in part.images]
    numbers = np.repeat(np.arange(len(parts)), [len(part.diameters) for part in parts])
    circles = joined["positions"], joined["diameters"]
    joined["clipped"] |= find_holders(images, *circles, numbers) < numbers
    pixel = float(np.median([part.pixel for part in parts if part.pixel is not None]))
    return Reference(**joined, radius_m=sphere.RADIUS_M, pixel=pixel)


def _read_tile(pair: Pair, name: TileName) -> Reference:
    """Read the labels of a tile in simple cylindrical projection, whose name has its edges."""
    labels, ignored = _read_labels(pair)
    x, y, width, height = labels.T
    columns, rows = read_image_size(pair.image) or (LABEL_SIZE_PX, LABEL_SIZE_PX)
    across, along = name.lon_max - name.lon_min, name.lat_max - name.lat_min
    lat = name.lat_max - y * along
    km = math.radians(1.0) * sphere.RADIUS_M / 1000.0
    # A circle is 1/cos(latitude) times wider than tall in this projection.
    boxes = np.column_stack([width * across * np.cos(np.radians(lat)), height * along]) * km
    west = float(sphere.wrap_longitude(name.lon_min))
    return Reference(
        positions=np.column_stack([sphere.wrap_longitude(name.lon_min + x * across), lat]),
        diameters=np.sqrt(boxes.prod(axis=1)),
        boxes=boxes,
        clipped=ignored | find_clipped(box_corners(labels, columns, rows), columns, rows),
        radius_m=sphere.RADIUS_M,
        tiles=np.array([[west, west + across, name.lat_min, name.lat_max]]),
        images=(place_tile(pair.image, name, columns, rows),),
        pixel=along / rows * km,
    )


def _read_placed(pairs: list[tuple[Pair, LabelImage]]) -> Reference:
    """Read the labels of images that lie on the Moon, but for those beyond its limb.

    A crater whose centre is on no ground of its image is ignored, and one that is whole in a finer
    image is ignored in the coarser ones, so that none counts twice.
    """
    pairs = sorted(pairs, key=lambda item: item[1].pixel_km)
    positions, boxes, clipped, numbers = [], [], [], []
    for number, (pair, image) in enumerate(pairs):
        (labels, ignored), size = _read_labels(pair), (image.grid.width, image.grid.height)
        lonlat = np.column_stack(image.grid.to_lonlat(*(labels[:, :2] * size).T))
        on_moon = np.isfinite(lonlat[:, 0])
        labels = labels[on_moon]
        x, y = (labels[:, :2] * size).T
        positions.append(lonlat[on_moon])
        boxes.append(labels[:, 2:] * size * (image.grid.pixel_sizes_m(x, y) / 1000.0))
        cut = find_clipped(box_corners(labels, *size), *size) | ~image.has_ground(x, y)
        clipped.append(ignored[on_moon] | cut)
        numbers.append(np.full(len(labels), number))
    images = tuple(image for _, image in pairs)
    centres, sides = np.concatenate(positions), np.concatenate(boxes)
    diameters = np.sqrt(sides.prod(axis=1))
    owners = np.concatenate(numbers)
    again = find_holders(images, centres, diameters, owners) < owners
    return Reference(
        positions=centres,
        diameters=diameters,
        boxes=sides,
        clipped=np.concatenate(clipped) | again,
        radius_m=images[0].grid.radius_m,
        images=images,
        pixel=float(np.median([image.pixel_km for image in images])),
    )


def _read_labels(pair: Pair) -> tuple[Float, Bool]:
    """Read boxes in fractions of the image, (n, 4); True for those that are `ignored`, (n,)."""
    craters, ignored = pair.read_boxes(), pair.read_ignored()
    return np.vstack([craters, ignored]), np.arange(len(craters) + len(ignored)) >= len(craters)


def _read_pixel_labels(pair: Pair) -> Reference:
    """Read the labels of an image without coordinates, in its pixels."""
    size = read_image_size(pair.image)
    if size is None:
        raise CatalogueError(
            f"{pair.label}: labels are fractions of an image, and there is no image of that name "
            "beside it in images/ or in the same directory: put the image there"
        )
    labels, ignored = _read_labels(pair)
    boxes = labels[:, 2:] * size
    return Reference(
        positions=labels[:, :2] * size,
        diameters=np.sqrt(boxes.prod(axis=1)),
        boxes=boxes,
        clipped=ignored | find_clipped(box_corners(labels, *size), *size),
        radius_m=None,
        tiles=np.array([[0.0, size[0], 0.0, size[1]]]),
        image=pair.image,
        pixel=1.0,
    )
