"""Downsampling: the images of a split in fewer pixels, as a coarser camera shows the ground."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.layout import Pair
from lunarcraters.datasets.yolo_labels import TileName, read_grey
from lunarcraters.errors import OutputError


def write_downsampled(pairs: Sequence[Pair], out: Path, share: float) -> None:
    """Write images at a share of their resolution, with their labels, as a split.

    A pixel is the mean of the pixels that it covers. In images whose names hold coordinates, 0 is
    nodata, and a pixel is 0 where less than half of it has data.

    Args:
        pairs: Images with their label files.
        out: Directory of the split, which must not exist yet.
        share: Number of pixels along a side, as a share of that of the original, up to 1.

    Raises:
        DatasetError: An image cannot be read.
        OutputError: The directory cannot be written.
    """
    images, labels = out / "images", out / "labels"
    try:
        images.mkdir(parents=True)
        labels.mkdir()
        for pair in pairs:
            grey = read_grey(pair.image)
            has_coordinates = TileName.parse(pair.image.name) is not None
            valid = grey > 0 if has_coordinates else np.ones(grey.shape, np.bool_)
            downsampled = _downsample(grey, valid, share)
            # The suffix may be that of a lossy format, and the name has dots in it.
            name = pair.image.name[: -len(pair.image.suffix)] + ".png"
            (images / name).write_bytes(cv2.imencode(".png", downsampled)[1].tobytes())
            shutil.copyfile(pair.label, labels / pair.label.name)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error


def _downsample(
    grey: NDArray[np.uint8], valid: NDArray[np.bool_], share: float
) -> NDArray[np.uint8]:
    """Downsample grey values by area means over the pixels that have data."""
    height, width = (max(round(side * share), 1) for side in grey.shape)

    def mean(plane: NDArray[np.generic]) -> NDArray[np.float32]:
        real = plane.astype(np.float32)
        return np.asarray(cv2.resize(real, (width, height), interpolation=cv2.INTER_AREA))

    part = mean(valid)
    enough = part >= 0.5
    lowest = 0 if valid.all() else 1  # so that dark ground does not become nodata
    values = mean(np.where(valid, grey, 0)) / np.maximum(part, np.float32(1e-6))
    return np.where(enough, np.clip(np.rint(values), lowest, 255), 0).astype(np.uint8)
