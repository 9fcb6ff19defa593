"""Earlier names of keyword arguments."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


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
