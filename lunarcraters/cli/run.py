"""`craters run`: commands one after another, from a file."""

import difflib
import shlex
from pathlib import Path
from typing import Any

import click
import yaml

from lunarcraters.cli.main import COMMANDS, load_command
from lunarcraters.errors import RecipeError


@click.command("run")
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the recipe and print its commands.")
def command(recipe: Path, dry_run: bool) -> None:
    """Run the commands of RECIPE, a YAML file, in the current directory.

    Its `steps` are commands with their arguments and long options by name:

    \b
    steps:
      - detect: {source: mosaic.tif, output: run}
      - export: {run: run, out: craters.gpkg, min-score: complete}

    \b
    craters run pipelines/sample.yaml
    """
    steps = [
        (name, found, arguments_of(recipe, name, found, given))
        for name, found, given in read_steps(recipe)
    ]
    for name, found, arguments in steps:
        click.echo(shlex.join(["craters", *name.split(), *arguments]), err=True)
        if not dry_run:
            found.main(arguments, prog_name=f"craters {name}", standalone_mode=False)


def read_steps(recipe: Path) -> list[tuple[str, click.Command, dict[str, Any]]]:
    """The steps of a recipe: name, command, arguments.

    Raises:
        RecipeError: The file is missing, not YAML, or not a list of known commands.
    """
    try:
        content = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{recipe} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{recipe} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not isinstance(content.get("steps"), list):
        raise RecipeError(f"{recipe} has no list of steps: see craters run --help")
    unknown = set(content) - {"steps", "description"}
    if unknown:
        raise RecipeError(f"{recipe}: {_suggest(unknown.pop(), ['steps', 'description'])}")
    steps = []
    for number, step in enumerate(content["steps"], 1):
        if not (isinstance(step, dict) and len(step) == 1):
            raise RecipeError(f"{recipe}, step {number}: expected one command with its arguments")
        ((name, given),) = step.items()
        found = None if name == "run" else find_command(name)
        if found is None:
            raise RecipeError(f"{recipe}, step {number}: {_suggest(str(name), list(COMMANDS))}")
        if not isinstance(given, dict):
            raise RecipeError(f"{recipe}, step {number}: {name} needs its arguments by name")
        steps.append((name, found, given))
    return steps


def find_command(name: str) -> click.Command | None:
    """A command by its words, such as `detect` or `plot map`; None where there is none."""
    first, *rest = str(name).split() or [""]
    found = load_command(first) if first in COMMANDS else None
    for word in rest:
        found = found.commands.get(word) if isinstance(found, click.Group) else None
    return None if isinstance(found, click.Group) else found


def arguments_of(recipe: Path, name: str, found: click.Command, given: dict[str, Any]) -> list[str]:
    """The words of a command line, its values checked by the command itself.

    Raises:
        RecipeError: A name or a value does not fit the command.
    """
    positional: list[str] = []
    options: list[str] = []
    arguments = {p.name: p for p in found.params if isinstance(p, click.Argument)}
    flags = {
        name.removeprefix("--"): p.is_flag
        for p in found.params
        if isinstance(p, click.Option)
        for name in (*p.opts, *p.secondary_opts)
        if name.startswith("--")
    }
    for key, value in given.items():
        if key not in arguments and key not in flags:
            raise RecipeError(f"{recipe}, {name}: {_suggest(key, [*map(str, arguments), *flags])}")
        if flags.get(key):
            options += [f"--{key}"] if value else []
        elif key in flags:
            options += [word for item in _listed(value) for word in (f"--{key}", str(item))]
    for argument in arguments:
        positional += [str(item) for item in _listed(given.get(str(argument), []))]
    try:
        found.make_context(f"craters {name}", [*options, "--", *positional])
    except click.ClickException as error:
        raise RecipeError(f"{recipe}, {name}: {error.format_message()}") from error
    return [*positional, *options]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _suggest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    return f"{name!r} is not known: {hint}"
