"""Sizes of images that a label describes: a file must hold as many bytes as the label says.

GDAL reads zeros where a raw image ends before its label says, and does not tell.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import rasterio

from lunarcraters.errors import MosaicError
from lunarcraters.files import LFS_POINTER
from lunarcraters.mosaic.labels.label import (
    find,
    find_number,
    named_images,
    read_head,
    read_label,
    read_pds4,
)
from lunarcraters.mosaic.names import Named

_UNDESCRIBED_SHARE = 0.05
_OBJECTS = ("Array_", "Table_", "Header", "Stream_", "Encoded_")


@dataclass(frozen=True)
class _Layout:
    """Where the pixels of an image lie in its file.

    Attributes:
        start: Offset of the first pixel, bytes.
        padding: Bytes that may follow the last pixel; None where any number may.
        tiles: Factor by which stored tiles have more pixels than the image.
    """

    start: int
    padding: int | None
    tiles: float = 1.0


def check_image_size(path: Named, dataset: rasterio.DatasetReader) -> None:
    """Check that the image of a PDS3, PDS4 or ISIS label has as many bytes as the label says.

    Args:
        path: Raster file, for messages.
        dataset: Open dataset of the file.

    Raises:
        MosaicError: The image has fewer bytes, or, where nothing else may follow it, more.
    """
    layout = _layout(dataset)
    files = [Path(file) for file in dataset.files if not file.lower().endswith(".aux.xml")]
    if layout is None or not files or not all(file.is_file() for file in files):
        return
    image = _image_among(files, dataset)
    size = image.stat().st_size
    line = dataset.width * np.dtype(dataset.dtypes[0]).itemsize
    end = layout.start + math.ceil(line * dataset.height * dataset.count * layout.tiles)
    if read_head(image).startswith(LFS_POINTER):
        raise MosaicError(
            f"{image} is a pointer of Git LFS, not the file: fetch the file with git lfs pull"
        )
    what = path if image == files[0] else f"{image}, the image of {path.name},"
    if size < end:
        raise MosaicError(
            f"{what} is truncated, or its label is not its own: it has {size:,} bytes of the "
            f"{end:,} that the label describes: copy or download both again"
        )
    # A table of a TIFF may follow its pixels, or a few records that the label does not describe.
    allowed = max(layout.padding or 0, line, _UNDESCRIBED_SHARE * end)
    if image != files[0] and layout.padding is not None and size - end > allowed:
        raise MosaicError(
            f"{what} does not fit its label: it has {size:,} bytes, and the label describes "
            f"{end:,} ({dataset.width} x {dataset.height} px): copy or download both again"
        )


def _image_among(files: list[Path], dataset: rasterio.DatasetReader) -> Path:
    """File of the pixels: GDAL also lists those of history, tables and coordinate systems."""
    area = _pds4_image_area(dataset)
    name = None if area is None else area.findtext("{*}File/{*}file_name")
    names = [name] if name else named_images(files[0])
    named = [name.strip().lower() for name in names]
    image = files[-1] if named else files[0]
    return next((file for file in files if file.name.lower() in named), image)


def _layout(dataset: rasterio.DatasetReader) -> _Layout | None:
    label = read_label(dataset)
    if dataset.driver == "PDS":
        return _pds3_layout(label)
    if dataset.driver == "ISIS3":
        return _isis_layout(label, dataset)
    return _pds4_layout(dataset) if dataset.driver == "PDS4" else None


def _pds3_layout(label: dict[str, Any]) -> _Layout | None:
    """Layout by the pointer: `5`, `5 <BYTES>`, `"a.img"`, `("a.img", 5)` or `("a.img", 5 <BYTES>)`.

    Records are counted from 1, and so are bytes.
    """
    if "COMPRESSED_FILE" in label:
        return None
    label = label.get("UNCOMPRESSED_FILE", label)
    pointers = {key: value for key, value in label.items() if key.startswith("^")}
    pointer = pointers.get("^IMAGE")
    if pointer is None:
        return None
    record = int(find_number(label, "RECORD_BYTES") or 1)
    name, position = (pointer, 1) if isinstance(pointer, str) else (None, pointer)
    if isinstance(pointer, list):
        name, position = (*pointer, 1)[:2]
    number = re.match(r"\d+", str(find({"at": position}, "at")))
    if number is None:
        return None
    in_bytes = "BYTES" in str(position).upper()
    start = (int(number[0]) - 1) * (1 if in_bytes else record)
    alone = sum(str(name) in str(target) for target in pointers.values()) == 1
    inside = find(label, "LINE_PREFIX_BYTES") or find(label, "LINE_SUFFIX_BYTES")
    return _Layout(start, record if alone and not inside else None)


def _isis_layout(label: dict[str, Any], dataset: rasterio.DatasetReader) -> _Layout | None:
    if find(label, "Format") not in ("BandSequential", "Tile"):
        return None
    start = int(find_number(label, "StartByte") or 1) - 1
    width, height = find_number(label, "TileSamples"), find_number(label, "TileLines")
    if not width or not height:
        return _Layout(start, None)
    stored = math.ceil(dataset.width / width) * width * math.ceil(dataset.height / height) * height
    return _Layout(start, None, stored / (dataset.width * dataset.height))


def _pds4_layout(dataset: rasterio.DatasetReader) -> _Layout | None:
    area = _pds4_image_area(dataset)
    objects = [] if area is None else [part for part in area if _tag(part).startswith(_OBJECTS)]
    image = next((part for part in objects if _tag(part).startswith("Array_")), None)
    offset = None if image is None else image.findtext("{*}offset")
    if offset is None or not offset.strip().isdigit() or dataset.name.startswith("PDS4:"):
        return None
    return _Layout(int(offset), 0 if len(objects) == 1 else None)


def _pds4_image_area(dataset: rasterio.DatasetReader) -> ElementTree.Element | None:
    """First part of a PDS4 label that describes a file with an image."""
    root = read_pds4(dataset)
    areas = [] if root is None else root.findall("{*}File_Area_Observational")
    return next((a for a in areas if any(_tag(part).startswith("Array_") for part in a)), None)


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
