"""Panels: pieces of a mosaic beside their true mask, their found mask, and boxes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.reference import Reference
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.circles import outlines_in_pixels
from lunarcraters.mask.cog import SCALE
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.preview import stretched
from lunarcraters.plots.files import save_png
from lunarcraters.plots.maps import check_plane

SIDE_PX = 416
_DPI = 110
_FOUND, _TRUE = "red", "lime"

Float = NDArray[np.float64]


def draw_panels(
    found: Catalogue,
    mosaic: Mosaic,
    mask: Mosaic | None,
    known: Reference | None,
    path: Path,
    *,
    count: int = 4,
) -> int:
    """Draw the pieces of a mosaic that hold most craters, 416 pixels a side, a row each.

    A row has the original, the true mask (with a reference), the mask (with one), and the boxes of
    what was found (red) and of the reference (green).

    Args:
        found: Craters.
        mosaic: Where they were found.
        mask: On the same grid.
        known: Reference craters.
        path: PNG to write.
        count: Pieces, at most.

    Returns:
        The number of pieces drawn.

    Raises:
        CatalogueError: No crater lies on the mosaic, or one is in pixels and the other not.
        MosaicError: The mosaic cannot be read.
        OutputError: The picture cannot be written.
    """
    check_plane(found, mosaic)
    circles = _circles(found.positions, found.diameters, found.radius_m, mosaic)
    true = None
    if known is not None:
        true = _circles(known.positions, known.diameters, known.radius_m, mosaic)
    windows = _fullest(circles, mosaic, count)
    if not windows:
        raise CatalogueError(f"no crater lies on {mosaic.name}: give the mosaic that was searched")
    titles = ["original", *(["true mask"] if known else []), *(["mask"] if mask else []), "boxes"]
    size = 3.2 * len(titles), 3.2 * len(windows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(windows), len(titles), squeeze=False)
    for row, window in zip(axes, windows, strict=True):
        for axis, title, image in zip(
            row, titles, _images(window, mosaic, mask, true), strict=True
        ):
            axis.imshow(image, cmap="gray", extent=(0, window[2], window[3], 0))
            axis.set_axis_off()
            axis.set(autoscale_on=False, xlim=(0, window[2]), ylim=(window[3], 0))
            if window is windows[0]:
                axis.set_title(title)
        for some, colour in ((true, _TRUE), (circles, _FOUND)):
            if some is not None:
                row[-1].add_collection(_boxes(some, window, colour))
    save_png(figure, path, _DPI)
    return len(windows)


def _circles(
    positions: Float, diameters: Float, radius_m: float | None, mosaic: Mosaic
) -> NDArray[np.float32]:
    """Outlines in pixels, (n, points, 2); of those alone that lie whole on the mosaic's plane."""
    outlines = outlines_in_pixels(positions, diameters, radius_m, mosaic.grid)
    whole = np.isfinite(outlines).all(axis=(1, 2))
    return np.asarray(outlines[whole], np.float32)


def _fullest(circles: NDArray[np.float32], mosaic: Mosaic, count: int) -> list[Box]:
    """Windows that hold most centres, in the order of the mosaic."""
    centres = circles.mean(axis=1)
    inside = ((centres >= 0) & (centres < [mosaic.width, mosaic.height])).all(axis=1)
    cells, craters = np.unique(centres[inside] // SIDE_PX, axis=0, return_counts=True)
    chosen = np.sort(np.argsort(-craters, kind="stable")[:count])
    windows = []
    for column, row in cells[chosen].astype(int).tolist():
        size = min(SIDE_PX, mosaic.width), min(SIDE_PX, mosaic.height)
        x = min(column * SIDE_PX, mosaic.width - size[0])
        windows.append(Box(x, min(row * SIDE_PX, mosaic.height - size[1]), *size))
    return windows


def _images(
    window: Box, mosaic: Mosaic, mask: Mosaic | None, true: NDArray[np.float32] | None
) -> Iterator[NDArray[Any]]:
    values, valid = mosaic.read(window)
    grey = stretched(values, valid)
    yield _fixed(grey)
    if true is not None:
        drawn = np.zeros(values.shape, np.uint8)
        for outline in true - np.array(window[:2], np.float32):
            cv2.fillPoly(drawn, [np.rint(outline * 16).astype(np.int32)], 255, shift=4)
        yield _fixed(drawn / 255.0)
    if mask is not None:
        said, searched = mask.read(window)
        yield _fixed(np.where(searched, said, 0) / SCALE)
    yield _fixed(grey)


def _fixed(grey: NDArray[Any]) -> NDArray[np.float64]:
    """Grey as colours, so that each picture keeps its own black and white."""
    return np.repeat(np.asarray(grey, float)[..., None], 3, axis=-1)


def _boxes(circles: NDArray[np.float32], window: Box, colour: str) -> PatchCollection:
    corner = np.array(window[:2], float)
    low, high = circles.min(axis=1) - corner, circles.max(axis=1) - corner
    near = ((high > 0) & (low < window[2:])).all(axis=1)
    boxes = [
        Rectangle((x0, y0), x1 - x0, y1 - y0)
        for (x0, y0), (x1, y1) in zip(low[near], high[near], strict=True)
    ]
    return PatchCollection(boxes, facecolor="none", edgecolor=colour, linewidth=0.9)
