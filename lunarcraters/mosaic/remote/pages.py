"""Pages: pixels from the network, kept in a directory so that all processes read them once."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from zlib import crc32

import numpy as np
from filelock import FileLock
from rasterio.errors import RasterioError

from lunarcraters.files import new_mark
from lunarcraters.geometry.box import Box, find_rectangles
from lunarcraters.mosaic.dtypes import Pixels

_SIDE_PX = 512
_PAGE_PX = 1 << 18
_LOCKS = 64
_STREAMS = {"PNG", "JPEG", "GIF", "BMP", "JPEGXL"}
"""Formats that are read from their beginning."""


def choose_page_shape(
    driver: str, size: tuple[int, int], block: tuple[int, int]
) -> tuple[int, int]:
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
        dtype: Type of the values.
        read: Function that reads a box of the raster.
    """

    folder: Path
    shape: tuple[int, int]
    limits: Box
    dtype: np.dtype[np.generic]
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
        width, height = self.shape
        rows = range(box.top // height, (box.bottom - 1) // height + 1)
        columns = range(box.left // width, (box.right - 1) // width + 1)
        self._fetch_missing(rows, columns)
        strips = [
            [self._read_part(self._page(row, column), row, column, box) for column in columns]
            for row in rows
        ]
        return _join([_join(strip, axis=1) for strip in strips], axis=0)

    def _read_part(self, page: Box, row: int, column: int, box: Box) -> Pixels:
        """Read the part of a box that lies on a page."""
        part = page.intersect(box)
        pixels = _load(self._file(row, column), (page.height, page.width), self.dtype)
        if pixels is None:
            return self.read(part)
        inside = part.shift(-page.left, -page.top).slices
        return pixels[0][inside], pixels[1][inside]

    def _fetch_missing(self, rows: range, columns: range) -> None:
        """Read missing pages as few rectangles, each page by one process.

        Where a page cannot be read, or there is no room, pixels are read when they are needed.
        """
        missing = self._missing(rows, columns)
        if not missing:
            return
        with suppress(OSError, RasterioError), ExitStack() as locks:
            self.folder.mkdir(parents=True, exist_ok=True)
            # All processes take locks in one order, so that none waits for ever.
            for number in sorted({(31 * row + column) % _LOCKS for row, column in missing}):
                locks.enter_context(FileLock(self.folder / f"{number}.lock"))
            for down, across in find_rectangles(self._missing(rows, columns)):
                first, last = self._page(down[0], across[0]), self._page(down[1], across[1])
                whole = Box.from_edges(first.left, first.top, last.right, last.bottom)
                values, valid = self.read(whole)
                for row, column in product(_between(down), _between(across)):
                    inside = self._page(row, column).shift(-whole.left, -whole.top).slices
                    _save(self._file(row, column), (values[inside], valid[inside]))

    def _missing(self, rows: range, columns: range) -> list[tuple[int, int]]:
        pages = product(rows, columns)
        return [(row, column) for row, column in pages if not self._file(row, column).exists()]

    def _page(self, row: int, column: int) -> Box:
        width, height = self.shape
        return Box(column * width, row * height, width, height).intersect(self.limits)

    def _file(self, row: int, column: int) -> Path:
        return self.folder / f"{row}_{column}.page"


def _join(parts: Sequence[Pixels], axis: int) -> Pixels:
    values, valid = zip(*parts, strict=True)
    return np.concatenate(values, axis), np.concatenate(valid, axis)


def _between(ends: tuple[int, int]) -> range:
    return range(ends[0], ends[1] + 1)


def _save(path: Path, pixels: Pixels) -> None:
    """Write a page whole, or not at all where there is no room.

    A header, such as that of NumPy's files, would have to be parsed: Python 3.11 does not parse in
    several threads without fail.
    """
    values, valid = pixels
    content = values.tobytes() + np.packbits(valid).tobytes()
    temporary = path.with_name(f".{path.name}.{new_mark()}")
    try:
        temporary.write_bytes(content + _checksum(content))
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _load(path: Path, shape: tuple[int, int], dtype: np.dtype[np.generic]) -> Pixels | None:
    """Read a page; None where it is missing or damaged.

    Args:
        path: File of the page.
        shape: Height and width of the page, pixels.
        dtype: Type of its values.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return None
    size = shape[0] * shape[1]
    end = size * dtype.itemsize + -(-size // 8)
    content, checksum = content[:end], content[end:]
    if checksum != _checksum(content):
        return None
    values = np.frombuffer(content, dtype, size).reshape(shape)
    bits = np.frombuffer(content, np.uint8, offset=values.nbytes)
    return values, np.unpackbits(bits, count=size).reshape(shape).astype(np.bool_)


def _checksum(content: bytes) -> bytes:
    return crc32(content).to_bytes(4, "little")
