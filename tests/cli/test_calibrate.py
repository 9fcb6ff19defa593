from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from lunarcraters import api
from lunarcraters.cli.main import cli
from lunarcraters.network.model_info import ModelInfo


@pytest.mark.parametrize("quiet", [False, True])
def test_notes_are_said_unless_quiet(monkeypatch, quiet):
    def calibrate(*_, say, **__):
        say("in 8 bits F1 is lower")
        return SimpleNamespace(for_run=lambda tta: ModelInfo("m", ("mask",), "local", (8.0, 72.0)))

    monkeypatch.setattr(api, "calibrate", calibrate)
    told = CliRunner().invoke(cli, ["calibrate", "a.keras", "data", *["-q"] * quiet])
    assert told.exit_code == 0, told.exception
    assert ("in 8 bits" in told.output) != quiet
    assert bool(told.output) != quiet
