"""Model ages as a table, one row an area."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from lunarcraters.dating.record import Dating
from lunarcraters.files import write_rows


def write_table(dating: Dating, path: Path) -> None:
    """Write model ages as CSV: one row an area, in UTF-8.

    Args:
        dating: Model ages.
        path: File to write, replaced if it is there.

    Raises:
        OutputError: The file cannot be written.
    """
    write_rows([_flatten(asdict(area)) for area in dating.areas], path)


def _flatten(record: dict[str, Any]) -> dict[str, Any]:
    """Give the fields of records within a record columns of their own: `raw_age_ga`."""
    row: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            row |= {f"{name}_{key}": inner for key, inner in value.items()}
        elif not (name == "estimated" and value is None):
            row[name] = value
    return row
