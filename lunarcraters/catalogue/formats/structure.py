"""The text structures of craterstats: lines `name = value`, and tables in braces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lunarcraters.catalogue.columns import FRACTION, MOST_FRACTION
from lunarcraters.catalogue.text import decode_text
from lunarcraters.errors import CatalogueError

_ENTRY = re.compile(r"^\s*([A-Za-z][^={}]*?)\s*=\s*(.*)$")  # Total_area = 12.5 <km^2>
_AREA_IN_COMMENT = re.compile(r"^(area[^:=]*)[:=]\s*([\d.,]+)\s*$", re.IGNORECASE)  # Area: 12.5
_METRES = re.compile(r"diam\w*\W{0,3}[(\[<]\s*m(et(er|re)s?)?\s*[)\]>]", re.IGNORECASE)  # diam (m)
_UNIT = re.compile(r"(?:[<(\[]|\d\s)\s*(k?m)\s*(?:\^?2|²)?\s*(?:[>)\]]|$)")  # <km^2>, 5 m
_NUMBER = re.compile(r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$")
_SEMICOLON_HEADING = re.compile(r"=\s*\{[^#,;]*;\s*\w")  # crater = {diam; lon; lat
_SEMICOLON_ROW = re.compile(r"^\s*[\d.,eE+-]+(\s*;\s*[\d.,eE+-]+)+[\s;]*$")  # 1,5; 20,1; 3,2

_BARE_NAMES = {
    1: ["diameter"],
    2: ["diameter", "fraction"],
    3: ["diameter", "lon", "lat"],
    4: ["diameter", "fraction", "lon", "lat"],
}
"""Columns of a table without a heading, by their number."""


@dataclass(frozen=True)
class Structure:
    """The content of such a file, as text.

    Attributes:
        path: File, for messages.
        values: Values by name, which is in lower case, with `_` for what is no letter or digit.
        tables: Tables by name, among them `crater`.
        in_metres: True where a comment says that diameters are in metres.
    """

    path: Path
    values: dict[str, str] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    in_metres: bool = False

    def number(self, name: str, power: int = 1) -> float:
        """Read a value as a positive number in km, or km^2.

        Args:
            name: Name of the value.
            power: 1 for a length, 2 for an area.

        Raises:
            CatalogueError: The value is missing, or not a positive number.
        """
        value = self.values.get(name, "missing")
        number = (value.split() or [""])[0]
        if not _NUMBER.match(number):
            example = f"{name} = {'1737.4 <km>' if power == 1 else '100 <km^2>'}"
            raise CatalogueError(
                f"{self.path}: {name} is {value!r}, where a number is needed: write a line such as "
                f"{example}"
            )
        unit = _UNIT.search(value)
        scale = 1e-3**power if unit and unit[1] == "m" else 1.0
        scaled = float(number.replace(",", ".")) * scale
        if not 0.0 < scaled < float("inf"):
            raise CatalogueError(f"{self.path}: {name} is {value!r}: it must be larger than 0")
        return scaled


def read_structure(path: Path, *, open_end: bool = False) -> Structure:
    """Read a file; text after a `#` or `;` is a comment.

    Args:
        path: File.
        open_end: True to accept a last table without its brace, and rows outside of any table.

    Raises:
        CatalogueError: The file has no table of craters, or is damaged.
    """
    try:
        text = decode_text(path.read_bytes())
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise CatalogueError(f"{path} is not a text file: give a count of craterstats")
    lines = _without_semicolons(text.splitlines())
    comments = [line.strip(" \t#;") for line in lines if line.lstrip().startswith(("#", ";"))]
    structure = Structure(path, in_metres=any(map(_METRES.search, comments)))
    bare: list[list[str]] = []
    rest = iter([re.split("[#;]", line)[0].strip() for line in lines])
    for line in rest:
        entry = _ENTRY.match(line)
        if entry is None:
            bare += [_values(line)] if line and open_end else []
            continue
        name, value = entry.groups()
        if value.startswith("{"):
            if _name(name) in structure.tables:
                raise CatalogueError(
                    f"{path} has more than one table {name}: keep the rows of one area in one "
                    "table, and write a file for each area"
                )
            ends = open_end and text.endswith("\n")
            structure.tables[_name(name)] = _table(rest, value[1:], path, open_end=ends)
        else:
            unit = _UNIT.search(name)
            structure.values[_name(name)] = f"{value} {unit[0] if unit else ''}".strip()
    for found in filter(None, map(_AREA_IN_COMMENT.match, comments)):
        structure.values.setdefault(_name(found[1]), f"{found[2]} {found[1]}")
    if "crater" not in structure.tables:
        structure.tables["crater"] = _bare_table(bare, path)
    return structure


def _without_semicolons(lines: list[str]) -> list[str]:
    """Put commas for semicolons that part the names and the numbers of a table."""
    if not any(map(_SEMICOLON_HEADING.search, lines)) or not any(map(_SEMICOLON_ROW.match, lines)):
        return lines
    parted = [_SEMICOLON_HEADING.search(line) or _SEMICOLON_ROW.match(line) for line in lines]
    return [
        line.rstrip("; \t").replace(";", ", ") if is_parted else line
        for line, is_parted in zip(lines, parted, strict=True)
    ]


def _name(text: str) -> str:
    """Bring `Area <km^2>`, `a-axis radius` and `Total_area` to one spelling."""
    bare = re.sub(r"[<(\[].*?[>)\]]", "", text).strip().lower()
    return re.sub("[^a-z0-9]+", "_", bare).strip("_")


def _values(line: str) -> list[str]:
    """Split a row at blanks, or at commas where it has no blanks; commas within are decimal."""
    pieces = [piece.rstrip(",") for piece in line.split()]
    return line.split(",") if len(pieces) == 1 and line.count(",") > 1 else pieces


def _numeric(rows: list[list[str]]) -> list[list[str]]:
    return [[v.replace(",", ".") if _NUMBER.match(v) else v for v in row] for row in rows]


def _table(lines: Iterator[str], header: str, path: Path, *, open_end: bool) -> pd.DataFrame:
    names = [name.strip() for name in header.split(",")]
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("}"):
            return pd.DataFrame(_numeric(rows), columns=names, dtype=str)
        if line:
            rows.append(_values(line))
            if len(rows[-1]) != len(names):
                raise CatalogueError(
                    f"{path}: the line {line!r} does not have the {len(names)} values "
                    f"{', '.join(names)}: write as many values as names, between blanks"
                )
    if open_end:
        return pd.DataFrame(_numeric(rows), columns=names, dtype=str)
    raise CatalogueError(f"{path} ends half-way, within a table: write or copy it again")


def _bare_table(rows: list[list[str]], path: Path) -> pd.DataFrame:
    """Name the columns of rows without a heading by their number."""
    widths = {len(row) for row in rows}
    names = _BARE_NAMES.get(max(widths, default=0), [])
    if len(widths) != 1 or not names or not all(_NUMBER.match(v) for row in rows for v in row):
        raise CatalogueError(
            f"{path} has no table of craters (crater = {{...}}): write crater = {{diameter, lon, "
            "lat above its rows and } below"
        )
    table = pd.DataFrame(_numeric(rows), columns=names, dtype=str)
    shares = table.get(FRACTION, pd.Series(dtype=float)).astype(float)
    if not shares.between(0.0, MOST_FRACTION).all():
        raise CatalogueError(
            f"{path} has rows of {len(names)} values without their names: write a line such as "
            "crater = {diameter, lon, lat above them and } below"
        )
    return table
