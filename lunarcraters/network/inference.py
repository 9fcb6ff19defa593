"""Inference: a model file in, maps of a batch of tiles out."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.network.folding import folded
from lunarcraters.network.model_file import read_info
from lunarcraters.raster.photometry import Photometry, normalise

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


class Detector:
    """A network ready to run: loaded once, called many times with batches of one shape."""

    def __init__(self, path: Path, *, mirrored: bool = False) -> None:
        """Load a model file in safe mode: nothing that it holds is executed.

        Args:
            path: Model file.
            mirrored: Maps are the mean over the four mirror images of a tile: better, slower.

        Raises:
            ModelError: The file is no model, needs code of its own, or does not map an image to
                maps of the same size.
        """
        self.info = read_info(path).used(mirrored=mirrored)
        self._mirrors = _MIRRORS if mirrored else _MIRRORS[:1]
        try:
            self._model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except (ValueError, TypeError, KeyError, OSError) as error:
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else "damaged"
            raise ModelError(f"{path} cannot be loaded as a Keras model: {reason}") from error
        self.channels, self.input_size, self.stride = _geometry(self._model, path)
        heads = int(self._model.output_shape[-1])
        if heads != len(self.info.heads):
            raise ModelError(
                f"{path} has {heads} output channels, not one for each of "
                f"{', '.join(self.info.heads)}: a mask-only network has one"
            )
        self._model = folded(self._model)
        self._compiled: dict[tuple[int, ...], Any] = {}

    def images(
        self, values: NDArray[Any], valid: NDArray[np.bool_], photometry: Photometry
    ) -> Float32:
        """Grey values of one tile (height, width) as the network's input."""
        if self.info.photometry == "local":
            grey = normalise(values, valid, photometry.deviation)
        else:
            grey = unit(values, valid, photometry)
        return np.repeat(grey[..., None], self.channels, axis=-1)

    def maps(self, images: Float32) -> Float32:
        """Maps of a batch, shape (n, height, width, heads)."""
        if images.shape not in self._compiled:
            # `predict` in a loop leaks memory (keras #13118); a graph for each shape does not.
            spec = tf.TensorSpec(images.shape, tf.float32)
            graph = tf.function(self._mean, autograph=False)
            self._compiled[images.shape] = graph.get_concrete_function(spec)
        return np.asarray(self._compiled[images.shape](tf.constant(images)), np.float32)

    def _mean(self, images: Any) -> Any:
        seen = [self._seen(images, *mirror) for mirror in self._mirrors]
        return tf.add_n(seen) / len(seen) if len(seen) > 1 else seen[0]

    def _seen(self, images: Any, axes: tuple[int, ...], by: tuple[int, int]) -> Any:
        """Maps of an image turned round and moved, back in their places."""
        if not axes:
            return self._model(images, training=False)
        moved = tf.roll(tf.reverse(images, axes), by, (1, 2))
        maps = self._model(moved, training=False)
        return tf.reverse(tf.roll(maps, [-step for step in by], (1, 2)), axes)


def unit(values: NDArray[Any], valid: NDArray[np.bool_], photometry: Photometry) -> Float32:
    """Grey values in 0..1: 8 bits divided by 255, others stretched over the mosaic's range."""
    if values.dtype == np.uint8:
        grey = values.astype(np.float32) / np.float32(255.0)
    else:
        span = max(photometry.high - photometry.low, 1e-12)
        filled = np.where(valid, values, photometry.low)
        grey = np.clip((filled.astype(np.float64) - photometry.low) / span, 0.0, 1.0)
    return np.where(valid, grey, 0.0).astype(np.float32)


def _geometry(model: keras.Model, path: Path) -> tuple[int, int | None, int]:
    """Channels, fixed side if any, and what a side must be a multiple of."""
    shape, output = model.input_shape, model.output_shape
    if not (isinstance(shape, tuple) and isinstance(output, tuple) and len(shape) == 4):
        raise ModelError(f"{path} is not a network from one image to one image")
    if shape[-1] not in (1, 3) or len(output) != 4 or output[1:3] != shape[1:3]:
        raise ModelError(
            f"{path} maps {shape} to {output}: expected an image of 1 or 3 channels, and maps of "
            "the image's size"
        )
    if shape[1] != shape[2]:
        raise ModelError(f"{path} takes images of {shape[2]} x {shape[1]}: they must be square")
    pools = sum(isinstance(layer, keras.layers.MaxPooling2D) for layer in model.layers)
    return int(shape[-1]), shape[1], 2 ** max(pools, 4)
