"""Points that are strewn at random over ground on the sphere."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.geometry import sphere

_BOXES = 4096  # boxes that touch the ground, from which on they fit it well enough
_HALVINGS = 30
_SPARE = 1.1, 16  # points that are drawn for each that is wanted

Float = NDArray[np.float64]


class RandomPoints:
    """Random points that are as dense everywhere on the ground of polygons.

    Longitude and the sine of latitude are the coordinates of an equal-area projection (Archimedes).
    Points are drawn in boxes of this plane that touch the ground, and those on the ground are kept.
    """

    def __init__(self, ground: BaseGeometry) -> None:
        """Cover the ground with boxes.

        Args:
            ground: Polygons in longitude -180..180 and latitude, degrees.
        """
        self._ground = shapely.make_valid(ground)
        shapely.prepare(self._ground)
        west, south, east, north = self._ground.bounds
        boxes = np.array([[west, _to_height(south), east, _to_height(north)]])
        for _ in range(_HALVINGS):
            if len(boxes) >= _BOXES:
                break
            boxes = _quarter(boxes)
            edges = boxes[:, 0], _to_latitude(boxes[:, 1]), boxes[:, 2], _to_latitude(boxes[:, 3])
            boxes = boxes[shapely.intersects(self._ground, shapely.box(*edges))]
        self._corners, self._sides = boxes[:, :2], boxes[0, 2:] - boxes[0, :2]
        drawn = len(boxes) * np.radians(self._sides[0]) * self._sides[1]
        # The area on a sphere with a radius of one kilometre.
        self._share = sphere.area_km2(self._ground, 1000.0) / drawn

    def draw(self, count: int, random: np.random.Generator) -> Float:
        """Draw points on the ground.

        Returns:
            Unit vectors from the Moon's centre, (count, 3).
        """
        drawn, missing = [np.empty((0, 3))], count
        factor, more = _SPARE
        while missing > 0:
            tries = int(factor * missing / self._share) + more
            corners = self._corners[random.integers(len(self._corners), size=tries)]
            lon, height = (corners + random.random((tries, 2)) * self._sides).T
            inside = shapely.contains_xy(self._ground, lon, _to_latitude(height))
            (kept,) = np.nonzero(inside)
            drawn.append(_to_vectors(lon[kept[:missing]], height[kept[:missing]]))
            missing -= len(drawn[-1])
        return np.concatenate(drawn)


def _quarter(boxes: Float) -> Float:
    """Cut boxes (west, south, east, north), (n, 4), into four of one size each, (4 n, 4)."""
    west, south, east, north = boxes.T
    x, y = (west + east) / 2.0, (south + north) / 2.0
    parts = (west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north)
    return np.concatenate([np.column_stack(part) for part in parts])


def _to_height(lat: float) -> float:
    return float(np.sin(np.radians(lat)))


def _to_latitude(height: Float) -> Float:
    return np.asarray(np.degrees(np.arcsin(np.clip(height, -1.0, 1.0))))


def _to_vectors(lon: Float, height: Float) -> Float:
    """Unit vectors to points by longitude, degrees, and the sine of latitude, (n, 3)."""
    across = np.sqrt(np.maximum(1.0 - height**2, 0.0))
    lon = np.radians(lon)
    return np.column_stack([across * np.cos(lon), across * np.sin(lon), height])
