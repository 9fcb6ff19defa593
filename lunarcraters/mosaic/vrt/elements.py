"""Elements of the XML of VRTs: the dataset, its bands, and their sources."""

from collections.abc import Sequence
from xml.etree import ElementTree

from pyproj import CRS

from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.alignment import Placement
from lunarcraters.mosaic.dtypes import GDAL_TYPES
from lunarcraters.mosaic.files import Source

_COLOURS = ("Red", "Green", "Blue")


def make_dataset(grid: Grid) -> ElementTree.Element:
    """Make the root of a VRT without bands."""
    size = {"rasterXSize": str(grid.width), "rasterYSize": str(grid.height)}
    root = ElementTree.Element("VRTDataset", size)
    if grid.crs_wkt is not None:
        # The data axes stay x, y whatever order the CRS itself names.
        add_child(root, "SRS", grid.crs_wkt, dataAxisToSRSAxisMapping=_axis_mapping(grid.crs_wkt))
        geotransform = (repr(float(number)) for number in grid.affine.to_gdal())
        add_child(root, "GeoTransform", ", ".join(geotransform))
    return root


def make_dataset_of(source: Source) -> tuple[ElementTree.Element, Placement]:
    """Make the root of a VRT of one source, without bands.

    Returns:
        Root, and the placement of the whole source in it.
    """
    return make_dataset(source.grid), (0.0, 0.0, float(source.width), float(source.height))


def add_band(root: ElementTree.Element, index: int, count: int, dtype: str) -> ElementTree.Element:
    """Add a band without sources.

    Args:
        root: Root of the VRT.
        index: Number of the band, counted from 0.
        count: Number of bands: one grey one, or red, green and blue.
        dtype: NumPy name of the type of its values.
    """
    element = add_child(root, "VRTRasterBand", dataType=GDAL_TYPES[dtype], band=str(index + 1))
    add_child(element, "ColorInterp", _COLOURS[index] if count > 1 else "Gray")
    return element


def add_mask(root: ElementTree.Element) -> ElementTree.Element:
    """Add a band of validity without sources, which is 0 everywhere."""
    return add_child(add_child(root, "MaskBand"), "VRTRasterBand", dataType="Byte")


def add_source(
    parent: ElementTree.Element,
    source: Source,
    placement: Placement,
    band: str,
    *,
    resampling: str = "nearest",
) -> ElementTree.Element:
    """Add a raster file to a band.

    Args:
        parent: Band of the VRT.
        source: Raster file.
        placement: Placement of the file, pixels of the VRT.
        band: Number of the band of the file; `mask,1` for the mask of band 1.
        resampling: GDAL's name of the interpolation where the file lies between pixels.
    """
    attributes = {} if is_aligned(placement) else {"resampling": resampling}
    element = add_child(parent, "ComplexSource", **attributes)
    add_child(element, "SourceFilename", source.uri, relativeToVRT="0")
    add_child(element, "SourceBand", band)
    add_child(
        element,
        "SourceProperties",
        RasterXSize=str(source.width),
        RasterYSize=str(source.height),
        DataType=GDAL_TYPES[source.dtype],
        BlockXSize=str(min(source.width, 512)),
        BlockYSize=str(min(source.height, 512)),
    )
    add_rectangle(element, "SrcRect", (0, 0, source.width, source.height))
    add_rectangle(element, "DstRect", placement)
    return element


def add_rectangle(parent: ElementTree.Element, tag: str, box: Sequence[float]) -> None:
    """Add the place of a source.

    Args:
        parent: Source.
        tag: `SrcRect` or `DstRect`.
        box: x, y, width and height, pixels.
    """
    names = ("xOff", "yOff", "xSize", "ySize")
    numbers = {name: f"{number:.12g}" for name, number in zip(names, box, strict=True)}
    add_child(parent, tag, **numbers)


def add_child(
    parent: ElementTree.Element, tag: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    """Add an element.

    Args:
        parent: Element that holds it.
        tag: Name of the element.
        text: Text in it, or "".
        **attributes: Its attributes.
    """
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def is_aligned(placement: Placement) -> bool:
    """Tell whether the pixels of a source are pixels of the grid.

    Args:
        placement: Placement of the source, pixels of the grid.
    """
    return all(float(number).is_integer() for number in placement)


def _axis_mapping(crs_wkt: str) -> str:
    crs = CRS.from_wkt(crs_wkt)
    return "2,1" if crs.is_geographic and crs.axis_info[0].direction.lower() == "north" else "1,2"
