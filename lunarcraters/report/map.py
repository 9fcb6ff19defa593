"""The map of the page: the mosaic, its mask, the craters and a reference, one over another."""

import base64
from pathlib import Path

import cv2
import numpy as np
from bokeh.models import CDSView, ColumnDataSource, HoverTool, IndexFilter, Model
from bokeh.plotting import figure
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.evaluation.reference import Reference
from lunarcraters.mosaic.mosaic import Mosaic, open_mosaic
from lunarcraters.mosaic.preview import quick_look, shrinking

MOST_DRAWN = 2000
"""Craters that are drawn at once: the largest in view."""

_SIDE_PX = 2048
_JPEG_QUALITY = 85
_MASK_BGR = (255, 200, 0)
_MASK_OPACITY = 0.6
_FOUND_MISSED = ("#4ade80", "#f87171")

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def picture(
    found: Catalogue, mosaic: Mosaic, mask: Path | None, known: Reference | None, met: Bool
) -> Model:
    """A figure in pixels of the mosaic, y upwards.

    Its parts have names: the renderers `mask`, `craters`, `reference`; the source `found`; the
    filter `shown`.

    Args:
        found: Craters to draw.
        mosaic: The picture underneath.
        mask: The mask that goes over it.
        known: Reference craters.
        met: Which of them were found, (n,).
    """
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
    plot.axis.visible = False
    plot.grid.visible = False
    plot.toolbar.logo = None
    grey, _ = quick_look(mosaic, _SIDE_PX)
    ground = _lay(plot, _data_uri(".jpg", grey), mosaic, "mosaic")
    for ends in (plot.x_range, plot.y_range):
        ends.update(renderers=[ground], range_padding=0.02)
    if mask is not None and mask.is_file():
        _lay(plot, _data_uri(".png", _tinted(open_mosaic(mask))), mosaic, "mask").visible = False
    if known is not None:
        columns = _ellipses(known.positions, known.diameters, mosaic)
        columns["colour"] = np.where(met, *_FOUND_MISSED)
        reference = plot.ellipse(
            "x", "y", width="width", height="height", angle="angle", line_color="colour",
            fill_color=None, line_dash="dashed", source=ColumnDataSource(columns),
            name="reference",
        )  # fmt: skip
        reference.visible = False
    columns = _ellipses(found.positions, found.diameters, mosaic)
    columns |= {
        "across": found.positions[:, 0],
        "along": found.positions[:, 1],
        "diameter": found.diameters,
        "deviation": found.deviations,
        "score": np.nan_to_num(found.scores, nan=1.0),
    }
    source = ColumnDataSource(columns, name="found")
    craters = plot.ellipse(
        "x", "y", width="width", height="height", angle="angle", line_color="#facc15",
        fill_color="#facc15", fill_alpha=0.0, line_width=1.2, hover_fill_alpha=0.3,
        hover_line_color="#ffffff", hover_fill_color="#ffffff", source=source,
        view=CDSView(filter=IndexFilter(list(range(min(len(found), MOST_DRAWN))), name="shown")),
        name="craters",
    )  # fmt: skip
    across, along, unit = ("x", "y", "px") if found.is_pixels else ("longitude", "latitude", "km")
    digits = "0.0" if found.is_pixels else "0.0000"
    plot.add_tools(
        HoverTool(
            renderers=[craters],
            tooltips=[
                (across, f"@across{{{digits}}}"),
                (along, f"@along{{{digits}}}"),
                ("diameter", f"@diameter{{0.00}} ± @deviation{{0.00}} {unit}"),
                ("score", "@score{0.00}"),
            ],
        )
    )
    return plot


def _ellipses(positions: Float, diameters: Float, mosaic: Mosaic) -> dict[str, Float]:
    """Circles on the ground as ellipses in pixels, y upwards."""
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


def _tinted(mask: Mosaic) -> NDArray[np.uint8]:
    """A mask as a colour, the more opaque the surer."""
    values, valid = mask.read(mask.grid.box, shrinking(mask, _SIDE_PX))
    tinted = np.empty((*values.shape, 4), np.uint8)
    tinted[..., :3] = _MASK_BGR
    tinted[..., 3] = np.where(valid, values, 0).astype(float) * _MASK_OPACITY
    return tinted


def _lay(plot: Model, uri: str, mosaic: Mosaic, name: str) -> Model:
    step = shrinking(mosaic, _SIDE_PX)
    size = {"w": -(-mosaic.width // step) * step, "h": -(-mosaic.height // step) * step}
    return plot.image_url(url=[uri], x=0, y=0, anchor="top_left", name=name, **size)


def _data_uri(suffix: str, image: NDArray[np.uint8]) -> str:
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if suffix == ".jpg" else []
    _, content = cv2.imencode(suffix, image, options)
    kind = {".jpg": "jpeg", ".png": "png"}[suffix]
    return f"data:image/{kind};base64,{base64.b64encode(content.tobytes()).decode()}"
