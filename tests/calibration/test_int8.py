"""A model gets its int8 form if that is as accurate, and then runs in it."""

import shutil
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest

from lunarcraters.calibration import calibrate, int8
from lunarcraters.calibration.int8 import add_int8
from lunarcraters.detection.detect import detect
from lunarcraters.detection.manifest import read_manifest
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.errors import ModelError
from lunarcraters.network.model_file import (
    keep_former,
    read_info,
    read_int8,
    shipped_model,
    write_model,
)
from lunarcraters.network.model_info import Int8Comparison, Int8Info, Texture
from lunarcraters.network.presets import get_preset


@pytest.fixture
def without(tmp_path):
    """The shipped model's description, with a small network that has no int8 form."""
    from lunarcraters.network.resunet import build

    path = tmp_path / "model.keras"
    small = replace(get_preset("compact"), filters=(4, 8), blocks=(1, 1))
    write_model(build(small), replace(read_info(shipped_model()), int8=None), path)
    return path


@pytest.mark.slow
def test_a_form_that_does_as_well_is_kept(without, scene):
    source = open_source([scene], without)
    info = add_int8(without, source, 0.61234, lambda trial: 0.605)
    assert info == read_info(without)
    assert info.int8 == Int8Info(stride=16, f1=Int8Comparison(float32=0.6123, int8=0.605))
    read_int8(without)


@pytest.mark.slow
def test_a_form_that_does_worse_is_left_out(without, scene):
    source = open_source([scene], without)
    with pytest.raises(ModelError, match=r"in 8 bits F1 is 0\.580, not 0\.600"):
        add_int8(without, source, 0.6, lambda trial: 0.58)
    with pytest.raises(ModelError, match="no int8 form"):
        read_int8(without)


@pytest.mark.slow
def test_without_tensorflow_the_form_that_there_is_is_measured_anew(
    without, scene, tmp_path, monkeypatch
):
    monkeypatch.setattr(int8, "runs_tensorflow", lambda: False)
    source = open_source([scene], without)
    with pytest.raises(ModelError, match="only TensorFlow makes the int8 form"):
        add_int8(without, source, 0.6, lambda trial: 0.6)
    model = tmp_path / "shipped.keras"
    shutil.copyfile(shipped_model(), model)
    info = add_int8(model, source, 0.61234, lambda trial: 0.605)
    assert info == read_info(model)
    assert info.int8.f1 == Int8Comparison(float32=0.6123, int8=0.605)
    assert read_int8(model) == read_int8(shipped_model())


def test_the_form_of_a_tuned_model_is_not_measured_on_the_model_before_the_tuning(
    scene, tmp_path, monkeypatch
):
    monkeypatch.setattr(int8, "runs_tensorflow", lambda: False)
    model, texture = tmp_path / "tuned.keras", Texture((0.0,), ((1.0,),))
    shutil.copyfile(shipped_model(), model)
    keep_former(model, shipped_model(), texture)
    measured = []

    def measure(copy):
        measured.append(read_info(copy))
        return 0.6

    info = add_int8(model, open_source([scene], model), 0.6, measure)
    assert measured[0].tuned_on is None
    assert measured[0].thresholds == info.thresholds
    assert info == read_info(model)
    assert info.tuned_on == texture


def test_a_form_that_is_said_to_be_left_out_is_not_kept_from_before(tmp_path, monkeypatch):
    def refuse(*_):
        raise ModelError("in 8 bits F1 is 0.580, not 0.600: that form is left out")

    f1 = SimpleNamespace(chosen=SimpleNamespace(f1=0.6))
    monkeypatch.setattr(calibrate, "add_int8", refuse)
    monkeypatch.setattr(calibrate, "compute_scores", lambda *_: f1)
    trial = SimpleNamespace(
        detections=SimpleNamespace(scores=[]), diameters_px=[], source=None, match_labels=list
    )
    monkeypatch.setattr(calibrate, "calibrate_scores", lambda scores, *_: scores)
    model, said = tmp_path / "model.keras", []
    shutil.copyfile(shipped_model(), model)
    before = read_info(model)
    info = calibrate.add_accurate_int8(model, before, trial, lambda copy: trial, said.append)
    assert info == read_info(model) == replace(before, int8=None)
    assert "left out" in said[0]
    with zipfile.ZipFile(model) as archive:
        assert not [name for name in archive.namelist() if "int8" in name]


@pytest.mark.slow
def test_a_run_takes_the_form_that_there_is(without, scene, tmp_path):
    for model, expected in ((shipped_model(), "int8"), (without, "float32")):
        source = open_source([scene], model, SourceOptions(size=512, levels=1))
        detect(source, tmp_path / expected, model, DetectOptions(workers=1))
        assert read_manifest(tmp_path / expected).settings["precision"] == expected


def test_a_form_that_there_is_not_is_missed_at_once(without, scene, tmp_path):
    with pytest.raises(ModelError, match="craters calibrate makes one"):
        detect(
            open_source([scene], without),
            tmp_path / "run",
            without,
            DetectOptions(precision="int8"),
        )
    assert not (tmp_path / "run").exists()
