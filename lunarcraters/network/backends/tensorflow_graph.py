"""Graphs: a Keras network in TensorFlow, one graph for each shape of batch."""

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.network.backends.folding import folded

Float32 = NDArray[np.float32]


class Graph:
    """The network of a model file, in the precision that TensorFlow was started with.

    Attributes:
        channels: Of an image.
        input_size: Side of an image, pixels; None for any.
        stride: What a side must be a multiple of.
        heads: Channels that come out.
    """

    def __init__(self, path: Path) -> None:
        """Load a model file in safe mode: nothing that it holds is executed.

        Raises:
            ModelError: The file is no model, needs code of its own, or does not map an image to
                maps of the same size.
        """
        model = load_network(path)
        self.channels, self.input_size, self.stride = geometry(model, path)
        self.heads = int(model.output_shape[-1])
        self._model = folded(model)
        self._compiled: dict[tuple[int, ...], Any] = {}

    def __call__(self, images: Float32) -> Float32:
        """Maps of a batch, shape (n, height, width, heads).

        The same for an image whatever else is in the batch, and with any number of threads. One
        alone is given a companion: oneDNN takes it another way on processors without AVX-512, half
        as fast and not the same to the last bit.
        """
        if len(images) == 1:
            return self(np.concatenate([images, np.zeros_like(images)]))[:1]
        if images.shape not in self._compiled:
            # `predict` in a loop leaks memory (keras #13118); a graph for each shape does not.
            spec = tf.TensorSpec(images.shape, tf.float32)
            graph = tf.function(partial(self._model, training=False), autograph=False)
            self._compiled[images.shape] = graph.get_concrete_function(spec)
        return np.asarray(self._compiled[images.shape](tf.constant(images)), np.float32)


def load_network(path: Path) -> Any:
    """The Keras model of a file, loaded in safe mode and not compiled.

    Raises:
        ModelError: The file is no model, or needs code of its own.
    """
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else "damaged"
        raise ModelError(f"{path} cannot be loaded as a Keras model: {reason}") from error


def geometry(model: keras.Model, path: Path | str) -> tuple[int, int | None, int]:
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
