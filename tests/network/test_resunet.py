from dataclasses import replace

import keras
import numpy as np
import pytest

from lunarcraters.errors import ModelError
from lunarcraters.network.backends.keras_model import input_geometry
from lunarcraters.network.presets import PRESETS, get_preset
from lunarcraters.network.resunet import _halve, build


def count(variables):
    return sum(int(np.prod(variable.shape)) for variable in variables)


@pytest.mark.slow
def test_baseline_has_the_published_parameters():
    model = build(get_preset("baseline"))
    assert count(model.trainable_variables) == 142_585_153
    assert count(model.non_trainable_variables) == 24_064
    assert model.input_shape == (None, 256, 256, 3)
    assert model.output_shape == (None, 256, 256, 1)


@pytest.mark.slow
def test_compact_takes_any_multiple_of_its_stride():
    model = build(get_preset("compact"))
    stride = input_geometry(model, "compact").stride
    assert stride == 16
    for side in (stride, 3 * stride):
        maps = model(np.zeros((1, side, side, 1), np.float32))
        assert maps.shape == (1, side, side, 3)


@pytest.mark.parametrize(("stem", "pools", "stride"), [(4, 4, 64), (1, 5, 32), (2, 1, 16)])
def test_a_stem_and_pools_make_the_stride(stem, pools, stride):
    levels = {"filters": (4,) * (pools + 1), "blocks": (1,) * (pools + 1)}
    model = build(replace(get_preset("compact"), stem=stem, **levels))
    assert input_geometry(model, "small").stride == stride
    maps = model(np.zeros((1, stride, 3 * stride, 1), np.float32))
    assert maps.shape == (1, stride, 3 * stride, 3)


@pytest.mark.slow
def test_centres_are_rare_before_training():
    model = build(get_preset("compact"))
    image = np.random.default_rng(0).standard_normal((1, 64, 64, 1)).astype(np.float32)
    assert float(np.asarray(model(image))[..., 1].mean()) < 0.05


def halve(images, name):
    return np.asarray(_halve(images, get_preset(name), keras.DTypePolicy("float32")))


@pytest.mark.parametrize("name", PRESETS)
def test_a_halved_image_lies_over_the_whole_one(name):
    image = np.random.default_rng(0).standard_normal((1, 32, 48, 3)).astype(np.float32)
    half = halve(image, name)
    assert half.shape == (1, 16, 24, 3)
    mirrored = halve(image[:, ::-1, ::-1], name)
    np.testing.assert_allclose(mirrored[:, ::-1, ::-1], half, rtol=1e-6)


def test_blurred_pools_hardly_depend_on_where_the_grid_lies():
    image = np.random.default_rng(0).standard_normal((1, 64, 64, 8)).astype(np.float32)

    def change(name):
        here, moved = halve(image, name), halve(np.roll(image, 1, axis=2), name)
        inner = np.s_[:, 2:-2, 2:-2]
        between = (here[:, :, :-1] + here[:, :, 1:]) / 2.0  # a grid moved by half a cell
        return np.std(moved[:, :, 1:][inner] - between[inner]) / np.std(here)

    assert change("compact") < 0.5 * change("baseline")


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(ModelError, match=", ".join(PRESETS)):
        get_preset("huge")
