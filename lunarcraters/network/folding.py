"""Folding: batch normalization after a convolution becomes part of the convolution."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def folded(model: Any) -> Any:
    """The same network with batch normalizations that directly follow a convolution folded in.

    In inference a batch normalization is a scale and a shift, which a convolution can do with its
    own kernel and bias. Normalizations elsewhere stay as they are.

    Returns:
        A new model, for inference alone; the one given where it is not functional, or has nothing
        to fold.
    """
    functional = hasattr(model, "operations") and not isinstance(model, keras.Sequential)
    convolution_of = _pairs(model) if functional else {}
    if not convolution_of:
        return model
    norm_of = {convolution: norm for norm, convolution in convolution_of.items()}

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in norm_of:
            config["use_bias"] = True
        return layer.__class__.from_config(config)

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return args[0] if layer.name in convolution_of else layer(*args, **kwargs)

    plain = keras.models.clone_model(model, clone_function=clone, call_function=call)
    for layer in plain.layers:
        given = model.get_layer(layer.name)
        norm = norm_of.get(layer.name)
        layer.set_weights(_merged(given, model.get_layer(norm)) if norm else given.get_weights())
    return plain


def _pairs(model: Any) -> dict[str, str]:
    """Batch normalizations that can be folded, each with its convolution, by name."""
    users: dict[str, list[Any]] = {}
    for layer in model.layers:
        for node in layer._inbound_nodes:
            for tensor in node.input_tensors:
                users.setdefault(tensor._keras_history.operation.name, []).append(layer)
    outputs = {tensor._keras_history.operation.name for tensor in model.outputs}
    return {
        users[layer.name][0].name: layer.name
        for layer in model.layers
        if type(layer) is keras.layers.Conv2D
        and layer.activation is keras.activations.linear
        and layer.data_format == "channels_last"
        and layer.name not in outputs
        and [type(user) for user in users[layer.name]] == [keras.layers.BatchNormalization]
        and users[layer.name][0].axis in (-1, 3)
        and len(users[layer.name][0]._inbound_nodes) == 1
    }


def _merged(convolution: Any, norm: Any) -> list[NDArray[np.float64]]:
    """Kernel and bias that do the work of both."""
    kernel, *bias = (np.asarray(weights, np.float64) for weights in convolution.get_weights())
    mean, variance = (np.asarray(v, np.float64) for v in (norm.moving_mean, norm.moving_variance))
    factor = 1.0 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        factor = factor * np.asarray(norm.gamma, np.float64)
    shift = np.asarray(norm.beta, np.float64) if norm.center else 0.0
    return [kernel * factor, (sum(bias) - mean) * factor + shift]
