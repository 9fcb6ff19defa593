"""Sources of a VRT: where they hold data, so that a VRT is planned as its files are."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import rasterio
import shapely
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError, RasterioIOError

from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.virtual_files import read_file, times_forgotten
from lunarcraters.mosaic.tiff_blocks import find_data_boxes, find_stored_blocks, has_positions

MOST_DEPTH = 8
"""Number of VRTs in VRTs up to which those inside are looked at."""

_MOST_SOURCES = 2000
"""Number of sources up to which each is opened; of more, only the places are used."""

PlacedSource = tuple[str, int, tuple[float, ...], tuple[float, ...]]
"""Name and band of a source, and its rectangles in the source and in the VRT."""

_SCALING = {"ScaleOffset", "ScaleRatio", "Exponent", "LUT", "ColorTableComponent"}


@dataclass(frozen=True)
class Filled:
    """Where a band holds values of its own.

    Attributes:
        boxes: Boxes outside of which all values are `filler`.
        filler: Value outside of the boxes; None where that is not known, and `boxes` is the whole
            raster.
    """

    boxes: tuple[Box, ...]
    filler: float | None


def find_vrt_boxes(
    dataset: rasterio.DatasetReader, bands: tuple[int, ...], nodata: float | None
) -> tuple[Box, ...] | None:
    """Find where the sources of a VRT hold data.

    Args:
        dataset: Open VRT.
        bands: Numbers of the bands.
        nodata: Value that the user called "no data"; None for the VRT's own.

    Returns:
        Boxes, pixels, outside of which everything is nodata; None where that is not known, or
        nothing is left out.
    """
    flags = dataset.mask_flag_enums[bands[0] - 1]
    whole = Box(0, 0, dataset.width, dataset.height)
    if MaskFlags.per_dataset in flags:
        filled = [_fill_vrt(dataset, "mask", 0)]
        missing: set[float | None] = {0.0}
    else:
        filled = [_fill_vrt(dataset, str(band), 0) for band in bands]
        missing = {dataset.nodata if nodata is None else nodata} - {None}
    if any(each.filler not in missing for each in filled):
        return None
    boxes = sorted({box for each in filled for box in each.boxes if not box.is_empty})
    outlines = [shapely.box(b.left, b.top, b.right, b.bottom) for b in boxes]
    if not boxes or shapely.union_all(outlines).area == whole.width * whole.height:
        return None
    return tuple(boxes)


def list_sources(name: str) -> list[str]:
    """List the names of the files that a VRT is made of, as GDAL opens them.

    Args:
        name: Path or other name of a raster, or XML; what is no VRT has no sources.

    Raises:
        ParseError: The file begins as a VRT, and is not one.
    """
    text = name.encode() if name.lstrip().startswith("<") else read_file(name)
    root = ElementTree.fromstring(text) if text.lstrip().startswith(b"<VRTDataset") else None
    folder = PurePosixPath(name).parent
    return [_source_name(element, folder) for element in _named(root)]


def _named(root: Element | None) -> list[Element]:
    tags = ("SourceFilename", "SourceDataset")
    return [e for e in (root.iter() if root is not None else ()) if e.tag in tags and e.text]


class Part(NamedTuple):
    """Part of a source of a VRT.

    Attributes:
        source: Name that GDAL opens, or XML.
        band: Number of the band.
        box: Box, pixels of the source, part of which may lie outside.
    """

    source: str
    band: int
    box: Box


def find_parts(dataset: rasterio.DatasetReader, box: Box) -> list[Part]:
    """Find the parts of the sources of a VRT, masks included, that a box is made of.

    Args:
        dataset: Open VRT, or one of its overviews, which are made from the sources.
        box: Box, pixels of the dataset.

    Raises:
        RasterioIOError: The VRT lies on the network, and its server failed.
    """
    try:
        placed, size = _list_placed(dataset.name, times_forgotten())
    except ElementTree.ParseError as error:
        raise RasterioIOError(f"the VRT cannot be read again: {error}") from error
    shrink = size[0] / dataset.width, size[1] / dataset.height
    parts = []
    for source, band, from_, to in placed:
        here = tuple(n / by for n, by in zip(to, shrink * 2, strict=True))
        apart = any(
            box[axis] >= here[axis] + here[axis + 2] or box[axis] + box[axis + 2] <= here[axis]
            for axis in (0, 1)
        )
        if not apart:
            parts.append(Part(source, band, _scaled(box, here, from_)))
    return list(dict.fromkeys(parts))


@lru_cache(maxsize=64)
def _list_placed(name: str, forgotten: int) -> tuple[list[PlacedSource], tuple[int, int]]:
    """Sources of a VRT with their places, and its width and height.

    Args:
        name: Name of the VRT, or its XML.
        forgotten: Number that changes when files may have changed.
    """
    root = _parse(name)
    if root is None:
        return [], (1, 1)
    size = int(root.get("rasterXSize", "1")), int(root.get("rasterYSize", "1"))
    whole = (0.0, 0.0, float(size[0]), float(size[1]))
    placed, folder = [], PurePosixPath(name).parent
    for element in root.iter():
        names = _named(element) if element.tag.endswith("Source") else []
        if names:
            to = _rectangle(element, "DstRect") or whole
            from_ = _rectangle(element, "SrcRect") or to
            band = (element.findtext("SourceBand") or "1").lower().removeprefix("mask").lstrip(",")
            source = _source_name(names[0], folder)
            placed.append((source, int(band or 1), from_, to))
    return placed, size


def _source_name(element: Element, folder: PurePosixPath) -> str:
    name = element.text or ""
    if element.get("relativeToVRT") != "1" or name.startswith("/"):
        return name
    # A path would make one slash of the two in /vsicurl/http://.
    return f"{folder}/{name}".replace(":/", "://", 1)


def _fill(name: str, band: str, depth: int) -> Filled | None:
    """Where a band of a raster holds values of its own; None where the raster cannot be opened."""
    try:
        with open_dataset(name) as dataset:
            if band.startswith("mask,"):
                return _fill_mask(dataset, band.removeprefix("mask,"), depth)
            return _fill_dataset(dataset, band, depth)
    except (RasterioError, OSError, ValueError, IndexError, ElementTree.ParseError):
        return None


def _fill_dataset(dataset: rasterio.DatasetReader, band: str, depth: int) -> Filled:
    if dataset.driver == "VRT":
        return _fill_vrt(dataset, band, depth)
    whole = (Box(0, 0, dataset.width, dataset.height),)
    if not has_positions(dataset):
        return Filled(whole, None)
    stored = list(find_stored_blocks(dataset, (int(band),), overviews=False))
    boxes = find_data_boxes(dataset, stored) if stored else ()
    return Filled(whole, None) if boxes is None else Filled(boxes, dataset.nodata or 0.0)


def _fill_mask(dataset: rasterio.DatasetReader, band: str, depth: int) -> Filled:
    """Where the mask of a band may be other than 0."""
    if MaskFlags.nodata in dataset.mask_flag_enums[int(band) - 1]:
        filled = _fill_dataset(dataset, band, depth)
        if filled.filler == dataset.nodata:
            return Filled(filled.boxes, 0.0)
    return Filled((Box(0, 0, dataset.width, dataset.height),), None)


def _fill_vrt(dataset: rasterio.DatasetReader, band: str, depth: int) -> Filled:
    """Where the sources of a band of a VRT, or of its mask, hold values of their own."""
    whole = Box(0, 0, dataset.width, dataset.height)
    root = _parse(dataset.name)
    element = None if root is None or root.get("subClass") else _find_band(root, band)
    if element is None or element.get("subClass") or depth > MOST_DEPTH:
        return Filled((whole,), None)
    text = element.findtext("NoDataValue")
    filler = 0.0 if text is None or band == "mask" else float(text)
    sources = [child for child in element if child.tag.endswith("Source")]
    looked = depth if len(sources) <= _MOST_SOURCES else MOST_DEPTH + 1
    folder = PurePosixPath(dataset.name).parent
    boxes = [
        box for source in sources for box in _source_boxes(source, folder, whole, filler, looked)
    ]
    return Filled(tuple(dict.fromkeys(boxes)), filler)


def _parse(name: str) -> Element | None:
    """XML of a VRT; None where it holds no sources of its own."""
    if name.startswith("vrt://"):  # a raster with options
        return None
    text = name if name.lstrip().startswith("<") else read_file(name).decode("utf-8", "replace")
    root = ElementTree.fromstring(text)
    return root if root.tag == "VRTDataset" else None


def _find_band(root: Element, band: str) -> Element | None:
    if band == "mask":
        return root.find("MaskBand/VRTRasterBand")
    bands = root.findall("VRTRasterBand")
    numbered = [each for each in bands if each.get("band") == band]
    return numbered[0] if numbered else bands[int(band) - 1]


def _source_boxes(
    source: Element, folder: PurePosixPath, whole: Box, filler: float, depth: int
) -> Iterator[Box]:
    """Boxes of a VRT outside of which a source leaves the VRT's filler as it is."""
    to = _rectangle(source, "DstRect") or tuple(map(float, whole))
    from_ = _rectangle(source, "SrcRect")
    plain = source.tag in ("SimpleSource", "ComplexSource") and source.find("OpenOptions") is None
    element = source.find("SourceFilename")
    inner = None
    if plain and from_ and element is not None and element.text and depth <= MOST_DEPTH:
        name, band = _source_name(element, folder), source.findtext("SourceBand") or "1"
        inner = _fill(name, band, depth + 1)
    if inner is None or from_ is None or not _leaves(source, inner.filler, filler):
        margin = 0 if plain else 16
        yield _scaled(Box(0, 0, 1, 1), (0.0, 0.0, 1.0, 1.0), to).pad(margin).intersect(whole)
        return
    for box in inner.boxes:
        yield _scaled(box, from_, to).intersect(whole)


