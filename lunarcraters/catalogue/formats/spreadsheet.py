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
from lunarcraters.errors import CatalogueError

_OPTIONS = {"OGR_XLSX_HEADERS": "DISABLE", "OGR_ODS_HEADERS": "DISABLE"}


def read(path: Path) -> Catalogue | EditedCatalogue:
    """Read a spreadsheet, whatever lines are above the heading of its table.

    Raises:
        CatalogueError: The file is damaged, or no sheet has a table of craters.
    """
    for cells in _sheets(path):
        for number, row in enumerate(as_text(cells).to_numpy().tolist()):
            if is_catalogue([name.strip() for name in row]):
                return from_table(_below(cells, number, row), str(path))
    raise CatalogueError(
        f"{path} has no sheet with columns for lon, lat and diameter: name them lon, lat and "
        "diameter_km in the row above the numbers"
    )


def _sheets(path: Path) -> Iterator[pd.DataFrame]:
    """Read the cells of one sheet after the other, without a heading."""
    try:
        with _headings_disabled():
            for name in pyogrio.list_layers(path)[:, 0].tolist():
                yield pyogrio.read_dataframe(path, layer=name, read_geometry=False)
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
