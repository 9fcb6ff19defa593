"""VRT: several rasters as one, or a window of one, as XML that GDAL opens without a file."""

import math
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
from affine import Affine
from pyproj import CRS

from lunarcraters.geometry.box import Box, intersects
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.alignment import Layout, Placement
from lunarcraters.mosaic.files import Source
from lunarcraters.mosaic.nodata import can_store

GDAL_TYPES = {
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int32": "Int32",
    "float32": "Float32",
    "float64": "Float64",
}
_COLOURS = ("Red", "Green", "Blue")


def build_mosaic_vrt(layout: Layout) -> str:
    """Build the XML of sources on one grid, later ones on top, with a mask band of validity.

    Args:
        layout: Grid, sources and the placement of each.
    """
    sources = _mask_overlapping(layout)
    root = _dataset_element(layout.grid)
    dtype = GDAL_TYPES[layout.dtype]
    for index, band in enumerate(sources[0].bands):
        element = _band(root, index, len(sources[0].bands), dtype)
        for source, placement in zip(sources, layout.placements, strict=True):
            _add_values(element, source, placement, band)
    mask = _child(_child(root, "MaskBand"), "VRTRasterBand", dataType="Byte")
    for source, placement in zip(sources, layout.placements, strict=True):
        _add_validity(mask, source, placement)
    return ElementTree.tostring(root, encoding="unicode")


def replace_further_values(source: Source, values: Sequence[float]) -> Source:
    """Return a source in which the second value and those after it have become the first.

    A source of several bands keeps its values, and has a mask instead.

    Args:
        source: Raster file, whose own nodata value, if it is in use, takes the place of the first.
        values: Values that mean "no data".
    """
    storable = [v for v in values if can_store(np.dtype(source.dtype), v)]
    if len(values) < 2 or not storable:
        return source
    own = source.declared_nodata if source.nodata is None else None
    if len(source.bands) > 1:
        return _mask_colours(source, storable if own is None else [own, *storable])
    filler = storable[0] if own is None else own
    for value in storable if own is not None else storable[1:]:
        xml = _build_replacing_vrt(source, value, filler)
        source = replace(source, uri=xml, bands=tuple(range(1, len(source.bands) + 1)))
    return source if source.nodata is None else replace(source, nodata=filler)


def _build_replacing_vrt(source: Source, value: float, filler: float) -> str:
    """Build the XML of one source in which a value is replaced by another, its nodata value."""
    grid = Grid(source.crs_wkt, source.affine or Affine.identity(), source.width, source.height)
    placement = (0.0, 0.0, float(grid.width), float(grid.height))
    root = _dataset_element(grid)
    for index, band in enumerate(source.bands):
        element = _band(root, index, len(source.bands), GDAL_TYPES[source.dtype])
        _child(element, "NoDataValue", repr(filler))
        _child(_source(element, source, placement, str(band)), "NODATA", repr(value))
    if source.masked:
        mask = _child(_child(root, "MaskBand"), "VRTRasterBand", dataType="Byte")
        _source(mask, source, placement, f"mask,{source.bands[0]}")
    return ElementTree.tostring(root, encoding="unicode")


def _mask_overlapping(layout: Layout) -> list[Source]:
    """Give masks to sources with a colour of no data that must not hide others, or is resampled.

    Sources beside each other have none, which takes several times as long to read.
    """
    boxes = [
        Box.from_edges(math.floor(x), math.floor(y), math.ceil(x + width), math.ceil(y + height))
        for x, y, width, height in layout.placements
    ]
    table, sources = np.array(boxes, np.int64), list(layout.sources)
    for index, source in enumerate(layout.sources):
        colour = _find_colour(source)
        beside = _is_aligned(layout.placements[index])
        beside = beside and not intersects(table[:index], boxes[index]).any()
        if colour is not None and not beside:
            sources[index] = _mask_colours(source, [colour])
    return sources


def _find_colour(source: Source) -> float | None:
    """Value that all of several bands have where there is no data; None where a mask tells that."""
    if len(source.bands) == 1 or source.masked or source.measured is not None:
        return None
    return source.declared_nodata if source.nodata is None else source.nodata


def _mask_colours(source: Source, values: Sequence[float]) -> Source:
    """Return a source with a mask of the pixels whose bands all have the same of some values."""
    # An alpha band between 0 and 255 becomes 255 first.
    for value in (None, *values) if source.masked else values:
        xml = _build_masking_vrt(source, value)
        bands = tuple(range(1, len(source.bands) + 1))
        source = replace(source, uri=xml, bands=bands, masked=True)
    return source


def _build_masking_vrt(source: Source, value: float | None) -> str:
    """Build the XML of one source without the pixels all of whose bands have a value.

    Its mask is 0 or 255. Where the source has one of its own, that must be so there already, unless
    there is no value.
    """
    grid = Grid(source.crs_wkt, source.affine or Affine.identity(), source.width, source.height)
    placement = (0.0, 0.0, float(grid.width), float(grid.height))
    root = _dataset_element(grid)
    mask = _child(_child(root, "MaskBand"), "VRTRasterBand", dataType="Byte")
    for index, band in enumerate(source.bands):
        element = _band(root, index, len(source.bands), GDAL_TYPES[source.dtype])
        _source(element, source, placement, str(band))
        if value is not None:
            _add_values_but(mask, source, placement, band, value)
    if source.masked:  # what the mask of the source leaves out is left out again
        element = _source(mask, source, placement, f"mask,{source.bands[0]}")
        _child(element, *(("LUT", "0:0,1:255") if value is None else ("NODATA", "255")))
    return ElementTree.tostring(root, encoding="unicode")


