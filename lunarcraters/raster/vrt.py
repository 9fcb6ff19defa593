"""VRT: several rasters as one, written as XML that GDAL opens without a file."""

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
from affine import Affine
from pyproj import CRS

from lunarcraters.raster.blocks import Box
from lunarcraters.raster.placement import Grid, Place
from lunarcraters.raster.sources import Source

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


def mosaic_xml(sources: Sequence[Source], grid: Grid) -> str:
    """XML of sources laid on one grid, later ones on top, with a mask band of what is valid."""
    root = _dataset_element(grid.width, grid.height, grid.crs_wkt, grid.affine)
    dtype = GDAL_TYPES[str(np.result_type(*(source.dtype for source in sources)))]
    for index, band in enumerate(sources[0].bands):
        element = _band(root, index, len(sources[0].bands), dtype)
        for source, place in zip(sources, grid.places, strict=True):
            _values(element, source, place, band)
    mask = _child(_child(root, "MaskBand"), "VRTRasterBand", dataType="Byte")
    for source, place in zip(sources, grid.places, strict=True):
        _validity(mask, source, place)
    return ElementTree.tostring(root, encoding="unicode")


def window_xml(
    uri: str,
    *,
    limits: tuple[int, int],
    bands: Sequence[int],
    dtype: str,
    window: Box,
    size: int,
    crs_wkt: str | None,
    affine: Affine,
) -> str:
    """XML of a square window of a raster, outside of which nothing is valid.

    Args:
        uri: What GDAL opens.
        limits: Width and height of the raster.
        bands: Of the raster.
        dtype: NumPy name.
        window: Pixels of the raster; may reach outside.
        size: Pixels to a side of what the window is shown as.
        crs_wkt: None for a plain picture.
        affine: Pixel corner of the result to CRS.
    """
    left, top, side, _ = window
    first_x, first_y = max(left, 0), max(top, 0)
    last_x, last_y = min(left + side, limits[0]), min(top + side, limits[1])
    inside = (first_x, first_y, last_x - first_x, last_y - first_y)
    scale = side / size
    place = tuple(n / scale for n in (first_x - left, first_y - top, inside[2], inside[3]))
    root = _dataset_element(size, size, crs_wkt, affine)
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


def _dataset_element(
    width: int, height: int, crs_wkt: str | None, affine: Affine
) -> ElementTree.Element:
    root = ElementTree.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    if crs_wkt is not None:
        # The data axes stay x, y whatever order the CRS itself names.
        _child(root, "SRS", crs_wkt, dataAxisToSRSAxisMapping=_axis_mapping(crs_wkt))
        a, b, c, d, e, f = affine[:6]
        _child(root, "GeoTransform", ", ".join(repr(float(n)) for n in (c, a, b, f, d, e)))
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
