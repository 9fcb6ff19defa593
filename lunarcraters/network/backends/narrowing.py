"""Narrowing: channels that others can stand for are left out of the blocks of a network.

A block is two convolutions, one after the other. Of the channels between them, those that matter
least to the output of the second are left out, some at a time, and the second is fitted to its
former output by least squares on what is left (optimal brain surgeon: Hassibi and Stork 1993; for
channels: He et al. 2017, arXiv:1707.06168). No labels are needed, and nothing is trained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from lunarcraters.network.backends.folding import Blocks, list_users

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.int64]

MAX_ERROR = 0.0005
"""Largest mean squared error that a block adds to its output, as a share of the variance."""

_STEP = 16  # channels that LiteRT computes at once
_DAMPING = 1e-3  # of a fit, towards the weights before
_POSITIONS = 256  # of an example that a fit is made of
_SIDE = 3  # of kernels
_TAPS = _SIDE**2
_AT_ONCE = 8  # examples


@dataclass(frozen=True)
class _Block:
    """Two convolutions of which the second alone uses the first.

    Attributes:
        first: First convolution.
        between: Layer whose output the second convolution takes.
        second: Second convolution.
    """

    first: Any
    between: Any
    second: Any

    @property
    def channels(self) -> int:
        """Number of channels between the convolutions."""
        return int(self.first.filters)


@dataclass(frozen=True)
class _Fit:
    """A linear fit of the output of a convolution to the patches that it sees, and to a constant.

    Attributes:
        gram: Products of the inputs with each other, (n, n); the constant comes last.
        product: Products of the inputs with the output, (n, filters).
        energy: Sum of the squares of the output.
        variance: Sum of the squared deviations of the output from its means.
        before: Weights before the fit, (n, filters).
    """

    gram: Float
    product: Float
    energy: float
    variance: float
    before: Float

    def error(self, weights: Float) -> float:
        """Squared error with some weights, (n, filters), as a share of the variance."""
        fitted = np.sum(weights * (self.gram @ weights - 2.0 * self.product))
        return float((self.energy + fitted) / self.variance)

    def damp(self) -> tuple[Float, Float]:
        """Gram matrix and product of the fit that is damped towards the weights before."""
        damping = np.full(len(self.gram), _DAMPING * np.mean(np.diag(self.gram)[:-1]))
        damping[-1] = 0.0  # the constant is free
        return self.gram + np.diag(damping), self.product + damping[:, None] * self.before


def narrow(model: Any, examples: Sequence[Float32]) -> Any:
    """Leave channels out of the blocks of a network.

    Args:
        model: Folded Keras model (see `fold`).
        examples: Images of one size, (height, width, channels) each.

    Returns:
        Keras model with narrower blocks.
    """
    model = _rebuild(model, (), {})  # a copy, whose weights change
    blocks = [block for block in _find_blocks(model) if _fits(model, block, examples)]
    seconds = [block.second for block in blocks]
    outputs = list(_sample(model, seconds, examples, taps=False)) if blocks else []
    kept: dict[str, Index] = {}
    for number, block in enumerate(blocks):
        kernel, bias = block.second.get_weights()
        before = np.concatenate([kernel.reshape(-1, kernel.shape[-1]), bias[None]])
        patches = (some for (some,) in _sample(model, [block.between], examples, taps=True))
        fit = _measure(patches, np.concatenate([each[number] for each in outputs]), before)
        channels, weights = _choose_channels(fit, block.channels)
        if len(channels) < block.channels:
            kept[block.first.name] = channels
            block.second.set_weights([weights[:-1].reshape(kernel.shape), weights[-1]])
    return _rebuild(model, blocks, kept)


def _find_blocks(model: Any) -> list[_Block]:
    """Find the blocks of a network, in its order."""
    users = list_users(model)
    blocks = []
    for first in filter(_is_plain, model.layers):
        between, after = first, users.get(first.name, [])
        while len(after) == 1 and isinstance(after[0], keras.layers.Activation):
            between, after = after[0], users.get(after[0].name, [])
        if len(after) == 1 and _is_plain(after[0]):
            blocks.append(_Block(first, between, after[0]))
    return blocks


def _is_plain(layer: Any) -> bool:
    """Test for a convolution of 3x3 pixels and nothing else."""
    return (
        type(layer) is keras.layers.Conv2D
        and layer.kernel_size == (_SIDE, _SIDE)
        and layer.strides == layer.dilation_rate == (1, 1)
        and layer.padding == "same"
        and layer.groups == 1
        and layer.use_bias
        and layer.activation is keras.activations.linear
    )


def _fits(model: Any, block: _Block, examples: Sequence[Float32]) -> bool:
    """Test whether a block has channels to spare, and the examples have patches to tell which."""
    part = keras.Model(model.input, block.second.output)
    _, height, width, _ = part.compute_output_shape((1, *examples[0].shape))
    return block.channels > _STEP and min(height, width) >= _SIDE


def _sample(
    model: Any, layers: Sequence[Any], examples: Sequence[Float32], *, taps: bool
) -> Iterator[list[Float]]:
    """Sample the outputs of layers at the same random positions of each example.

    Args:
        model: Keras model.
        layers: Some of its layers.
        examples: Images of one size.
        taps: True for the patch around each position, False for the position alone.

    Yields:
        For an example, the values of each layer: (positions, channels, or patches of channels).
    """
    part = keras.Model(model.input, [layer.output for layer in layers])
    edge = _SIDE // 2
    for start in range(0, len(examples), _AT_ONCE):
        images = np.stack(examples[start : start + _AT_ONCE])
        outputs = keras.tree.flatten(part(images, training=False))
        windows = [
            np.lib.stride_tricks.sliding_window_view(np.asarray(maps), (_SIDE, _SIDE), (1, 2))
            for maps in outputs
        ]
        for number in range(len(windows[0])):
            sampled = []
            for image in (maps[number] for maps in windows):
                count = image.shape[0] * image.shape[1]
                chosen = np.random.default_rng(start + number).permutation(count)[:_POSITIONS]
                patches = image[np.unravel_index(np.sort(chosen), image.shape[:2])]
                values = np.moveaxis(patches, 1, 3) if taps else patches[..., edge, edge]
                sampled.append(values.reshape(len(chosen), -1).astype(float))
            yield sampled


def _measure(patches: Iterator[Float], output: Float, before: Float) -> _Fit:
    """Measure what the fit of an output, (positions, filters), to patches needs."""
    gram, product = np.zeros((len(before),) * 2), np.zeros(before.shape)
    done = 0
    for some in patches:
        inputs = np.column_stack([some, np.ones(len(some))])
        gram += inputs.T @ inputs
        product += inputs.T @ output[done : done + len(some)]
        done += len(some)
    variance = float(np.sum((output - output.mean(axis=0)) ** 2))
    return _Fit(gram, product, float(np.sum(output**2)), variance, before)


def _choose_channels(fit: _Fit, count: int) -> tuple[Index, Float]:
    """Choose the fewest channels with which the error is small, a multiple of 16.

    Args:
        fit: Fit to patches, in which channels change fastest.
        count: Number of channels.

    Returns:
        Channels kept, (k,), and the weights fitted to them, (n, filters), 0 for the others.
    """
    gram, product = fit.damp()
    inverse = np.asarray(np.linalg.inv(gram), np.float64)
    weights = inverse @ product
    least = fit.error(weights)
    left, best = np.arange(count), np.arange(count)
    while len(left) > _STEP:
        gains = _compute_gains(inverse, weights, _rows(left, count))
        spare = (len(left) - 1) % _STEP + 1
        leaving = left[np.argsort(gains)[: min(max(len(left) // 32, 1), spare)]]
        _leave_out(inverse, weights, _rows(leaving, count).ravel())
        left = np.setdiff1d(left, leaving)
        if len(left) % _STEP == 0:
            if fit.error(weights) > least + MAX_ERROR:
                break
            best = left
    rows = np.append(np.sort(_rows(best, count), axis=None), len(gram) - 1)
    fitted = np.zeros(product.shape)
    fitted[rows] = np.linalg.solve(gram[np.ix_(rows, rows)], product[rows])
    return best, fitted


def _rows(channels: Index, count: int) -> Index:
    """Rows of the weights of channels, (k, 9)."""
    return channels[:, None] + np.arange(_TAPS) * count


def _compute_gains(inverse: Float, weights: Float, rows: Index) -> Float:
    """Squared errors by which channels matter, (k,)."""
    own = weights[rows]
    squares = inverse[rows[:, :, None], rows[:, None, :]]
    return np.asarray(np.sum(own * np.linalg.solve(squares, own), axis=(1, 2)))


def _leave_out(inverse: Float, weights: Float, rows: Index) -> None:
    """Leave the weights of some channels out of a fit, in place: the others take their part."""
    share = np.linalg.solve(inverse[np.ix_(rows, rows)], inverse[rows]).T
    weights -= share @ weights[rows]
    inverse -= share @ inverse[rows]
    weights[rows], inverse[rows], inverse[:, rows] = 0.0, 0.0, 0.0


def _rebuild(model: Any, blocks: Sequence[_Block], kept: dict[str, Index]) -> Any:
    """Build a model whose first convolutions have the channels kept alone."""
    seconds = {block.second.name: kept.get(block.first.name) for block in blocks}

    def clone(layer: Any) -> Any:
        if isinstance(layer, Blocks):
            return Blocks(layer.operation, layer.side)
        config = layer.get_config()
        if layer.name in kept:
            config["filters"] = len(kept[layer.name])
        return layer.__class__.from_config(config)

    narrower = keras.models.clone_model(model, clone_function=clone)
    for layer in narrower.layers:
        if layer.weights:
            weights = model.get_layer(layer.name).get_weights()
            if seconds.get(layer.name) is not None:
                weights[0] = weights[0][:, :, seconds[layer.name]]
            if layer.name in kept:
                weights = [each[..., kept[layer.name]] for each in weights]
            layer.set_weights(weights)
    return narrower
