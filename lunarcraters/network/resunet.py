"""The residual U-Net, built of stock Keras layers, so that any Keras reads its `.keras` files."""

from typing import Any

import keras
from keras import layers

from lunarcraters.network.presets import Preset

_CENTRE_PRIOR = -4.6
"""Bias of the centre head: about 1 % of pixels, so that the first steps do not swamp training."""


def build(preset: Preset, precision: str = "float32") -> keras.Model:
    """Build the network of a preset, untrained.

    Args:
        preset: Filters, channels and heads.
        precision: A Keras dtype policy; the heads are always float32.

    Returns:
        Model from (batch, height, width, channels) to (batch, height, width, heads), probabilities
        but for `log_size`, which is log2(diameter / 16 pixels).
    """
    policy = keras.DTypePolicy(precision)
    inputs = keras.Input((preset.input_size, preset.input_size, preset.channels), name="image")
    skips = []
    x = inputs
    *encoder, bottleneck = preset.filters
    for filters in encoder:
        x = _block(x, filters, policy)
        skips.append(x)
        x = layers.MaxPooling2D(2, dtype=policy)(x)
    x = _block(x, bottleneck, policy)
    for filters, skip in zip(reversed(encoder), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(filters, 2, strides=2, padding="same", dtype=policy)(x)
        x = layers.Concatenate(dtype=policy)([x, skip])
        x = _block(x, filters, policy)
    heads = [_head(x, name) for name in preset.heads]
    outputs = heads[0] if len(heads) == 1 else layers.Concatenate(name="maps")(heads)
    return keras.Model(inputs, outputs, name=f"resunet_{preset.name}")


def _block(x: Any, filters: int, policy: keras.DTypePolicy) -> Any:
    """Two 3x3 convolutions around a shortcut (He et al. 2016); projected first if need be."""
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


def _head(x: Any, name: str) -> Any:
    bias = keras.initializers.Constant(_CENTRE_PRIOR if name == "centre" else 0.0)
    activation = "linear" if name == "log_size" else "sigmoid"
    return layers.Conv2D(
        1, 1, activation=activation, bias_initializer=bias, dtype="float32", name=name
    )(x)
