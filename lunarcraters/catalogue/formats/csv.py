"""CSV with the columns of Robbins 2018; reading is that of any text table.

A file has the 21 columns of the reference database in their order, empty where this program does
not measure, and SCORE, FRACTION, REVIEW and the measures after them; longitude is 0-360 unless
asked otherwise. A catalogue in pixels is written with its own columns. Levels, tiles, the footprint
and the thresholds have no place in a CSV.
"""

import gzip
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

import numpy as np
import pandas as pd

from lunarcraters.catalogue.columns import FRACTION, REVIEW
from lunarcraters.catalogue.formats.text_table import read as read
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.measures import take_measures
from lunarcraters.catalogue.table import Catalogue

ROBBINS_COLUMNS = (
    "CRATER_ID",
    "LAT_CIRC_IMG",
    "LON_CIRC_IMG",
    "LAT_ELLI_IMG",
    "LON_ELLI_IMG",
    "DIAM_CIRC_IMG",
    "DIAM_CIRC_SD_IMG",
    "DIAM_ELLI_MAJOR_IMG",
    "DIAM_ELLI_MINOR_IMG",
    "DIAM_ELLI_ECCEN_IMG",
    "DIAM_ELLI_ELLIP_IMG",
    "DIAM_ELLI_ANGLE_IMG",
    "LAT_ELLI_SD_IMG",
    "LON_ELLI_SD_IMG",
    "DIAM_ELLI_MAJOR_SD_IMG",
    "DIAM_ELLI_MINOR_SD_IMG",
    "DIAM_ELLI_ANGLE_SD_IMG",
    "DIAM_ELLI_ECCEN_SD_IMG",
    "DIAM_ELLI_ELLIP_SD_IMG",
    "ARC_IMG",
    "PTS_RIM_IMG",
)
_DEGREE_DECIMALS = 8
_KM_DECIMALS = 6
_SCORE_DECIMALS = 6
_MEASURE_DECIMALS = 6


def write(info: CatalogueInfo, parts: Iterable[Catalogue], path: Path) -> None:
    """Write a catalogue as CSV, compressed where the name ends in `.gz`."""
    with ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(path.open("wb"))
        if path.suffix.lower() == ".gz":
            # No name or time in the archive: the same catalogue gives the same bytes.
            packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0)
            file = cast(IO[bytes], stack.enter_context(packed))
        for number, part in enumerate(parts):
            table = _robbins(part) if info.has_crs else part.craters
            text = table.to_csv(index=False, header=number == 0, lineterminator="\n")
            file.write(text.encode())


def _robbins(part: Catalogue) -> pd.DataFrame:
    craters = part.craters
    table = pd.DataFrame({name: pd.Series(np.nan, craters.index) for name in ROBBINS_COLUMNS})
    # Rounded first: 359.999999999 is 0, not 360.
    lon = craters["lon"].round(_DEGREE_DECIMALS)
    table["LON_CIRC_IMG"] = lon if part.lon_domain == 180 else lon.mod(360.0).mod(360.0)
    table["LAT_CIRC_IMG"] = craters["lat"].round(_DEGREE_DECIMALS)
    table["DIAM_CIRC_IMG"] = craters["diameter_km"].round(_KM_DECIMALS)
    table["DIAM_CIRC_SD_IMG"] = craters["diameter_sd_km"].round(_KM_DECIMALS)
    table["SCORE"] = craters["score"].round(_SCORE_DECIMALS)
    if FRACTION in craters:
        table["FRACTION"] = craters[FRACTION].round(_SCORE_DECIMALS)
    if REVIEW in craters:
        table["REVIEW"] = craters[REVIEW]
    measures = take_measures(craters).round(_MEASURE_DECIMALS)
    table = table.join(measures.rename(columns=str.upper))
    return table.assign(CRATER_ID=craters["crater_id"])
