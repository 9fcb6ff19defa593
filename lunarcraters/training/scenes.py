"""Where training scenes come from: labelled tiles, and elevation lit from anywhere."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from lunarcraters.datasets.yolo_labels import (
    EDGE_PX,
    Pair,
    TileName,
    corners,
    is_clipped,
    read_grey,
    read_labels,
)
from lunarcraters.elevation.shading import shade
from lunarcraters.errors import DatasetError
from lunarcraters.geometry.sphere import RADIUS_M


@dataclass(frozen=True)
class Scene:
    """A picture of ground in an isotropic frame, with its craters.

    Attributes:
        values: Grey values, float32, shape (height, width).
        valid: False where there is no data.
        circles: x, y, diameter in pixels, shape (n, 3).
        clipped: Left, top, right, bottom of boxes cut by the edge, pixels, shape (m, 4).
    """

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]
    circles: NDArray[np.float64]
    clipped: NDArray[np.float64]


class Source(Protocol):
    """Something that scenes are drawn from."""

    def __len__(self) -> int:
        """Number of scenes that are seen in one epoch."""

    def scene(self, index: int, scale: float, side: int, rng: np.random.Generator) -> Scene:
        """Scene `index`, of which one pixel is 1 / `scale` of the source's; about `side` large."""


@dataclass(frozen=True)
class LabelledTiles:
    """Images with boxes, in the layout of LU3M6TGT.

    In simple cylindrical a tile is 1 / cos(latitude) too wide; its name tells the latitude, and
    the stretch is undone. Other images are taken to be isotropic.
    """

    pairs: tuple[Pair, ...]

    def __len__(self) -> int:
        """Number of tiles."""
        return len(self.pairs)

    def squeeze(self, name: TileName | None) -> float:
        """Factor along x that makes a tile's frame isotropic."""
        return 1.0 if name is None else float(np.cos(np.radians(name.centre[1])))

    def scene(self, index: int, scale: float, side: int, rng: np.random.Generator) -> Scene:
        """The whole tile, resampled."""
        pair = self.pairs[index]
        image, labels = _read_pair(pair)
        height, width = image.shape
        boxes = corners(labels, width, height)
        cut = is_clipped(boxes, width, height)
        name = TileName.parse(pair.image.name)
        factors = np.array([scale * self.squeeze(name), scale])
        size = np.maximum(np.rint(np.array([width, height]) * factors).astype(int), 1)
        factors = size / [width, height]
        valid = image > 0 if name is not None else np.ones(image.shape, bool)
        boxes = boxes * np.tile(factors, 2)
        completed, lost = complete(boxes[cut], size)
        return Scene(
            _resize(image.astype(np.float32), size),
            _resize(valid.astype(np.float32), size) > 0.5,
            np.vstack([circles_of(boxes[~cut]), completed]),
            lost,
        )


@dataclass(frozen=True)
class ElevationSource:
    """An elevation model in degrees with a catalogue of its craters, lit anew at every look.

    Attributes:
        elevation: Raster of metres, in longitude and latitude.
        catalogue: CSV of `lon`, `lat`, `diam_km`.
        scenes: Scenes an epoch.
    """

    elevation: Path
    catalogue: Path
    scenes: int

    def __len__(self) -> int:
        """Scenes an epoch."""
        return self.scenes

    @cached_property
    def _craters(self) -> NDArray[np.float64]:
        table = pd.read_csv(self.catalogue)
        return table[["lon", "lat", "diam_km"]].to_numpy(float)

    def scene(self, index: int, scale: float, side: int, rng: np.random.Generator) -> Scene:
        """A window anywhere, `side` pixels large, under a sun from anywhere."""
        metres, west, north, step = _read_elevation(self.elevation)
        rows = min(round(side / scale), metres.shape[0])
        top = int(rng.integers(0, metres.shape[0] - rows + 1))
        lat = north - (top + rows / 2) * step
        squeeze = float(np.cos(np.radians(lat)))
        columns = min(round(side / scale / squeeze), metres.shape[1])
        left = int(rng.integers(0, metres.shape[1] - columns + 1))
        window = metres[top : top + rows, left : left + columns].astype(np.float32)
        size = np.array([round(columns * squeeze * scale), round(rows * scale)])
        gsd_m = np.radians(step) * RADIUS_M / scale
        image = shade(
            _resize(window, size),
            gsd_m,
            sun_azimuth_deg=float(rng.uniform(0.0, 360.0)),
            sun_elevation_deg=float(rng.uniform(8.0, 60.0)),
        )
        factors = size / [columns, rows]
        lon, lat_, diameter_km = self._craters.T
        circles = np.column_stack(
            [
                ((lon - west) / step - left) * factors[0],
                ((north - lat_) / step - top) * factors[1],
                diameter_km * 1000.0 / gsd_m,
            ]
        )
        inside = ((circles[:, :2] >= 0) & (circles[:, :2] < size)).all(axis=1)
        valid = np.ones(image.shape, bool)
        return Scene(image * 255.0, valid, circles[inside], np.empty((0, 4)))


def circles_of(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """x, y, diameter of boxes in an isotropic frame; the diameter is the geometric mean."""
    size = boxes[:, 2:] - boxes[:, :2]
    return np.column_stack([(boxes[:, :2] + boxes[:, 2:]) / 2, np.sqrt(size[:, 0] * size[:, 1])])


def complete(
    boxes: NDArray[np.float64], size: NDArray[np.int_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Complete the circles of boxes that one edge of the image cuts.

    The side along that edge is still the diameter, and the far side tells where the centre is
    (perhaps outside). A box cut at a corner, or wider than its diameter, tells neither.

    Args:
        boxes: Left, top, right, bottom in an isotropic frame, each cut, shape (n, 4).
        size: Width and height of the image.

    Returns:
        Circles (x, y, diameter) of those that can be completed, and the boxes of the others.
    """
    low, high = boxes[:, :2] <= EDGE_PX, boxes[:, 2:] >= size - EDGE_PX
    cut_along = low | high  # x, y: cut by a left or right, by a top or bottom edge
    across = np.where(cut_along[:, 0], 0, 1)
    rows = np.arange(len(boxes))
    sides = boxes[:, 2:] - boxes[:, :2]
    diameter = sides[rows, 1 - across]
    known = (cut_along.sum(axis=1) == 1) & ~(low & high).any(axis=1)
    known &= sides[rows, across] <= 1.1 * diameter
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    far = np.where(low[rows, across], boxes[rows, 2 + across], boxes[rows, across])
    inward = np.where(low[rows, across], -0.5, 0.5)
    centre[rows, across] = far + inward * diameter
    return np.column_stack([centre, diameter])[known], boxes[~known]


def _resize(image: NDArray[np.float32], size: NDArray[np.int_]) -> NDArray[np.float32]:
    smaller = size[0] < image.shape[1] or size[1] < image.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (int(size[0]), int(size[1])), interpolation=how))


@lru_cache(maxsize=1024)
def _read_pair(pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Image and labels; kept: decoding takes a tenth of a training step."""
    return read_grey(pair.image), read_labels(pair.label)


@lru_cache(maxsize=8)
def _read_elevation(path: Path) -> tuple[NDArray[np.int16], float, float, float]:
    """Metres, west and north edge and step in degrees; kept: it is looked at thousands of times."""
    try:
        with rasterio.open(path) as raster:
            return raster.read(1), raster.transform.c, raster.transform.f, raster.transform.a
    except rasterio.RasterioIOError as error:
        raise DatasetError(f"{path} is not an elevation raster: {error}") from error
