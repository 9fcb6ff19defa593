"""Training and calibration on images without coordinates, in the layouts of other tools."""

import shutil
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
import rasterio

from lunarcraters import api
from lunarcraters.calibration.trials import Trials
from lunarcraters.datasets.layout import find_pairs
from lunarcraters.errors import DatasetError, MosaicError, OutputError, RunError
from lunarcraters.network import texture
from lunarcraters.network.model_file import read_info, shipped_model
from lunarcraters.network.presets import PRESETS
from lunarcraters.progress import no_progress_of
from lunarcraters.training.session import train
from lunarcraters.training.settings import TrainingOptions

from .conftest import draw_tile

OUTLINE = np.linspace(0, 2 * np.pi, 12, endpoint=False)


def add(root, split, name, lines, image=None):
    for kind in ("images", "labels"):
        (root / kind / split).mkdir(parents=True, exist_ok=True)
    image = np.zeros((64, 64), np.uint8) if image is None else image
    cv2.imwrite(str(root / "images" / split / f"{name}.png"), image)
    if lines is not None:
        (root / "labels" / split / f"{name}.txt").write_text("\n".join(lines) + "\n")


def stopped(dataset, out, **options):
    """What a training says before it stops because its directory is in use."""
    said = []
    out.mkdir(exist_ok=True)
    (out / "file").touch()
    with pytest.raises(Exception, match="exists already"):
        train(dataset, out, TrainingOptions(**options), say=said.append)
    return [line.removeprefix(f"{dataset}: ") for line in said]


def test_what_is_taken_and_left_out_is_said_once(tmp_path):
    root = tmp_path / "dataset"
    add(root, "train", "a", ["0 0.5 0.5 0.1 0.1", "1 0.5 0.5 0.1 0.1"])
    add(root, "train", "b", None)
    add(root, "val", "c", ["1 0.5 0.5 0.1 0.1"])
    (root / "data.yaml").write_text("names: [Boulder, Crater]\n")
    assert stopped(root, tmp_path / "out") == [
        "left out, because they are no craters: Boulder (1 labels)",
        "1 images of train have no label file: taken as background",
    ]
    assert "Crater (2 labels)" in stopped(root, tmp_path / "out", classes=("Boulder",))[0]


def test_a_training_without_craters_is_refused(tmp_path):
    add(tmp_path, "train", "a", ["0 0.5 0.5 0.1 0.1"])
    add(tmp_path, "val", "b", ["1 0.5 0.5 0.1 0.1"])
    (tmp_path / "data.yaml").write_text("names: [Boulder, Crater]\n")
    with pytest.raises(DatasetError, match="no crater in 'train'"):
        train(tmp_path, tmp_path / "out", say=list)


@pytest.mark.parametrize("lines", [[], ["1 0.5 0.5 0.1 0.1"]])
def test_a_training_that_could_not_be_calibrated_is_refused_before_it_begins(tmp_path, lines):
    add(tmp_path, "train", "a", ["0 0.5 0.5 0.1 0.1"])
    add(tmp_path, "val", "b", lines)
    (tmp_path / "data.yaml").write_text("names: [crater, ignored]\n")
    out = tmp_path / "out"
    with pytest.raises(DatasetError, match=r"no labelled crater in 'valid'.*--no-calibrate"):
        api.train(tmp_path, out, say=list)
    assert not out.exists()
    out.mkdir()
    (out / "file").touch()
    for options in ({"calibrated": False}, {"options": TrainingOptions(preset="baseline")}):
        with pytest.raises(OutputError, match="exists already"):
            api.train(tmp_path, out, **options, say=list)


@pytest.mark.parametrize("names", [("a", "b", "c"), ("0,1,0,1", "20,21,0,1", "40,41,0,1")])
def test_the_advice_for_a_dataset_without_validation_split_works(tmp_path, names):
    for name in names:
        add(tmp_path / "in", "train", name, ["0 0.5 0.5 0.1 0.1"])
    with pytest.raises(DatasetError, match="has no split 'valid'") as caught:
        train(tmp_path / "in", tmp_path / "out", say=list)
    at_random = "--random" in str(caught.value)
    assert at_random == (names[0] == "a")
    api.split_dataset(
        tmp_path / "in",
        tmp_path / "split",
        fractions={"train": 0.7, "valid": 0.15, "test": 0.15},
        block_deg=None if at_random else 15.0,
    )
    assert stopped(tmp_path / "split", tmp_path / "out") == []


