"""Recipes: commands of the command line, one after another, from a YAML file."""

import difflib
import re
import shlex
from pathlib import Path
from typing import Any

import click
import yaml

from lunarcraters.cli.main import COMMANDS, load_command
from lunarcraters.errors import RecipeError, refuse_address
from lunarcraters.redaction import redact


class _Loader(yaml.SafeLoader):
    """Reads YAML in which no key is given twice: PyYAML would take the last one.

    Numbers and dates are read as they are written: YAML makes 8 of 010, and 750 of 12:30.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping.

        Raises:
            ValueError: A key is given twice.
        """
        # A key without a value is a part of a text with commas that needs quotes.
        given = [key for key, value in node.value if value.value]
        keys = [key.value for key in given]
        for number, key in enumerate(given):
            if key.value in keys[:number]:
                line = key.start_mark.line + 1
                raise ValueError(f"{key.value!r} is given a second time in line {line}")
        return super().construct_mapping(node, deep)

    def construct_text(self, node: yaml.ScalarNode) -> str:
        """Read a number as text: `.inf` and `.nan` as the commands have them."""
        text = str(node.value)
        return text.replace(".", "") if re.fullmatch(r"[+-]?\.(inf|nan)", text.lower()) else text

    def construct_date(self, node: yaml.ScalarNode) -> str:
        """Read a date as text.

        Raises:
            ValueError: There is no such date.
        """
        self.construct_yaml_timestamp(node)
        return self.construct_text(node)


for _kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _Loader.construct_text)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_date)


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
        if dry_run:
            continue
        try:
            command.main(arguments, prog_name=f"craters {name}", standalone_mode=False)
        except click.ClickException as error:  # options that do not go together
            raise RecipeError(f"{recipe}, {name}: {error.format_message()}") from error


def read_steps(recipe: Path) -> list[tuple[str, click.Command, dict[Any, Any]]]:
    """Read the steps of a recipe: name, command and arguments of each.

    Args:
        recipe: YAML file with a list `steps`.

    Raises:
        RecipeError: The file is missing, not YAML, or not a list of known commands.
    """
    refuse_address(recipe, RecipeError)
    try:
        content = yaml.load(recipe.read_text(encoding="utf-8"), _Loader)
    except OSError as error:
        raise RecipeError(f"{recipe} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise RecipeError(f"{recipe} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not isinstance(content.get("steps"), list):
        raise RecipeError(f"{recipe} has no list of steps: see craters run --help")
    unknown = [key for key in content if key not in ("steps", "description")]
    if unknown:
        raise RecipeError(f"{recipe}: {_suggest(unknown[0], ['steps', 'description'])}")
    steps = []
    for number, step in enumerate(content["steps"], 1):
        if not (isinstance(step, dict) and len(step) == 1):
            raise RecipeError(f"{recipe}, step {number}: expected one command with its arguments")
        ((name, given),) = step.items()
        command = None if str(name).split() == ["run"] else find_command(name)
        if command is None:
            raise RecipeError(f"{recipe}, step {number}: {_explain_command(str(name))}")
        if not isinstance(given, dict):
            raise RecipeError(f"{recipe}, step {number}: {name} needs its arguments by name")
        steps.append((name, command, given))
    return steps


def find_command(name: object) -> click.Command | None:
    """Find a command by its words, such as `detect` or `plot map`.

    Args:
        name: Name of a step.

    Returns:
        Command; None where there is none.
    """
    first, *rest = str(name).split() or [""]
    command = load_command(first) if first in COMMANDS else None
    for word in rest:
        command = command.commands.get(word) if isinstance(command, click.Group) else None
    return None if isinstance(command, click.Group) else command


def _explain_command(name: str) -> str:
    """Say why a step has no command of this name."""
    first = (name.split() or [""])[0]
    if first == "run":
        return "a recipe cannot run recipes: write their steps here"
    group = load_command(first) if first in COMMANDS else None
    if isinstance(group, click.Group):
        names = ", ".join(f"{first} {word}" for word in group.commands)
        return f"{name!r} is not a command: {first} has the commands {names}"
    return _suggest(name, [command for command in COMMANDS if command != "run"])


def arguments_of(
    recipe: Path, name: str, command: click.Command, given: dict[Any, Any]
) -> list[str]:
    """Write a step as the words of a command line, which the command itself checks.

    Args:
        recipe: Recipe, for messages.
        name: Name of the command.
        command: Command.
        given: Values by the names of arguments and long options.

    Raises:
        RecipeError: A name or a value does not fit the command.
    """
    arguments = {str(p.name): p for p in command.params if isinstance(p, click.Argument)}
    options = {
        word.removeprefix("--"): option
        for option in command.params
        if isinstance(option, click.Option)
        for word in (*option.opts, *option.secondary_opts)
        if word.startswith("--")
    }
    try:
        _check_names(given, [*arguments, *options])
        positional = [
            word
            for key, argument in arguments.items()
            if key in given
            for word in _texts(key, given[key], several=argument.nargs != 1)
        ]
        words = [
            word
            for key, value in given.items()
            if key in options
            for word in _option_words(key, value, options[key])
        ]
        # A name that begins with - would be taken for an option.
        dashed = any(word.startswith("-") for word in positional)
        words = [*words, "--", *positional] if dashed else [*positional, *words]
        command.make_context(f"craters {name}", list(words))
    except click.ClickException as error:
        raise RecipeError(f"{recipe}, {name}: {error.format_message()}") from error
    return words


def _check_names(given: dict[Any, Any], names: list[str]) -> None:
    """Refuse unknown names, among them those that YAML makes of `{a: 1,2}`: a 1, and 2 nothing.

    All names begin with a letter.
    """
    before = None
    for key, value in given.items():
        if key in names:
            before = key
            continue
        is_rest = value is None and before is not None
        if is_rest and not (isinstance(key, str) and key[:1].isalpha()):
            raise click.UsageError(f"{before!r} has a value with commas: put it in quotes")
        hint = f"; if it belongs to the value of {before!r}, put that in quotes" if is_rest else ""
        raise click.UsageError(_suggest(key, names) + hint)


def _option_words(key: str, value: Any, option: click.Option) -> list[str]:
    """Write an option as words of a command line."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise click.UsageError(f"{key!r} is {value!r}: give true or false, without quotes")
        if value:
            return [f"--{key}"]
        # The other name of a pair --x/--no-x; a flag without one is off where it is not named.
        is_first = f"--{key}" in option.opts
        return (option.secondary_opts if is_first else option.opts)[:1]
    takes_commas = "," in (option.metavar or "")
    texts = _texts(key, value, several=takes_commas or option.multiple)
    if takes_commas:
        texts = [",".join(texts)]
    return [word for text in texts for word in (f"--{key}", text)]


def _texts(key: str, value: Any, *, several: bool) -> list[str]:
    """Write a value, or a list of them where an argument takes several, as texts."""
    if isinstance(value, list) and not several:
        raise click.UsageError(f"{key!r} has a list of values and takes one")
    values = value if isinstance(value, list) else [value]
    if not values or None in values:
        raise click.UsageError(f"{key!r} has no value: give one, or leave {key!r} out")
    for one in values:
        if isinstance(one, bool | list | dict):
            raise click.UsageError(
                f"{key!r} is {one!r}, neither text nor a number: put text in quotes"
            )
    return [str(one) for one in values]


def _suggest(name: object, names: list[str]) -> str:
    near = difflib.get_close_matches(str(name), names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
    return f"{str(name)!r} is not known: {hint}"
