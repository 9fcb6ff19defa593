"""Labels: what PDS3, PDS4 and ISIS labels say of an image, and which files they name."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import rasterio

LABEL_SUFFIXES = {".lbl", ".xml", ".lblx", ".2al", ".2bl", ".2cl"}
"""Suffixes of labels that lie beside their image (the last three are those of Chang'e)."""

_LABEL_BYTES = 1 << 16
_JSON = {"PDS": "json:PDS", "ISIS3": "json:ISIS3"}

_RASTER_XML = (
    b"<VRTDataset",
    b"<GDAL_WMS",
    b"<GDAL_WMTS",
    b"<Capabilities",
    b"<GDALTileIndexDataset",
)
_POINTER = re.compile(r"""^\s*\^(\w+)\s*=\s*\(?\s*("[^"]*"|'[^']*'|[^\s,()<]+)""", re.MULTILINE)
_PDS4_FILE = re.compile(r"<(?:\w+:)?file_name>\s*([^<]*?)\s*</")  # <file_name>a.img</file_name>
_COMPRESSED_FILE = re.compile(
    r"""^\s*OBJECT\s*=\s*COMPRESSED_FILE\b.*?^\s*FILE_NAME\s*=\s*["'](.*?)["']""",
    re.MULTILINE | re.DOTALL,
)
_IMAGE_POINTER = re.compile(r"IMAGE|QUBE|Core")


def read_head(path: Path) -> bytes:
    """Read the first 64 KiB of a file, which hold its label where it has one."""
    with path.open("rb") as file:
        return file.read(_LABEL_BYTES)


def is_raster_label(path: Path) -> bool:
    """Tell whether a text file is the label of an image, or an XML file that GDAL opens.

    Args:
        path: File with one of the suffixes of labels.
    """
    try:
        return is_raster_text(path.read_bytes())
    except OSError:
        return False


def is_raster_text(text: bytes) -> bool:
    """Tell whether a text is the label of an image, or XML that GDAL opens.

    Args:
        text: Content of a file with one of the suffixes of labels.
    """
    head = text[:_LABEL_BYTES]
    if b"<Product_" in head:
        # Labels are longer than their beginning: the description of the array may come later.
        return b"Array_2D" in text or b"Array_3D" in text
    if any(tag in head for tag in _RASTER_XML):
        return True
    return b"IsisCube" in head or any(True for _ in _image_pointers(head))


def named_images(label: Path) -> list[str]:
    """List the files that a label names as its images.

    Args:
        label: Label of PDS3, PDS4 or ISIS.

    Returns:
        Names as the label spells them, without those of tables and documents.
    """
    head = read_head(label)
    return images_in_text(label.read_bytes() if b"<Product_" in head else head)


def images_in_text(text: bytes) -> list[str]:
    """List the files that the text of a label names as its images.

    Args:
        text: Content of a label of PDS3, PDS4 or ISIS.

    Returns:
        Names as the label spells them, without those of tables and documents.
    """
    head = text[:_LABEL_BYTES]
    if b"<Product_" in head:
        return [name for name in _PDS4_FILE.findall(text.decode(errors="replace")) if name]
    compressed = _COMPRESSED_FILE.findall(head.decode("latin-1"))
    return compressed or [name for name in _image_pointers(head) if not name.isdigit()]


def _image_pointers(head: bytes) -> Iterator[str]:
    """Targets of the pointers of a PDS3 or ISIS label: file names, or numbers of records."""
    if b"PDS_VERSION_ID" not in head and b"SFDU_LABEL" not in head and b"IsisCube" not in head:
        return
    for kind, target in _POINTER.findall(head.decode("latin-1")):
        if _IMAGE_POINTER.search(kind) and not kind.endswith(("HEADER", "CATALOG", "PROJECTION")):
            yield target.strip("\"'")


def find_label_of(image: Path) -> Path | None:
    """Find the label that lies beside an image and names it.

    Returns:
        Path of the label; None where there is none.
    """
    for path in sorted(image.parent.iterdir()):
        is_label = path.suffix.lower() in LABEL_SUFFIXES and path.stem.lower() == image.stem.lower()
        if is_label and path != image and path.is_file() and is_raster_label(path):
            names = [name.lower() for name in named_images(path)]
            if image.name.lower() in names:
                return path
    return None


def has_map(label: Path) -> bool:
    """Tell whether a PDS label places its image."""
    text = label.read_bytes()
    return b"upperleft_corner_x" in text or b"_PROJECTION_OFFSET" in text


def read_label(dataset: rasterio.DatasetReader) -> dict[str, Any]:
    """Read the PDS3 or ISIS3 label of an open raster.

    Returns:
        Objects and groups as nested dictionaries; empty for other formats.
    """
    if dataset.driver not in _JSON:
        return {}
    namespace = _JSON[dataset.driver]
    tags = dataset.tags(ns=namespace)
    # rasterio splits the text of the label at its first colon, as if it were a key and a value.
    text = tags.get(namespace) or "".join(f"{key}:{value}" for key, value in tags.items())
    try:
        label = json.loads(text)
    except ValueError:
        return {}
    return label if isinstance(label, dict) else {}


def find(label: object, key: str) -> Any:
    """Find the first value of a key in a label, at any depth.

    Args:
        label: Label, or a part of one.
        key: Keyword.

    Returns:
        Value without its unit; None where the label does not have the keyword.
    """
    if not isinstance(label, dict):
        return None
    if key in label:
        value = label[key]
        return value["value"] if isinstance(value, dict) and "value" in value else value
    return next((v for part in label.values() if (v := find(part, key)) is not None), None)


def find_part(label: dict[str, Any], key: str) -> dict[str, Any]:
    """Find an object or a group of a label.

    Returns:
        Object; the whole label where it has none of the name.
    """
    part = find(label, key)
    return part if isinstance(part, dict) else label


def find_number(label: object, key: str) -> float | None:
    """Find the first value of a key in a label as a number.

    Args:
        label: Label, or a part of one.
        key: Keyword.

    Returns:
        Number; None where the label does not have the keyword, or has "N/A".
    """
    try:
        return float(find(label, key))
    except (TypeError, ValueError):
        return None


def read_pds4(dataset: rasterio.DatasetReader) -> ElementTree.Element | None:
    """Read the PDS4 label of an open raster.

    Returns:
        Root of the label; None for other formats.
    """
    if dataset.driver != "PDS4":
        return None
    try:
        return ElementTree.fromstring(dataset.tags(ns="xml:PDS4").get("xml:PDS4", ""))
    except ElementTree.ParseError:
        return None


def find_pds4(dataset: rasterio.DatasetReader, key: str) -> tuple[float, str] | None:
    """Find the first number of an element in the PDS4 label of an open raster.

    Args:
        dataset: Open dataset.
        key: Name of the element without its namespace.

    Returns:
        Number and unit; None where the label does not have the element, or no number in it.
    """
    root = read_pds4(dataset)
    element = None if root is None else root.find(f".//{{*}}{key}")
    try:
        return None if element is None else (float(element.text or ""), element.get("unit", ""))
    except ValueError:
        return None
