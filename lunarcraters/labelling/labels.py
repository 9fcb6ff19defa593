"""Labels of a tile: boxes of the craters that a catalogue has there, and the ground counted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.datasets.classes import CRATER, IGNORED
from lunarcraters.datasets.label_lines import format_lines
from lunarcraters.datasets.yolo_labels import box_corners
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area
from lunarcraters.geometry.circles import compute_diameters_px
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.tiling.plan import Tile, in_core

_MIN_BOX_PX = 1.0  # a smaller rest of a crater at the edge of a tile is no label

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Labels:
    """Labels of a tile.

    Attributes:
        boxes: Boxes (x_centre, y_centre, width, height) in fractions of the tile, (n, 4).
        ignored: True for craters that are not to be taught, (n,).
    """

    boxes: Float
    ignored: Bool

    @property
    def craters(self) -> int:
        """Number of craters that are to be taught."""
        return int((~self.ignored).sum())

    def on_ground(self, ground: Bool) -> "Labels":
        """Keep the labels whose box has a pixel of ground.

        Args:
            ground: True for pixels that have data and were counted, (size, size).
        """
        size = len(ground)
        corners = box_corners(self.boxes, size, size)
        kept = [
            bool(ground[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))].any())
            for left, top, right, bottom in corners
        ]
        return Labels(self.boxes[kept], self.ignored[kept])

    @property
    def lines(self) -> str:
        """Text of the label file."""
        classes = np.where(self.ignored, IGNORED, CRATER).tolist()
        return format_lines(classes, self.boxes)


def make_labels(tile: Tile, catalogue: Catalogue, min_diameter: float) -> Labels:
    """Make the labels of a tile. Boxes that reach beyond the tile are cut at its edge.

    Craters that do not reach the tile have none, also where the corner of their box would.

    Args:
        tile: Tile.
        catalogue: Craters, in the space of the tile.
        min_diameter: Diameter below which craters are not to be taught, km (pixels of the mosaic).
    """
    x, y = tile.frame.from_positions(*catalogue.positions.T)
    if tile.frame.has_crs:
        sizes = compute_diameters_px(catalogue.positions, catalogue.diameters, tile.frame, None)
    else:
        sizes = catalogue.diameters / 2.0**tile.level
    with np.errstate(invalid="ignore"):
        left, right = (np.clip(x + side * sizes, 0.0, tile.size) for side in (-0.5, 0.5))
        top, bottom = (np.clip(y + side * sizes, 0.0, tile.size) for side in (-0.5, 0.5))
        inside = np.minimum(right - left, bottom - top) >= _MIN_BOX_PX
    inside[inside] = _reach(tile, x[inside], y[inside], catalogue.rows(inside))
    edges = np.column_stack([left, top, right, bottom])[inside]
    centre, size = (edges[:, :2] + edges[:, 2:]) / 2.0, edges[:, 2:] - edges[:, :2]
    boxes = np.hstack([centre, size]) / tile.size
    return Labels(boxes, catalogue.diameters[inside] < min_diameter)


def find_ground(mosaic: Mosaic, tile: Tile, area: Area | None, step: int = 1) -> Bool:
    """Find the pixels of a tile that lie in its core and in an area.

    Args:
        mosaic: Mosaic of the tile.
        tile: Tile.
        area: Area that craters were counted on; None for all ground.
        step: Distance of the pixels that are looked at, along both axes; 1 for all.

    Returns:
        True inside, (ceil(size / step), ceil(size / step)).
    """
    centres = np.arange(0, tile.size, step) + 0.5
    x, y = np.meshgrid(centres, centres)
    ground = tile.frame.to_positions(x, y)
    inside = in_core(mosaic, tile, *mosaic.grid.from_positions(*ground))
    return inside if area is None else inside & area.contains(*ground)


def _reach(tile: Tile, x: Float, y: Float, craters: Catalogue) -> Bool:
    """Find the craters that reach a tile.

    Distances are those on the sphere: in a tile's frame, a crater on the other side of the Moon is
    larger than its distance.

    Args:
        tile: Tile.
        x: Columns of the centres, pixels of the tile, (n,).
        y: Rows of the centres, pixels of the tile, (n,).
        craters: Craters, n.

    Returns:
        True where a crater reaches the tile, (n,).
    """
    frame, (across, along) = tile.frame, craters.positions.T
    nearest = np.clip(x, 0.0, tile.size), np.clip(y, 0.0, tile.size)
    x, y = frame.to_positions(*nearest)
    if frame.has_crs:
        distances = sphere.distance_km(x, y, across, along, frame.radius_m)
    else:
        distances = np.hypot(x - across, y - along)
    return np.asarray(distances <= craters.diameters / 2.0)
