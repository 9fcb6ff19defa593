"""Tables of text with any usual separator, encoding and decimal mark, and lines before the heading.

The heading is the first line that names a longitude, a latitude and a size.
"""

import gzip
import io
import logging
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats.vector import from_table
from lunarcraters.catalogue.headings import (
    find_columns,
    find_pixels,
    find_sizes,
    is_catalogue,
    is_text,
)
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.catalogue.text import decode_text
from lunarcraters.errors import CatalogueError, warn

_DELIMITERS = ",;\t|"
_BLANKS = r"\s+"
_HEADING_LINES = 200  # of a file, among which its heading is looked for
_SAMPLE_LINES = 100
_BINARY = {
    b"PK\x03\x04": "such as .xlsx (or unpack it)",
    b"SQLite format 3": ".gpkg",
    b"fgb": ".fgb",
    b"PAR1": ".parquet",
    b"\x1f\x8b": ".csv.gz",
}
"""First bytes of files that are no text, and how they are named."""

_ANGLES = ("lon", "lat")
_THOUSANDS = re.compile(r"^[+-]?[1-9]\d{0,2}(,\d{3})+$")  # 12,345
_WKT = re.compile(r"\s*(MULTI)?(POINT|POLYGON)\b", re.IGNORECASE)  # POINT (20 10)
_NUMBER = re.compile(r"^[+-]?[\d.,]+(e[+-]?\d+)?$", re.IGNORECASE)  # -1,5e3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Heading:
    """The line of a text that names the columns.

    Attributes:
        line: Number of the line, from 0.
        delimiter: Separator, a regular expression for blanks.
        names: Names of the columns.
    """

    line: int
    delimiter: str
    names: list[str]


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a table of craters with any usual separator and names of columns.

    Raises:
        CatalogueError: The file is no table of craters.
    """
    table = read_table(path)
    if "geometry" in table and table["geometry"].astype(str).str.match(_WKT).any():
        _log.warning(
            "note: %s: the geometries of a text table are not read, and places and sizes of its "
            "columns count: save it as .gpkg or .geojson where geometries were edited",
            path,
        )
    return from_table(table, str(path))


def read_table(path: Path) -> pd.DataFrame:
    """Read the columns of a table by the names in its heading.

    Raises:
        CatalogueError: The file is no text, has no heading, or rows that do not fit it.
    """
    text = _read_text(path)
    lines = text.split("\n", _HEADING_LINES + _SAMPLE_LINES)[: _HEADING_LINES + _SAMPLE_LINES]
    heading = _find_heading(lines)
    if heading is None:
        raise CatalogueError(
            f"{path} is not a table of craters: put a line above the numbers that names the "
            "columns, such as lon,lat,diameter_km (diameters alone are read from a .diam)"
        )
    body = text[sum(len(line) + 1 for line in lines[: heading.line + 1]) :]
    body = _without_comments(body, heading, path)
    below = [line for line in body.split("\n", _HEADING_LINES)[:_HEADING_LINES] if line.strip()]
    rows = [_split(line, heading.delimiter) for line in below[:_SAMPLE_LINES]]
    width = max(len(heading.names), len(rows[0]) if rows else 0)
    if not rows:
        return pd.DataFrame(columns=heading.names, dtype=float)
    texts = {i for i, name in enumerate(heading.names) if is_text(name)}
    texts |= {i + 1 for i in texts} if width > len(heading.names) else set()
    try:
        table = pd.read_csv(
            io.StringIO(body),
            sep=heading.delimiter,
            header=None,
            names=range(width),
            skipinitialspace=True,
            index_col=False,
            low_memory=False,
            decimal="," if _has_decimal_commas(rows, heading) else ".",
            # 00-1-000000 and 0000001 are names, not numbers.
            dtype=dict.fromkeys(texts, str),
        )
    except pd.errors.ParserError as error:
        raise CatalogueError(_longer_row(str(path), str(error), heading)) from error
    ends = [row[-1] for row in rows if len(row) == width]
    return _name_columns(table, heading.names, str(path), are_blank=not any(ends))


def _read_text(path: Path) -> str:
    """Read a text; one that is no UTF-8 as a code page, whose letters in names do not matter."""
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix.lower() == ".gz" else content
        text = decode_text(content)
    except (UnicodeDecodeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CatalogueError(f"{path} is not a text table: {error}") from error
    if "\0" in text or content.startswith(tuple(_BINARY)):
        kind = next((kind for start, kind in _BINARY.items() if content.startswith(start)), "")
        raise CatalogueError(
            f"{path} is not a text table but a binary file: name it by its format, "
            f"{kind or 'such as .gpkg'}"
        )
    if text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")):
        raise CatalogueError(f"{path} is an HTML page, not a table: download the table itself")
    return re.sub(r"\r\n?", "\n", text) if "\r" in text else text


def _find_heading(lines: list[str]) -> _Heading | None:
    """Find the line that names the columns; the first line of words where none names all."""
    fallback = None
    for number, line in enumerate(lines[:_HEADING_LINES]):
        bare = line.lstrip("# ")
        for delimiter in (*_DELIMITERS, _BLANKS):
            names = _split(bare, delimiter)
            if is_catalogue(names):
                return _Heading(number, delimiter, names)
        if fallback is None and bare.strip() and not line.startswith("#"):
            delimiter = max(_DELIMITERS, key=bare.count)
            delimiter = delimiter if delimiter in bare else _BLANKS
            fallback = _Heading(number, delimiter, _split(bare, delimiter))
    if fallback is None:
        return None
    numbers = [name for name in fallback.names if _NUMBER.match(name)]
    return None if 2 * len(numbers) >= len(fallback.names) else fallback


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == _BLANKS:
        return [value.strip('"') for value in line.split()]
    pieces = re.findall(
        rf'\s*("(?:[^"]|"")*"|[^{re.escape(delimiter)}]*)\s*(?:{re.escape(delimiter)}|$)',
        line.rstrip("\n"),
    )
    # The pattern finds an empty piece at the end of the line.
    unquoted = re.sub(r'"[^"]*"', "", line)
    pieces = pieces[: unquoted.count(delimiter) + 1] if line else []
    return [piece.strip().strip('"') for piece in pieces]


def _has_decimal_commas(rows: list[list[str]], heading: _Heading) -> bool:
    """Tell whether commas are decimal: some are not before three digits, or are in degrees."""
    numbers = [value for row in rows for value in row if _NUMBER.match(value)]
    if heading.delimiter == "," or any("." in value for value in numbers):
        return False
    angles = {
        heading.names.index(name) for name in map(find_columns(heading.names).get, _ANGLES) if name
    }
    return any(
        "," in value and (i in angles or not _THOUSANDS.match(value))
        for row in rows
        for i, value in enumerate(row)
        if _NUMBER.match(value)
    )


def _without_comments(body: str, heading: _Heading, path: Path) -> str:
    """Leave out lines that begin with #, but for rows whose first value, a name, begins so.

    Where the first values of the other rows, which are more, are numbers, all of them are comments.
    """
    if not (body.startswith("#") or "\n#" in body):
        return body
    used = _used_names(heading.names)
    numbers = [i for i, name in enumerate(heading.names) if name in used]

    def is_row(line: str) -> bool:
        values = _split(line, heading.delimiter)
        if len(values) != len(heading.names) or not any(values[i] for i in numbers):
            return False  # a spreadsheet fills the line of a comment with empty values
        return all(not values[i] or values[i][0] in "+-.0123456789" for i in numbers)

    lines = body.split("\n")
    rows = dict.fromkeys(line for line in lines if line.startswith("#") and is_row(line))
    others = [line for line in lines if not line.startswith("#") and rows and is_row(line)]
    firsts = [_split(line, heading.delimiter)[0] for line in others]
    if len(others) > len(rows) and all(_NUMBER.match(first) for first in firsts):
        rows = {}
    if rows:
        warn(
            f"{path}: rows that begin with # and fit its heading, such as {next(iter(rows))!r}, "
            "are read as craters: delete those that are comments"
        )
    return "\n".join(line for line in lines if not line.startswith("#") or line in rows)


def _used_names(names: list[str]) -> set[str | None]:
    """Names of the columns of positions and sizes."""
    pixels = find_pixels(names)
    columns = pixels[0] if pixels else find_columns(names)
    sizes = [pixels[1]] if pixels else find_sizes(names)
    used = {columns.get(name) for name in ("lon", "lat", "x", "y")}
    return used | {name for size in sizes for name in size.names}


def _longer_row(source: str, error: str, heading: _Heading) -> str:
    found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", error)
    if not found:
        return f"{source} is not a table of craters: {error.strip()}"
    advice = "write as many names as values, and decimals with a point"
    if heading.delimiter == _BLANKS:
        advice = "put commas between the columns, as values with blanks count as several"
    return (
        f"{source}, row {found[2]}: it has {found[3]} values where the heading has "
        f"{len(heading.names)} names: {advice}"
    )


def _name_columns(
    table: pd.DataFrame, names: list[str], source: str, *, are_blank: bool
) -> pd.DataFrame:
    """Name the columns; a first value more than the names is the row's name (R's write.table).

    Surplus values that are all missing may be separators at the ends of rows instead, if they are
    blank, unlike NA.
    """
    more = table.shape[1] - len(names)
    is_missing = bool(table.iloc[:, len(names) :].isna().all(axis=None))
    has_names = more == 1 and _are_row_names(table[0])
    if has_names and is_missing and are_blank:
        used = _used_names(names)
        has_names = names[0] in used and names[-1] not in used
        numbers = [number for number, name in enumerate(names, 1) if name in used]
        # Without the first value, rows still have a longitude, a latitude and a size.
        has_names &= bool((table[numbers].notna().sum(axis=1) >= 3).all())
        is_missing &= not has_names
        # A position or size of 1, 2, 3, ... is none; of other whole numbers, it may be one.
        has_names &= _are_counted(table[0])
    if has_names:
        table, more = table.iloc[:, 1:], 0
    elif more and is_missing:
        table, more = table.iloc[:, : len(names)], 0
    if more:
        raise CatalogueError(
            f"{source}: its rows have {table.shape[1]} values where the heading has {len(names)} "
            "names: write as many names as values, and decimals with a point"
        )
    return table.set_axis(names, axis=1)


def _are_row_names(values: pd.Series) -> bool:
    """Tell whether values name rows: whole numbers from 1 or words, no two the same."""
    if not values.is_unique or values.isna().any():
        return False
    numbers = pd.to_numeric(values, errors="coerce")
    return bool(numbers.isna().all() or ((numbers >= 1.0) & (numbers % 1.0 == 0.0)).all())


def _are_counted(values: pd.Series) -> bool:
    """Tell whether values are words, or the numbers 1, 2, 3, ..."""
    numbers = pd.to_numeric(values, errors="coerce")
    return bool(numbers.isna().all() or numbers.tolist() == list(range(1, len(numbers) + 1)))
