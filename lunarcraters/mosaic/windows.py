"""Windows of a raster at full resolution, or of one of its overviews, in one band."""

from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError

from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.dtypes import NEARLY_INFINITE, Pixels, as_dtype
from lunarcraters.mosaic.handles import Raster, get_dataset
from lunarcraters.mosaic.nodata import can_store
from lunarcraters.mosaic.remote.nodata_hints import find_hint
from lunarcraters.mosaic.remote.pages import Pages, choose_page_shape
from lunarcraters.mosaic.remote.virtual_files import times_forgotten
from lunarcraters.mosaic.tiff_blocks import check_positions
from lunarcraters.mosaic.vrt.positions import check_positions_behind

_LEAST_PIECE_PX = 64
_LUMINANCE = np.array([0.299, 0.587, 0.114])


def read_box(raster: Raster, overview: int | None, box: Box) -> Pixels:
    """Read the pixels of a box.

    Args:
        raster: Raster to read.
        overview: Index of the overview to read; None for full resolution.
        box: Box in pixels of that overview; pixels outside the raster are invalid.

    Returns:
        Values in the raster's dtype, 0 where invalid, and validity, each (height, width).

    Raises:
        RasterioError: The pixels cannot be read, and the raster does not leave out damage.
    """
    dataset = get_dataset(raster, overview)
    limits = Box(0, 0, dataset.width, dataset.height)
    inside = box.intersect(limits)
    if raster.remote is not None and raster.remote.pages is not None:
        block = dataset.block_shapes[raster.bands[0] - 1][::-1]
        shape = choose_page_shape(dataset.driver, dataset.shape[::-1], block)
        folder = Path(raster.remote.pages) / ("full" if overview is None else f"overview{overview}")
        pages = Pages(folder, shape, limits, read_dtype(raster), partial(_read, raster, overview))
        values, valid = pages.read_box(inside)
    else:
        values, valid = _read(raster, overview, inside)
    outside = (
        (inside.top - box.top, box.bottom - inside.bottom),
        (inside.left - box.left, box.right - inside.right),
    )
    if not any(map(any, outside)):
        return values, valid
    return np.pad(values, outside), np.pad(valid, outside)


def _read(raster: Raster, overview: int | None, box: Box) -> Pixels:
    """Values and validity of a box inside the raster, in one band."""
    if raster.leaves_out_damage:
        return _read_pieces(raster, overview, box)
    if raster.remote is None:
        return _read_window(raster, overview, box)
    # Nodata may take as many bytes as data: an overview tells where it is.
    held, hint = box, find_hint(get_dataset(raster, None), raster.bands[0], overview)
    if hint is not None:
        around = hint.around(box)
        held = hint.data_box(box, read_box(raster, hint.overview, around)[1])
    if held == box:
        return _read_window(raster, overview, box)
    values = np.zeros((box.height, box.width), read_dtype(raster))
    valid = np.zeros(values.shape, np.bool_)
    if not held.is_empty:
        inside = held.shift(-box.left, -box.top).slices
        values[inside], valid[inside] = _read_window(raster, overview, held)
    return values, valid


def _read_pieces(raster: Raster, overview: int | None, box: Box) -> Pixels:
    """Values and validity of a box, without data in the blocks that cannot be read."""
    try:
        return _read_window(raster, overview, box)
    except RasterioError:
        values = np.zeros((box.height, box.width), read_dtype(raster))
        valid = np.zeros(values.shape, np.bool_)
    down, across = get_dataset(raster, overview).block_shapes[raster.bands[0] - 1]
    columns, rows = _halve(box.left, box.right, across), _halve(box.top, box.bottom, down)
    pieces = [Box.from_edges(x, y, right, bottom) for y, bottom in rows for x, right in columns]
    for piece in pieces if len(pieces) > 1 else ():
        inside = piece.shift(-box.left, -box.top).slices
        values[inside], valid[inside] = _read_pieces(raster, overview, piece)
    return values, valid


def _halve(first: int, last: int, block_px: int) -> list[tuple[int, int]]:
    """Halves of a range of pixels, parted between blocks; all of it where it lies in one."""
    block_px = max(block_px, _LEAST_PIECE_PX)
    middle = round((first + last) / 2 / block_px) * block_px
    return list(pairwise([first, middle, last] if first < middle < last else [first, last]))


def _read_window(raster: Raster, overview: int | None, box: Box) -> Pixels:
    dataset, bands, nodata = get_dataset(raster, overview), raster.bands, raster.nodata
    values, masks = _read_arrays(dataset, bands, box, is_remote=raster.remote is not None)
    valid = np.any(masks > 0, axis=0)
    if nodata is not None and can_store(values.dtype, nodata):
        # The value is compared in the raster's precision: -3.4e38 differs in single and double.
        valid &= (values != np.asarray(nodata).astype(values.dtype)).any(axis=0)
    if values.dtype.kind == "f":
        valid &= (np.abs(values) < NEARLY_INFINITE).all(axis=0)
    if not valid.all():
        values = np.where(valid, values, np.zeros((), values.dtype))
    if len(bands) == 1:
        return values[0], valid
    grey = np.tensordot(_LUMINANCE, values.astype(np.float64), axes=1)
    return as_dtype(grey, values.dtype), valid


def _read_arrays(
    dataset: rasterio.DatasetReader, bands: tuple[int, ...], box: Box, *, is_remote: bool
) -> tuple[NDArray[np.generic], NDArray[np.uint8]]:
    """Values and masks of a box, (bands, height, width); one mask where all bands share it."""
    flags = dataset.mask_flag_enums
    shared = all(MaskFlags.per_dataset in flags[band - 1] for band in bands)
    masked = list(bands[:1] if shared else bands)
    window = ((box.top, box.bottom), (box.left, box.right))
    while True:
        forgotten = times_forgotten()
        if is_remote:
            check_positions(dataset, bands, box)
            check_positions_behind(dataset, bands, box)
        # With several threads GDAL reads the sources of a VRT in any order, even if they overlap.
        with rasterio.Env(VRT_NUM_THREADS="1"):
            values = dataset.read(list(bands), window=window)
            masks = dataset.read_masks(masked, window=window)
        # Another thread may have made GDAL forget positions that it was to find in its cache.
        if not is_remote or forgotten == times_forgotten():
            return values, masks


def read_dtype(raster: Raster) -> np.dtype[np.generic]:
    """Return the type of a raster's values."""
    return np.dtype(get_dataset(raster, None).dtypes[raster.bands[0] - 1])
