"""Folding batch normalization changes the network's layers, and nothing that it says."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from lunarcraters.network.backends.folding import fold
from lunarcraters.network.backends.tensorflow_graph import TensorFlowNetwork
from lunarcraters.network.model_file import shipped_model
from lunarcraters.network.presets import get_preset
from lunarcraters.network.resunet import build


def norms(model):
    return sum(isinstance(layer, layers.BatchNormalization) for layer in model.layers)


def same(one, other, image):
    np.testing.assert_allclose(one(image).numpy(), other(image).numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("stem", [1, 2, 3, 4])
def test_a_residual_u_net_loses_its_normalizations(stem):
    small = replace(get_preset("compact"), stem=stem, filters=(4, 8), blocks=(1, 1))
    model = build(small)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            size = layer.gamma.shape
            layer.set_weights([rng.uniform(0.5, 1.5, size) for _ in range(4)])
    image = rng.standard_normal((2, 48, 48, 1), np.float32)
    assert norms(model) > 0
    assert norms(fold(model)) == 0
    same(model, fold(model), image)


def test_normalizations_that_a_convolution_cannot_do_stay():
    inputs = keras.Input((8, 8, 1))
    used_twice = layers.Conv2D(3, 3, padding="same")(inputs)
    x = layers.BatchNormalization()(used_twice)
    x = layers.Conv2D(3, 3, padding="same", activation="relu")(layers.Add()([x, used_twice]))
    model = keras.Model(inputs, layers.BatchNormalization()(x))
    assert norms(fold(model)) == 2
    same(model, fold(model), np.ones((1, 8, 8, 1), np.float32))


def test_a_sequential_model_is_left_alone():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(1, 3, padding="same")])
    same(model, fold(model), np.ones((1, 8, 8, 1), np.float32))


@pytest.mark.slow
@pytest.mark.parametrize("side", [64, 128, 256, 304])
def test_a_tile_says_the_same_alone_and_among_others(side):
    network = TensorFlowNetwork(shipped_model())
    images = np.random.default_rng(0).standard_normal((5, side, side, 1)).astype(np.float32)
    together = network(images)
    alone = [network(images[i : i + 1]) for i in range(5)]
    pairs = [network(images[i : i + 2]) for i in (0, 2)]
    np.testing.assert_array_equal(together, np.concatenate(alone))
    np.testing.assert_array_equal(together[:4], np.concatenate(pairs))