def _leaves(source: Element, inner: float | None, filler: float) -> bool:
    """Tell whether a source's own filler shows as the VRT's."""
    if inner is None:
        return False
    text = source.findtext("NODATA")
    if text is not None:
        return float(text) == inner
    scaled = any(child.tag in _SCALING for child in source)
    return inner == filler and not scaled and source.find("UseMaskBand") is None


def _rectangle(source: Element, tag: str) -> tuple[float, ...] | None:
    element = source.find(tag)
    if element is None:
        return None
    return tuple(float(element.get(name, "nan")) for name in ("xOff", "yOff", "xSize", "ySize"))


def _scaled(box: Box, from_: tuple[float, ...], to: tuple[float, ...]) -> Box:
    """A box of a source as a box of the VRT, with a margin where pixels are resampled."""
    edges = []
    exact = from_[2:] == to[2:] or box == Box(0, 0, 1, 1)
    for axis in (0, 1):
        scale = to[axis + 2] / from_[axis + 2]
        low = min(max(box[axis] - from_[axis], 0.0), from_[axis + 2])
        high = min(max(box[axis] + box[axis + 2] - from_[axis], 0.0), from_[axis + 2])
        ends = to[axis] + low * scale, to[axis] + high * scale
        whole = exact and all(end.is_integer() for end in ends)
        margin = 0.0 if whole else 4.0 * max(scale, 1.0)
        edges.append((math.floor(ends[0] - margin), math.ceil(ends[1] + margin)))
    (left, right), (top, bottom) = edges
    return Box.from_edges(left, top, max(left, right), max(top, bottom))
