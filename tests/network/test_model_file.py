import json
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from lunarcraters.errors import ModelError
from lunarcraters.mosaic.statistics import ValueStatistics
from lunarcraters.network import model_file
from lunarcraters.network.inference import Detector
from lunarcraters.network.model_info import (
    Calibration,
    DiameterErrors,
    Int8Comparison,
    Int8Info,
    ModelInfo,
    ScoreCalibration,
)
from lunarcraters.network.preprocessing import scale_to_unit
from lunarcraters.network.presets import get_preset
from lunarcraters.network.resunet import build

COMPACT = get_preset("compact")
INFO = ModelInfo(COMPACT.name, COMPACT.heads, COMPACT.photometry, COMPACT.diameters_px)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    return build(COMPACT)


def foreign(path, *, name="foreign", side=64, channels=3, filters=1, kernel=3):
    inputs = keras.Input((side, side, channels))
    x = keras.layers.Conv2D(filters, kernel, padding="same", activation="sigmoid")(inputs)
    model = keras.Model(inputs, x, name=name)
    model.compile(loss=lambda y_true, y_pred: keras.ops.mean(y_pred))
    model.save(path)
    return model


@pytest.mark.slow
def test_a_model_comes_back_to_half_precision(network, tmp_path):
    path = tmp_path / "model.keras"
    model_file.write_model(network, INFO, path)
    image = np.random.default_rng(0).standard_normal((1, 64, 64, 1)).astype(np.float32)
    found = Detector(path).maps(image)
    assert model_file.read_info(path) == INFO
    np.testing.assert_allclose(found, np.asarray(network(image)), atol=0.01)
    assert path.stat().st_size < 2.2 * network.count_params()


@pytest.mark.slow
def test_plain_keras_opens_it(network, tmp_path):
    path = tmp_path / "model.keras"
    model_file.write_model(network, INFO, path)
    assert keras.saving.load_model(path, compile=False).count_params() == network.count_params()


@pytest.mark.slow
def test_a_new_description_leaves_the_weights(network, tmp_path):
    path = tmp_path / "model.keras"
    model_file.write_model(network, INFO, path)
    with zipfile.ZipFile(path) as archive:
        before = archive.read("model.weights.h5")
    described = replace(INFO, thresholds={"balanced": 0.3})
    model_file.update_info(path, described)
    assert model_file.read_info(path).thresholds == {"balanced": 0.3}
    with zipfile.ZipFile(path) as archive:
        assert archive.read("model.weights.h5") == before
    assert [p.name for p in tmp_path.iterdir()] == ["model.keras"]


def test_a_file_made_elsewhere_is_a_mask_only_network(tmp_path):
    path = tmp_path / "foreign.keras"
    model = foreign(path)
    info = model_file.read_info(path)
    assert (info.heads, info.photometry, info.input_size) == (("mask",), "unit", 64)
    detector = Detector(path)
    assert (detector.channels, detector.input_size) == (3, 64)
    image = np.random.default_rng(0).random((2, 64, 64, 3)).astype(np.float32)
    np.testing.assert_allclose(detector.maps(image), np.asarray(model(image)), atol=1e-5)


def test_a_network_for_relief_takes_no_grey_values(tmp_path):
    foreign(tmp_path / "foreign.keras")
    detector = Detector(tmp_path / "foreign.keras")
    detector.info = replace(detector.info, photometry="relief")
    values = np.full((64, 64), 7, np.uint8)
    with pytest.raises(ModelError, match="model of relief, not of pictures"):
        detector.images(values, values > 0, ValueStatistics(0.0, 9.0, 7.0))


def test_mirror_images_are_laid_back_in_their_places(tmp_path):
    path = tmp_path / "pointwise.keras"
    foreign(path, kernel=1)  # sees every pixel by itself
    image = np.random.default_rng(0).random((1, 64, 64, 3)).astype(np.float32)
    alone = Detector(path).maps(image)
    np.testing.assert_allclose(Detector(path, tta=True).maps(image), alone, atol=1e-6)


