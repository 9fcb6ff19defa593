"""VRT: several rasters as one, or a window of one, as XML that GDAL opens without a file."""

from collections.abc import Sequence
from xml.etree import ElementTree

from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.alignment import Layout, Placement
from lunarcraters.mosaic.files import Source
from lunarcraters.mosaic.vrt.elements import (
    add_band,
    add_child,
    add_mask,
    add_rectangle,
    add_source,
    make_dataset,
)
from lunarcraters.mosaic.vrt.masks import (
    add_own_nodata,
    add_range,
    add_values_but,
    find_colour,
    mask_overlapping,
)


def build_mosaic_vrt(layout: Layout, nodata: Sequence[float]) -> str:
    """Build the XML of sources on one grid, later ones on top, with a mask band of validity.

    Args:
        layout: Grid, sources and the placement of each.
        nodata: Values that mean "no data", of which the sources still hold the first at most.
    """
    sources = mask_overlapping(layout, nodata)
    root = make_dataset(layout.grid)
    count = len(sources[0].bands)
    for index in range(count):
        element = add_band(root, index, count, layout.dtype)
        for source, placement in zip(sources, layout.placements, strict=True):
            _add_values(element, source, placement, source.bands[index])
    mask = add_mask(root)
    for source, placement in zip(sources, layout.placements, strict=True):
        _add_validity(mask, source, placement)
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
    root = make_dataset(grid)
    values, validity = ("average", "average") if scale >= 1.0 else ("cubic", "nearest")
    for index, band in enumerate(bands):
        element = add_band(root, index, len(bands), dtype)
        _add_window(element, uri, str(band), inside, placement, values)
    mask = add_mask(root)
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
    element = add_child(parent, "ComplexSource", resampling=resampling)
    add_child(element, "SourceFilename", uri, relativeToVRT="0")
    add_child(element, "SourceBand", band)
    add_rectangle(element, "SrcRect", inside)
    add_rectangle(element, "DstRect", placement)


def _add_values(
    parent: ElementTree.Element, source: Source, placement: Placement, band: int
) -> None:
    element = add_source(parent, source, placement, str(band), resampling="cubic")
    if find_colour(source) is None:
        add_own_nodata(element, source)


def _add_validity(parent: ElementTree.Element, source: Source, placement: Placement) -> None:
    """Add 255 where the source is valid and nothing elsewhere, so that sources below show."""
    if source.measured is not None:
        add_range(add_source(parent, source, placement, str(source.bands[0])), source.measured)
    elif (colour := find_colour(source)) is not None:
        for band in source.bands:
            add_values_but(parent, source, placement, band, colour)
    elif source.nodata is not None and not source.masked:
        add_values_but(parent, source, placement, source.bands[0], source.nodata)
    else:
        element = add_source(parent, source, placement, f"mask,{source.bands[0]}")
        add_child(element, "NODATA", "0")
