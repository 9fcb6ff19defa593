"""The map of the page: layers of the mosaic, its mask, the craters and a reference."""

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bokeh.models import CDSView, ColumnDataSource, HoverTool, IndexFilter, Model
from bokeh.plotting import figure
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import FRACTION, REVIEW
from lunarcraters.catalogue.csfd import bin_by_size, count_weights
from lunarcraters.catalogue.measures import MEASURE_NOTE
from lunarcraters.catalogue.review_state import find_confirmed
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.evaluation.reference import Reference
from lunarcraters.mask.cog import open_mask_over
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.preview import preview_step, read_preview

MOST_DRAWN = 2000
"""Number of craters that are drawn at once: the largest in view."""

_SIDE_PX = 2048
_JPEG_QUALITY = 85
_MASK_BGR = (255, 200, 0)
_MASK_OPACITY = 0.6
_DETECTED_MISSED = ("#4ade80", "#f87171")

_SHOWN_MEASURES = ("depth_m", "depth_sd_m", "freshness")
_OF_ANY_SIZE = ("@diameter", "@deviation", "@depth_m", "@depth_sd_m")
"""Columns that the pointer shows with so many digits, not decimals."""

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def make_map(
    detections: Catalogue,
    mosaic: Mosaic,
    mask: Path | None,
    reference: Reference | None = None,
    detected: Bool | None = None,
) -> Model:
    """Make a map in pixels of the mosaic, y upwards.

    Its parts have names: the renderers `mask`, `craters`, `reference`; the source `detections`; the
    filter `shown`.

    Args:
        detections: Craters to draw.
        mosaic: Mosaic underneath.
        mask: File of the mask, which is left out if it is missing or of another extent than the
            mosaic; None for no such layer.
        reference: Reference craters; None for no such layer.
        detected: True for references that were detected, (n,).
    """
    plot = make_figure()
    plot.axis.visible = False
    plot.grid.visible = False
    grey, _ = read_preview(mosaic, _SIDE_PX)
    ground = _add_image(plot, encode_image(".jpg", grey), mosaic, "mosaic")
    for ends in (plot.x_range, plot.y_range):
        ends.update(renderers=[ground], range_padding=0.02)
    searched = None if mask is None else open_mask_over(mask, mosaic)
    if searched is not None:
        colours = encode_image(".png", _mask_colours(searched))
        _add_image(plot, colours, mosaic, "mask").visible = False
    if reference is not None:
        _add_reference(plot, reference, np.asarray(detected), mosaic)
    add_craters(
        plot, detections, compute_ellipses(detections.positions, detections.diameters, mosaic)
    )
    return plot


def make_figure() -> Model:
    """Make an empty map, in which a length is the same along both axes."""
    plot = figure(
        name="map",
        match_aspect=True,
        tools="pan,wheel_zoom,box_zoom,reset,save",
        active_scroll="wheel_zoom",
        sizing_mode="stretch_both",
        lod_threshold=500,
        lod_factor=8,
        lod_timeout=250,
    )
    plot.toolbar.logo = None
    return plot


def _add_reference(plot: Model, reference: Reference, detected: Bool, mosaic: Mosaic) -> None:
    """Add the hidden layer of reference craters, coloured by whether they were detected."""
    columns = compute_ellipses(reference.positions, reference.diameters, mosaic)
    columns["colour"] = np.where(detected, *_DETECTED_MISSED)
    layer = plot.ellipse(
        "x", "y", width="width", height="height", angle="angle", line_color="colour",
        fill_color=None, line_dash="dashed", source=ColumnDataSource(columns), name="reference",
    )  # fmt: skip
    layer.visible = False


