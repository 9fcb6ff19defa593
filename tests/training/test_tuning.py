"""Tuning: new images are learned, and the weights for others are kept."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lunarcraters import api
from lunarcraters.calibration import calibrate, comparison
from lunarcraters.calibration.comparison import Comparison, ModelScores
from lunarcraters.datasets.layout import find_pairs
from lunarcraters.datasets.pairs import measure_smallest_label
from lunarcraters.errors import ModelError, OptionError
from lunarcraters.network import texture
from lunarcraters.network.backends import quantization
from lunarcraters.network.model_file import extract_former, read_info, shipped_model, update_info
from lunarcraters.network.presets import get_preset
from lunarcraters.rendering.scene import render_scene
from lunarcraters.training.samplers import choose_max_scale
from lunarcraters.training.sampling import Sampler
from lunarcraters.training.scenes import LabelledTiles
from lunarcraters.training.session import train
from lunarcraters.training.settings import TrainingOptions

SMALL = replace(get_preset("compact"), batch_size=4)


class Scales(LabelledTiles):
    """Tiles that note at which scale they are asked for."""

    def scene(self, index, scale, side, rng):
        asked.append(scale)
        return super().scene(index, scale, side, rng)


asked: list[float] = []


def test_craters_below_the_smallest_label_are_not_shown_as_background(dataset):
    pairs = find_pairs(dataset, "train")
    smallest = measure_smallest_label(pairs)
    assert smallest == pytest.approx(16.0, abs=3.0)  # drawn from 14 px on
    limit = choose_max_scale(pairs, SMALL)
    assert smallest * limit == pytest.approx(SMALL.diameters_px[0])
    asked.clear()
    sampler = Sampler([Scales(tuple(pairs))], SMALL, seed=1, max_scale=limit)
    for number in range(4):
        sampler.batch(number)
    assert max(asked) <= limit
    assert min(asked) < limit / 2  # coarser octaves are shown too


def test_labels_that_an_edge_cuts_limit_no_scale(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((64, 64), 9, np.uint8))
    (tmp_path / "a.txt").write_text("0 0.05 0.5 0.1 0.2\n")
    assert choose_max_scale(find_pairs(tmp_path, "all"), SMALL) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": shipped_model(relief=True)}, "cannot be tuned: give a model of the preset"),
        ({"preset": "relief"}, "leave --preset out"),
        ({"preset": "baseline"}, "leave --preset out"),
    ],
    ids=["relief", "preset relief", "preset baseline"],
)
def test_only_models_of_the_preset_compact_are_tuned(dataset, tmp_path, options, words):
    out = tmp_path / "out"
    out.mkdir()
    (out / "settings.json").write_text("{}")
    with pytest.raises(ModelError, match=words):
        train(dataset, out, TrainingOptions(tune=True, **options), overwrite=True, say=list)
    assert (out / "settings.json").is_file()


@pytest.mark.parametrize(
    ("option", "wrong"),
    [("epochs", 0), ("epochs", 1.5), ("steps", -1), ("batch", 0), ("learning_rate", -1.0),
     ("learning_rate", float("nan")), ("rotated", 2.0), ("coarsened", -1.0), ("seed", -1),
     ("elevation_scenes", 0), ("pooling", "x"), ("precision", "x")],
)  # fmt: skip
def test_options_outside_the_ranges_of_the_command_are_refused(option, wrong):
    with pytest.raises(OptionError, match=f"{option} is .*: give "):
        TrainingOptions(**{option: wrong})


def test_files_and_classes_of_a_training_may_be_text():
    options = TrainingOptions(weights="a.keras", teacher="b.keras", elevation="c", classes="rim")
    files = options.weights, options.teacher, options.elevation
    assert files == (Path("a.keras"), Path("b.keras"), Path("c"))
    assert options.classes == ("rim",)
    assert TrainingOptions(classes=(n for n in ["rim", 2])).classes == ("rim", 2)


def test_the_schedule_follows_the_number_of_images():
    few, more, many = (TrainingOptions(tune=True).resolve_tuning(n) for n in (5, 40, 500))
    assert few.steps < more.steps < many.steps
    assert few.weights == shipped_model()
    # One camera varies less than many do.
    assert few.resolve_preset().photometric_jitter < SMALL.photometric_jitter
    own = TrainingOptions(tune=True, epochs=2, steps=3, learning_rate=1e-5, batch=4)
    own = own.resolve_tuning(5)
    assert (own.epochs, own.steps, own.learning_rate, own.batch) == (2, 3, 1e-5, 4)
    assert TrainingOptions().resolve_tuning(5) == TrainingOptions()
    with pytest.raises(ModelError, match="leave --teacher out"):
        TrainingOptions(tune=True, teacher=shipped_model()).resolve_tuning(5)


@pytest.mark.parametrize(
    ("preset", "pooling"),
    [({"pooling": "max"}, "max"), ({"pooling": "blurred"}, "blurred"), ({"stem": 4}, "max")],
)
def test_a_model_is_tuned_with_its_own_pooling(tmp_path, preset, pooling):
    model = tmp_path / "model.keras"
    shutil.copyfile(shipped_model(), model)
    update_info(model, replace(read_info(model), training={"settings": {"preset": preset}}))
    options = TrainingOptions(tune=True, weights=model)
    assert options.resolve_tuning(5).resolve_preset().pooling == pooling
    other = replace(options, pooling="blurred").resolve_tuning(5)
    assert other.resolve_preset().pooling == "blurred"


def test_a_tuned_model_that_is_worse_is_not_recommended():
    low, high = ModelScores(0.4, 0.5, 0.5), ModelScores(0.6, 0.6, 0.6)
    better = Comparison("old.keras", 9, (low, high), (high, high))
    assert better.text.endswith("use it for such images")
    worse = Comparison("old.keras", 9, (high, low), (high, high))
    assert worse.text.endswith("keep old.keras")
    forgetful = Comparison("old.keras", 9, (low, high), (high, low))
    assert forgetful.text.endswith("keep old.keras for others")


@pytest.mark.slow
@pytest.mark.usefixtures("without_graphs")
def test_a_tuning_says_what_it_bought(tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "_RENDERED", 1)
    monkeypatch.setattr(texture, "_PATCHES", 8)
    monkeypatch.setattr(calibrate, "_SHARES", {})  # no searches of enlarged images
    # The choice of channels for the int8 form is tested elsewhere.
    monkeypatch.setattr(quantization, "narrow", lambda model, examples: model)
    for number, split in enumerate(("train", "val")):
        folder = tmp_path / "dataset" / split
        folder.mkdir(parents=True)
        scene = render_scene(300, 300, seed=number)
        cv2.imwrite(str(folder / "a.png"), scene.image)
        circles = scene.craters[["x", "y", "diameter_px"]].to_numpy() / 300
        (folder / "a.txt").write_text("".join(f"0 {x} {y} {d} {d}\n" for x, y, d in circles))
    said = []
    options = TrainingOptions(tune=True, epochs=1, steps=1, learning_rate=1e-6, batch=2)
    api.train(tmp_path / "dataset", tmp_path / "out", options, say=said.append)
    table = said[-1].splitlines()
    assert "1 validation images:" in table[1]
    for row in (2, 6):  # a training of nothing changes nothing
        before, after = (float(value) for value in table[row].split()[-2:])
        assert before > 0.5
        assert after == pytest.approx(before, abs=0.1)
    info = read_info(tmp_path / "out" / "model.keras")
    assert info.tuned_on is not None
    extract_former(tmp_path / "out" / "model.keras", tmp_path / "former.keras")
    assert (tmp_path / "former.keras").read_bytes() == shipped_model().read_bytes()
