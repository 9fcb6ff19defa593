"""Values of PDS3 images: sample types that GDAL misreads, and special pixels that it keeps."""

import re
from dataclasses import dataclass

import numpy as np
import rasterio

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.labels.label import find, find_part, read_label
from lunarcraters.mosaic.names import Named

_LITTLE_ENDIAN = {
    "LSB", "LSB_INTEGER", "LSB_UNSIGNED_INTEGER", "LSB_SIGNED_INTEGER", "UNSIGNED_INTEGER",
    "VAX_INTEGER", "VAX_REAL", "PC_INTEGER", "PC_REAL",
}  # fmt: skip
"""Sample types that GDAL's PDS driver takes for little-endian. It takes all others for big."""

_SPECIAL = (
    "CORE_NULL", "CORE_LOW_REPR_SATURATION", "CORE_LOW_INSTR_SATURATION",
    "CORE_HIGH_INSTR_SATURATION", "CORE_HIGH_REPR_SATURATION",
)  # fmt: skip
_NO_DATA = ("MISSING_CONSTANT", "MISSING", "CORE_NULL", "NULL_CONSTANT", "INVALID_CONSTANT")
_HEXADECIMAL = re.compile(r"16#([0-9A-Fa-f]+)#")


@dataclass(frozen=True)
class LabelValues:
    """Values of an image that are no measurements, as its label states them.

    Attributes:
        nodata: Value that means "no data"; None where GDAL knows it.
        measured: Least and greatest value that are measurements; None where the label states no
            special values.
    """

    nodata: float | None = None
    measured: tuple[float, float] | None = None


def read_label_values(path: Named, dataset: rasterio.DatasetReader) -> LabelValues:
    """Read the special values of a PDS3 image; GDAL makes those of ISIS and PDS4 invalid itself.

    In 8-bit images saturated pixels are the brightest and the darkest ones, and stay valid.

    Args:
        path: Raster file, for messages.
        dataset: Open dataset of the file.

    Raises:
        MosaicError: The sample type is one that GDAL misreads.
    """
    if dataset.driver != "PDS":
        return LabelValues()
    label = find_part(read_label(dataset), "IMAGE")
    _check_sample_type(path, label)
    _check_interleaving(path, label, dataset.count)
    dtype = np.dtype(dataset.dtypes[0])
    if dtype.kind not in "iu":
        return LabelValues()
    no_data = [value for key in _NO_DATA for value in _integers(find(label, key), dtype)]
    nodata = float(no_data[0]) if no_data and no_data[0] != dataset.nodata else None
    if dtype.itemsize == 1:
        return LabelValues(nodata)
    special = [value for key in _SPECIAL for value in _integers(find(label, key), dtype)]
    if len(special) < 2:
        return LabelValues(nodata)
    limits = np.iinfo(str(dtype))
    middle = (int(limits.min) + int(limits.max)) / 2
    lowest = max((value + 1 for value in special if value < middle), default=int(limits.min))
    highest = min((value - 1 for value in special if value > middle), default=int(limits.max))
    return LabelValues(None, (float(lowest), float(highest)))


def _check_sample_type(path: Named, label: dict[str, object]) -> None:
    kind = str(find(label, "SAMPLE_TYPE") or "").strip("\"' ").upper()
    bits = find(label, "SAMPLE_BITS")
    if bits not in (16, 32, 64) or not kind:
        return
    if bits == 32 and "INTEGER" in kind:
        raise MosaicError(
            f"{path} has integers of 32 bits ({kind}), which GDAL reads as floating-point numbers: "
            "convert it with pds2isis of ISIS"
        )
    if kind.startswith(("VAX_REAL", "VAXG")):
        raise MosaicError(
            f"{path} has floating-point numbers of a VAX, which GDAL misreads: convert it with "
            "pds2isis of ISIS"
        )
    little = kind.startswith(("LSB", "PC_", "VAX_"))
    if little != (kind in _LITTLE_ENDIAN):
        order = "LSB" if little else "MSB"
        sign = "UNSIGNED_INTEGER" if "UNSIGNED" in kind else "INTEGER"
        raise MosaicError(
            f"{path} has SAMPLE_TYPE = {kind}, whose bytes GDAL reads in the wrong order: replace "
            f"it by SAMPLE_TYPE = {order}_{sign} in the label, which means the same by the standard"
        )


def _check_interleaving(path: Named, label: dict[str, object], bands: int) -> None:
    storage = str(find(label, "BAND_STORAGE_TYPE") or "BAND_SEQUENTIAL").strip("\"' ")
    if bands > 1 and storage not in ("BAND_SEQUENTIAL", "LINE_INTERLEAVED"):
        raise MosaicError(
            f"{path} has {bands} bands stored as {storage}, which GDAL reads as band after band: "
            "convert it with pds2isis of ISIS"
        )


def _integers(value: object, dtype: np.dtype[np.generic]) -> list[int]:
    """Integer that a label states, in decimal or as the hexadecimal form of its bits."""
    hexadecimal = _HEXADECIMAL.search(str(value))
    if hexadecimal:
        bits = int(hexadecimal[1], 16)
        limits = np.iinfo(str(dtype))
        return [bits - (1 << 8 * dtype.itemsize) if bits > limits.max else bits]
    return [int(value)] if isinstance(value, int | float) and float(value).is_integer() else []
