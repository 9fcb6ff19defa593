"""A model gets its int8 form if that is as accurate, and then runs in it."""

from dataclasses import replace

import pytest

from lunarcraters.calibration.int8 import add_int8
from lunarcraters.detection.detect import detect
from lunarcraters.detection.manifest import read_manifest
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.errors import ModelError
from lunarcraters.network.model_file import read_info, read_int8, shipped_model, write_model
from lunarcraters.network.model_info import Int8Comparison, Int8Info
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
