import pytest
from click.testing import CliRunner

from lunarcraters.cli.main import cli
from lunarcraters.network.presets import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_asked_for(name):
    found = CliRunner().invoke(cli, ["train", "--help"])
    assert found.exit_code == 0
    assert name in found.output


def test_an_impossible_number_is_a_matter_of_usage(tmp_path):
    found = CliRunner().invoke(cli, ["train", str(tmp_path), "-o", "out", "--epochs", "0"])
    assert found.exit_code == 2
    assert "--epochs" in found.output
