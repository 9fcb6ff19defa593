"""Panels: pieces of a mosaic beside their true mask, their predicted mask, and boxes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lunarcraters.catalogue.csfd import require_craters
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.reference import Reference
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.circles import circle_outlines_px, repeat_outlines_px
from lunarcraters.mask.cog import SCALE
from lunarcraters.mosaic.damage import leave_out_damage
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.preview import draw_ground, find_height_unit_m
from lunarcraters.plots.files import save_png
from lunarcraters.plots.maps import check_same_space

SIDE_PX = 416
_DPI = 110
_DETECTION, _REFERENCE = "red", "lime"

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]


def draw_panels(
    detections: Catalogue,
    mosaic: Mosaic,
    mask: Mosaic | None,
    reference: Reference | None,
    path: Path,
    *,
    count: int = 4,
) -> int:
    """Draw the pieces of a mosaic that hold most craters, 416 pixels a side, as a PNG file.

    Each piece has a row: the image, the true mask (with a reference), the predicted mask (where
    there is one), and the boxes of detections (red) and references (green).

    Args:
        detections: Craters to draw.
        mosaic: Mosaic that was searched.
        mask: Mask on the grid of the mosaic; None for no such panels.
        reference: Reference craters; None for no such panels and boxes.
        path: PNG to write.
        count: Number of pieces, at most.

    Returns:
        Number of pieces drawn.

    Raises:
        CatalogueError: There are no craters, none lies on the mosaic, or one is in pixels and the
            other not.
        MosaicError: The mosaic cannot be read.
        OutputError: The file cannot be written.
    """
    check_same_space(detections, mosaic)
    circles = _circles(detections.positions, detections.diameters, detections.radius_m, mosaic)
    true = None
    if reference is not None:
        reference.require_positions()
        true = _circles(reference.positions, reference.diameters, reference.radius_m, mosaic)
    windows = _fullest_windows(circles, mosaic, count)
    require_craters(len(detections), "draw")
    if not windows:
        raise CatalogueError(f"no crater lies on {mosaic.name}: give the mosaic that was searched")
    save_png(panels_figure(windows, mosaic, mask, circles, true), path, _DPI)
    return len(windows)


def panels_figure(
    windows: Sequence[Box],
    mosaic: Mosaic,
    mask: Mosaic | None,
    circles: Float32,
    true: Float32 | None,
) -> Figure:
    """Draw windows of a mosaic, a row each.

    Args:
        windows: Windows, pixels of the mosaic.
        mosaic: Mosaic that was searched.
        mask: Mask on the grid of the mosaic; None for no such panels.
        circles: Outlines of the detections, mosaic pixels, (n, points, 2).
        true: Outlines of the references, (m, points, 2); None for no such panels and boxes.
    """
    titles = ["original", *(["true mask"] if true is not None else [])]
    titles += [*(["mask"] if mask else []), "boxes"]
    size = 3.2 * len(titles), 3.2 * len(windows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(windows), len(titles), squeeze=False)
    height_unit_m = find_height_unit_m(mosaic)
    for row, window in zip(axes, windows, strict=True):
        images = _images(window, mosaic, height_unit_m, mask, true)
        for axis, title, image in zip(row, titles, images, strict=True):
            extent = (0, window.width, window.height, 0)
            axis.imshow(image, cmap="gray", extent=extent, origin="upper")
            axis.set_axis_off()
            axis.set(autoscale_on=False, xlim=(0, window.width), ylim=(window.height, 0))
            if window is windows[0]:
                axis.set_title(title)
        for outlines, colour in ((true, _REFERENCE), (circles, _DETECTION)):
            if outlines is not None:
                row[-1].add_collection(_boxes(outlines, window, colour))
    return figure


def _circles(positions: Float, diameters: Float, radius_m: float | None, mosaic: Mosaic) -> Float32:
    """Compute the outlines of craters that lie whole on the mosaic's plane, (n, points, 2)."""
    outlines = circle_outlines_px(positions, diameters, radius_m, mosaic.grid)
    whole = np.isfinite(outlines).all(axis=(1, 2))
    lines, _ = repeat_outlines_px(outlines[whole], mosaic.grid)
    return np.asarray(lines, np.float32)


def _fullest_windows(circles: Float32, mosaic: Mosaic, count: int) -> list[Box]:
    """Find the windows that hold most centres, in the order of the mosaic."""
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
    window: Box,
    mosaic: Mosaic,
    height_unit_m: float | None,
    mask: Mosaic | None,
    true: Float32 | None,
) -> Iterator[Float]:
    """Go through the images of a row: original, true mask, mask, and the ground of the boxes."""
    values, valid = leave_out_damage(mosaic).read(window)
    grey = draw_ground(mosaic, values, valid, 1, height_unit_m) / 255.0
    yield _as_colours(grey)
    if true is not None:
        drawn = np.zeros(values.shape, np.uint8)
        for outline in true - np.array(window[:2], np.float32):
            cv2.fillPoly(drawn, [np.rint(outline * 16).astype(np.int32)], 255, shift=4)
        yield _as_colours(drawn / 255.0)
    if mask is not None:
        probability, searched = mask.read(window)
        yield _as_colours(np.where(searched, probability, 0) / SCALE)
    yield _as_colours(grey)


def _as_colours(grey: NDArray[Any]) -> Float:
    """Turn grey into colours, so that each image keeps its own black and white."""
    return np.repeat(np.asarray(grey, float)[..., None], 3, axis=-1)


def _boxes(circles: Float32, window: Box, colour: str) -> PatchCollection:
    """Draw the boxes of circles near a window, in its pixels."""
    corner = np.array(window[:2], float)
    low, high = circles.min(axis=1) - corner, circles.max(axis=1) - corner
    near = ((high > 0) & (low < window[2:])).all(axis=1)
    boxes = [
        Rectangle((x0, y0), x1 - x0, y1 - y0)
        for (x0, y0), (x1, y1) in zip(low[near], high[near], strict=True)
    ]
    return PatchCollection(boxes, facecolor="none", edgecolor=colour, linewidth=0.9)
