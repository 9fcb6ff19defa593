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
    """The content of such a file, as text.

    Attributes:
        path: File, for messages.
        values: Values by name.
        tables: Tables by name, among them `crater`.
    """

    path: Path
    values: dict[str, str]
    tables: dict[str, pd.DataFrame]

    def number(self, name: str) -> float:
        """Read a value as a number, whatever its unit.

        Args:
            name: Name of the value.

        Raises:
            CatalogueError: The value is missing, or not a number.
        """
        value = self.values.get(name, "missing")
        try:
            return float(value.split()[0])
        except (ValueError, IndexError) as error:
            raise CatalogueError(
                f"{self.path}: {name} is {value!r}, where a number is needed"
            ) from error


def read_structure(path: Path) -> Structure:
    """Read a file; text after a `#` or `;` is a comment.

    Raises:
        CatalogueError: The file has no table of craters, or is damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path} is not a text file: {error}") from error
    structure = Structure(path, {}, {})
    rest = iter([re.split("[#;]", line)[0].strip() for line in lines])
    for line in rest:
        entry = _ENTRY.match(line)
        if entry is None:
            continue
        name, value = entry.groups()
        if value.startswith("{"):
            structure.tables[name] = _table(rest, value[1:], path)
        else:
            structure.values[name] = value
    if "crater" not in structure.tables:
        raise CatalogueError(f"{path} has no table of craters (crater = {{...}})")
    return structure


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
