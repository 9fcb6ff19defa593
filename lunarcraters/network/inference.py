"""Inference: a model file in, maps of a batch of images out."""

import struct
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.mosaic.statistics import ValueStatistics
from lunarcraters.network.looks import DEFAULT_LOOKS, choose_looks, turn_back, turn_relief
from lunarcraters.network.model_file import read_info, read_int8
from lunarcraters.network.preprocessing import normalise, scale_to_unit
from lunarcraters.network.startup import Precision, count_least_images, runs_tensorflow

Float32 = NDArray[np.float32]

_MIRRORS: tuple[tuple[tuple[int, ...], tuple[int, int]], ...] = (
    ((), (0, 0)),
    ((1,), (5, 10)),
    ((2,), (10, 5)),
    ((1, 2), (15, 15)),
)
"""Axes along which each view is flipped, and its shift in pixels (down, right).

Views are shifted because the result of a network with a stride depends a little on the place of its
grid. What leaves the image at one edge comes in at the other, within the halo.
"""

_UNIT_DEVIATIONS = 3.0  # of slopes that a network of grey values from 0 to 1 sees on either side


class Network(Protocol):
    """A network that maps images to maps, in Keras or LiteRT, for several threads at once.

    Attributes:
        channels: Number of channels of an image.
        input_size: Side of images, pixels; None for any multiple of the stride.
        stride: Divisor of the sides of images, pixels.
        heads: Number of output channels.
    """

    channels: int
    input_size: int | None
    stride: int
    heads: int

    def __call__(self, images: Float32) -> Float32:
        """Compute the maps of a batch, (n, height, width, heads).

        Args:
            images: Batch, (n, height, width, channels).
        """


class Detector:
    """A network ready to run, with the preprocessing of its images.

    It is loaded once and called many times, from any thread, with batches of one shape.

    Attributes:
        info: Model description, with the calibration of runs from full resolution on.
        channels: Number of channels of an image.
        stride: Divisor of the sides of images, pixels.
        input_size: Side of images, pixels; None for any multiple of the stride.
        least_images: Number of images that a call takes at least.
    """

    def __init__(
        self,
        path: Path,
        *,
        precision: Precision = "float32",
        tta: bool = False,
        looks: int = DEFAULT_LOOKS,
        threads: int | None = None,
    ) -> None:
        """Load a model file.

        Args:
            path: Model file.
            precision: `int8` for the int8 form, which needs no Keras; otherwise the precision with
                which Keras was started.
            tta: True for test-time augmentation: maps are the mean over four mirror images. It is
                more accurate and takes four times as long.
            looks: Number of looks at relief: 1, 2, 4 or 8.
            threads: Threads of a call of the int8 form; None for all.

        Raises:
            ModelError: The file is no model, needs code of its own, does not map an image to maps
                of the same size, or has no int8 form.
            OptionError: There is no such number of looks.
        """
        self.info = read_info(path).for_run(tta=tta)
        self._mirrors = _MIRRORS if tta else _MIRRORS[:1]
        self._looks = choose_looks(looks)
        self._network = _load(path, precision, threads)
        self.channels, self.stride = self._network.channels, self._network.stride
        self.input_size = self._network.input_size
        self.least_images = count_least_images(precision)
        if self._network.heads != len(self.info.heads):
            raise ModelError(
                f"{path} has {self._network.heads} output channels, not one for each of "
                f"{', '.join(self.info.heads)}: a mask-only network has one"
            )

    def images(
        self, values: NDArray[Any], valid: NDArray[np.bool_], statistics: ValueStatistics
    ) -> Float32:
        """Convert the grey values of one tile to an input of the network.

        Args:
            values: Grey values, any dtype, (height, width).
            valid: Validity mask, False where there is no data, (height, width).
            statistics: Statistics of the grey values of the mosaic.

        Returns:
            Image, (height, width, channels).

        Raises:
            ModelError: The network has a normalisation that is not of grey values.
        """
        if self.info.photometry == "local":
            grey = normalise(values, valid, statistics.deviation)
        elif self.info.photometry == "unit":
            grey = scale_to_unit(values, valid, statistics)
        else:
            raise ModelError(
                f"{self.info.preset} is a model of {self.info.photometry}, not of pictures: give "
                "a model of pictures"
            )
        return np.broadcast_to(grey[..., None], (*grey.shape, self.channels))

    def relief_maps(self, relief: Float32, looks: int | None = None) -> Float32:
        """Compute the maps of a batch of relief, the means over the looks.

        A network for pictures is shown the slope to the right, which is like light from the left.

        Args:
            relief: Batch, (n, side, side, 3).
            looks: Number of looks in place of that of the detector.

        Returns:
            Maps, (n, side, side, heads).
        """
        total: Float32 | None = None
        chosen = self._looks if looks is None else choose_looks(looks)
        for look in chosen:
            turned = turn_relief(relief, look) if look else relief
            maps = turn_back(self._network(self._as_input(turned)), look)
            total = maps.copy() if total is None else np.add(total, maps, out=total)
        assert total is not None
        total /= np.float32(len(chosen))
        return total

    def _as_input(self, relief: Float32) -> Float32:
        """Input of the network for relief, (n, side, side, channels)."""
        if self.info.is_of_relief:
            return relief
        light = relief[..., :1]
        if self.info.photometry == "unit":
            light = np.clip(0.5 + light / np.float32(2.0 * _UNIT_DEVIATIONS), 0.0, 1.0)
        return np.ascontiguousarray(np.broadcast_to(light, (*relief.shape[:3], self.channels)))

    def maps(self, images: Float32) -> Float32:
        """Compute the maps of a batch, (n, height, width, heads).

        Args:
            images: Batch, (n, height, width, channels).
        """
        first, *others = (self._run(images, *mirror) for mirror in self._mirrors)
        return np.asarray(sum(others, first) / np.float32(1 + len(others)) if others else first)

    def view(self, images: Float32, number: int) -> Float32:
        """Compute the maps of one mirror image alone, laid back over the images.

        Args:
            images: Batch, (n, height, width, channels).
            number: Number of the view; it counts modulo four.

        Returns:
            Maps, (n, height, width, heads).
        """
        return self._run(images, *_MIRRORS[number % len(_MIRRORS)])

    def _run(self, images: Float32, axes: tuple[int, ...], shift: tuple[int, int]) -> Float32:
        """Maps of images that are flipped and shifted, laid back over the images."""
        if not axes:
            return self._network(images)
        moved = np.roll(np.flip(images, axes), shift, (1, 2))
        maps = np.roll(self._network(moved), (-shift[0], -shift[1]), (1, 2))
        return np.flip(maps, axes)


def _load(path: Path, precision: Precision, threads: int | None) -> Network:
    """Load the network of a model file in the form for a precision."""
    if precision == "int8":
        from lunarcraters.network.backends.int8 import Int8Network

        int8 = read_int8(path)
        try:
            return Int8Network(int8, threads)
        except (struct.error, IndexError, TypeError, ValueError) as error:
            raise ModelError(f"{path}: its int8 form is damaged: take another copy") from error
    if runs_tensorflow():
        from lunarcraters.network.backends.tensorflow_graph import TensorFlowNetwork

        return TensorFlowNetwork(path)
    from lunarcraters.network.backends.keras_model import KerasNetwork

    return KerasNetwork(path)
