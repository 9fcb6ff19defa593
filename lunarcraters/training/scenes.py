"""Sources of training scenes: labelled tiles, and elevation models shaded from anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.pairs import Pair
from lunarcraters.datasets.yolo_labels import box_corners, find_clipped
from lunarcraters.elevation.shading import shade
from lunarcraters.errors import DatasetError
from lunarcraters.geometry.sphere import RADIUS_M
from lunarcraters.training.decoded_pairs import forget_pairs, read_pair
from lunarcraters.training.elevation_craters import read_craters
from lunarcraters.training.elevation_raster import check_elevation, fill_gaps, read_elevation
from lunarcraters.training.label_circles import boxes_to_circles, complete_circles

_MOST_SIDES = 2  # of a crop with its margins, which a scene of a tile has along a side


@dataclass(frozen=True)
class Scene:
    """An image of ground in an isotropic frame, with its craters.

    Attributes:
        values: Grey values, float32, (height, width).
        valid: Validity mask, False where there is no data, (height, width).
        circles: Craters (x, y, diameter), pixels, (n, 3).
        clipped: Boxes (left, top, right, bottom) that are cut by the edge or labelled `ignored`,
            pixels, (m, 4).
    """

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]
    circles: NDArray[np.float64]
    clipped: NDArray[np.float64]


@dataclass(frozen=True)
class LabelledTiles:
    """Images with boxes, in the layout of LU3M6TGT.

    A tile in simple cylindrical projection is too wide by 1 / cos(latitude). Where its name or its
    georeferencing tells its place, the stretch is removed. Other images are taken as isotropic.

    Attributes:
        pairs: Images with their label files.
    """

    pairs: tuple[Pair, ...]

    def __len__(self) -> int:
        """Number of tiles."""
        return len(self.pairs)

    def scene(self, index: int, scale: float, side: int, rng: np.random.Generator) -> Scene:
        """Read a tile and resample it, or a random window of one that is much larger than a crop.

        Args:
            index: Number of the tile.
            scale: Number of pixels of the scene per pixel of the tile, along a side.
            side: Side of the crop, pixels; scenes have other sizes, up to twice this one.
            rng: Random generator.
        """
        pair = self.pairs[index]
        image, valid, labels, ignored = read_pair(pair)
        height, width = image.shape
        boxes = box_corners(labels, width, height)
        cut = find_clipped(boxes, width, height)
        factors = np.array([scale * pair.squeeze, scale])
        whole = np.array([width, height])
        part = np.minimum(whole, np.ceil(_MOST_SIDES * side / factors).astype(int))
        corner = rng.integers(0, whole - part + 1) if (part < whole).any() else np.zeros(2, int)
        size = np.maximum(np.rint(part * factors).astype(int), 1)
        factors = size / part
        boxes = boxes * np.tile(factors, 2)
        untaught = box_corners(ignored, width, height) * np.tile(factors, 2)
        completed, lost = complete_circles(boxes[cut], whole * factors)
        circles = np.vstack([boxes_to_circles(boxes[~cut]), completed])
        circles[:, :2] -= corner * factors
        inside = np.abs(circles[:, :2] - size / 2) <= (size + circles[:, 2:]) / 2
        (left, top), (right, bottom) = corner, corner + part
        window = np.s_[top:bottom, left:right]
        return Scene(
            resize(image[window].astype(np.float32), size),
            resize(valid[window].astype(np.float32), size) > 0.5,
            circles[inside.all(axis=1)],
            np.vstack([lost, untaught]) - np.tile(corner * factors, 2),
        )


@dataclass(frozen=True)
class ElevationSource:
    """An elevation model with a catalogue of its craters, with another sun in every scene.

    Attributes:
        elevation: Raster of elevations, in longitude and latitude (`read_elevation`).
        catalogue: CSV file of its craters (`read_craters`).
        scenes: Number of scenes per epoch.
    """

    elevation: Path
    catalogue: Path
    scenes: int

    def __len__(self) -> int:
        """Number of scenes per epoch."""
        return self.scenes

    def check(self) -> None:
        """Check that raster and catalogue can be trained on, without reading heights.

        Raises:
            DatasetError: The raster cannot be opened, is not in longitude and latitude of the Moon,
                or has a unit that is none of heights; or the catalogue is malformed or empty.
        """
        check_elevation(self.elevation)
        read_craters(self.catalogue)

    @cached_property
    def _craters(self) -> NDArray[np.float64]:
        """Longitude and latitude in degrees and diameter in km of the craters, (n, 3)."""
        return read_craters(self.catalogue)

    def scene(self, index: int, scale: float, side: int, rng: np.random.Generator) -> Scene:
        """Shade a random window under a random sun.

        Args:
            index: Number of the scene, which is not used.
            scale: Number of pixels of the scene per pixel of the raster, along a side.
            side: Side of the scene, pixels.
            rng: Random generator.
        """
        terrain = self.terrain(scale, side, rng)
        image = shade(
            terrain.values,
            1.0,
            sun_azimuth_deg=float(rng.uniform(0.0, 360.0)),
            sun_elevation_deg=float(rng.uniform(8.0, 60.0)),
        )
        return replace(terrain, values=image * 255.0)

    def terrain(self, scale: float, side: int, rng: np.random.Generator) -> Scene:
        """Cut a random window, whose values are heights in pixels of the scene.

        Gaps are filled, so that they cast no shadow, and are not valid.

        Args:
            scale: Number of pixels of the scene per pixel of the raster, along a side.
            side: Side of the scene, pixels.
            rng: Random generator.
        """
        raster = read_elevation(self.elevation)
        height, width = raster.metres.shape
        rows = min(round(side / scale), height)
        top = int(rng.integers(0, height - rows + 1))
        lat = raster.north - (top + rows / 2) * raster.step
        squeeze = float(np.cos(np.radians(lat)))
        columns = min(round(side / scale / squeeze), width)
        left = int(rng.integers(0, width - columns + 1))
        window = np.s_[top : top + rows, left : left + columns]
        has_data = raster.valid[window]
        metres = fill_gaps(raster.metres[window].astype(np.float32), has_data)
        size = np.array([round(columns * squeeze * scale), round(rows * scale)])
        pixel_size_m = np.radians(raster.step) * RADIUS_M / scale
        heights = resize(metres, size) / np.float32(pixel_size_m)
        factors = size / [columns, rows]
        lon, lat_, diameter_km = self._craters.T
        circles = np.column_stack(
            [
                ((lon - raster.west) % 360.0 / raster.step - left) * factors[0],
                ((raster.north - lat_) / raster.step - top) * factors[1],
                diameter_km * 1000.0 / pixel_size_m,
            ]
        )
        inside = ((circles[:, :2] >= 0) & (circles[:, :2] < size)).all(axis=1)
        valid = resize(has_data.astype(np.float32), size) > 0.5
        return Scene(heights, valid, circles[inside], np.empty((0, 4)))


SceneSource = LabelledTiles | ElevationSource
"""A source of scenes, of which it has `len(source)` per epoch."""

Source = TypeVar("Source", bound=SceneSource)


def find_scene(sources: Sequence[Source], place: int) -> tuple[Source, int]:
    """Find the source of a scene among several.

    Args:
        sources: Sources of scenes.
        place: Number of the scene, counted from 0 through all sources.

    Returns:
        Source, and the number of the scene in it.

    Raises:
        IndexError: The sources have fewer scenes.
    """
    for source in sources:
        if place < len(source):
            return source, place
        place -= len(source)
    raise IndexError("the sources have fewer scenes")


def find_elevation_sources(folder: Path, scenes: int) -> Sequence[ElevationSource]:
    """Find the elevation rasters of a directory that have a catalogue beside them.

    Args:
        folder: Directory of `NAME.tif` with `NAME_craters.csv` or `NAME_craters.csv.gz`.
        scenes: Number of scenes of each raster per epoch.

    Raises:
        DatasetError: There is none.
    """
    sources = []
    for raster in sorted(folder.glob("*.tif")) if folder.is_dir() else []:
        for suffix in ("_craters.csv", "_craters.csv.gz"):
            catalogue = raster.with_name(raster.stem + suffix)
            if catalogue.is_file():
                sources.append(ElevationSource(raster, catalogue, scenes))
                break
    if not sources:
        raise DatasetError(
            f"{folder} holds no elevation: expected NAME.tif with NAME_craters.csv beside it"
        )
    return sources


def resize(image: NDArray[np.float32], size: NDArray[np.int_]) -> NDArray[np.float32]:
    """Resize an image, by area means where it becomes smaller.

    Args:
        image: Image, (height, width).
        size: New width and height, pixels.
    """
    smaller = size[0] < image.shape[1] or size[1] < image.shape[0]
    interpolation = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (int(size[0]), int(size[1])), interpolation=interpolation))


def forget_files() -> None:
    """Forget images, labels and elevation models, which may have changed since they were read."""
    forget_pairs()
    read_elevation.cache_clear()
