"""A Keras network in TensorFlow, with one graph for each shape of batch."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lunarcraters.network.backends.folding import fold
from lunarcraters.network.backends.keras_model import KerasNetwork

Float32 = NDArray[np.float32]


class TensorFlowNetwork(KerasNetwork):
    """The network of a model file, in the precision with which TensorFlow was started."""

    def __init__(self, path: Path) -> None:
        """Load a model file as `KerasNetwork` does, and fold it.

        Raises:
            ModelError: The file is no model, needs code of its own, or does not map an image to
                maps of the same size.
        """
        super().__init__(path)
        self._model = fold(self._model)
        self._compiled: dict[tuple[int, ...], Any] = {}

    def __call__(self, images: Float32) -> Float32:
        """Compute the maps of a batch.

        The maps of an image depend neither on the other images of the batch nor on the number of
        threads. A batch of one image is run with a second, empty image: on processors without
        AVX-512, oneDNN takes another way for one image, half as fast and with other rounding.

        Args:
            images: Batch, (n, height, width, channels).

        Returns:
            Maps, (n, height, width, heads).
        """
        if len(images) == 1:
            return self(np.concatenate([images, np.zeros_like(images)]))[:1]
        with self._one_at_a_time:
            if images.shape not in self._compiled:
                # `predict` in a loop leaks memory (keras #13118); a graph for each shape does not.
                spec = tf.TensorSpec(images.shape, tf.float32)
                graph = tf.function(partial(self._model, training=False), autograph=False)
                self._compiled[images.shape] = graph.get_concrete_function(spec)
        return np.asarray(self._compiled[images.shape](tf.constant(images)), np.float32)
