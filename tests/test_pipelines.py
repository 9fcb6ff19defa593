"""Every recipe in `pipelines/` is one that `craters run` takes."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from lunarcraters.cli.main import cli
from lunarcraters.cli.recipe import arguments_of, read_steps

RECIPES = sorted((Path(__file__).parents[1] / "pipelines").glob("*.yaml"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_valid(recipe):
    found = CliRunner().invoke(cli, ["run", str(recipe), "--dry-run"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    assert "craters " in found.output


def test_earlier_spellings_of_options_are_understood(tmp_path):
    recipe = tmp_path / "old.yaml"
    recipe.write_text("steps:\n  - detect: {source: m.tif, output: run, mirrored: true}\n")
    (step,) = read_steps(recipe)
    assert "--mirrored" in arguments_of(recipe, *step)
