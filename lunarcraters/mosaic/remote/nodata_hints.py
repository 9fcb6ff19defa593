"""Nodata hints: where a raster on the network has no data, as one of its overviews tells."""

from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import MaskFlags

from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.mask_overviews import shows_mask

_LARGEST_FACTOR = 8
"""Side of the largest overview pixel, pixels of the raster: smaller than any crater."""


@dataclass(frozen=True)
class NodataHint:
    """An overview that tells where data are.

    Attributes:
        overview: Index of the overview.
        factor: Side of its pixels, pixels of the raster.
    """

    overview: int
    factor: int

    def around(self, box: Box) -> Box:
        """Return the pixels of the overview that a box touches, and those around.

        Args:
            box: Box, pixels of the raster.
        """
        right, bottom = -(-box.right // self.factor), -(-box.bottom // self.factor)
        left, top = box.left // self.factor, box.top // self.factor
        return Box.from_edges(left, top, right, bottom).pad(1)

    def data_box(self, box: Box, valid: NDArray[np.bool_]) -> Box:
        """Return the part of a box that may hold data.

        The margin of one overview pixel is for pixels that the overview does not represent.

        Args:
            box: Box, pixels of the raster.
            valid: Validity of the overview in `around(box)`.
        """
        rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
        if not rows.size:
            return Box(box.left, box.top, 0, 0)
        around = self.around(box)
        edges = (columns[0] - 1, rows[0] - 1, columns[-1] + 2, rows[-1] + 2)
        left, top, right, bottom = (int(edge) * self.factor for edge in edges)
        held = Box.from_edges(left, top, right, bottom)
        return held.shift(around.left * self.factor, around.top * self.factor).intersect(box)


def find_hint(
    dataset: rasterio.DatasetReader, band: int, overview: int | None
) -> NodataHint | None:
    """Find the overview to ask before pixels are read.

    Args:
        dataset: Open raster, at full resolution.
        band: Number of the band.
        overview: Index of the overview whose pixels are to be read; None for full resolution.

    Returns:
        Hint; None where nodata takes few bytes, or there is no such overview that shows it.

    Raises:
        RasterioIOError: The mask cannot be opened again.
    """
    flags = dataset.mask_flag_enums[band - 1]
    plain = MaskFlags.nodata in flags and dataset.compression is None
    if not plain and MaskFlags.per_dataset not in flags:
        return None
    factors = dataset.overviews(band)
    own = 1 if overview is None else factors[overview]
    for index in reversed(range(len(factors))):
        fits = own < factors[index] <= own * _LARGEST_FACTOR and factors[index] % own == 0
        if fits and shows_mask(dataset, band, index):
            return NodataHint(index, factors[index] // own)
    return None
