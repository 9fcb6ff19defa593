"""Plots of a training: its curves, and panels of images with their masks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lunarcraters.network.decoding import decode_maps
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.plots.files import save_png

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

_PANELS = ("image", "true mask", "predicted mask", "boxes")
_SHOWN = 5
_SHOWN_SCORE = 0.3
_DPI = 110


def draw_curves(history: Sequence[dict[str, float]], path: Path) -> None:
    """Draw every metric over the epochs, training and validation.

    Args:
        history: Metrics of each epoch, by name; those of validation begin with `val_`.
        path: PNG to write.

    Raises:
        OutputError: The file cannot be written.
    """
    names = [
        k for k in (history[0] if history else {}) if k != "epoch" and not k.startswith("val_")
    ]
    columns = 4
    rows = max(-(-len(names) // columns), 1)
    figure = Figure(figsize=(14, 3.2 * rows))
    axes = figure.subplots(rows, columns, squeeze=False)
    epochs = [row["epoch"] for row in history]
    for axis, name in zip(axes.flat, names, strict=False):
        axis.plot(epochs, [row[name] for row in history], marker=".", label="train")
        if f"val_{name}" in history[0]:
            axis.plot(epochs, [row[f"val_{name}"] for row in history], marker=".", label="valid")
            axis.legend()
        axis.set(title=name.replace("_", " "), xlabel="epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    figure.tight_layout()
    save_png(figure, path, _DPI)


def draw_panels(
    images: Float32, targets: Float32, maps: Float32, info: ModelInfo, path: Path
) -> None:
    """Draw images with their true mask, predicted mask, and boxes (true green, predicted red).

    Args:
        images: Network inputs, (n, height, width, channels); the first five are shown.
        targets: Training targets, (n, height, width, channels of the targets).
        maps: Network outputs, (n, height, width, heads).
        info: Model description (heads, diameter range).
        path: PNG to write.

    Raises:
        OutputError: The file cannot be written.
    """
    shown = min(_SHOWN, len(images))
    figure = Figure(figsize=(12, 3.1 * shown))
    axes = figure.subplots(shown, 4, squeeze=False)
    for row, image, target, predicted in zip(axes, images, targets, maps, strict=False):
        grey = image[..., 0]
        for axis, plane in zip(row, (grey, target[..., 0], predicted[..., 0], grey), strict=True):
            limits = {} if plane is grey else {"vmin": 0.0, "vmax": 1.0}
            axis.imshow(plane, cmap="gray", origin="upper", **limits)
            axis.set_axis_off()
        _add_boxes(row[3], _true_circles(target, info), "lime")
        circles, scores = decode_maps(predicted, info.heads, info.diameters_px)
        _add_boxes(row[3], circles[scores >= _SHOWN_SCORE], "red")
    for axis, title in zip(axes[0], _PANELS, strict=True):
        axis.set_title(title)
    figure.tight_layout()
    save_png(figure, path, _DPI)


def _true_circles(target: Float32, info: ModelInfo) -> Float:
    """Decode the craters of a target's maps, (n, 3)."""
    if "centre" not in info.heads:
        return decode_maps(target, ("mask",), info.diameters_px)[0]
    return decode_maps(target[..., [0, 2, 4]], info.heads, info.diameters_px)[0]


def _add_boxes(axis: Axes, circles: Float, colour: str) -> None:
    for x, y, diameter in circles:
        corner = (x - diameter / 2 - 0.5, y - diameter / 2 - 0.5)
        axis.add_patch(Rectangle(corner, diameter, diameter, fill=False, ec=colour, lw=0.8))
