"""Options of a run: how its mosaic is cut into tiles, and how these are searched."""

from dataclasses import dataclass
from typing import Literal, get_args

from lunarcraters.errors import OptionError, check_choice, check_range
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.nodata import GivenNodata, list_values, pack_values
from lunarcraters.network.looks import choose_looks
from lunarcraters.records import replace_numpy_scalars

SMALLEST_PX = (2.75, 8.0)
"""Range of `smallest_px`, pixels: the smallest crater that users may ask for, and the default.

It limits users alone: calibration plans tiles for craters of 2 pixels.
"""

MOST_LEVELS = 16
"""Most octaves: a pixel of the coarsest one is as wide as 32,768 pixels of the mosaic."""

AskedPrecision = Literal["auto", "int8", "float32", "bfloat16"]
"""Arithmetic of the network as users ask for it.

`auto` is int8 where the model has that form and there is no GPU.
"""


@dataclass(frozen=True)
class SourceOptions:
    """Options by which a mosaic is cut into tiles; None leaves an option to the program.

    Attributes:
        size: Largest side of a tile, pixels; default: the model's, or 1024;
            1440 in int8 where pixels are nearly square on the ground.
        halo: Margin around the core of each tile, pixels; default: 64, or a quarter of the tile.
        levels: Number of octaves from full resolution on, up to 16; default: as many as fit.
        smallest_px: Smallest crater to detect, pixels of the mosaic; default: 8. Below 8 the
            mosaic is searched enlarged too.
        crs: Coordinate system in place of the mosaic's own.
        nodata: Value, or values, that mean "no data" in place of the mosaic's own; NaN where every
            value is ground.
        elevation: True where the values are heights, False where they are grey values; None to go
            by the mosaic's unit, name and values.
    """

    size: int | None = None
    halo: int | None = None
    levels: int | None = None
    smallest_px: float | None = None
    crs: GivenCrs | None = None
    nodata: GivenNodata = None
    elevation: bool | None = None

    def __post_init__(self) -> None:
        """Check the ranges, and list nodata values as `open_mosaic` does.

        Raises:
            OptionError: A value is outside its range.
        """
        replace_numpy_scalars(self)
        check_range("size", self.size, 64, whole=True)
        check_range("halo", self.halo, 0, whole=True)
        check_range("levels", self.levels, 1, MOST_LEVELS, whole=True, noun="octaves")
        check_range("smallest_px", self.smallest_px, SMALLEST_PX[0], SMALLEST_PX[1])
        object.__setattr__(self, "nodata", pack_values(list_values(self.nodata)))


@dataclass(frozen=True)
class DetectOptions:
    """Options by which tiles are searched.

    Attributes:
        workers: Number of worker processes on this machine; default: one for two cores, up to 8.
        scheduler: Address of a running Dask cluster to use instead of this machine.
        precision: Arithmetic of the network.
        tta: True for test-time augmentation, the mean over four mirror images of each tile: more
            accurate, in four times the time.
        tiles_per_call: Number of tiles in one call of the network; default: as many as make up two
            megapixels, at least two, or one in int8.
        strict: True to stop at a tile that cannot be read.
        looks: Number of looks at an elevation model, 1, 2, 4 or 8, whose maps are averaged;
            default: 4. The network takes as long for each as for a picture.
    """

    workers: int | None = None
    scheduler: str | None = None
    precision: AskedPrecision = "auto"
    tta: bool = False
    tiles_per_call: int | None = None
    strict: bool = False
    looks: int | None = None

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            OptionError: A value is outside its range, the scheduler is no address, or there is no
                such precision or number of looks.
        """
        replace_numpy_scalars(self)
        check_range("workers", self.workers, 1, whole=True)
        check_range("tiles_per_call", self.tiles_per_call, 1, whole=True)
        if not isinstance(self.scheduler, str | None):
            raise OptionError(
                f"scheduler is of the type {type(self.scheduler).__name__}: give the address of "
                "the scheduler as text, such as client.scheduler.address"
            )
        if self.looks is not None:
            choose_looks(self.looks)
        check_choice("precision", self.precision, get_args(AskedPrecision))
