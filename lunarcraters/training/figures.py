"""Pictures of a training: its curves, and panels of what the network sees."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from lunarcraters.catalogue.decoding import decode
from lunarcraters.network.inference import Detector
from lunarcraters.training.sampling import Sampler

_PANELS = ("image", "true mask", "predicted mask", "boxes")
_SHOWN = 5
_SHOWN_SCORE = 0.3


def draw_curves(history: Sequence[dict[str, float]], path: Path) -> None:
    """Draw every metric over the epochs, training and validation.

    Args:
        history: One row an epoch, as `history.read_history` gives it.
        path: PNG to write.
    """
    names = [
        k for k in (history[0] if history else {}) if k != "epoch" and not k.startswith("val_")
    ]
    columns = 4
    rows = max(-(-len(names) // columns), 1)
    figure, axes = plt.subplots(rows, columns, figsize=(14, 3.2 * rows), squeeze=False)
    epochs = [row["epoch"] for row in history]
    for axis, name in zip(axes.flat, names, strict=False):
        axis.plot(epochs, [row[name] for row in history], marker=".", label="train")
        if f"val_{name}" in history[0]:
            axis.plot(epochs, [row[f"val_{name}"] for row in history], marker=".", label="valid")
            axis.legend()
        axis.set(title=name.replace("_", " "), xlabel="epoch")
        axis.grid(alpha=0.3)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    _save(figure, path)


def draw_panels(model: Path, samples: Sampler, path: Path) -> None:
    """Draw images with their true mask, predicted mask, and boxes (true green, found red).

    Args:
        model: Model file.
        samples: Where images and targets come from; the first batch is shown.
        path: PNG to write.
    """
    detector = Detector(model)
    images, targets = samples.batch(0)
    maps = detector.maps(images)
    shown = min(_SHOWN, len(images))
    figure, axes = plt.subplots(shown, 4, figsize=(12, 3.1 * shown), squeeze=False)
    for row, image, target, found in zip(axes, images, targets, maps, strict=False):
        grey = image[..., 0]
        for axis, plane in zip(row, (grey, target[..., 0], found[..., 0], grey), strict=True):
            axis.imshow(plane, cmap="gray", **_limits(plane is grey))
            axis.set_axis_off()
        _add_boxes(row[3], _true_circles(target, detector), "lime")
        circles, scores = decode(found, detector.info.heads, detector.info.diameters_px)
        _add_boxes(row[3], circles[scores >= _SHOWN_SCORE], "red")
    for axis, title in zip(axes[0], _PANELS, strict=True):
        axis.set_title(title)
    _save(figure, path)


def _limits(is_image: bool) -> dict[str, float]:
    return {} if is_image else {"vmin": 0.0, "vmax": 1.0}


def _true_circles(target: Any, detector: Detector) -> Any:
    """Craters as the target's maps hold them."""
    if "centre" not in detector.info.heads:
        return decode(target, ("mask",), detector.info.diameters_px)[0]
    maps = target[..., [0, 2, 4]]
    return decode(maps, detector.info.heads, detector.info.diameters_px)[0]


def _add_boxes(axis: Any, circles: Any, colour: str) -> None:
    for x, y, diameter in circles:
        corner = (x - diameter / 2 - 0.5, y - diameter / 2 - 0.5)
        axis.add_patch(Rectangle(corner, diameter, diameter, fill=False, ec=colour, lw=0.8))


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
