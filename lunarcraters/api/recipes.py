"""The verb on recipes: commands of the command line, one after another."""

from pathlib import Path

from lunarcraters.api.paths import PathOrText


def run_recipe(recipe: PathOrText, *, dry_run: bool = False) -> None:
    """Run the commands of a YAML file in the current directory (`craters run`).

    Args:
        recipe: YAML file with a list `steps` of commands and their arguments.
        dry_run: True to check the recipe and print its commands only.

    Raises:
        RecipeError: The file is not a recipe, or a name or value does not fit a command.
        CratersError: A command fails.
    """
    # A recipe is made of command lines, so that this verb needs the commands.
    from lunarcraters.cli.recipe import run_recipe

    run_recipe(Path(recipe), dry_run=dry_run)
