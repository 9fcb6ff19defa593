"""Recipes: commands of the command line, one after another, from a YAML file."""

import difflib
import shlex
from pathlib import Path
from typing import Any

import click
import yaml

from lunarcraters.cli.main import COMMANDS, load_command
from lunarcraters.errors import RecipeError
from lunarcraters.redaction import redact


def run_recipe(recipe: Path, *, dry_run: bool = False) -> None:
    """Run the commands of a recipe in the current directory, printing each.

    Args:
        recipe: YAML file with a list `steps`.
        dry_run: True to check the recipe and print its commands only.

    Raises:
        RecipeError: The file is not a recipe, or a name or value does not fit a command.
        CratersError: A command fails.
    """
    steps = [
        (name, command, arguments_of(recipe, name, command, given))
        for name, command, given in read_steps(recipe)
    ]
    for name, command, arguments in steps:
        click.echo(redact(shlex.join(["craters", *name.split(), *arguments])), err=True)
        if not dry_run:
            command.main(arguments, prog_name=f"craters {name}", standalone_mode=False)


def read_steps(recipe: Path) -> list[tuple[str, click.Command, dict[str, Any]]]:
    """Read the steps of a recipe: name, command and arguments of each.

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
        command = None if name == "run" else find_command(name)
        if command is None:
            raise RecipeError(f"{recipe}, step {number}: {_suggest(str(name), list(COMMANDS))}")
        if not isinstance(given, dict):
            raise RecipeError(f"{recipe}, step {number}: {name} needs its arguments by name")
        steps.append((name, command, given))
    return steps


def find_command(name: str) -> click.Command | None:
    """Find a command by its words, such as `detect` or `plot map`; None where there is none."""
    first, *rest = str(name).split() or [""]
    command = load_command(first) if first in COMMANDS else None
    for word in rest:
        command = command.commands.get(word) if isinstance(command, click.Group) else None
    return None if isinstance(command, click.Group) else command


def arguments_of(
    recipe: Path, name: str, command: click.Command, given: dict[str, Any]
) -> list[str]:
    """Write a step as the words of a command line, which the command itself checks.

    Raises:
        RecipeError: A name or a value does not fit the command.
    """
    positional: list[str] = []
    options: list[str] = []
    arguments = {p.name: p for p in command.params if isinstance(p, click.Argument)}
    flags = {
        name.removeprefix("--"): p.is_flag
        for p in command.params
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
        command.make_context(f"craters {name}", [*options, "--", *positional])
    except click.ClickException as error:
        raise RecipeError(f"{recipe}, {name}: {error.format_message()}") from error
    return [*positional, *options]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _suggest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
    return f"{name!r} is not known: {hint}"