@pytest.mark.slow
def test_mirror_images_have_a_say_and_thresholds_of_their_own(network, tmp_path):
    path = tmp_path / "model.keras"
    info = replace(INFO, thresholds={"balanced": 0.2}, tta=Calibration({"balanced": 0.4}))
    model_file.write_model(network, info, path)
    image = np.random.default_rng(0).standard_normal((1, 64, 64, 1)).astype(np.float32)
    detector = Detector(path, tta=True)
    assert np.abs(Detector(path).maps(image) - detector.maps(image)).max() > 1e-6
    assert detector.info.thresholds == {"balanced": 0.4}
    assert Detector(path).info.thresholds == {"balanced": 0.2}


def test_code_in_a_file_is_not_run(tmp_path):
    path = tmp_path / "lambda.keras"
    inputs = keras.Input((64, 64, 1))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x * 2)(inputs)).save(path)
    with pytest.raises(ModelError, match="cannot be loaded"):
        Detector(path)


def test_networks_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "many.keras"
    foreign(path, filters=5)
    with pytest.raises(ModelError, match="5 output channels"):
        Detector(path)
    path = tmp_path / "spectral.keras"
    foreign(path, channels=7)
    with pytest.raises(ModelError, match="1 or 3 channels"):
        Detector(path)


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"no such model file: give a \.keras file that is there$"):
        model_file.read_info(tmp_path / "missing.keras")
    text = tmp_path / "text.keras"
    text.write_text("not a model")
    with pytest.raises(ModelError, match=r"not a \.keras file"):
        model_file.read_info(text)
    empty = tmp_path / "empty.keras"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("craters.json", json.dumps({}))
    with pytest.raises(ModelError, match="holds no network"):
        model_file.read_info(empty)


def test_grey_values_as_the_baseline_expects_them():
    valid = np.array([[True, True, False]])
    eight = scale_to_unit(
        np.array([[0, 255, 51]], np.uint8), valid, ValueStatistics(10.0, 90.0, 5.0)
    )
    np.testing.assert_allclose(eight, [[0.0, 1.0, 0.0]])
    wide = scale_to_unit(
        np.array([[10.0, 50.0, np.nan]], np.float32), valid, ValueStatistics(10.0, 90.0, 5.0)
    )
    np.testing.assert_allclose(wide, [[0.0, 0.5, 0.0]])


MEASURED = Calibration(
    thresholds={"balanced": 0.25},
    scores=ScoreCalibration((11.0, 16.0), (0.0, 0.5, 1.0), ((0.0, 0.4, 1.0), (0.0, 0.6, 1.0))),
    diameter_sd=DiameterErrors((10.0, 20.0), (0.1, 0.9), ((0.2, 0.1), (0.15, 0.05))),
)


