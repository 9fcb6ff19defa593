import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from lunarcraters.datasets.layout import find_pairs
from lunarcraters.errors import ModelError
from lunarcraters.network.model_file import hash_model, read_info, shipped_model, update_info
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.presets import get_preset
from lunarcraters.training.distillation import DistilledSampler, open_teacher, resampled_view
from lunarcraters.training.sampling import Sampler
from lunarcraters.training.scenes import LabelledTiles
from lunarcraters.training.session import train
from lunarcraters.training.settings import TrainingOptions


@pytest.fixture(scope="module")
def taught(dataset):
    labelled = Sampler(
        [LabelledTiles(tuple(find_pairs(dataset, "train")))], get_preset("compact"), seed=1
    )
    return DistilledSampler(labelled, open_teacher(shipped_model()))


@pytest.mark.slow
def test_a_teacher_is_asked_about_what_the_network_is_given(taught):
    images, targets = taught.batch(2)
    same_images, labels = taught.sampler.batch(2)
    np.testing.assert_array_equal(images, same_images)
    np.testing.assert_array_equal(targets[..., :-3], labels)
    np.testing.assert_array_equal(targets[..., -3:], taught.teacher.view(images, 2))
    assert targets.shape[-1] == taught.channels
    assert len(taught) == len(taught.sampler)


@pytest.mark.slow
def test_a_batch_depends_on_its_number_alone(taught):
    before = taught.batch(3)[1]
    taught.batch(4)
    np.testing.assert_array_equal(taught.batch(3)[1], before)


@pytest.mark.slow
def test_views_are_of_one_ground(taught):
    images = taught.sampler.batch(0)[0]
    first, *others = (taught.teacher.view(images, number)[..., 0] for number in range(4))
    inner = (slice(None), slice(24, -24), slice(24, -24))
    for other in others:
        assert not np.array_equal(first, other)
        assert np.corrcoef(first[inner].ravel(), other[inner].ravel())[0, 1] > 0.8


def test_a_resampled_view_is_laid_back_in_its_place_with_its_size():
    y, x = np.mgrid[:256, :256]
    blob = np.exp(-((x - 118.0) ** 2 + (y - 136.0) ** 2) / (2.0 * 6.0**2)).astype(np.float32)

    def view(images, number):
        sigma = np.sqrt(images.sum(axis=(1, 2, 3), keepdims=True) / (2.0 * np.pi))
        return np.concatenate([images, images, np.zeros_like(images) + np.log2(sigma)], axis=-1)

    teacher = SimpleNamespace(info=SimpleNamespace(heads=("mask", "centre", "log_size")), view=view)
    images = np.repeat(blob[None, ..., None], 20, axis=0)
    closer = np.repeat([1.0, 1.4], 10)
    maps = resampled_view(teacher, images, closer, 0, np.random.default_rng(5))
    maps, images = (planes[:, 24:-24, 24:-24] for planes in (maps, images))  # edges are not taught
    np.testing.assert_allclose(maps[..., :2], np.repeat(images, 2, -1), atol=0.02)
    np.testing.assert_allclose(maps[..., 2], np.log2(6.0), atol=0.01)


@pytest.mark.slow
def test_a_teacher_that_resamples_sees_what_was_neither_blurred_nor_given_noise(taught):
    resampled = DistilledSampler(taught.sampler, taught.teacher, resampled=True)
    images, targets, clean, closer = taught.sampler.samples(2)
    assert not np.array_equal(images, clean)
    found, taught_maps = resampled.batch(2)
    np.testing.assert_array_equal(found, images)
    rng = np.random.default_rng([taught.sampler.seed, 2])
    wanted = resampled_view(taught.teacher, clean, closer, 2, rng)
    np.testing.assert_array_equal(taught_maps, np.concatenate([targets, wanted], axis=-1))


@pytest.mark.slow
@pytest.mark.usefixtures("without_graphs")
def test_a_training_names_its_teacher_and_begins_with_weights_of_either_pooling(dataset, tmp_path):
    model = shipped_model()
    options = TrainingOptions(
        epochs=1, steps=1, batch=2, precision="float32", weights=model, pooling="max",
        teacher=model, resampled=True,
    )  # fmt: skip
    train(dataset, tmp_path / "out", options, say=list)
    settings = json.loads((tmp_path / "out" / "settings.json").read_text())
    assert settings["teacher"] == hash_model(model)
    assert settings["resampled"] is True
    assert settings["preset"]["pooling"] == "max"
    assert read_info(model).training["settings"]["preset"]["pooling"] == "blurred"
    loss = json.loads((tmp_path / "out" / "history.json").read_text())[0]
    assert np.isfinite(loss["loss"])


def test_a_teacher_of_other_maps_is_refused_before_anything_is_written(dataset, tmp_path):
    with pytest.raises(ModelError, match="cannot teach the preset baseline"):
        train(
            dataset,
            tmp_path / "out",
            TrainingOptions(preset="baseline", teacher=shipped_model()),
            say=list,
        )
    assert not (tmp_path / "out").exists()


def test_a_preset_that_learns_from_labels_alone_has_no_teacher(dataset, tmp_path):
    teacher = tmp_path / "base.keras"
    shutil.copyfile(shipped_model(), teacher)
    info = ModelInfo("baseline", ("mask",), "unit", (4.0, 200.0))
    update_info(teacher, info)
    options = TrainingOptions(preset="baseline", teacher=teacher)
    with pytest.raises(ModelError, match="learns from labels alone: leave --teacher out"):
        train(dataset, tmp_path / "out", options, say=list)
    assert not (tmp_path / "out").exists()


def test_resampled_crops_without_a_teacher_are_refused(dataset, tmp_path):
    with pytest.raises(ModelError, match="give --teacher MODEL too"):
        train(dataset, tmp_path / "out", TrainingOptions(resampled=True), say=list)
    assert not (tmp_path / "out").exists()