@pytest.mark.slow
def test_images_without_coordinates_are_searched_as_a_user_searches_them(
    scene, repository, tmp_path
):
    truth = pd.read_csv(repository / "sample_tiles" / "rendered_scene_craters.csv")
    with rasterio.open(scene) as raster:
        grey, place = raster.read(1), raster.transform
        degree = np.radians(1) * 1737.4e3
        column, row = ~place @ (truth.lon.to_numpy() * degree, truth.lat.to_numpy() * degree)
    side, px = 300, truth.diam_km.to_numpy() * 1000 / place.a
    for number in range(4):
        left, top = 320 * (number % 2), 320 * (number // 2)
        x, y = column - left, row - top
        whole = (np.minimum(x, y) > px / 2) & (np.maximum(x, y) < side - px / 2) & (px > 8)
        points = np.stack([x[whole, None] + px[whole, None] / 2 * np.cos(OUTLINE),
                           y[whole, None] + px[whole, None] / 2 * np.sin(OUTLINE)], -1)  # fmt: skip
        lines = ["0 " + " ".join(f"{v:.6f}" for v in (p / side).ravel()) for p in points]
        add(tmp_path, "val", f"tile{number}", lines, grey[top : top + side, left : left + side])
    trials = Trials(find_pairs(tmp_path, "val"), tmp_path / "runs", 1, False, no_progress_of)
    trial = trials.search(shipped_model(), "searching", precision="float32")
    matches = trial.match_labels()
    counted = matches.reference_counted.sum()
    assert counted > 30
    assert matches.true.sum() / counted > 0.7
    assert np.ptp(np.log2(trial.diameters_px / trial.detections.diameters)) < 0.01
    # A quarter of the resolution, enlarged four times: craters of 2 px, which no user can ask for.
    one = replace(trials, pairs=trials.pairs[:1])
    finer = one.search(shipped_model(), "finer", precision="float32", share=0.25, finest=-2)
    assert finer.source.settings.smallest_px == 2.0
    assert finer.match_labels().true.any()


@pytest.mark.slow
@pytest.mark.usefixtures("without_graphs")
@pytest.mark.parametrize("kind", [DatasetError, MosaicError])
def test_a_network_that_cannot_be_calibrated_is_kept_without(tmp_path, monkeypatch, kind):
    tiny = replace(
        PRESETS["compact"], name="tiny", filters=(4, 8), blocks=(1, 1), batch_size=2
    )  # fmt: skip
    monkeypatch.setitem(PRESETS, "tiny", tiny)
    for split, count in (("train", 2), ("val", 1)):
        for number in range(count):
            image, lines = draw_tile(number, side=160, craters=3)
            add(tmp_path / "in", split, f"{split}{number}", lines, image)

    def detect_nothing(*_, **__):
        raise kind("none is found: train longer")

    monkeypatch.setattr("lunarcraters.calibration.calibrate.calibrate_model", detect_nothing)
    said = []
    options = TrainingOptions(preset="tiny", epochs=1, steps=1, precision="float32")
    model = api.train(tmp_path / "in", tmp_path / "out", options, say=said.append)
    assert model.is_file()
    assert said[-1] == "not calibrated: none is found: train longer"


def test_a_tuned_model_keeps_the_former_one_though_it_cannot_be_calibrated(tmp_path, monkeypatch):
    """Images of 416 px and of 400 px for a degree are no mosaic."""
    for name, side in (("0,1,0,1", 416), ("20,21,0,1", 400)):
        image, lines = draw_tile(1, side=side, craters=3)
        add(tmp_path / "in", "train", name, lines, image)
        add(tmp_path / "in", "val", name.replace("0,1", "1,2"), lines, image)
    model = tmp_path / "model.keras"
    shutil.copyfile(shipped_model(), model)
    monkeypatch.setattr("lunarcraters.training.session.train", lambda *_, **__: model)
    monkeypatch.setattr(texture, "_PATCHES", 8)
    said = []
    api.train(tmp_path / "in", tmp_path / "out", TrainingOptions(tune=True), say=said.append)
    assert said[-1].startswith("not calibrated: ")
    assert read_info(model).tuned_on is not None


@pytest.mark.parametrize("kind", [RunError, OutputError])
def test_a_calibration_that_fails_by_the_machine_is_an_error(tmp_path, monkeypatch, kind):
    model = tmp_path / "model.keras"
    shutil.copyfile(shipped_model(), model)

    def fail(*_, **__):
        raise kind("no space is left")

    monkeypatch.setattr("lunarcraters.training.session.train", lambda *_, **__: model)
    monkeypatch.setattr("lunarcraters.calibration.calibrate.calibrate_model", fail)
    with pytest.raises(kind, match="no space is left"):
        api.train(tmp_path / "in", tmp_path / "out", say=list)
    assert model.is_file()
