"""The residual U-Net, built of stock Keras layers, so that every Keras 3 reads its files."""

from typing import Any

import keras
from keras import layers

from lunarcraters.network.presets import Preset

_CENTRE_PRIOR = -4.6
"""Bias of the centre head: about 1 % of the pixels, so that the first steps do not dominate."""


def build(preset: Preset, precision: str = "float32") -> keras.Model:
    """Build the network of a preset, untrained.

    Args:
        preset: Preset with filters, channels and heads.
        precision: Keras dtype policy; the heads are always float32.

    Returns:
        Model from images (n, height, width, channels) to maps (n, height, width, heads). Maps are
        probabilities, but for `log_size`, which is log2(diameter / 16 pixels).
    """
    policy = keras.DTypePolicy(precision)
    inputs = keras.Input((preset.input_size, preset.input_size, preset.channels), name="image")
    x = inputs if preset.stem == 1 else _stem(inputs, preset, policy)
    levels: list[Any] = []
    for filters, blocks in zip(preset.filters, preset.blocks, strict=True):
        if levels:
            x = _halve(x, preset, policy)
        for _ in range(blocks):
            x = _block(x, filters, policy)
        levels.append(x)
    for filters, skip in zip(preset.filters[-2::-1], levels[-2::-1], strict=True):
        x = layers.Conv2DTranspose(filters, 2, strides=2, padding="same", dtype=policy)(x)
        x = layers.Concatenate(dtype=policy)([x, skip])
        x = _block(x, filters, policy)
    heads = [_head(x, name, preset.stem) for name in preset.heads]
    outputs = heads[0] if len(heads) == 1 else layers.Concatenate(name="maps")(heads)
    return keras.Model(inputs, outputs, name=f"resunet_{preset.name}")


def _stem(x: Any, preset: Preset, policy: keras.DTypePolicy) -> Any:
    """Convolve overlapping patches to a coarser grid, on which a filter costs less."""
    filters, side, stride = preset.filters[0], 2 * preset.stem + 1, preset.stem
    convolution = layers.Conv2D(
        filters, side, strides=stride, padding="same", use_bias=False, dtype=policy
    )
    x = convolution(x)
    x = layers.BatchNormalization(dtype=policy)(x)
    return layers.Activation("relu", dtype=policy)(x)


def _halve(x: Any, preset: Preset, policy: keras.DTypePolicy) -> Any:
    """Halve the resolution."""
    if preset.pooling == "max":
        return layers.MaxPooling2D(2, dtype=policy)(x)
    # Not every other maximum but means of three by three (Zhang 2019, arXiv:1904.11486).
    x = layers.MaxPooling2D(2, strides=1, dtype=policy)(x)
    return layers.AveragePooling2D(3, strides=2, padding="same", dtype=policy)(x)


def _block(x: Any, filters: int, policy: keras.DTypePolicy) -> Any:
    """Two 3x3 convolutions around a shortcut (He et al. 2016), after a projection if needed."""
    if x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, padding="same", dtype=policy)(x)
    shortcut = x
    x = layers.Conv2D(filters, 3, padding="same", dtype=policy)(x)
    x = layers.BatchNormalization(dtype=policy)(x)
    x = layers.Activation("relu", dtype=policy)(x)
    x = layers.Conv2D(filters, 3, padding="same", dtype=policy)(x)
    x = layers.BatchNormalization(dtype=policy)(x)
    x = layers.Add(dtype=policy)([x, shortcut])
    return layers.Activation("relu", dtype=policy)(x)


def _head(x: Any, name: str, stem: int) -> Any:
    """One output channel at the resolution of the input."""
    bias = keras.initializers.Constant(_CENTRE_PRIOR if name == "centre" else 0.0)
    activation = "linear" if name == "log_size" else "sigmoid"
    given: dict[str, Any] = {"activation": activation, "bias_initializer": bias}
    if stem > 1:
        # Patches overlap, so that two agree on a peak between them.
        given.update(strides=stem, padding="same")
        return layers.Conv2DTranspose(1, 2 * stem, dtype="float32", name=name, **given)(x)
    return layers.Conv2D(1, 1, dtype="float32", name=name, **given)(x)
