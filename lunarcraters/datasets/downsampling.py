"""Copies of a split: in fewer pixels, as a coarser camera shows the ground, or side by side."""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.classes import CRATER, IGNORED
from lunarcraters.datasets.images import read_grey, read_image
from lunarcraters.datasets.label_lines import format_lines
from lunarcraters.datasets.pairs import Pair
from lunarcraters.errors import OutputError

_PIXEL_DEG = 1e-4  # side of a pixel of images that are laid side by side
_GAP_PX = 256  # nodata between them, so that the network sees one at a time


def write_downsampled(
    pairs: Sequence[Pair], out: Path, share: float, *, side_by_side: bool = False
) -> None:
    """Write images at a share of their resolution, with their labels, as a split.

    A pixel is the mean of the pixels that it covers. It is 0 where less than half of it has data.
    The labels are boxes of the classes `CRATER` and `IGNORED`.

    Args:
        pairs: Images with their label files.
        out: Directory of the split, which must not exist yet.
        share: Number of pixels along a side, as a share of that of the original, up to 1.
        side_by_side: True to make every image isotropic (`Pair.squeeze`), and to give it a name
            with coordinates near the equator, so that all are one mosaic. Ground of grey value 0
            becomes 1.

    Raises:
        DatasetError: An image or a label file cannot be read.
        OutputError: The directory cannot be written.
    """
    images, labels = out / "images", out / "labels"
    try:
        images.mkdir(parents=True)
        labels.mkdir()
        if side_by_side:
            cell = max(max(read_grey(pair.image).shape) for pair in pairs)
        for number, pair in enumerate(pairs):
            grey, valid = read_image(pair.image)
            # The suffix may be that of a lossy format, and the name has dots in it.
            stem = pair.image.name[: -len(pair.image.suffix)]
            lowest = 1 if side_by_side or not valid.all() else 0
            squeeze = pair.squeeze if side_by_side else 1.0
            downsampled = _downsample(grey, valid, (share * squeeze, share), lowest)
            if side_by_side:
                columns = math.ceil(math.sqrt(len(pairs)))
                corner = number % columns * (cell + _GAP_PX), number // columns * (cell + _GAP_PX)
                stem = _name_by_edges(corner, downsampled.shape)
            (images / f"{stem}.png").write_bytes(cv2.imencode(".png", downsampled)[1].tobytes())
            crater, ignored = pair.read_boxes(), pair.read_ignored()
            classes = [CRATER] * len(crater) + [IGNORED] * len(ignored)
            text = format_lines(classes, np.vstack([crater, ignored]))
            (labels / f"{stem}.txt").write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error


def _name_by_edges(corner: tuple[int, int], shape: tuple[int, ...]) -> str:
    """Name an image by its edges.

    Args:
        corner: Distances of its western and southern edge from longitude and latitude 0, pixels.
        shape: Height and width of the image, pixels.
    """
    (west, south), (height, width) = corner, shape
    edges = (west, west + width, south, south + height)
    return ",".join(f"{edge * _PIXEL_DEG:.7f}" for edge in edges)


def _downsample(
    grey: NDArray[np.uint8], valid: NDArray[np.bool_], shares: tuple[float, float], lowest: int
) -> NDArray[np.uint8]:
    """Downsample grey values by area means over the pixels that have data.

    Args:
        grey: Grey values, (height, width).
        valid: Validity mask, (height, width).
        shares: Numbers of pixels along x and y, as shares of those of the original.
        lowest: Lowest grey value of ground, so that dark ground does not become nodata.
    """
    width, height = (max(round(n * s), 1) for n, s in zip(grey.shape[::-1], shares, strict=True))

    def mean(plane: NDArray[np.generic]) -> NDArray[np.float32]:
        real = plane.astype(np.float32)
        return np.asarray(cv2.resize(real, (width, height), interpolation=cv2.INTER_AREA))

    part = mean(valid)
    enough = part >= 0.5
    values = mean(np.where(valid, grey, 0)) / np.maximum(part, np.float32(1e-6))
    return np.where(enough, np.clip(np.rint(values), lowest, 255), 0).astype(np.uint8)
