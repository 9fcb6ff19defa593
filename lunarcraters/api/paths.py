"""Names of files as users give them."""

from collections.abc import Callable, Sequence
from functools import wraps
from os import PathLike
from pathlib import Path
from typing import ParamSpec, TypeVar

PathOrText = str | PathLike[str]

P = ParamSpec("P")
R = TypeVar("R")


def as_paths(names: PathOrText | Sequence[PathOrText]) -> list[Path]:
    """Make a list of paths from one name or several."""
    if isinstance(names, str | PathLike):
        return [Path(names)]
    return [Path(name) for name in names]


def accepts_old_names(**new_names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function accept earlier names of its keyword arguments.

    Args:
        new_names: Present name of each earlier one.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for old in new_names.keys() & kwargs.keys():
                kwargs[new_names[old]] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate
