"""The text structures of craterstats: lines `name = value`, and tables in braces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lunarcraters.errors import CatalogueError

_ENTRY = re.compile(r"^\s*(\w+)\s*=\s*(.*)$")


@dataclass(frozen=True)
class Structure:
    """What such a file holds, all of it as text.

    Attributes:
        path: Of the file, for messages.
        values: By name.
        tables: By name; `crater` among them.
    """

    path: Path
    values: dict[str, str]
    tables: dict[str, pd.DataFrame]

    def number(self, name: str) -> float:
        """A value, whatever its unit.

        Raises:
            CatalogueError: It is missing, or no number.
        """
        value = self.values.get(name, "missing")
        try:
            return float(value.split()[0])
        except (ValueError, IndexError) as error:
            raise CatalogueError(
                f"{self.path}: {name} is {value!r}, where a number is needed"
            ) from error


def read_structure(path: Path) -> Structure:
    """Read a file; what follows a `#` or `;` is a comment.

    Raises:
        CatalogueError: It is no such file.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path} is not a text file: {error}") from error
    found = Structure(path, {}, {})
    rest = iter([re.split("[#;]", line)[0].strip() for line in lines])
    for line in rest:
        entry = _ENTRY.match(line)
        if entry is None:
            continue
        name, value = entry.groups()
        if value.startswith("{"):
            found.tables[name] = _table(rest, value[1:], path)
        else:
            found.values[name] = value
    if "crater" not in found.tables:
        raise CatalogueError(f"{path} has no table of craters (crater = {{...}})")
    return found


def _table(lines: Iterator[str], header: str, path: Path) -> pd.DataFrame:
    names = [name.strip() for name in header.split(",")]
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("}"):
            return pd.DataFrame(rows, columns=names, dtype=str)
        if line:
            rows.append(line.split())
            if len(rows[-1]) != len(names):
                raise CatalogueError(
                    f"{path}: the line {line!r} does not have the {len(names)} values "
                    f"{', '.join(names)}"
                )
    raise CatalogueError(f"{path} ends half-way, within a table: write or copy it again")
