"""Nodata: values that mean "no data" whatever the files say, one or several."""

import math
from collections.abc import Sequence

import numpy as np

Nodata = float | tuple[float, ...] | None
"""Value that means "no data", or several; NaN alone where every value is ground."""

GivenNodata = float | Sequence[float] | None
"""Nodata as users give it: several values may be any sequence, or an array."""


def list_values(nodata: GivenNodata) -> tuple[float, ...]:
    """List nodata values as Python's floats; of several NaN is left out, no data in any case.

    Args:
        nodata: One value, several (a sequence or an array), or None.
    """
    if nodata is None:
        return ()
    values = map(float, np.ravel(nodata))
    return tuple(v for v in dict.fromkeys(values) if not math.isnan(v)) or (math.nan,)


def pack_values(values: Sequence[float]) -> Nodata:
    """Return one value as a number, several as a tuple, and None for none.

    Args:
        values: Values that mean "no data".
    """
    return tuple(values) if len(values) > 1 else next(iter(values), None)


def parse_values(text: str) -> Nodata:
    """Read values that are written with commas between them.

    Args:
        text: Numbers, of which `nan` is one.

    Raises:
        ValueError: A part is not a number.
    """
    return pack_values([float(part) for part in text.split(",")])


def format_values(values: Sequence[float]) -> str:
    """Write values as `--nodata` takes them; `nan` where there are none.

    Args:
        values: Values that mean "no data".
    """
    texts = (f"{v:g}" if float(f"{v:g}") == v else repr(float(v)) for v in values)
    return ",".join(texts) or "nan"


def can_store(dtype: np.dtype[np.generic], value: float) -> bool:
    """Tell whether pixels of a type may have a value.

    Args:
        dtype: Type of the pixels.
        value: Value to store.
    """
    if dtype.kind == "f":
        return True
    ends = np.iinfo(str(dtype))
    return float(value).is_integer() and ends.min <= value <= ends.max
