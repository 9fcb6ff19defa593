"""Reducing: a split's images in fewer pixels, as a coarser camera shows the same ground."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.yolo_labels import Pair, TileName, read_grey
from lunarcraters.errors import OutputError


def write_reduced(pairs: Sequence[Pair], out: Path, share: float) -> None:
    """Write images at a share of their resolution, with their labels, as a split.

    A pixel is the mean of those it covers. Where images have a place, 0 is no data, and a pixel is
    0 where less than half of it has data.

    Args:
        pairs: Images and their labels.
        out: Directory of the split, which is made.
        share: Pixels along a side, over those of the original; at most 1.

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
            has_place = TileName.parse(pair.image.name) is not None
            valid = grey > 0 if has_place else np.ones(grey.shape, np.bool_)
            reduced = _reduced(grey, valid, share)
            # The suffix may be that of a lossy format, and the name has dots in it.
            name = pair.image.name[: -len(pair.image.suffix)] + ".png"
            (images / name).write_bytes(cv2.imencode(".png", reduced)[1].tobytes())
            shutil.copyfile(pair.label, labels / pair.label.name)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error


def _reduced(grey: NDArray[np.uint8], valid: NDArray[np.bool_], share: float) -> NDArray[np.uint8]:
    height, width = (max(round(side * share), 1) for side in grey.shape)

    def mean(plane: NDArray[np.generic]) -> NDArray[np.float32]:
        real = plane.astype(np.float32)
        return np.asarray(cv2.resize(real, (width, height), interpolation=cv2.INTER_AREA))

    part = mean(valid)
    known = part >= 0.5
    least = 0 if valid.all() else 1  # lest dark ground become nodata
    values = mean(np.where(valid, grey, 0)) / np.maximum(part, np.float32(1e-6))
    return np.where(known, np.clip(np.rint(values), least, 255), 0).astype(np.uint8)
