"""Parts: what one task found, as a file that is there whole or not at all."""

import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from lunarcraters.files import replacing

_TABLE = "table."
_MASK = ".mask"
_UNREAD = "unread"
_LEVEL = 1
_CODEC = "zstd"  # of masks: smaller than deflated, in a third of the time


@dataclass(frozen=True)
class Part:
    """Craters and masks of a batch of tiles.

    Attributes:
        craters: Columns of the catalogue's schema but `crater_id` and the diameter's deviation; the
            score is the network's own.
        masks: By tile name, what each tile's mask is, uint8 (size, size); empty tiles have none.
        unread: By tile name, why a tile's pixels could not be read.
    """

    craters: pd.DataFrame
    masks: dict[str, NDArray[np.uint8]]
    unread: dict[str, str] = field(default_factory=dict)


def write_part(part: Part, path: Path) -> None:
    """Write a part by temporary file and rename.

    Raises:
        OutputError: It cannot be written.
    """
    tables = {f"{_TABLE}{name}": part.craters[name].to_numpy() for name in part.craters}
    arrays = {n: v.astype("U") if v.dtype.kind in "OTU" else v for n, v in tables.items()}
    unread = np.array(list(part.unread.items()), "U").reshape(-1, 2)
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive,
    ):
        # As `np.savez_compressed` does, but for its level, which takes three times as long.
        for name, values in {_UNREAD: unread, **arrays}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(values), allow_pickle=False)
        # Bare pixels: threads read masks, and NumPy reads its headers with Python's parser, which
        # in 3.11 may fail where two threads are in it ("recursion depth mismatch").
        for name, mask in part.masks.items():
            packed = pa.compress(mask.tobytes(), codec=_CODEC, asbytes=True)
            archive.writestr(name + _MASK, packed, zipfile.ZIP_STORED)


def is_whole(path: Path) -> bool:
    """Whether a part is there and every checksum in it holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def read_craters(path: Path) -> pd.DataFrame:
    """The craters of a part."""
    with np.load(path, allow_pickle=False) as arrays:
        return pd.DataFrame(
            {n.removeprefix(_TABLE): arrays[n] for n in arrays.files if n.startswith(_TABLE)}
        )


def read_unread(path: Path) -> dict[str, str]:
    """The tiles of a part that could not be read, by name, and why."""
    with np.load(path, allow_pickle=False) as arrays:
        return {str(name): str(reason) for name, reason in arrays[_UNREAD]}


def mask_index(paths: Sequence[Path]) -> dict[str, Path]:
    """Which part holds the mask of each tile."""
    return {name: path for path in paths for name in _mask_names(path)}


def _mask_names(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        yield from (n.removesuffix(_MASK) for n in archive.namelist() if n.endswith(_MASK))


def read_mask(path: Path, name: str) -> NDArray[np.uint8]:
    """One tile's mask."""
    with zipfile.ZipFile(path) as archive:
        packed = pa.BufferReader(archive.read(name + _MASK))
    pixels = np.frombuffer(pa.CompressedInputStream(packed, _CODEC).read(), np.uint8)
    side = math.isqrt(pixels.size)
    return pixels.reshape(side, side)
