"""Positions of blocks in what GDAL opens itself: masks of TIFFs, and sources of VRTs.

They are read just before pixels are, so that GDAL finds them in its cache (see `tiff_blocks`).
"""

from collections.abc import Iterator
from functools import lru_cache

import rasterio
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioIOError

from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.access import leads_to_server
from lunarcraters.mosaic.remote.virtual_files import times_forgotten
from lunarcraters.mosaic.tiff_blocks import check_positions, has_positions
from lunarcraters.mosaic.vrt.sources import MOST_DEPTH, find_parts

_PIXELS_AND_MASK = 2  # directories of one shape that a TIFF with a mask of its own has


def check_positions_behind(
    dataset: rasterio.DatasetReader, bands: tuple[int, ...], box: Box, depth: int = 0
) -> None:
    """Read the positions of the blocks behind a box, in masks and in the sources of a VRT.

    Args:
        dataset: Open raster, or one of its overviews.
        bands: Numbers of the bands.
        box: Box inside the raster, pixels.
        depth: Number of VRTs that the raster lies in.

    Raises:
        RasterioIOError: A position cannot be read, or a source cannot be opened.
    """
    flags = dataset.mask_flag_enums[bands[0] - 1]
    if MaskFlags.alpha in flags:
        colours = zip(dataset.indexes, dataset.colorinterp, strict=True)
        check_positions(dataset, tuple(n for n, c in colours if c == ColorInterp.alpha), box)
    elif has_positions(dataset) and MaskFlags.per_dataset in flags:
        for name in _find_directories(dataset.name, dataset.shape, times_forgotten()):
            with open_dataset(name) as directory:
                check_positions(directory, (1,), box)
    if dataset.driver == "VRT" and depth < MOST_DEPTH:
        for part in find_parts(dataset, box):
            if leads_to_server(part.source):
                with open_dataset(part.source) as source:
                    inside = part.box.intersect(Box(0, 0, source.width, source.height))
                    check_positions(source, (part.band,), inside)
                    check_positions_behind(source, (part.band,), inside, depth + 1)


@lru_cache(maxsize=256)
def _find_directories(name: str, shape: tuple[int, int], forgotten: int) -> tuple[str, ...]:
    """Names of the directories of a TIFF, and of masks and overviews beside it, that have a shape.

    Those of the pixels and of their mask are among them.

    Args:
        name: Name of the TIFF that GDAL opens.
        shape: Height and width of the directories.
        forgotten: Number that changes when files may have changed.
    """
    with open_dataset(name) as dataset:  # one of its overviews would not name files beside it
        files = dataset.files
    beside = [file for file in files if file.lower().endswith((".msk", ".ovr"))]
    listed = (directory for file in (name, *beside) for directory in _list_directories(file))
    alike = tuple(directory for directory, its_shape in listed if its_shape == shape)
    if len(files) == 1 and len(alike) < _PIXELS_AND_MASK:
        raise RasterioIOError("the mask cannot be found again")
    return alike


def _list_directories(file: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name and shape of each directory of a TIFF."""
    number = 1
    while True:
        name = f"GTIFF_DIR:{number}:{file}"
        try:
            with open_dataset(name) as directory:
                yield name, directory.shape
        except RasterioIOError as error:
            if "not found" in str(error):
                return
            raise
        number += 1
