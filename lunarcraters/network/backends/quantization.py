"""Quantization: the int8 form of a network, made from example images."""

import io
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.network.backends.folding import Blocks, fold
from lunarcraters.network.backends.int8 import Int8Network
from lunarcraters.network.backends.keras_model import input_geometry
from lunarcraters.network.backends.narrowing import narrow
from lunarcraters.network.model_file import Int8Model
from lunarcraters.process import suppress_native_stderr, suppress_warnings

_RANGED = 48  # examples that give the scales

Float32 = NDArray[np.float32]


def quantize(model: Any, examples: Sequence[Float32]) -> Int8Model:
    """Convert a network to two flatbuffers: its body in int8, and its heads.

    Blocks are narrowed first (see `narrowing`).

    Weights get a scale for each filter, activations one for each layer, from the range of the
    examples (Jacob et al. 2018, arXiv:1712.05877). The heads give float32, because 256 values are
    too few for the positions of peaks.

    Args:
        model: Keras model from images to maps, both of any multiple of its stride or of one size.
        examples: Images of one of such sizes, (height, width, channels) each; the first 48 give the
            scales.

    Raises:
        ModelError: The network cannot be cut before its heads, or is bound to one size.
    """
    folded = narrow(fold(model), examples)
    features = _find_features(folded)
    geometry = input_geometry(model, "the network")
    body, heads = keras.Model(folded.inputs, features), keras.Model(features, _split_heads(folded))
    int8 = Int8Model(
        _convert(body, examples[:_RANGED]), _convert(heads), geometry.stride, geometry.input_size
    )
    side = geometry.input_size or 20 * geometry.stride  # another size than that of the examples
    image = np.zeros((2, side, side, folded.input_shape[-1]), np.float32)
    try:
        fits = Int8Network(int8)(image).shape == folded(image).shape
    except (RuntimeError, ValueError):
        fits = False
    if not fits:
        raise ModelError("the network has no int8 form: its layers are bound to a size")
    return int8


def _find_features(model: Any) -> Any:
    """Find the tensor that all heads are convolutions of."""
    pending, features = list(model.outputs), {}
    while pending:
        layer, node, _ = pending.pop()._keras_history
        inputs = layer._inbound_nodes[node].input_tensors
        if isinstance(layer, keras.layers.Concatenate | Blocks):
            pending += inputs
        elif isinstance(layer, keras.layers.Conv2D):
            features[id(inputs[0])] = inputs[0]
        else:
            raise ModelError("the network has no int8 form: it does not end in convolutions")
    if len(features) != 1:
        raise ModelError("the network has no int8 form: its heads do not begin at one layer")
    return next(iter(features.values()))


def _split_heads(model: Any) -> list[Any]:
    """Find the output tensors of all heads, as blocks of pixels, which NumPy lays out faster."""
    outputs: list[Any] = []
    for output in model.outputs:
        for head in _inputs_of(output, keras.layers.Concatenate):
            outputs += _inputs_of(head, Blocks) if head.shape[-1] == 1 else [head]
    return outputs


def _inputs_of(tensor: Any, kind: Any) -> list[Any]:
    """Inputs of the layer of a tensor if it is of a kind, else the tensor itself."""
    layer, node, _ = tensor._keras_history
    return list(layer._inbound_nodes[node].input_tensors) if type(layer) is kind else [tensor]


def _convert(model: Any, examples: Sequence[Float32] = ()) -> bytes:
    """Convert a network to LiteRT with int8 weights, and int8 activations if there are examples."""

    def batches() -> Iterator[list[Float32]]:
        for image in examples:
            yield [image[None]]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if examples:
        converter.representative_dataset = batches
    # TensorFlow warns about itself.
    with suppress_warnings(Warning), redirect_stdout(io.StringIO()), suppress_native_stderr():
        return bytes(converter.convert())
