"""`craters run`."""

from pathlib import Path

import click


@click.command("run")
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the recipe and print its commands.")
def command(recipe: Path, dry_run: bool) -> None:
    """Run the commands of RECIPE, a YAML file, in the current directory.

    Its `steps` are commands with their arguments and long options by name. A flag is true or
    false; several values are a list; a value with commas, as in --bbox, is in quotes:

    \b
    steps:
      - detect: {source: mosaic.tif, output: run}
      - export: {run: run, out: craters.gpkg, min-score: complete}

    \b
    craters run pipelines/sample.yaml
    """
    from lunarcraters import api

    api.run_recipe(recipe, dry_run=dry_run)
