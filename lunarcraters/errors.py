"""Everything that can go wrong, as one tree.

Each error carries one sentence that says what is wrong and what to do about it; the command line
prints that sentence on one line and exits with code 1.
"""

import math
import re
import warnings
from collections.abc import Collection
from inspect import currentframe
from numbers import Integral, Real
from os import PathLike, fspath

from lunarcraters.redaction import redact

_ADDRESS = re.compile(r"(https?|ftp|s3|gs|az):/+(.*)", re.IGNORECASE | re.DOTALL)


class CratersError(Exception):
    """Root of every error that the program raises on purpose.

    Args:
        message: Sentence that says what is wrong and what to do; secrets in addresses are removed.
    """

    def __init__(self, message: str) -> None:
        super().__init__(redact(message))


class CratersWarning(UserWarning):
    """The program went on, and says in one sentence what it took the input for.

    Args:
        message: Sentence; secrets in addresses are removed.
    """

    def __init__(self, message: str) -> None:
        super().__init__(redact(message))


class MosaicError(CratersError):
    """A raster cannot be used as a mosaic: missing, truncated, empty or not a raster."""


class CoordinateSystemError(CratersError):
    """A coordinate system is missing, is not of the Moon, or cannot be used."""


class TileSetError(CratersError):
    """A directory of tiles is missing, incomplete or does not fit the model."""


class ModelError(CratersError):
    """A model file cannot be read or does not fit the program."""


class DatasetError(CratersError):
    """A training dataset is missing, malformed or empty."""


class CatalogueError(CratersError):
    """A catalogue cannot be read or written."""


class RunError(CratersError):
    """A run directory is missing, unfinished or belongs to another input, model or setting."""


class AreaError(CratersError):
    """An area to count craters on cannot be read, or is none."""


class OutputError(CratersError):
    """An output exists already or cannot be written."""


class OptionError(CratersError):
    """An option has a value outside its range."""


class RecipeError(CratersError):
    """A recipe in `pipelines/` has an unknown key or a value that does not fit."""


def warn(sentence: str) -> None:
    """Give a `CratersWarning` at the line of the user's own code that called the program.

    Args:
        sentence: Sentence; secrets in addresses are removed.
    """
    frame, level, outermost = currentframe(), 1, 1
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] == __package__:
            outermost = level
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, CratersWarning, stacklevel=outermost + 1)


def refuse_address(name: str | PathLike[str], kind: type[CratersError]) -> None:
    """Refuse a file on the network, where only rasters are read.

    Args:
        name: Name as the user gave it, or a path of it, which has lost a slash.
        kind: Kind of the error.
    """
    if place := _ADDRESS.match(fspath(name)):
        raise kind(
            f"{place[1]}://{place[2]} is on the network, where only rasters are read: download it "
            "first"
        )


def check_range(
    name: str,
    value: object,
    least: float,
    most: float = math.inf,
    *,
    whole: bool = False,
    noun: str = "",
) -> None:
    """Check that an option is a number in its range.

    Args:
        name: Name of the option, for the message.
        value: Value; None where the option is not given.
        least: Smallest value.
        most: Largest value; infinite for no limit.
        whole: True where the number must be a whole one.
        noun: Noun of what is counted, for the message; empty for none.

    Raises:
        OptionError: The value is no number, is outside the range, or is not whole.
    """
    kind = Integral if whole else Real
    if value is None or (isinstance(value, kind) and least <= float(value) <= most):
        return
    limit = f"of {least:g} or more" if math.isinf(most) else f"from {least:g} to {most:g}"
    number = ("whole number" if whole else "number") + (f" of {noun}" if noun else "")
    raise OptionError(f"{name} is {value!r}: give a {number} {limit}")


def check_choice(name: str, value: object, choices: Collection[object]) -> None:
    """Check that an option is one of some words or numbers.

    Args:
        name: Name of the option, for the message.
        value: Value.
        choices: Words or numbers.

    Raises:
        OptionError: It is none of them.
    """
    if value not in choices:
        raise OptionError(f"{name} is {value!r}: give one of {', '.join(map(str, choices))}")