def add_craters(plot: Model, detections: Catalogue, ellipses: dict[str, NDArray[Any]]) -> None:
    """Add the layer of craters, with their values under the pointer.

    Args:
        plot: Map.
        detections: Craters to draw.
        ellipses: Columns x, y, width, height and angle of the craters on the map, (n,) each.
    """
    columns = make_columns(detections, ellipses)
    columns["bin"] = bin_by_size(detections.diameters)[1].astype(np.int16)
    if FRACTION in detections.craters:
        columns["weight"] = count_weights(detections)
    if REVIEW in detections.craters:
        columns["confirmed"] = find_confirmed(detections.craters).astype(np.uint8)
    if MEASURE_NOTE in detections.craters:
        columns |= {name: detections.craters[name].to_numpy(np.float32) for name in _SHOWN_MEASURES}
    first = IndexFilter(list(range(min(len(detections), MOST_DRAWN))), name="shown")
    craters = plot.ellipse(
        "x", "y", width="width", height="height", angle="angle", line_color="#facc15",
        fill_color="#facc15", fill_alpha=0.0, line_width=1.2, hover_fill_alpha=0.3,
        hover_line_color="#ffffff", hover_fill_color="#ffffff",
        source=ColumnDataSource(columns, name="detections"), view=CDSView(filter=first),
        name="craters",
    )  # fmt: skip
    measured = []
    if "depth_m" in columns:
        depth = "@depth_m{%.4g} ± @depth_sd_m{%.2g} m"
        measured = [("depth", depth), ("freshness", "@freshness{0.00}")]
    across, along, digits = "longitude", "latitude", "0.0000"
    if not detections.has_crs:
        across, along, digits = "x", "y", "0.0"
    unit = detections.columns.unit
    plot.add_tools(
        HoverTool(
            renderers=[craters],
            tooltips=[
                (across, f"@across{{{digits}}}"),
                (along, f"@along{{{digits}}}"),
                ("diameter", f"@diameter{{%.4g}} ± @deviation{{%.2g}} {unit}"),
                ("score", "@score{0.00}"),
                *measured,
            ],
            formatters=dict.fromkeys(_OF_ANY_SIZE, "printf"),
        )
    )


def make_columns(
    detections: Catalogue, ellipses: dict[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Make the columns of craters that the page reads, (n,) each.

    Args:
        detections: Craters.
        ellipses: Columns x, y, width, height and angle of the craters on the map, (n,) each.
    """
    positions = detections.positions
    return ellipses | {
        "across": positions[:, 0],
        "along": positions[:, 1],
        "diameter": detections.diameters,
        "deviation": detections.deviations,
        "score": np.nan_to_num(detections.scores, nan=1.0),
    }


def compute_ellipses(positions: Float, diameters: Float, mosaic: Mosaic) -> dict[str, NDArray[Any]]:
    """Compute ellipses in pixels, y upwards, for circles on the ground."""
    if not mosaic.has_crs:
        (x, y), wide, tall, angle = positions.T, diameters, diameters, np.zeros(len(diameters))
    else:
        x, y = mosaic.grid.from_lonlat(*positions.T)
        by_pixel = mosaic.grid.jacobian_m(x, y)
        metric = np.einsum("nki,nkj->nij", by_pixel, by_pixel)
        round_m2 = float(mosaic.pixel_size_m or 1.0) ** 2 * np.eye(2)
        metric = np.where(np.isfinite(metric).all(axis=(1, 2))[:, None, None], metric, round_m2)
        squares, axes = np.linalg.eigh(metric)
        longest = float(np.hypot(mosaic.width, mosaic.height))  # at a pole a row is one point
        sizes = 1000.0 * diameters[:, None] / np.sqrt(np.maximum(squares, 1e-12))
        wide, tall = np.minimum(sizes, longest).T
        angle = np.arctan2(-axes[:, 1, 0], axes[:, 0, 0])
    columns = {"x": x, "y": -y, "width": wide, "height": tall, "angle": angle}
    return {name: np.asarray(column, np.float32) for name, column in columns.items()}


def _mask_colours(mask: Mosaic) -> NDArray[np.uint8]:
    """Turn a mask into one colour, more opaque for higher probabilities."""
    values, valid = mask.read(mask.grid.box, preview_step(mask, _SIDE_PX))
    colours = np.empty((*values.shape, 4), np.uint8)
    colours[..., :3] = _MASK_BGR
    colours[..., 3] = np.where(valid, values, 0).astype(float) * _MASK_OPACITY
    return colours


def _add_image(plot: Model, uri: str, mosaic: Mosaic, name: str) -> Model:
    """Add an image that covers the mosaic."""
    size = picture_size(mosaic)
    return plot.image_url(
        url=[uri], x=0, y=0, anchor="top_left", name=name, w=size["width"], h=size["height"]
    )


def find_step(mosaic: Mosaic) -> int:
    """Find the side of a pixel of the mosaic's picture, pixels of the mosaic."""
    return preview_step(mosaic, _SIDE_PX)


def picture_size(mosaic: Mosaic) -> dict[str, int]:
    """Compute the width and height of the mosaic's picture, whole steps of it, in pixels."""
    step = find_step(mosaic)
    sides = {"width": mosaic.width, "height": mosaic.height}
    return {name: -(-side // step) * step for name, side in sides.items()}


def encode_image(suffix: str, image: NDArray[np.uint8]) -> str:
    """Encode an image as text for a page."""
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if suffix == ".jpg" else []
    _, content = cv2.imencode(suffix, image, options)
    kind = {".jpg": "jpeg", ".png": "png"}[suffix]
    return f"data:image/{kind};base64,{base64.b64encode(content.tobytes()).decode()}"
