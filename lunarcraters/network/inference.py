"""Inference: a model file in, maps of a batch of tiles out."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.mosaic.statistics import Photometry
from lunarcraters.network.model_file import read_eight_bit, read_info
from lunarcraters.network.preprocessing import normalise, unit

Float32 = NDArray[np.float32]

_MIRRORS: tuple[tuple[tuple[int, ...], tuple[int, int]], ...] = (
    ((), (0, 0)),
    ((1,), (5, 10)),
    ((2,), (10, 5)),
    ((1, 2), (15, 15)),
)
"""Axes along which an image is turned round, and pixels that it is moved by.

Moved, because a network with a stride is not indifferent to where its grid lies. What leaves the
image at one edge comes in at the other, within the halo.
"""


class Network(Protocol):
    """What gives the maps of images: see `lunarcraters.network.graph.Graph`."""

    channels: int
    input_size: int | None
    stride: int
    heads: int

    def __call__(self, images: Float32) -> Float32:
        """Maps of a batch, shape (n, height, width, heads)."""


class Detector:
    """A network ready to run: loaded once, called many times with batches of one shape."""

    def __init__(
        self,
        path: Path,
        *,
        precision: str = "float32",
        mirrored: bool = False,
        threads: int | None = None,
    ) -> None:
        """Load a model file.

        Args:
            path: Model file.
            precision: `int8` for its 8-bit form, which does not need TensorFlow; the others are
                what TensorFlow was started with.
            mirrored: Maps are the mean over the four mirror images of a tile: better, slower.
            threads: Of the 8-bit form; None for all.

        Raises:
            ModelError: The file is no model, needs code of its own, does not map an image to maps
                of the same size, or has no 8-bit form.
        """
        self.info = read_info(path).used(mirrored=mirrored)
        self._mirrors = _MIRRORS if mirrored else _MIRRORS[:1]
        self._network = _load(path, precision, threads)
        self.channels, self.stride = self._network.channels, self._network.stride
        self.input_size = self._network.input_size
        if self._network.heads != len(self.info.heads):
            raise ModelError(
                f"{path} has {self._network.heads} output channels, not one for each of "
                f"{', '.join(self.info.heads)}: a mask-only network has one"
            )

    def images(
        self, values: NDArray[Any], valid: NDArray[np.bool_], photometry: Photometry
    ) -> Float32:
        """Grey values of one tile (height, width) as the network's input."""
        if self.info.photometry == "local":
            grey = normalise(values, valid, photometry.deviation)
        else:
            grey = unit(values, valid, photometry)
        return np.broadcast_to(grey[..., None], (*grey.shape, self.channels))

    def maps(self, images: Float32) -> Float32:
        """Maps of a batch, shape (n, height, width, heads)."""
        first, *others = (self._seen(images, *mirror) for mirror in self._mirrors)
        return np.asarray(sum(others, first) / np.float32(1 + len(others)) if others else first)

    def look(self, images: Float32, number: int) -> Float32:
        """Maps of one mirror image alone, back in their places: that of a number, modulo four."""
        return self._seen(images, *_MIRRORS[number % len(_MIRRORS)])

    def _seen(self, images: Float32, axes: tuple[int, ...], by: tuple[int, int]) -> Float32:
        """Maps of images turned round and moved, back in their places."""
        if not axes:
            return self._network(images)
        moved = np.roll(np.flip(images, axes), by, (1, 2))
        maps = np.roll(self._network(moved), (-by[0], -by[1]), (1, 2))
        return np.flip(maps, axes)


def _load(path: Path, precision: str, threads: int | None) -> Network:
    if precision == "int8":
        from lunarcraters.network.backends.int8 import EightBitNetwork

        return EightBitNetwork(read_eight_bit(path), threads)
    from lunarcraters.network.backends.tensorflow_graph import Graph

    return Graph(path)
