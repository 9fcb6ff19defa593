"""Bands: which of a raster's bands are searched."""

import rasterio
from rasterio.enums import ColorInterp


def choose_bands(dataset: rasterio.DatasetReader) -> tuple[int, ...]:
    """Choose the bands to read: red, green and blue where there are such, else the first.

    Args:
        dataset: Opened raster.

    Returns:
        Numbers of bands, counted from 1.
    """
    colours = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(colour in dataset.colorinterp for colour in colours):
        return tuple(dataset.colorinterp.index(colour) + 1 for colour in colours)
    return (1,)
