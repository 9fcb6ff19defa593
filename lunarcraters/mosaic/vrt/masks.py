"""Masks of sources: what a source of a mosaic leaves out, so that it hides no ground below it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np

from lunarcraters.geometry.box import Box, intersects
from lunarcraters.mosaic.alignment import Layout, Placement
from lunarcraters.mosaic.dtypes import finite_range
from lunarcraters.mosaic.files import Source
from lunarcraters.mosaic.nodata import can_store
from lunarcraters.mosaic.vrt.elements import (
    add_band,
    add_child,
    add_mask,
    add_source,
    is_aligned,
    make_dataset_of,
)


def replace_further_values(source: Source, values: Sequence[float]) -> Source:
    """Return a source in which the second value and those after it have become the first.

    A source of several bands, or with a mask, keeps its values, and has a mask without them.

    Args:
        source: Raster file, whose own nodata value, if it is in use, takes the place of the first.
        values: Values that mean "no data".
    """
    storable = [v for v in values if can_store(np.dtype(source.dtype), v)]
    if len(values) < 2 or not storable:
        return source
    own = source.declared_nodata if source.nodata is None and not source.masked else None
    if len(source.bands) > 1 or source.masked:
        return _mask_values(source, storable if own is None else [own, *storable])
    filler = storable[0] if own is None else own
    for value in storable if own is not None else storable[1:]:
        source = replace(source, uri=_build_replacing_vrt(source, value, filler), bands=(1,))
    return source if source.nodata is None else replace(source, nodata=filler)


def _build_replacing_vrt(source: Source, value: float, filler: float) -> str:
    """Build the XML of a source of one band with a value replaced by another, its nodata value."""
    root, placement = make_dataset_of(source)
    element = add_band(root, 0, 1, source.dtype)
    add_child(element, "NoDataValue", repr(filler))
    add_child(add_source(element, source, placement, str(source.bands[0])), "NODATA", repr(value))
    return ElementTree.tostring(root, encoding="unicode")


def mask_overlapping(layout: Layout, nodata: Sequence[float]) -> list[Source]:
    """Give masks to sources that overlap earlier ones, or are resampled, and need them.

    They need one where values that are no ground would hide the ground below: colours of no data,
    values that the file itself does not leave out, special pixels, and what is not finite.
    Sources beside each other have none, which takes several times as long to read.

    Args:
        layout: Grid, sources and the placement of each.
        nodata: Values that mean "no data", of which the sources still hold the first at most.

    Returns:
        Sources in the same order.
    """
    boxes = [
        Box.from_edges(math.floor(x), math.floor(y), math.ceil(x + width), math.ceil(y + height))
        for x, y, width, height in layout.placements
    ]
    table, sources = np.array(boxes, np.int64), list(layout.sources)
    for index, source in enumerate(layout.sources):
        beside = is_aligned(layout.placements[index])
        if not beside or intersects(table[:index], boxes[index]).any():
            masked = _mask_values(source, _list_hiding(source, nodata[:1]))
            sources[index] = _mask_range(masked)
    return sources


def _list_hiding(source: Source, nodata: Sequence[float]) -> list[float]:
    """List the values of a source that are no ground; none where it leaves them out by itself."""
    own = source.declared_nodata if source.nodata is None else source.nodata
    if source.masked:
        own = None
    further = [v for v in nodata if v != own and not math.isnan(v)]
    further = [v for v in further if can_store(np.dtype(source.dtype), v)]
    if own is None or not (further or len(source.bands) > 1):
        return further
    return [own, *further]


def find_colour(source: Source) -> float | None:
    """Find the value that all of several bands have where there is no data.

    Returns:
        Value; None for one band, or where a mask tells where there is no data.
    """
    if len(source.bands) == 1 or source.masked or source.measured is not None:
        return None
    return source.declared_nodata if source.nodata is None else source.nodata


def _mask_values(source: Source, values: Sequence[float]) -> Source:
    """Return a source with a mask of the pixels whose bands all have the same of some values."""
    # An alpha band between 0 and 255 becomes 255 first.
    for value in (None, *values) if source.masked and values else values:
        xml = _build_masking_vrt(source, value)
        bands = tuple(range(1, len(source.bands) + 1))
        source = replace(source, uri=xml, bands=bands, masked=True)
    return source


def _build_masking_vrt(source: Source, value: float | None) -> str:
    """Build the XML of one source without the pixels all of whose bands have a value.

    Its mask is 0 or 255. Where the source has one of its own, that must be so there already, unless
    there is no value.
    """
    root, placement = make_dataset_of(source)
    mask = add_mask(root)
    for index, band in enumerate(source.bands):
        element = add_band(root, index, len(source.bands), source.dtype)
        add_source(element, source, placement, str(band))
        if value is not None:
            add_values_but(mask, source, placement, band, value)
    if source.masked:  # what the mask of the source leaves out is left out again
        element = add_source(mask, source, placement, f"mask,{source.bands[0]}")
        add_child(element, *(("LUT", "0:0,1:255") if value is None else ("NODATA", "255")))
    return ElementTree.tostring(root, encoding="unicode")


def _mask_range(source: Source) -> Source:
    """Return a source with a mask of the pixels that are measurements, if it has other ones.

    They are told by the first of its bands.
    """
    limits = source.measured or finite_range(np.dtype(source.dtype))
    if limits is None:
        return source
    root, placement = make_dataset_of(source)
    for index, band in enumerate(source.bands):
        element = add_band(root, index, len(source.bands), source.dtype)
        add_source(element, source, placement, str(band))
    element = add_source(add_mask(root), source, placement, str(source.bands[0]))
    add_own_nodata(element, source)
    add_range(element, limits)
    xml = ElementTree.tostring(root, encoding="unicode")
    bands = tuple(range(1, len(source.bands) + 1))
    return replace(source, uri=xml, bands=bands, masked=True, measured=None)


def add_own_nodata(element: ElementTree.Element, source: Source) -> None:
    """Leave out what a source leaves out by its mask or its nodata value, in a band of a VRT."""
    if source.nodata is not None and not source.masked:
        add_child(element, "NODATA", repr(source.nodata))
    else:
        add_child(element, "UseMaskBand", "true")


def add_range(element: ElementTree.Element, limits: tuple[float, float]) -> None:
    """Turn the values of a source in a mask into 255 within a range, and into 0 elsewhere.

    Args:
        element: Source in the VRT.
        limits: Least and greatest value of the range.
    """
    low, high = limits
    below, above = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
    steps = ((below, 0), (low, 255), (high, 255), (above, 0))
    add_child(element, "LUT", ",".join(f"{value!r}:{valid}" for value, valid in steps))


def add_values_but(
    mask: ElementTree.Element, source: Source, placement: Placement, band: int, value: float
) -> None:
    """Add 255 to a mask where a band of a source has another value than one.

    Args:
        mask: Mask of the VRT.
        source: Raster file.
        placement: Placement of the file, pixels of the VRT.
        band: Number of the band of the file.
        value: Value that adds nothing.
    """
    element = add_source(mask, source, placement, str(band))
    add_child(element, "NODATA", repr(value))
    add_child(element, "ScaleOffset", "255")
    add_child(element, "ScaleRatio", "0")
