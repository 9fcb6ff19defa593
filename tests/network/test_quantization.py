"""The int8 form of a network gives about the same maps as the network."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from lunarcraters.errors import ModelError
from lunarcraters.network import startup
from lunarcraters.network.backends.int8 import Int8Network
from lunarcraters.network.backends.quantization import quantize
from lunarcraters.network.model_file import (
    read_info,
    read_int8,
    update_info,
    write_model,
)
from lunarcraters.network.model_info import Int8Info, ModelInfo
from lunarcraters.network.presets import get_preset
from lunarcraters.network.resunet import build
from lunarcraters.network.startup import choose_precision

pytestmark = pytest.mark.slow

SMALL = replace(get_preset("compact"), filters=(8, 16), blocks=(1, 1))
MASK_ONLY = replace(get_preset("baseline"), filters=(4, 8), blocks=(1, 1), input_size=32)


def network(small):
    """One that has seen a batch or two: normalizations and weights as after training."""
    keras.utils.set_random_seed(1)
    model = build(small)
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, layer.gamma.shape) for _ in range(4)])
    return model


def images(count, side, channels=1):
    rng = np.random.default_rng(count)
    return rng.standard_normal((count, side, side, channels)).astype(np.float32)


@pytest.fixture(scope="module")
def small():
    model = network(SMALL)
    return model, Int8Network(quantize(model, list(images(8, 64))))


def test_threads_may_call_it_at_the_same_time(small):
    _, int8 = small
    given = [images(count, 64) for count in (1, 2, 3, 4)]
    wanted = [int8(some) for some in given]
    with ThreadPoolExecutor(4) as pool:
        for found, alone in zip(pool.map(int8, given), wanted, strict=True):
            np.testing.assert_array_equal(found, alone)


def test_an_interpreter_that_is_done_can_be_used_at_once(small, monkeypatch):
    """By another thread, before the call that used it returns."""

    class Idle(list):
        def append(self, interpreter):
            interpreter(images(1, 64))
            super().append(interpreter)

    _, int8 = small
    wanted = int8(images(2, 64))
    monkeypatch.setattr(int8, "_idle", Idle(int8._idle))
    np.testing.assert_array_equal(int8(images(2, 64)), wanted)


@pytest.mark.parametrize("side", [32, 64, 176])
def test_it_says_the_same_of_images_of_any_size(small, side):
    model, int8 = small
    given = images(3, side)
    wanted, found = model(given).numpy(), int8(given)
    assert found.shape == wanted.shape
    spread = wanted.std(axis=(0, 1, 2))
    assert (np.abs(found - wanted).mean(axis=(0, 1, 2)) < 0.1 * spread + 1e-3).all()


def test_an_image_says_the_same_alone_and_among_others(small):
    given = images(3, 64)
    together = small[1](given)
    for place in range(3):
        np.testing.assert_array_equal(small[1](given[place : place + 1])[0], together[place])


def test_a_mask_only_network_of_one_size():
    model = network(MASK_ONLY)
    form = quantize(model, list(images(4, 32, 3)))
    given = images(2, 32, 3)
    found = Int8Network(form)
    assert (found.channels, found.input_size, found.heads) == (3, 32, 1)
    assert np.abs(found(given) - model(given).numpy()).mean() < 0.05


def test_heads_of_several_channels_in_blocks():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((None, None, 1))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.MaxPooling2D(2)(x))
    several = layers.Conv2DTranspose(2, 2, strides=2, padding="same")(x)
    one = layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid")(x)
    model = keras.Model(inputs, layers.Concatenate()([several, one]))
    found = Int8Network(quantize(model, list(images(8, 64))))
    given = images(2, 48)
    assert found.heads == 3
    np.testing.assert_allclose(found(given), model(given).numpy(), atol=0.1)


def ends_in_a_pool():
    inputs = keras.Input((None, None, 1))
    x = layers.Conv2D(1, 3, padding="same")(inputs)
    return keras.Model(inputs, layers.AveragePooling2D(3, strides=1, padding="same")(x))


def has_heads_of_two_layers():
    inputs = keras.Input((None, None, 1))
    x = layers.Conv2D(4, 3, padding="same")(inputs)
    y = layers.Conv2D(4, 3, padding="same")(x)
    heads = [layers.Conv2D(1, 1)(one) for one in (x, y)]
    return keras.Model(inputs, layers.Concatenate()(heads))


@pytest.mark.parametrize(
    ("model", "reason"), [(ends_in_a_pool, "convolutions"), (has_heads_of_two_layers, "one layer")]
)
def test_a_network_that_cannot_be_cut_is_refused(model, reason):
    with pytest.raises(ModelError, match=reason):
        quantize(model(), list(images(1, 32)))


def test_a_model_file_keeps_its_form_until_it_gets_new_weights(small, tmp_path):
    path = tmp_path / "model.keras"
    info = ModelInfo("compact", SMALL.heads, "local", (8.0, 72.0))
    write_model(small[0], info, path)
    with pytest.raises(ModelError, match="no int8 form: craters calibrate makes one"):
        read_int8(path)
    form = quantize(small[0], list(images(8, 64)))
    update_info(path, replace(info, int8=Int8Info(form.stride)), form)
    update_info(path, replace(read_info(path), thresholds={"balanced": 0.5}))
    assert read_int8(path) == form
    keras.saving.load_model(path)  # which does not mind
    write_model(small[0], info, path)
    with pytest.raises(ModelError, match="no int8 form"):
        read_int8(path)


def test_auto_is_what_a_model_has():
    assert choose_precision("bfloat16", has_int8=True) == "bfloat16"
    assert choose_precision("auto", has_int8=False) == "float32"


@pytest.mark.parametrize(
    ("devices", "precision"),
    [
        (["nvidia0"], "float32"),
        (["nvidia3", "nvidiactl"], "float32"),
        (["kfd"], "float32"),
        (["nvidiactl", "nvidia-uvm"], "int8"),
    ],
)
def test_auto_sees_any_graphics_card(devices, precision, monkeypatch, tmp_path):
    """A container with one of several cards has the device of that number."""
    monkeypatch.setattr(startup, "_DEVICES", tmp_path)
    for name in devices:
        (tmp_path / name).touch()
    assert choose_precision("auto", has_int8=True) == precision


def test_it_runs_without_tensorflow():
    code = (
        "import sys, numpy as np\n"
        "from lunarcraters.network.inference import Detector\n"
        "from lunarcraters.network.model_file import shipped_model\n"
        "detector = Detector(shipped_model(), precision='int8')\n"
        "assert detector.maps(np.zeros((1, 64, 64, 1), np.float32)).shape == (1, 64, 64, 3)\n"
        "sys.exit(len({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
