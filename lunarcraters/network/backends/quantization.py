"""Quantising: the 8-bit form of a network, made from examples of what it sees."""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.network.backends.folding import Blocks, folded
from lunarcraters.network.backends.int8 import EightBitNetwork
from lunarcraters.network.backends.tensorflow_graph import geometry
from lunarcraters.network.model_file import EightBitForm
from lunarcraters.process import hushed

Float32 = NDArray[np.float32]


def quantised(model: Any, examples: Sequence[Float32]) -> EightBitForm:
    """A network as two flatbuffers: all up to its heads in int8, and the heads.

    Weights get a scale for each filter, activations one for each layer, from the range that the
    examples give them (Jacob et al. 2018, arXiv:1712.05877). What the heads say is float32: 256
    values are too few for the places of peaks.

    Args:
        model: From images to maps, both of any size that its stride divides, or of one.
        examples: Images (height, width, channels) of such sizes.

    Raises:
        ModelError: It cannot be cut before its heads, or has no such form for all sizes.
    """
    plain = folded(model)
    features = _features(plain)
    _, size, stride = geometry(model, "the network")
    body, heads = keras.Model(plain.inputs, features), keras.Model(features, _ends(plain))
    form = EightBitForm(_flatbuffer(body, examples), _flatbuffer(heads), stride, size)
    side = size or 20 * stride  # other than that of the examples
    image = np.zeros((2, side, side, plain.input_shape[-1]), np.float32)
    try:
        fits = EightBitNetwork(form)(image).shape == plain(image).shape
    except (RuntimeError, ValueError):
        fits = False
    if not fits:
        raise ModelError("the network has no 8-bit form: its layers are bound to a size")
    return form


def _features(model: Any) -> Any:
    """What all heads are convolutions of."""
    waiting, read = list(model.outputs), {}
    while waiting:
        made_by, node, _ = waiting.pop()._keras_history
        inputs = made_by._inbound_nodes[node].input_tensors
        if isinstance(made_by, keras.layers.Concatenate | Blocks):
            waiting += inputs
        elif isinstance(made_by, keras.layers.Conv2D):
            read[id(inputs[0])] = inputs[0]
        else:
            raise ModelError("the network has no 8-bit form: it does not end in convolutions")
    if len(read) != 1:
        raise ModelError("the network has no 8-bit form: its heads do not begin at one layer")
    return next(iter(read.values()))


def _ends(model: Any) -> list[Any]:
    """What comes out, each head by itself, as blocks of pixels: NumPy lays them out sooner."""
    ends: list[Any] = []
    for output in model.outputs:
        for head in _made_of(output, keras.layers.Concatenate):
            ends += _made_of(head, Blocks) if head.shape[-1] == 1 else [head]
    return ends


def _made_of(tensor: Any, kind: Any) -> list[Any]:
    """What a layer of a kind made a tensor of; the tensor itself where another made it."""
    made_by, node, _ = tensor._keras_history
    return list(made_by._inbound_nodes[node].input_tensors) if type(made_by) is kind else [tensor]


def _flatbuffer(model: Any, examples: Sequence[Float32] = ()) -> bytes:
    """A network for LiteRT with 8-bit weights; activations too where there are examples."""

    def batches() -> Iterator[list[Float32]]:
        for image in examples:
            yield [image[None]]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if examples:
        converter.representative_dataset = batches
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), hushed():
        warnings.simplefilter("ignore")  # of what TensorFlow does within itself
        return bytes(converter.convert())
