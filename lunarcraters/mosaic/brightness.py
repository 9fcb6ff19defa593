"""Brightness: whether greater values of a picture are brighter ones."""

from collections.abc import Mapping

import numpy as np
import rasterio
from rasterio.enums import ColorInterp

Colour = tuple[int, int, int, int]
"""Red, green, blue and alpha, 0 to 255."""

_BY_PALETTE = (ColorInterp.palette, ColorInterp.undefined)
"""What GDAL calls bands whose palette tells their brightness; undefined ones store white as 0."""


def why_not_brighter(dataset: rasterio.DatasetReader, bands: tuple[int, ...]) -> str | None:
    """Say why greater values of a picture are not brighter ones, and what to do about it.

    Args:
        dataset: Open dataset of the picture.
        bands: Numbers of the bands that are read.

    Returns:
        Rest of a sentence that begins with the name of the picture; None where they are brighter.
    """
    if any(dataset.scales[band - 1] < 0.0 for band in bands):
        return (
            "has a negative scale, so that greater values are darker: write its real values first "
            "(gdal_translate -unscale -ot Float32)"
        )
    colours = _list_colours(dataset, bands[0])
    if any(len(set(colour)) > 1 for colour in colours):
        return "has a palette of colours: write these first (gdal_translate -expand rgb)"
    if not colours or _are_rising([colour[0] for colour in colours]):
        return None
    return (
        "stores greater values for darker greys, or greys in no order (by its palette, or as "
        "MINISWHITE): write its greys first (gdal_translate -expand gray)"
    )


def _list_colours(dataset: rasterio.DatasetReader, band: int) -> list[tuple[int, int, int]]:
    """Colours of values in their order, without transparent ones; empty without a palette."""
    if dataset.colorinterp[band - 1] not in _BY_PALETTE:
        return []
    try:
        palette: Mapping[int, Colour] = dataset.colormap(band)
    except ValueError:  # there is none
        return []
    left_out = dataset.nodatavals[band - 1]
    return [c[:3] for value, c in sorted(palette.items()) if c[3] and value != left_out]


def _are_rising(greys: list[int]) -> bool:
    """Tell whether greys rise; black ones at the end are unused entries of a TIFF's palette."""
    used = np.trim_zeros(greys, "b")
    return len(set(used)) > 1 and used == sorted(used)
