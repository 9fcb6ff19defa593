"""The results of a run as they come, of which the mask is made while other tiles are searched."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from shapely.geometry.base import BaseGeometry

from lunarcraters.detection.run import MASK_FOLDER
from lunarcraters.detection.search.batch_result import read_batch_mask
from lunarcraters.detection.search.batches import Batch
from lunarcraters.errors import RunError
from lunarcraters.mask.cog import Mask
from lunarcraters.mask.stitching import stitch
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import TileSource


class Results:
    """The files of the results of batches, and which of them are there.

    Any thread may use it.
    """

    def __init__(self, batches: Sequence[Batch], folder: Path, missing: Sequence[Batch]) -> None:
        """Begin with what is there.

        Args:
            batches: All batches of the run.
            folder: Directory of the results.
            missing: Batches that are still to be searched.
        """
        self._batches = {tile.name: batch for batch in batches for tile in batch.tiles}
        self._folder, self._missing = folder, {batch.number for batch in missing}
        self._changed, self._given_up = threading.Condition(), False

    def add(self, batch: Batch) -> None:
        """Note that the result of a batch is there."""
        with self._changed:
            self._missing.discard(batch.number)
            self._changed.notify_all()

    def give_up(self) -> None:
        """Let nobody wait for results that do not come any more."""
        with self._changed:
            self._given_up = True
            self._changed.notify_all()

    def read_mask(self, tile: Tile) -> Mask | None:
        """Read the mask of a tile, and wait for it if need be.

        Returns:
            Mask, (size, size); None where the tile holds no data or could not be read.

        Raises:
            RunError: The search ended before the tile was searched.
        """
        batch = self._batches[tile.name]
        with self._changed:
            self._changed.wait_for(lambda: self._given_up or batch.number not in self._missing)
            if batch.number in self._missing:
                raise RunError("the search has ended: run the same command again to resume it")
        return read_batch_mask(self._folder / batch.file, tile.name)


@dataclass(frozen=True)
class StitchedMask:
    """The mask of a run.

    Attributes:
        path: File.
        footprint: Ground that was searched.
        area_km2: Area of this ground, km^2; None without a coordinate system.
    """

    path: Path
    footprint: BaseGeometry
    area_km2: float | None


@contextmanager
def stitching(source: TileSource, results: Results, out: Path) -> Iterator[Future[StitchedMask]]:
    """Stitch the mask of a run in a thread, while its tiles are searched.

    Yields:
        Mask, once it is finished; its file is removed at the end, unless it was moved.
    """
    with (
        TemporaryDirectory(dir=out, prefix=MASK_FOLDER, ignore_cleanup_errors=True) as folder,
        ThreadPoolExecutor(1) as beside,
    ):
        path = Path(folder) / "mask.tif"

        def measure(raster: Path) -> tuple[BaseGeometry, float | None]:
            # Here, while tiles are searched: it takes a while.
            from lunarcraters.mask.footprint import searched_footprint

            return searched_footprint(source.mosaic, raster)

        def work() -> StitchedMask:
            ground = stitch(source.mosaic, source.tiles, results.read_mask, path, measure)
            return StitchedMask(path, *ground)

        try:
            yield beside.submit(work)
        finally:
            results.give_up()