def build_window_vrt(
    uri: str,
    *,
    limits: Box,
    bands: Sequence[int],
    dtype: str,
    window: Box,
    grid: Grid,
) -> str:
    """Build the XML of a square window of a raster, outside of which nothing is valid.

    Args:
        uri: Name that GDAL opens.
        limits: Box of all pixels of the raster.
        bands: Numbers of the bands of the raster.
        dtype: NumPy name of the type of the values.
        window: Box of the raster's pixels, which may reach outside.
        grid: Grid of the result, which covers the window.
    """
    inside = window.intersect(limits)
    scale = window.width / grid.width
    placement = tuple(n / scale for n in inside.shift(-window.left, -window.top))
    root = _dataset_element(grid)
    values, validity = ("average", "average") if scale >= 1.0 else ("cubic", "nearest")
    for index, band in enumerate(bands):
        element = _band(root, index, len(bands), GDAL_TYPES[dtype])
        _add_window(element, uri, str(band), inside, placement, values)
    mask = _child(_child(root, "MaskBand"), "VRTRasterBand", dataType="Byte")
    _add_window(mask, uri, f"mask,{bands[0]}", inside, placement, validity)
    return ElementTree.tostring(root, encoding="unicode")


def _add_window(
    parent: ElementTree.Element,
    uri: str,
    band: str,
    inside: Sequence[int],
    placement: Sequence[float],
    resampling: str,
) -> None:
    # GDAL ignores the resampling of a SimpleSource.
    element = _child(parent, "ComplexSource", resampling=resampling)
    _child(element, "SourceFilename", uri, relativeToVRT="0")
    _child(element, "SourceBand", band)
    _rectangle(element, "SrcRect", inside)
    _rectangle(element, "DstRect", placement)


def _dataset_element(grid: Grid) -> ElementTree.Element:
    size = {"rasterXSize": str(grid.width), "rasterYSize": str(grid.height)}
    root = ElementTree.Element("VRTDataset", size)
    if grid.crs_wkt is not None:
        # The data axes stay x, y whatever order the CRS itself names.
        _child(root, "SRS", grid.crs_wkt, dataAxisToSRSAxisMapping=_axis_mapping(grid.crs_wkt))
        geotransform = (repr(float(number)) for number in grid.affine.to_gdal())
        _child(root, "GeoTransform", ", ".join(geotransform))
    return root


def _band(root: ElementTree.Element, index: int, count: int, dtype: str) -> ElementTree.Element:
    element = _child(root, "VRTRasterBand", dataType=dtype, band=str(index + 1))
    _child(element, "ColorInterp", _COLOURS[index] if count > 1 else "Gray")
    return element


def _axis_mapping(crs_wkt: str) -> str:
    crs = CRS.from_wkt(crs_wkt)
    return "2,1" if crs.is_geographic and crs.axis_info[0].direction.lower() == "north" else "1,2"


def _child(
    parent: ElementTree.Element, tag: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _add_values(
    parent: ElementTree.Element, source: Source, placement: Placement, band: int
) -> None:
    element = _source(parent, source, placement, str(band), resampling="cubic")
    colour = _find_colour(source)
    if colour is None and source.nodata is not None and not source.masked:
        _child(element, "NODATA", repr(source.nodata))
    elif colour is None:
        _child(element, "UseMaskBand", "true")


def _add_validity(parent: ElementTree.Element, source: Source, placement: Placement) -> None:
    """Add 255 where the source is valid and nothing elsewhere, so that sources below show."""
    if source.measured is not None:
        element = _source(parent, source, placement, str(source.bands[0]), resampling="nearest")
        low, high = source.measured
        steps = {low - 1: 0, low: 255, high: 255, high + 1: 0}
        _child(element, "LUT", ",".join(f"{value!r}:{valid}" for value, valid in steps.items()))
    elif (colour := _find_colour(source)) is not None:
        for band in source.bands:
            _add_values_but(parent, source, placement, band, colour)
    elif source.nodata is not None and not source.masked:
        _add_values_but(parent, source, placement, source.bands[0], source.nodata)
    else:
        mask = f"mask,{source.bands[0]}"
        element = _source(parent, source, placement, mask, resampling="nearest")
        _child(element, "NODATA", "0")


def _add_values_but(
    mask: ElementTree.Element, source: Source, placement: Placement, band: int, value: float
) -> None:
    """Add 255 where a band has another value than one."""
    element = _source(mask, source, placement, str(band))
    _child(element, "NODATA", repr(value))
    _child(element, "ScaleOffset", "255")
    _child(element, "ScaleRatio", "0")


def _source(
    parent: ElementTree.Element,
    source: Source,
    placement: Placement,
    band: str,
    *,
    resampling: str = "nearest",
) -> ElementTree.Element:
    attributes = {} if _is_aligned(placement) else {"resampling": resampling}
    element = _child(parent, "ComplexSource", **attributes)
    _child(element, "SourceFilename", source.uri, relativeToVRT="0")
    _child(element, "SourceBand", band)
    _child(
        element,
        "SourceProperties",
        RasterXSize=str(source.width),
        RasterYSize=str(source.height),
        DataType=GDAL_TYPES[source.dtype],
        BlockXSize=str(min(source.width, 512)),
        BlockYSize=str(min(source.height, 512)),
    )
    _rectangle(element, "SrcRect", (0, 0, source.width, source.height))
    _rectangle(element, "DstRect", placement)
    return element


def _is_aligned(placement: Placement) -> bool:
    return all(float(number).is_integer() for number in placement)


def _rectangle(parent: ElementTree.Element, tag: str, box: Sequence[float]) -> None:
    names = ("xOff", "yOff", "xSize", "ySize")
    _child(parent, tag, **{name: f"{number:.12g}" for name, number in zip(names, box, strict=True)})