def read_description(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read(model_file.MEMBER).decode()


def write_description(path, content, *, network_of):
    with zipfile.ZipFile(network_of) as old, zipfile.ZipFile(path, "w") as new:
        for name in ("config.json", "model.weights.h5"):
            new.writestr(name, old.read(name))
        new.writestr(model_file.MEMBER, json.dumps(content))


@pytest.mark.slow
def test_the_description_keeps_its_keys_and_comes_back(network, tmp_path):
    path = tmp_path / "model.keras"
    comparison = Int8Comparison(float32=0.6, int8=0.59)
    info = replace(
        INFO.with_calibration(MEASURED),
        finer={-1: MEASURED, -2: Calibration({"balanced": 0.1})},
        tta=Calibration({"balanced": 0.4}),
        int8=Int8Info(16, comparison),
        training={"data": {"train": 5}},
    )
    model_file.write_model(network, info, path)
    assert model_file.read_info(path) == info
    content = json.loads(read_description(path))
    measured = {
        "thresholds": {"balanced": 0.25},
        "scores": {
            "diameter_px": [11.0, 16.0],
            "raw": [0.0, 0.5, 1.0],
            "precision": [[0.0, 0.4, 1.0], [0.0, 0.6, 1.0]],
        },
        "diameter_sd": {
            "diameter_px": [10.0, 20.0],
            "score": [0.1, 0.9],
            "relative_sd": [[0.2, 0.1], [0.15, 0.05]],
        },
    }
    assert content == {
        **measured,
        "preset": "compact",
        "heads": ["mask", "centre", "log_size"],
        "photometry": "local",
        "diameters_px": [8.0, 72.0],
        "input_size": None,
        "finer": {
            "-1": measured,
            "-2": {"thresholds": {"balanced": 0.1}, "scores": {}, "diameter_sd": {}},
        },
        "mirrored": {"thresholds": {"balanced": 0.4}, "scores": {}, "diameter_sd": {}},
        "eight_bit": {"stride": 16, "f1": {"float32": 0.6, "int8": 0.59}},
        "tuned_on": {},
        "training": {"data": {"train": 5}},
    }


@pytest.mark.slow
def test_what_is_not_measured_is_an_empty_object(network, tmp_path):
    path = tmp_path / "model.keras"
    model_file.write_model(network, INFO, path)
    content = json.loads(read_description(path))
    for key in ("thresholds", "scores", "diameter_sd", "finer", "mirrored", "eight_bit"):
        assert content[key] == {}


@pytest.mark.slow
def test_the_shipped_description_is_written_as_it_was(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(model_file.shipped_model().read_bytes())
    model_file.update_info(path, model_file.read_info(path))
    shipped = json.loads(read_description(model_file.shipped_model()))
    assert json.loads(read_description(path)) == shipped | {"tuned_on": {}}


def test_a_description_without_sizes_is_read_and_written_as_it_was(tmp_path):
    path = tmp_path / "model.keras"
    content = {
        "preset": "compact",
        "heads": ["mask", "centre", "log_size"],
        "photometry": "local",
        "diameters_px": [8.0, 72.0],
        "scores": {"raw": [0.0, 0.5, 1.0], "precision": [0.0, 0.8, 1.0]},
    }
    write_description(path, content, network_of=model_file.shipped_model())
    info = model_file.read_info(path)
    assert info.scores == ScoreCalibration((), (0.0, 0.5, 1.0), ((0.0, 0.8, 1.0),))
    assert (info.diameter_sd, info.tta, info.int8) == (None, None, None)
    model_file.update_info(path, info)
    assert json.loads(read_description(path))["scores"] == content["scores"]


SCORES = {"diameter_px": [11.0, 16.0], "raw": [0.0, 0.5, 1.0], "precision": [[0.0, 0.4, 1.0]]}
DEVIATIONS = {"diameter_px": [10.0], "score": [0.1, 0.9], "relative_sd": [[0.2, 0.1, 0.1]]}


@pytest.mark.parametrize(
    "change",
    [
        {"scores": {"raw": 1}},
        {"scores": SCORES},
        {"scores": {"raw": [0.0, 0.5, 1.0], "precision": [0.0, 1.0]}},
        {"scores": {"raw": [], "precision": []}},
        {"finer": {"x": {}}},
        {"finer": {"-1": {"thresholds": {}, "scores": {}, "diameter_sd": DEVIATIONS}}},
        {"tuned_on": {"mean": [0.0, 0.0], "covariance": [[1.0, 0.0]]}},
        {"heads": None},
    ],
)
def test_a_damaged_description_is_refused(tmp_path, change):
    path = tmp_path / "model.keras"
    content = json.loads(read_description(model_file.shipped_model())) | change
    write_description(path, content, network_of=model_file.shipped_model())
    with pytest.raises(ModelError, match=r"craters\.json is damaged"):
        model_file.read_info(path)


def test_the_calibration_of_a_run_is_selected():
    info = replace(INFO, thresholds={"balanced": 0.2}, tta=MEASURED, finer={-1: Calibration({})})
    assert info.for_run(tta=False) == info
    assert info.for_run(tta=True).diameter_sd == MEASURED.diameter_sd
    assert info.for_run(tta=True, finest=-1).scores is None
    assert info.for_run(tta=True, finest=-2).thresholds == {"balanced": 0.25}


@pytest.mark.parametrize("relief", [False, True])
def test_the_lowest_keras_that_is_allowed_is_not_older_than_that_of_a_shipped_network(relief):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    (lowest,) = (one for one in project["dependencies"] if one.startswith("keras>="))
    with zipfile.ZipFile(model_file.shipped_model(relief=relief)) as model:
        version = json.loads(model.read("metadata.json"))["keras_version"]
    lowest, needed = lowest.removeprefix("keras>=").split("."), version.split(".")
    assert [int(part) for part in lowest[:2]] >= [int(part) for part in needed[:2]]
