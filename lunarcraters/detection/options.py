"""Options of a run: how its mosaic is cut into tiles, and how these are searched."""

from dataclasses import dataclass
from typing import Literal

Precision = Literal["auto", "int8", "float32", "bfloat16"]
"""Arithmetic of the network; `auto`: int8 where the model has that form and there is no GPU."""


@dataclass(frozen=True)
class SourceOptions:
    """Options by which a mosaic is cut into tiles; None leaves an option to the program.

    Attributes:
        size: Largest side of a tile, pixels; default: the model's, or 1024.
        halo: Margin around the core of each tile, pixels; default: 64, or a quarter of the tile.
        levels: Number of octaves from full resolution on; default: as many as fit.
        smallest_px: Smallest crater to detect, pixels of the mosaic; default: 8. Below 8 the
            mosaic is searched enlarged too.
        crs: Coordinate system in place of the mosaic's own.
        nodata: Value that means "no data" in place of the mosaic's own.
    """

    size: int | None = None
    halo: int | None = None
    levels: int | None = None
    smallest_px: float | None = None
    crs: str | None = None
    nodata: float | None = None


@dataclass(frozen=True)
class DetectOptions:
    """Options by which tiles are searched.

    Attributes:
        workers: Number of worker processes on this machine; default: one a core, up to 8.
        scheduler: Address of a running Dask cluster to use instead of this machine.
        precision: Arithmetic of the network.
        tta: True for test-time augmentation, the mean over four mirror images of each tile: more
            accurate, in four times the time.
        tiles_per_call: Number of tiles in one call of the network; default: as many as make up a
            megapixel, at least two.
        strict: True to stop at a tile that cannot be read.
    """

    workers: int | None = None
    scheduler: str | None = None
    precision: Precision = "auto"
    tta: bool = False
    tiles_per_call: int | None = None
    strict: bool = False
