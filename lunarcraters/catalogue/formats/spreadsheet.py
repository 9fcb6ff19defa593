"""Spreadsheets (`.xlsx`, `.ods`): the first sheet that has a table of craters."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.formats.vector import from_table, refuse_file
from lunarcraters.catalogue.headings import is_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.catalogue.text import as_text
from lunarcraters.errors import CatalogueError, warn

_OPTIONS = {"OGR_XLSX_HEADERS": "DISABLE", "OGR_ODS_HEADERS": "DISABLE"}
_HEADING_ROWS = 200  # of further sheets, among which a heading is looked for


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a spreadsheet, whatever lines are above the heading of its table.

    Raises:
        CatalogueError: The file is damaged, or no sheet has a table of craters.
    """
    sheets = _sheets(path)
    tables = ((name, _find_table(cells)) for name, cells in sheets)
    found = ((name, table) for name, table in tables if table is not None)
    sheet, table = next(found, ("", None))
    if table is None:
        raise CatalogueError(
            f"{path} has no sheet with columns for lon, lat and diameter: name them lon, lat and "
            "diameter_km in the row above the numbers"
        )
    others = [name for name, cells in sheets if _find_table(cells.head(_HEADING_ROWS)) is not None]
    if others:
        warn(
            f"{path}: the craters of its sheet {sheet!r} are read; left out: "
            f"{', '.join(map(repr, others))}"
        )
    return from_table(table, str(path))


def _find_table(cells: pd.DataFrame) -> pd.DataFrame | None:
    """Find the table of craters in the cells of a sheet, if it has one."""
    for number, row in enumerate(as_text(cells).to_numpy().tolist()):
        if is_catalogue([name.strip() for name in row]):
            return _below(cells, number, row)
    return None


def _sheets(path: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Read the names and cells of one sheet after the other, without a heading."""
    try:
        with _headings_disabled():
            for name in pyogrio.list_layers(path)[:, 0].tolist():
                yield str(name), pyogrio.read_dataframe(path, layer=name, read_geometry=False)
    except (DataLayerError, DataSourceError) as error:
        raise refuse_file(path, "spreadsheet", error) from error


def _below(cells: pd.DataFrame, number: int, names: list[str]) -> pd.DataFrame:
    """Take the rows below a heading, with its names, up to the last that is not empty."""
    table = cells.iloc[number + 1 :].replace({"": np.nan, None: np.nan})
    return table.set_axis([name.strip() for name in names], axis=1).dropna(how="all")


@contextmanager
def _headings_disabled() -> Iterator[None]:
    """Have GDAL take the first row as any other: it guesses by the types of the cells."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in _OPTIONS}
    pyogrio.set_gdal_config_options(_OPTIONS)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
