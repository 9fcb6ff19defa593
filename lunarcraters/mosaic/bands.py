"""Bands: which of a raster's bands are searched."""

import warnings

import rasterio
from rasterio.enums import ColorInterp

from lunarcraters.errors import CratersWarning
from lunarcraters.mosaic.names import Named

_NO_IMAGE = {ColorInterp.alpha}


def choose_bands(path: Named, dataset: rasterio.DatasetReader) -> tuple[int, ...]:
    """Choose the bands to read: red, green and blue where there are such, else the first.

    Args:
        path: Raster file, for the note about the band that was taken.
        dataset: Open dataset of the file.

    Returns:
        Numbers of bands, counted from 1.
    """
    others = dataset.subdatasets
    if len(others) > 1:
        _note(
            f"{path} has {len(others)} images, and the first is searched: name another one as "
            f"{others[1]}"
        )
    colours = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(colour in dataset.colorinterp for colour in colours):
        return tuple(dataset.colorinterp.index(colour) + 1 for colour in colours)
    images = [c for c in dataset.colorinterp if c not in _NO_IMAGE]
    if len(images) > 1:
        name = dataset.descriptions[0]
        _note(
            f"of {len(images)} bands the first is searched{f' ({name})' if name else ''}: choose "
            "another one with gdal_translate -b"
        )
    return (1,)


def _note(text: str) -> None:
    warnings.warn(text, CratersWarning, stacklevel=4)
