"""Folding: a network rewritten for inference, so that it says the same in fewer steps.

Batch normalization after a convolution becomes part of the convolution. A strided first convolution
over one channel becomes a 3x3 one over the pixels of blocks as channels, and a strided transposed
one to one channel becomes a 3x3 one to the pixels of blocks: oneDNN does the first kinds by a
general matrix product, slower, and rounds them otherwise for another number of tiles. A transposed
one whose patches do not overlap becomes a 1x1 one to the pixels of blocks, which knows no size.
"""

from itertools import product
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def folded(model: Any) -> Any:
    """The same network with batch normalizations that directly follow a convolution folded in.

    In inference a batch normalization is a scale and a shift, which a convolution can do with its
    own kernel and bias. Normalizations elsewhere stay as they are. Sides of images must be
    multiples of the first convolution's stride.

    Returns:
        A new model, for inference alone; the one given where it is not functional, or has nothing
        to fold.
    """
    functional = hasattr(model, "operations") and not isinstance(model, keras.Sequential)
    convolution_of = _pairs(model) if functional else {}
    if not convolution_of:
        return model
    norm_of = {convolution: norm for norm, convolution in convolution_of.items()}
    stems = {layer.name: layer.strides[0] for layer in model.layers if _is_stem(layer, norm_of)}
    heads = {layer.name: layer.strides[0] for layer in model.layers if _is_head(layer)}
    ups = {layer.name: layer.strides[0] for layer in model.layers if _is_up(layer)}
    spread = heads | ups

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in norm_of:
            config["use_bias"] = True
        if layer.name in stems:
            config.update(kernel_size=3, strides=1)
        if layer.name in spread:
            given = {name: config[name] for name in ("name", "dtype", "activation", "use_bias")}
            filters, side = layer.filters * spread[layer.name] ** 2, 3 if layer.name in heads else 1
            return keras.layers.Conv2D(filters, side, padding="same", **given)
        return layer.__class__.from_config(config)

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if layer.name in convolution_of:
            return args[0]
        if layer.name in stems:
            return layer(Blocks(tf.nn.space_to_depth, stems[layer.name])(*args))
        if layer.name in spread:
            return Blocks(tf.nn.depth_to_space, spread[layer.name])(layer(*args))
        return layer(*args, **kwargs)

    plain = keras.models.clone_model(model, clone_function=clone, call_function=call)
    for layer in plain.layers:
        if not layer.weights:
            continue
        given = model.get_layer(layer.name)
        norm = norm_of.get(layer.name)
        weights = _merged(given, model.get_layer(norm)) if norm else given.get_weights()
        if layer.name in stems:
            weights[0] = _over_blocks(weights[0], stems[layer.name])
        if layer.name in heads:
            weights = _to_blocks(weights, heads[layer.name])
        if layer.name in ups:
            weights = _to_squares(weights)
        layer.set_weights(weights)
    return plain


class Blocks(keras.layers.Layer):
    """The pixels of square blocks to channels, or back."""

    def __init__(self, way: Any, side: int) -> None:
        super().__init__()
        self.way, self.side = way, side

    def call(self, images: Any) -> Any:
        """The images the other way."""
        return self.way(images, self.side)


def _is_stem(layer: Any, norm_of: dict[str, str]) -> bool:
    """A folded convolution of one channel whose kernel of 2 s + 1 goes by strides of s."""
    return (
        layer.name in norm_of
        and layer.input.shape[-1] == 1
        and layer.padding == "same"
        and layer.strides[0] == layer.strides[1] > 1
        and layer.kernel_size == (2 * layer.strides[0] + 1,) * 2
        and layer.dilation_rate == (1, 1)
    )


def _over_blocks(kernel: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """A kernel (2 s + 1, 2 s + 1, 1, f) of stride s as one (3, 3, s s, f) over blocks of s."""
    # SAME pads (s + 1) // 2 rows before the first: the kernel begins in the block before.
    first = side - (side + 1) // 2
    whole = np.zeros((3 * side, 3 * side, kernel.shape[-1]))
    whole[first : first + len(kernel), first : first + len(kernel)] = kernel[:, :, 0]
    blocks = whole.reshape(3, side, 3, side, -1).transpose(0, 2, 1, 3, 4)
    return blocks.reshape(3, 3, side * side, -1)


def _is_head(layer: Any) -> bool:
    """A transposed convolution to one channel whose kernel of 2 s goes by strides of s."""
    return _is_transposed(layer, 2) and layer.filters == 1 and layer.use_bias


def _is_up(layer: Any) -> bool:
    """A transposed convolution whose kernel of s goes by strides of s."""
    return _is_transposed(layer, 1)


def _is_transposed(layer: Any, strides: int) -> bool:
    """A transposed convolution, upwards, whose kernel is so many strides to a side."""
    return (
        type(layer) is keras.layers.Conv2DTranspose
        and layer.padding == "same"
        and layer.data_format == "channels_last"
        and layer.strides[0] == layer.strides[1] > 1
        and layer.kernel_size == (strides * layer.strides[0],) * 2
        and layer.dilation_rate == (1, 1)
        and layer.output_padding is None
    )


def _to_blocks(weights: list[NDArray[Any]], side: int) -> list[NDArray[Any]]:
    """Kernel (2 s, 2 s, 1, f) and bias of a transposed convolution for (3, 3, f, s s) and bias."""
    kernel, bias = weights
    blocks = np.zeros((3, 3, kernel.shape[-1], side, side))
    before = side // 2  # what SAME cuts off before the first row
    for row, column in product(range(2 * side), repeat=2):
        # Row k of the kernel adds to row k - before of the output, counted from its own block.
        (down, y), (across, x) = (divmod(k - before, side) for k in (row, column))
        blocks[1 - down, 1 - across, :, y, x] = kernel[row, column, 0]
    return [blocks.reshape(3, 3, -1, side * side), np.repeat(bias, side * side)]


def _to_squares(weights: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Kernel (s, s, g, f) and bias, if any, of a transposed convolution for (1, 1, f, s s g)."""
    kernel, *bias = weights
    squares = kernel.transpose(3, 0, 1, 2).reshape(1, 1, kernel.shape[3], -1)
    return [squares, *(np.tile(one, kernel.shape[0] ** 2) for one in bias)]


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
