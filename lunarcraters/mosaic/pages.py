"""Pages: pixels from the network, kept in a directory so that all processes read them once."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from lunarcraters.geometry.box import Box

Pixels = tuple[NDArray[np.generic], NDArray[np.bool_]]
"""Values (0 where invalid) and validity, of one shape."""

_SIDE_PX = 512
_PAGE_PX = 1 << 18
_STREAMS = {"PNG", "JPEG", "GIF", "BMP", "JPEGXL"}
"""Formats that are read from their beginning."""


def page_shape(driver: str, size: tuple[int, int], block: tuple[int, int]) -> tuple[int, int]:
    """Choose the size of pages, such that no block of a raster lies in two.

    Args:
        driver: GDAL's name of the format.
        size: Width and height of the raster, pixels.
        block: Width and height of its blocks, pixels.

    Returns:
        Width and height of a page, pixels.
    """
    if driver in _STREAMS:
        return size
    width = min(-(-_SIDE_PX // block[0]) * block[0], size[0])
    rows = max(_PAGE_PX // width, 1)
    return width, -(-min(rows, _SIDE_PX) // block[1]) * block[1]


@dataclass(frozen=True)
class Pages:
    """Pages of one raster.

    Attributes:
        folder: Directory of the pages; it is made if it is missing.
        shape: Width and height of a page, pixels.
        limits: Box of all pixels of the raster.
        read: Function that reads a box of the raster.
    """

    folder: Path
    shape: tuple[int, int]
    limits: Box
    read: Callable[[Box], Pixels]

    def read_box(self, box: Box) -> Pixels:
        """Read a box inside the raster; pages that are not in the directory are read and kept.

        Args:
            box: Box, pixels of the raster.

        Returns:
            Values and validity, (height, width).

        Raises:
            RasterioError: The pixels cannot be read.
        """
        if box.is_empty:
            return self.read(box)
        rows = range(box.top // self.shape[1], (box.bottom - 1) // self.shape[1] + 1)
        values, valid = zip(*(self._read_row(row, box) for row in rows), strict=True)
        return np.concatenate(values), np.concatenate(valid)

    def _read_row(self, row: int, box: Box) -> Pixels:
        """Read the part of a box that lies in one row of pages."""
        columns = range(box.left // self.shape[0], (box.right - 1) // self.shape[0] + 1)
        self._fetch_missing(row, columns)
        pieces = []
        for column in columns:
            page = self._page(row, column, column)
            part = page.intersect(box)
            pixels = _load(self._file(row, column))
            if pixels is None:
                pieces.append(self.read(part))
            else:
                inside = part.shift(-page.left, -page.top).slices
                pieces.append((pixels[0][inside], pixels[1][inside]))
        values, valid = zip(*pieces, strict=True)
        return np.concatenate(values, axis=1), np.concatenate(valid, axis=1)

    def _fetch_missing(self, row: int, columns: range) -> None:
        """Read runs of missing pages of a row, one process at a time.

        Where a page cannot be read, or there is no room, pixels are read when they are needed.
        """
        if not self._missing(row, columns):
            return
        with suppress(OSError, RasterioError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / f"{row}.lock"):
                for first, last in _runs(self._missing(row, columns)):
                    run = self._page(row, first, last)
                    values, valid = self.read(run)
                    for column in range(first, last + 1):
                        page = self._page(row, column, column).shift(-run.left, -run.top)
                        _save(self._file(row, column), (values[page.slices], valid[page.slices]))

    def _missing(self, row: int, columns: range) -> list[int]:
        return [column for column in columns if not self._file(row, column).exists()]

    def _page(self, row: int, first: int, last: int) -> Box:
        """Pixels of a page, or of a run of them."""
        width, height = self.shape
        run = Box(first * width, row * height, (last - first + 1) * width, height)
        return run.intersect(self.limits)

    def _file(self, row: int, column: int) -> Path:
        return self.folder / f"{row}_{column}.npz"


def _runs(columns: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    for _, run in groupby(enumerate(columns), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        yield numbers[0], numbers[-1]


def _save(path: Path, pixels: Pixels) -> None:
    """Write a page whole, or not at all where there is no room."""
    values, valid = pixels
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            np.savez(file, values=values, valid=np.packbits(valid))
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _load(path: Path) -> Pixels | None:
    try:
        with np.load(path) as page:
            values, bits = page["values"], page["valid"]
    except (OSError, ValueError, KeyError):
        return None
    valid = np.unpackbits(bits, count=values.size).reshape(values.shape).astype(np.bool_)
    return values, valid
