"""VRT: several rasters as one, written as XML that GDAL opens without a file."""

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
from pyproj import CRS

from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.alignment import Layout, Place
from lunarcraters.mosaic.files import Source

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


def mosaic_xml(sources: Sequence[Source], layout: Layout) -> str:
    """XML of sources laid on one grid, later ones on top, with a mask band of what is valid."""
    root = _dataset_element(layout.grid)
    dtype = GDAL_TYPES[str(np.result_type(*(source.dtype for source in sources)))]
    for index, band in enumerate(sources[0].bands):
        element = _band(root, index, len(sources[0].bands), dtype)
        for source, place in zip(sources, layout.places, strict=True):
            _values(element, source, place, band)
    mask = _child(_child(root, "MaskBand"), "VRTRasterBand", dataType="Byte")
    for source, place in zip(sources, layout.places, strict=True):
        _validity(mask, source, place)
    return ElementTree.tostring(root, encoding="unicode")


def window_xml(
    uri: str,
    *,
    limits: Box,
    bands: Sequence[int],
    dtype: str,
    window: Box,
    grid: Grid,
) -> str:
    """XML of a square window of a raster, outside of which nothing is valid.

    Args:
        uri: Name that GDAL opens.
        limits: All pixels of the raster.
        bands: Numbers of the bands of the raster.
        dtype: NumPy name of the type of the values.
        window: Box of the raster's pixels; may reach outside.
        grid: Grid of the result, which covers the window.
    """
    inside = window.intersect(limits)
    scale = window.width / grid.width
    place = tuple(n / scale for n in inside.shift(-window.left, -window.top))
    root = _dataset_element(grid)
    values, validity = ("average", "average") if scale >= 1.0 else ("cubic", "nearest")
    for index, band in enumerate(bands):
        element = _band(root, index, len(bands), GDAL_TYPES[dtype])
        _window(element, uri, str(band), inside, place, values)
    mask = _child(_child(root, "MaskBand"), "VRTRasterBand", dataType="Byte")
    _window(mask, uri, f"mask,{bands[0]}", inside, place, validity)
    return ElementTree.tostring(root, encoding="unicode")


def _window(
    parent: ElementTree.Element,
    uri: str,
    band: str,
    inside: Sequence[int],
    place: Sequence[float],
    resampling: str,
) -> None:
    # A SimpleSource takes the nearest pixel, whatever it is told.
    element = _child(parent, "ComplexSource", resampling=resampling)
    _child(element, "SourceFilename", uri, relativeToVRT="0")
    _child(element, "SourceBand", band)
    _rectangle(element, "SrcRect", inside)
    _rectangle(element, "DstRect", place)


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


def _values(parent: ElementTree.Element, source: Source, place: Place, band: int) -> None:
    element = _source(parent, source, place, str(band), resampling="cubic")
    if source.nodata is not None and not source.masked:
        _child(element, "NODATA", repr(source.nodata))
    else:
        _child(element, "UseMaskBand", "true")


def _validity(parent: ElementTree.Element, source: Source, place: Place) -> None:
    """255 where the source is valid; elsewhere nothing, so that what lies below shows."""
    if source.nodata is not None and not source.masked:
        element = _source(parent, source, place, str(source.bands[0]), resampling="nearest")
        _child(element, "NODATA", repr(source.nodata))
        _child(element, "ScaleOffset", "255")
        _child(element, "ScaleRatio", "0")
    else:
        element = _source(parent, source, place, f"mask,{source.bands[0]}", resampling="nearest")
        _child(element, "NODATA", "0")


def _source(
    parent: ElementTree.Element, source: Source, place: Place, band: str, *, resampling: str
) -> ElementTree.Element:
    aligned = all(float(number).is_integer() for number in place)
    attributes = {} if aligned else {"resampling": resampling}
    element = _child(parent, "ComplexSource", **attributes)
    _child(element, "SourceFilename", str(source.path), relativeToVRT="0")
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
    _rectangle(element, "DstRect", place)
    return element


def _rectangle(parent: ElementTree.Element, tag: str, box: Sequence[float]) -> None:
    names = ("xOff", "yOff", "xSize", "ySize")
    _child(parent, tag, **{name: f"{number:.12g}" for name, number in zip(names, box, strict=True)})
