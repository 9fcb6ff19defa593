"""The result of a batch: its craters and masks, a file that is there whole or not at all.

Libraries are imported where they are needed: a client looks for results before anything else.
"""

import io
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lunarcraters.files import replacing

if TYPE_CHECKING:
    import pandas as pd

SUFFIX = ".part"
"""Suffix of the file of a result."""

PARTS = "parts"
"""Directory of these files in that of a run."""

IN_PART = "; what can be read of the tile is searched"
"""End of the reason why a tile could not be read, where it was searched but for what is damaged."""

_CRATERS = "craters.feather"
_UNREAD = "unread.json"
_MASK = ".mask"
_CODEC = "zstd"  # smaller than deflated, in a third of the time


@dataclass(frozen=True)
class BatchResult:
    """Craters and masks of a batch of tiles.

    Attributes:
        craters: Table with the columns of a catalogue but identifiers and the standard deviations
            of diameters; scores are the network's own.
        masks: Mask of each tile by name, uint8 (size, size); empty tiles have none.
        unread: Reason why a tile could not be read, by name.
    """

    craters: "pd.DataFrame"
    masks: dict[str, NDArray[np.uint8]]
    unread: dict[str, str] = field(default_factory=dict)


def write_batch_result(result: BatchResult, path: Path) -> None:
    """Write the result of a batch by temporary file and rename.

    Raises:
        OutputError: It cannot be written.
    """
    import pyarrow as pa
    from pyarrow import feather

    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(_UNREAD, json.dumps(result.unread))
        table = io.BytesIO()
        feather.write_feather(result.craters, table, compression=_CODEC)
        archive.writestr(_CRATERS, table.getbuffer())
        for name, mask in result.masks.items():
            archive.writestr(name + _MASK, pa.compress(mask, codec=_CODEC))


def is_whole(path: Path) -> bool:
    """Check that a file is there and that every checksum in it holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            held = {_CRATERS, _UNREAD} <= set(archive.namelist())
            return held and archive.testzip() is None
    except (OSError, RuntimeError, zipfile.BadZipFile):  # RuntimeError: of damaged flags
        return False


def read_craters(path: Path, columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Read the craters of a batch.

    Args:
        path: File of the result.
        columns: Names of the columns to read; None for all.
    """
    import pyarrow as pa
    from pyarrow import feather

    with zipfile.ZipFile(path) as archive:
        content = pa.BufferReader(archive.read(_CRATERS))
    return feather.read_feather(content, columns, use_threads=False)


def read_unread(path: Path) -> dict[str, str]:
    """Read the names of the tiles of a batch that could not be read, and why."""
    with zipfile.ZipFile(path) as archive:
        return {str(name): str(why) for name, why in json.loads(archive.read(_UNREAD)).items()}


def read_batch_mask(path: Path, name: str) -> NDArray[np.uint8] | None:
    """Read the mask of one tile, uint8 (size, size); None where it has none."""
    import pyarrow as pa

    with zipfile.ZipFile(path) as archive:
        if name + _MASK not in archive.namelist():
            return None
        packed = pa.BufferReader(archive.read(name + _MASK))
    pixels = np.frombuffer(pa.CompressedInputStream(packed, _CODEC).read(), np.uint8)
    side = math.isqrt(pixels.size)
    return pixels.reshape(side, side)
