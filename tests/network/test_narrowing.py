"""A narrowed network gives about the same maps with fewer channels."""

import keras
import numpy as np
import pytest
from keras import layers

from lunarcraters.network.backends.narrowing import narrow

pytestmark = pytest.mark.slow


def network(channels, *, users=1):
    """Two convolutions one after the other, the first of them used so many times."""
    keras.utils.set_random_seed(1)
    image = keras.Input((None, None, 2))
    first = layers.Conv2D(channels, 3, padding="same", name="first")(image)
    active = layers.Activation("relu")(first)
    second = layers.Conv2D(8, 3, padding="same", name="second")(active)
    outputs = [second, *(layers.Conv2D(4, 3, padding="same")(active) for _ in range(users - 1))]
    return keras.Model(image, layers.Concatenate()(outputs))


def images(count, seed):
    return list(np.random.default_rng(seed).standard_normal((count, 40, 40, 2), np.float32))


def redundant(channels):
    """A network whose channels from 16 on are multiples of the first 16."""
    model = network(channels)
    kernel, bias = model.get_layer("first").get_weights()
    bias = np.random.default_rng(2).standard_normal(channels).astype(np.float32)
    factors = np.repeat(np.arange(1, channels // 16 + 1), 16).astype(np.float32)
    kernel = np.tile(kernel[..., :16], channels // 16) * factors
    model.get_layer("first").set_weights([kernel, np.tile(bias[:16], channels // 16) * factors])
    return model


def test_channels_that_others_can_stand_for_are_left_out():
    model = redundant(64)
    narrower = narrow(model, images(16, 1))
    assert narrower.get_layer("first").filters == 16
    others = np.stack(images(4, 2))
    wanted, found = model(others).numpy(), narrower(others).numpy()
    assert np.mean((found - wanted) ** 2) < 1e-3 * wanted.var()


def test_the_network_itself_stays_as_it_was():
    model = redundant(32)
    before = [weights.copy() for weights in model.get_weights()]
    narrow(model, images(8, 1))
    for weights, former in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weights, former)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (network(16), "16 channels are computed at once"),
        (network(64, users=2), "another layer uses the channels"),
    ],
)
def test_other_blocks_keep_their_channels(model, why):
    narrower = narrow(model, images(8, 1))
    assert narrower.get_layer("first").filters == model.get_layer("first").filters, why
    others = np.stack(images(4, 2))
    np.testing.assert_array_equal(narrower(others).numpy(), model(others).numpy())


def test_channels_that_all_matter_are_kept():
    model = network(32)
    narrower = narrow(model, images(64, 1))
    assert narrower.get_layer("first").filters == 32
    others = np.stack(images(4, 2))
    wanted, found = model(others).numpy(), narrower(others).numpy()
    assert np.mean((found - wanted) ** 2) < 1e-3 * wanted.var()
