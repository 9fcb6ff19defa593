"""Records: JSON that is written from dataclasses and checked by them when it is read.

Every JSON file of the program, and what `--json` prints, is such a record, so that the dataclass is
its documentation. Validation is pydantic's, by the types of the fields; keys that a record does not
know are ignored.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from lunarcraters.files import replacing

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


class RecordError(ValueError):
    """JSON is not the record that was expected; the message names the field and what is wrong."""


def to_json(record: object, *, indent: int | None = 1, sort_keys: bool = False) -> str:
    """Write a record as JSON.

    Args:
        record: Dataclass of numbers, text, paths, tuples and dataclasses.
        indent: Spaces of a level; None for one line.
        sort_keys: True to write keys in alphabetical order.
    """
    return json.dumps(to_plain(record), indent=indent, sort_keys=sort_keys)


def to_plain(record: object) -> Any:
    """The dictionaries, lists, numbers and text that JSON holds of a record."""
    return _adapter(cast(Any, type(record))).dump_python(record, mode="json")


def from_json(kind: type[T], text: str | bytes) -> T:
    """Read a record.

    Args:
        kind: Dataclass that the JSON is to be.
        text: JSON.

    Raises:
        RecordError: The text is no JSON, or a field is missing or of another type.
    """
    from pydantic import ValidationError

    try:
        return cast(T, _adapter(cast(Any, kind)).validate_json(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise RecordError(f"{where}: {first['msg']}") from error


def read_record(kind: type[T], path: Path) -> T:
    """Read a file that is a record.

    Args:
        kind: Dataclass that the JSON is to be.
        path: File.

    Raises:
        RecordError: The file cannot be read, is no JSON, or a field is missing or of another type.
    """
    try:
        return from_json(kind, path.read_bytes())
    except OSError as error:
        raise RecordError(f"it cannot be read: {error.strerror or error}") from error


def write_record(record: object, path: Path, *, sort_keys: bool = False) -> None:
    """Write a file that is a record.

    Args:
        record: Dataclass of numbers, text, paths, tuples and dataclasses.
        path: File.
        sort_keys: True to write keys in alphabetical order.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(to_json(record, sort_keys=sort_keys) + "\n")


def replace_numpy_scalars(options: object) -> None:
    """Replace the attributes of options that are scalars of NumPy, which records do not take.

    Args:
        options: Dataclass, perhaps frozen, whose values no other code has seen yet.
    """
    for name, value in vars(options).items():
        if isinstance(value, np.generic):
            object.__setattr__(options, name, value.item())


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
