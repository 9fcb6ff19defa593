"""Folding: a network rewritten for inference, with the same result in fewer steps.

Batch normalization after a convolution becomes part of the convolution. A strided first convolution
over one channel becomes a 3x3 one over the pixels of blocks as channels. A strided transposed
convolution to one channel becomes a 3x3 one to the pixels of blocks. oneDNN computes the original
kinds by a general matrix product, which is slower and rounds differently for another number of
tiles. A transposed convolution whose patches do not overlap becomes a 1x1 one to the pixels of
blocks, which does not depend on the size of the image.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Float = NDArray[np.float64]


def fold(model: Any) -> Any:
    """Fold the batch normalizations that directly follow a convolution into it.

    In inference, batch normalization is a scale and a shift, which a convolution can apply with its
    own kernel and bias. Normalizations elsewhere stay as they are. Sides of images must be
    multiples of the stride of the first convolution.

    Returns:
        New Keras model for inference only; the given one if it is not functional or has nothing to
        fold.
    """
    functional = hasattr(model, "operations") and not isinstance(model, keras.Sequential)
    convolution_of = _find_norms(model) if functional else {}
    if not convolution_of:
        return model
    rewriting = _Rewriting.of(model, convolution_of)
    folded = keras.models.clone_model(
        model, clone_function=rewriting.clone, call_function=rewriting.call
    )
    for layer in folded.layers:
        if layer.weights:
            layer.set_weights(rewriting.weights(layer.name))
    return folded


class Blocks(keras.layers.Layer):
    """The pixels of square blocks as channels, or channels as the pixels of blocks."""

    def __init__(self, operation: Callable[[Any, int], Any], side: int) -> None:
        """Make the layer.

        Args:
            operation: `tf.nn.space_to_depth` or `tf.nn.depth_to_space`.
            side: Side of a block, pixels.
        """
        super().__init__()
        self.operation, self.side = operation, side

    def call(self, images: Any) -> Any:
        """Rearrange images.

        Args:
            images: Tensor, (n, height, width, channels).
        """
        return self.operation(images, self.side)


@dataclass(frozen=True)
class _Rewriting:
    """The layers of a model that are rewritten, by name.

    Attributes:
        model: Keras model.
        convolution_of: Name of the convolution into which each batch normalization is folded.
        norm_of: Name of the batch normalization that is folded into each convolution.
        stems: Strides of folded first convolutions.
        heads: Strides of transposed convolutions to one channel.
        ups: Strides of transposed convolutions whose patches do not overlap.
    """

    model: Any
    convolution_of: dict[str, str]
    norm_of: dict[str, str]
    stems: dict[str, int]
    heads: dict[str, int]
    ups: dict[str, int]

    @classmethod
    def of(cls, model: Any, convolution_of: dict[str, str]) -> "_Rewriting":
        norm_of = {convolution: norm for norm, convolution in convolution_of.items()}
        return cls(
            model=model,
            convolution_of=convolution_of,
            norm_of=norm_of,
            stems={x.name: x.strides[0] for x in model.layers if _is_stem(x, norm_of)},
            heads={x.name: x.strides[0] for x in model.layers if _is_head(x)},
            ups={x.name: x.strides[0] for x in model.layers if _is_up(x)},
        )

    @property
    def transposed(self) -> dict[str, int]:
        """Strides of all transposed convolutions that are rewritten."""
        return self.heads | self.ups

    def clone(self, layer: Any) -> Any:
        """Make the layer that stands for a layer of the model."""
        config = layer.get_config()
        if layer.name in self.norm_of:
            config["use_bias"] = True
        if layer.name in self.stems:
            config.update(kernel_size=3, strides=1)
        if layer.name in self.transposed:
            kept = {name: config[name] for name in ("name", "dtype", "activation", "use_bias")}
            filters = layer.filters * self.transposed[layer.name] ** 2
            side = 3 if layer.name in self.heads else 1
            return keras.layers.Conv2D(filters, side, padding="same", **kept)
        return layer.__class__.from_config(config)

    def call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        """Apply a layer of the new model."""
        if layer.name in self.convolution_of:
            return args[0]
        if layer.name in self.stems:
            return layer(Blocks(tf.nn.space_to_depth, self.stems[layer.name])(*args))
        if layer.name in self.transposed:
            return Blocks(tf.nn.depth_to_space, self.transposed[layer.name])(layer(*args))
        return layer(*args, **kwargs)

    def weights(self, name: str) -> list[NDArray[Any]]:
        """Compute the weights of a layer of the new model."""
        layer, norm = self.model.get_layer(name), self.norm_of.get(name)
        weights: list[NDArray[Any]]
        weights = _merge(layer, self.model.get_layer(norm)) if norm else layer.get_weights()
        if name in self.stems:
            weights[0] = _over_blocks(weights[0], self.stems[name])
        if name in self.heads:
            weights = _to_blocks(weights, self.heads[name])
        if name in self.ups:
            weights = _to_squares(weights)
        return weights


def _is_stem(layer: Any, norm_of: dict[str, str]) -> bool:
    """Test for a folded convolution of one channel with a kernel of 2 s + 1 and stride s."""
    return (
        layer.name in norm_of
        and layer.input.shape[-1] == 1
        and layer.padding == "same"
        and layer.strides[0] == layer.strides[1] > 1
        and layer.kernel_size == (2 * layer.strides[0] + 1,) * 2
        and layer.dilation_rate == (1, 1)
    )


def _over_blocks(kernel: Float, side: int) -> Float:
    """Convert a kernel (2 s + 1, 2 s + 1, 1, f) of stride s to (3, 3, s s, f) over blocks."""
    # SAME pads (s + 1) // 2 rows before the first: the kernel begins in the block before.
    first = side - (side + 1) // 2
    whole = np.zeros((3 * side, 3 * side, kernel.shape[-1]))
    whole[first : first + len(kernel), first : first + len(kernel)] = kernel[:, :, 0]
    blocks = whole.reshape(3, side, 3, side, -1).transpose(0, 2, 1, 3, 4)
    return blocks.reshape(3, 3, side * side, -1)


def _is_head(layer: Any) -> bool:
    """Test for a transposed convolution to one channel with a kernel of 2 s and stride s."""
    return _is_transposed(layer, 2) and layer.filters == 1 and layer.use_bias


def _is_up(layer: Any) -> bool:
    """Test for a transposed convolution with a kernel of s and stride s."""
    return _is_transposed(layer, 1)


def _is_transposed(layer: Any, strides: int) -> bool:
    """Test for a transposed convolution whose kernel has so many strides to a side."""
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
    """Convert kernel (2 s, 2 s, 1, f) and bias of a transposed convolution to (3, 3, f, s s)."""
    kernel, bias = weights
    blocks = np.zeros((3, 3, kernel.shape[-1], side, side))
    before = side // 2  # what SAME cuts off before the first row
    for row, column in product(range(2 * side), repeat=2):
        # Row k of the kernel adds to row k - before of the output, counted from its own block.
        (down, y), (across, x) = (divmod(k - before, side) for k in (row, column))
        blocks[1 - down, 1 - across, :, y, x] = kernel[row, column, 0]
    return [blocks.reshape(3, 3, -1, side * side), np.repeat(bias, side * side)]


def _to_squares(weights: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Convert kernel (s, s, g, f) and bias of a transposed convolution to (1, 1, f, s s g)."""
    kernel, *bias = weights
    squares = kernel.transpose(3, 0, 1, 2).reshape(1, 1, kernel.shape[3], -1)
    return [squares, *(np.tile(one, kernel.shape[0] ** 2) for one in bias)]


def list_users(model: Any) -> dict[str, list[Any]]:
    """List the layers that take the output of each layer or input of a model, by its name.

    Args:
        model: Functional Keras model.
    """
    users: dict[str, list[Any]] = {}
    for layer in model.layers:
        for node in layer._inbound_nodes:
            for tensor in node.input_tensors:
                users.setdefault(tensor._keras_history.operation.name, []).append(layer)
    return users


def _find_norms(model: Any) -> dict[str, str]:
    """Names of the batch normalizations that can be folded, each with its convolution."""
    users = list_users(model)
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


def _merge(convolution: Any, norm: Any) -> list[Float]:
    """Compute the kernel and bias of a convolution with its batch normalization."""
    kernel, *bias = (np.asarray(weights, np.float64) for weights in convolution.get_weights())
    mean, variance = (np.asarray(v, np.float64) for v in (norm.moving_mean, norm.moving_variance))
    factor = 1.0 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        factor = factor * np.asarray(norm.gamma, np.float64)
    shift = np.asarray(norm.beta, np.float64) if norm.center else 0.0
    return [kernel * factor, (sum(bias) - mean) * factor + shift]
