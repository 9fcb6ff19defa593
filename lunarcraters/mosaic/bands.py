"""Bands: which of a raster's bands are searched."""

import rasterio
from rasterio.enums import ColorInterp, MaskFlags

from lunarcraters.errors import MosaicError, warn
from lunarcraters.mosaic.names import Named

_COLOURS = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
_MASKING_TYPES = ("uint8", "uint16")
"""Types of alpha bands that GDAL takes for masks."""


def choose_bands(path: Named, dataset: rasterio.DatasetReader) -> tuple[int, ...]:
    """Choose the bands to read: red, green and blue where there are such, else the first image.

    Args:
        path: Raster file, for the note about the band that was taken.
        dataset: Open dataset of the file.

    Returns:
        Numbers of bands, counted from 1.

    Raises:
        MosaicError: The file has an alpha band of 8 or 16 bits, unsigned, that GDAL does not take
            for the mask of these bands.
    """
    others = dataset.subdatasets
    if len(others) > 1:
        warn(
            f"{path} has {len(others)} images, and the first is searched: name another one as "
            f"{others[1]}"
        )
    kinds = dataset.colorinterp
    images = [n for n, kind in enumerate(kinds, start=1) if kind != ColorInterp.alpha] or [1]
    coloured = all(colour in kinds for colour in _COLOURS)
    bands = tuple(kinds.index(c) + 1 for c in _COLOURS) if coloured else (images[0],)
    _check_alpha(path, dataset, bands)
    if not coloured and len(images) > 1:
        name = dataset.descriptions[bands[0] - 1]
        warn(
            f"of {len(images)} bands the first is searched{f' ({name})' if name else ''}: choose "
            "another one with gdal_translate -b"
        )
    return bands


def _check_alpha(path: Named, dataset: rasterio.DatasetReader, bands: tuple[int, ...]) -> None:
    """Refuse an alpha band that would mask the bands if it were the last of two or four.

    One of another type GDAL takes for a mask in no order. It is noted: it may mask nothing, or only
    what is left out anyway.
    """
    if ColorInterp.alpha not in dataset.colorinterp:
        return
    alpha = dataset.colorinterp.index(ColorInterp.alpha) + 1
    flags = dataset.mask_flag_enums[bands[0] - 1]
    if MaskFlags.all_valid not in flags or alpha in bands:
        return
    if dataset.dtypes[alpha - 1] in _MASKING_TYPES:
        order = " ".join(f"-b {band}" for band in (*bands, alpha))
        raise MosaicError(
            f"{path} has an alpha band that GDAL does not take for its mask: write what is to be "
            f"searched and then the alpha band (gdal_translate {order}), and name the result"
        )
    warn(
        f"the alpha band is of the type {dataset.dtypes[alpha - 1]}, which GDAL does not take for "
        "a mask, and is not used: to leave out what it hides, write it as a mask (gdal_translate "
        f"{' '.join(f'-b {band}' for band in bands)} -mask {alpha}), and name the result"
    )
