"""Weights: a tuned model searches what it was tuned on, and its former model everything else."""

import shutil
import warnings
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.source import open_source
from lunarcraters.detection.weights import choose_weights
from lunarcraters.errors import CratersWarning, ModelError
from lunarcraters.network.model_file import (
    hash_model,
    keep_former,
    read_info,
    shipped_model,
    update_info,
)
from lunarcraters.network.model_info import ScoreCalibration
from lunarcraters.network.texture import measure_texture, summarize_texture
from lunarcraters.rendering.scene import render_scene

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def known():
    return [render_scene(384, 384, seed=n).image for n in range(7)]


def summarize(images):
    return summarize_texture(measure_texture(i, np.ones(i.shape, bool)) for i in images)


@pytest.fixture(scope="module")
def texture(known):
    return summarize(known[:6])


@pytest.fixture(scope="module")
def tuned(tmp_path_factory, texture):
    path = tmp_path_factory.mktemp("tuned") / "tuned.keras"
    shutil.copyfile(shipped_model(), path)
    update_info(path, replace(read_info(path), thresholds={"balanced": 0.77}))
    keep_former(path, shipped_model(), texture)
    return path


def write(path, image):
    cv2.imwrite(str(path), image)
    return path


def test_a_mosaic_like_the_tuning_images_is_searched_by_the_tuned_model(tmp_path, tuned, known):
    source = open_source([write(tmp_path / "like.png", known[6])], tuned)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CratersWarning)
        with choose_weights(tuned, source) as chosen:
            assert chosen == tuned


def test_another_mosaic_is_searched_by_the_former_model(tmp_path, tuned, known):
    source = open_source(
        [write(tmp_path / "other.png", cv2.GaussianBlur(known[6], (0, 0), 3.0))], tuned
    )
    with (
        pytest.warns(CratersWarning, match=r"other\.png does not look like .* before the tuning"),
        choose_weights(tuned, source) as chosen,
    ):
        assert hash_model(chosen) == hash_model(shipped_model())


def test_what_is_too_small_to_tell_is_searched_by_the_tuned_model(tmp_path, tuned, known):
    source = open_source([write(tmp_path / "small.png", known[6][:100, :100])], tuned)
    with choose_weights(tuned, source) as chosen:
        assert chosen == tuned


@pytest.fixture
def old(tmp_path):
    """A model that was calibrated without regard to size."""
    path = tmp_path / "old.keras"
    shutil.copyfile(shipped_model(), path)
    curve = ScoreCalibration((), (0.0, 0.5, 1.0), ((0.0, 0.4, 1.0),))
    update_info(path, replace(read_info(path), scores=curve))
    return path


def test_a_model_that_was_calibrated_without_regard_to_size_is_told_of(tmp_path, old, known):
    source = open_source([write(tmp_path / "a.png", known[6])], shipped_model())
    warned = pytest.warns(
        CratersWarning, match=r"old\.keras was calibrated by .* craters calibrate"
    )
    with warned, choose_weights(old, source) as chosen:
        assert chosen == old
    update_info(old, read_info(old).without_calibration())
    with warnings.catch_warnings():
        warnings.simplefilter("error", CratersWarning)
        for model in (old, shipped_model()):
            with choose_weights(model, source) as chosen:
                assert chosen == model


def test_such_a_model_before_the_tuning_is_named_by_the_file_that_holds_it(
    tmp_path, tuned, old, texture, known
):
    path = shutil.copyfile(tuned, tmp_path / "tuned.keras")
    keep_former(path, old, texture)
    source = open_source(
        [write(tmp_path / "other.png", cv2.GaussianBlur(known[6], (0, 0), 3.0))], path
    )
    with pytest.warns(CratersWarning) as warned, choose_weights(path, source) as chosen:
        assert hash_model(chosen) == hash_model(old)
    message = str(warned[-1].message)
    assert message.startswith(f"the model before the tuning in {path} was calibrated by")
    assert message.endswith("run craters calibrate on it, and tune it again")


def test_a_model_tuned_twice_goes_back_as_far_as_it_must(tmp_path, tuned, known):
    twice = tmp_path / "twice.keras"
    shutil.copyfile(shipped_model(), twice)
    blurred = [cv2.GaussianBlur(image, (0, 0), 3.0) for image in known[:6]]
    keep_former(twice, tuned, summarize(blurred))
    source = open_source([write(tmp_path / "like.png", known[6])], tuned)
    with pytest.warns(CratersWarning), choose_weights(twice, source) as chosen:
        assert hash_model(chosen) == hash_model(tuned)


def test_a_file_that_lost_its_former_model_is_refused(tmp_path, tuned, known):
    damaged = tmp_path / "damaged.keras"
    shutil.copyfile(shipped_model(), damaged)
    update_info(damaged, read_info(tuned))
    source = open_source(
        [write(tmp_path / "other.png", cv2.GaussianBlur(known[6], (0, 0), 3.0))], tuned
    )
    with (
        pytest.warns(CratersWarning),
        pytest.raises(ModelError, match="take another copy"),
        choose_weights(damaged, source),
    ):
        pass


@pytest.mark.slow
def test_a_run_on_other_ground_is_the_former_models_run_and_resumes(tmp_path, tuned, known):
    image = write(tmp_path / "other.png", cv2.GaussianBlur(known[6], (0, 0), 3.0))
    options = DetectOptions(workers=1)
    runs = {}
    for name, model in (("tuned", tuned), ("former", shipped_model())):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CratersWarning)
            runs[name] = detect(open_source([image], model), tmp_path / name, model, options)
    assert runs["tuned"].info.thresholds == read_info(shipped_model()).thresholds
    assert runs["tuned"].read().craters.equals(runs["former"].read().craters)
    assert '"before tuning"' in (tmp_path / "tuned" / "manifest.json").read_text()
    with pytest.warns(CratersWarning, match="before the tuning"):
        again = detect(open_source([image], tuned), tmp_path / "tuned", tuned, options)
    assert len(again) == len(runs["tuned"])
