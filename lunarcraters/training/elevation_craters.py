"""Catalogues of the craters of elevation models, as trainings read them."""

import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.errors import DatasetError

_DIAMETERS = ("diam_km", "diameter_km")


def read_craters(path: Path) -> NDArray[np.float64]:
    """Read the craters of an elevation model.

    Args:
        path: CSV file with the columns `lon`, `lat` and `diam_km` or `diameter_km`.

    Returns:
        Longitude and latitude in degrees and diameter in km, (n, 3), at least one.

    Raises:
        DatasetError: The file cannot be read, lacks a column or craters, or has a value that is no
            number or a diameter that is not above 0.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} is not a CSV file that can be read: {error}") from error
    names = ["lon", "lat", next((name for name in _DIAMETERS if name in table), _DIAMETERS[0])]
    lacking = [name for name in names if name not in table]
    if lacking:
        raise DatasetError(
            f"{path} has no column {lacking[0]!r}: give the columns lon, lat and diam_km"
        )
    if table.empty:
        raise DatasetError(f"{path} has no craters: list those of the elevation model beside it")
    craters = table[names].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    bad = ~np.isfinite(craters).all(axis=1) | (craters[:, 2] <= 0.0)
    if bad.any():
        raise DatasetError(
            f"{path} has {int(bad.sum())} rows, the first of them row {int(bad.argmax()) + 1}, "
            f"whose {', '.join(names)} are not all numbers, with a diameter above 0: mend them"
        )
    return craters
